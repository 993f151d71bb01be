"""What is known of the bounds' tightness: extremal families, certified shares, and mutants that are true or refuted."""

import math
from fractions import Fraction

import jax
import numpy as np
import pandas as pd
import pytest
from refusals import assert_refused

import mmcl_theory as mt
from mmcl_theory.cli.app import main
from mmcl_theory.falsification.refute import refute
from mmcl_theory.theory.theorem import BOUNDS, Extremal
from mmcl_theory.tightness.mutants import scaled
from mmcl_theory.tightness.tightness import certified_share, tightness
from mmcl_theory.worlds import extremal

KEY = jax.random.key(0)
FAMILIES = {slug: one.extremal for slug, one in mt.theorems.items() if isinstance(one.extremal, Extremal)}
MET = [slug for slug, known in FAMILIES.items() if known.attained]
# Tested on larger ones than those that can be certified.
TAILS = [slug for slug, known in FAMILIES.items() if known.family is extremal.narrowing_tail]
CROWDS = [slug for slug, known in FAMILIES.items() if known.family is extremal.many_matched]
APPROACHED = [slug for slug, known in FAMILIES.items() if known.attained is False and slug not in TAILS + CROWDS]


NOISES = [2.0**-2, 2.0**-5, 2.0**-8]


@pytest.fixture(scope="module")
def ratios():
    """slug → the share of its bound that its family uses up at each parameter; the theorems of one family at once."""
    found = {}
    for family, k in {(known.family, known.k) for known in FAMILIES.values()}:
        slugs = [slug for slug, known in FAMILIES.items() if (known.family, known.k) == (family, k)]
        table = mt.verify([family(t) for t in NOISES], k, slugs)
        found |= {slug: list(rows.sort_values("joint").ratio) for slug, rows in table.groupby("theorem")}
    return found


def test_of_every_bound_it_is_known_how_tight_it_is():
    assert set(FAMILIES) == {slug for slug, theorem in mt.theorems.items() if theorem.kind in BOUNDS}
    # Where the bound of the source is loose, the sharper statement says by how much.
    loose = {slug: known.share for slug, known in FAMILIES.items() if known.share < 1}
    few = 63 * math.log(64 / 63)  # of 64 candidates, the most that are enumerated
    assert loose == {"cheeger": math.sqrt(2 / 3), "infonce-bound": few, "probe-sscl-haochen": 0.50996}
    assert FAMILIES["probe-sscl-haochen"].tightness == "loose by at least 1.961"
    assert (FAMILIES["cheeger"].tightness, FAMILIES["infonce-bound"].tightness) == ("loose by 1.225", "loose by 1.008")


@pytest.mark.parametrize("slug", MET)
def test_a_family_meets_its_bound(slug, ratios):
    # Of an optimal encoder, exact up to 1e-15, the bound reads √ε, 3e-8, over a gap of 0.008 at noise 2⁻⁸.
    assert ratios[slug] == pytest.approx([1, 1, 1], abs=1e-5)
    known = FAMILIES[slug]
    proof = mt.certify(scaled(mt.theorems[slug], 1 - 1e-9), known.family(0.25), known.k)
    assert proof.verdict == "violated", proof


@pytest.mark.parametrize("slug", APPROACHED)
def test_a_family_approaches_its_bound(slug, ratios):
    known = FAMILIES[slug]
    assert ratios[slug] == sorted(ratios[slug])
    assert ratios[slug][-1] < known.share
    # The slowest, zero-shot, is short of its limit by 2√(2α) or so, 0.003 here.
    proof = mt.certify(scaled(mt.theorems[slug], 0.995 * known.share), known.family(2.0**-20), known.k)
    assert proof.verdict == "violated", proof


def test_the_sharp_bound_is_at_most_a_share_of_haochens_and_never_above_2a_and_5d():
    """docs/samples.md: as a function of γ = √(A/2Δ), with Δ = 1."""
    g = np.linspace(0, 30, 300_001)
    s = (np.sqrt(g**2 + 8) - g) / 4
    sharp = 1 + 4 * (1 - s**2) * (s + g) ** 2
    share = sharp / (4 * 2 * g**2 + 8)
    assert share.max() == pytest.approx(0.509949, abs=1e-6)
    assert share.max() < FAMILIES["probe-sscl-haochen"].share
    assert g[share.argmax()] == pytest.approx(2.156, abs=1e-3)
    assert (sharp < 2 * 2 * g**2 + 5).all()


@pytest.mark.parametrize(("rate", "reach", "n_images"), [(1.0, 2, 12), (2.0, 1, 6), (0.4, 3, 13)])
def test_no_cut_of_a_tail_is_sparser_than_its_conductance_from_below(rate, reach, n_images):
    joint = extremal.exponential_tail(rate, reach, n_images)
    conductance = float(joint.text_induced().conductance())  # by enumeration of all cuts
    assert extremal.tail_conductance(rate, reach) <= conductance < 1.1 * extremal.tail_conductance(rate, reach)
    assert joint.image_marginal[0] > 0.5


def test_the_limit_of_the_tails_is_that_of_both_bounds_on_conductance():
    assert TAILS == ["cheeger", "cheeger-text-induced"]


def test_many_matched_pairs_approach_the_bound_on_negatives():
    assert CROWDS == ["infonce-negatives"]
    table = mt.verify([extremal.many_matched(t) for t in (0.25, 2.0**-6, 0.0001)], 1, "infonce-negatives")
    # n pairs and two candidates: (1 − 1/n) log 2 against log(2n/(n+1)).
    expected = [math.log(2 * n / (n + 1)) / ((1 - 1 / n) * math.log(2)) for n in (4, 16, 200)]
    assert table.ratio.tolist() == pytest.approx(expected, rel=1e-9)  # sums of some 10⁴ terms
    assert 0.997 < expected[-1] < 1
    few = mt.certify(scaled(mt.theorems["infonce-negatives"], 0.98), extremal.many_matched(2.0**-8), 1)
    assert few.verdict == "violated", few


def test_the_constant_of_few_candidates_is_the_best():
    """For M candidates the share of I that InfoNCE shows tends to (M−1)log(M/(M−1)), which is above 0.9 from 6 on."""
    rare = extremal.rare_exclusion(2.0**-16).joint
    for candidates in (2, 3, 6, 16):
        instance = mt.Instance(rare, candidates=candidates)
        best = (candidates - 1) * math.log(candidates / (candidates - 1))
        quantities = mt.measure(instance, 1)
        share = float(quantities.infonce_information / quantities.mutual_information)
        assert share == pytest.approx(best, abs=1e-4)  # t and what rounding leaves of differences of order t² = 2e-10
    refuted = mt.certify(every_mutant()["infonce-bound~constant"], mt.Instance(rare, candidates=6), 1)
    assert refuted.verdict == "violated", refuted


def test_long_tails_approach_the_sharp_cheeger_inequality():
    shares = []
    for rate, reach, n_images in ((0.4, 2, 60), (0.2, 3, 150), (0.1, 5, 400)):
        joint = extremal.exponential_tail(rate, reach, n_images)
        sigma_2 = np.linalg.svd(np.asarray(joint.normalized), compute_uv=False)[1]
        shares.append(extremal.tail_conductance(rate, reach) / math.sqrt(4 / 3 * (1 - sigma_2**2)))
    assert shares == sorted(shares)
    assert 0.97 < shares[-1] < 1


def test_the_inequality_behind_the_sharp_cheeger_inequality():
    """E|f²−f'²| ≤ (4/√3) sd(f) ‖f‖ on laws of a few values, nearly met by a uniform law far from 0."""
    draw = np.random.default_rng(0)
    laws = [(draw.exponential(size=5) ** 3, draw.dirichlet(np.ones(5))) for _ in range(500)]
    laws.append((50 + np.linspace(-1, 1, 200), np.full(200, 1 / 200)))
    shares = []
    for f, p in laws:
        left = p @ np.abs(f[:, None] ** 2 - f[None, :] ** 2) @ p
        shares.append(left / (4 / math.sqrt(3) * math.sqrt(p @ f**2 - (p @ f) ** 2) * math.sqrt(p @ f**2)))
    assert max(shares) == shares[-1]
    assert 0.999 < shares[-1] < 1


def test_the_order_statement_holds_with_the_constant_four_and_none_below():
    table = mt.verify([extremal.two_images(t) for t in (2.0**-4, 2.0**-20)], 1, "probe-mmcl-paper")
    assert list(table.ratio) == pytest.approx([4 - 2 * 2.0**-4, 4], abs=1e-5)


# One mutant of each family (a lowered constant in test_falsify.py), of which each is compiled for a second or two: the
# slow ones are attacked in the same way.  experiments/mutants.py has them all.
FALSE = [
    "probe-mmcl~sigma_next-as-sigma_after",
    "label-transfer~alpha-for-2alpha",
    pytest.param("finite-sample~without-1", marks=pytest.mark.slow),
    pytest.param("probe-text-induced~connectivity", marks=pytest.mark.slow),
]


def every_mutant():
    return {mutant.slug: mutant for theorem in mt.theorems.values() for mutant in mt.mutants(theorem)}


@pytest.mark.parametrize("slug", FALSE)
def test_a_false_mutant_is_refuted_with_a_certificate(slug):
    mutant = every_mutant()[slug]
    assert mutant.proof == ""
    worst = refute(mutant, key=KEY)
    assert worst.certified
    assert worst.certificate.check(mutant) == []


@pytest.mark.parametrize("given", [None, "probe-mmcl"])
def test_only_theorems_have_mutants(given):
    assert_refused(TypeError, "theorem: Theorem", lambda: mt.mutants(given))


def test_nothing_that_is_known_of_a_bound_is_said_of_its_mutants():
    for mutant in every_mutant().values():
        assert (mutant.extremal, mutant.implied_by, mutant.weaker_with) == ("", (), ()), mutant.slug


def test_a_mutant_is_proven_by_the_statement_that_implies_its_theorem():
    assert every_mutant()["cheeger~constant"].proof == "`cheeger-text-induced`: 0.8165 of the bound is enough."


def test_what_is_not_refuted_is_returned_all_the_same():
    worst = refute("label-transfer", key=KEY, sizes=[(2, 2, 2, 1)])
    assert not worst.certified
    assert worst.rounds == 40
    with pytest.raises(ValueError, match=r"^sizes: at least one"):
        refute("label-transfer", key=KEY, sizes=[])


def test_true_mutants_are_marked_and_not_violated():
    mutants = every_mutant()
    true = {slug: mutant for slug, mutant in mutants.items() if mutant.proof}
    # Bounds that grow with σ_{k+1} or λ_{k+1} (fall, for a lower bound): with the larger σ_k or λ_k they say less.
    sigma = [
        "probe-text-induced",
        "probe-mmcl",
        "probe-error-mmcl",
        "zero-shot",
        "caption-garbling",
        "suboptimal-encoder",
    ]
    sigma += ["probe-mmcl-classes", "zero-shot-sharp", "zero-shot-lower", "finite-sample-sharp"]
    sigma += ["probe-drawn-mmcl", "zero-shot-soft", "probe-two-step", "probe-steps"]
    sigma += ["zero-shot-closed", "zero-shot-closed-lower", "zero-shot-closed-text-induced"]
    sscl = ["probe-sscl", "probe-sscl-haochen", "probe-sscl-auxiliary", "probe-sscl-error"]
    sscl += ["probe-sscl-error-sharp", "consistency-or-diversity-spectrum", "probe-sscl-two-step", "probe-sscl-steps"]
    assert set(true) == {
        *("cheeger~constant", "probe-sscl-haochen~constant"),
        "zero-shot-lower~alpha-for-2alpha",
        *(f"{slug}~sigma_next-as-sigma_k" for slug in sigma),
        *(f"{slug}~lambda_next-as-lambda_k" for slug in sscl),
        # These fall with the value, so that with the next smaller one they say less.
        *("diversity-spectrum~sigma_next-as-sigma_after", "sscl-diversity-spectrum~lambda_next-as-lambda_after"),
    }
    draws = jax.random.split(KEY, 40)
    instances = []
    for key in draws:
        world, parts = jax.random.split(key)
        joint = mt.generators.random_dirichlet(5, 5, 3, 0.3, key=world)
        graph = mt.PairGraph(joint.text_induced().matrix, joint.image_labels, 3)
        drawn = ("encoders", "channel", "auxiliary_labels", "sample")  # walks, which none reads, would take the most
        given = {"dimension": 3, "n_pairs": 100_000, "augmentation": graph, "drawn": drawn}
        instances.append(mt.Instance.with_random_parts(joint, **given, key=parts))
    table = mt.verify(instances, [1, 2], list(true.values()))
    assert (table.verdict != "violated").all()
    assert set(table.theorem[table.verdict.isin(["holds", "vacuous"])]) == set(true)


def test_an_assumption_that_defines_a_side_is_not_dropped():
    free = mt.Assumption("α < 1/2", lambda q: 0.5 - q.labeling_error, "α ≥ 1/2")
    needed = mt.theorems["zero-shot-probe"].requires[0]
    theorem = mt.Theorem("mine", "", mt.Kind.LOWER_BOUND, "", "", lambda q: q.k, lambda q: 1.0, requires=(needed, free))
    assert [mutant.slug for mutant in mt.mutants(theorem)] == ["mine~constant", "mine~without-2"]
    assert mt.mutants(theorem)[1].requires == (needed,)


def test_the_table_gives_what_was_found_certified_and_known():
    bound = mt.falsify("probe-mmcl", 3, 3, key=KEY, budget=2, restarts=16)
    identity = mt.falsify("chi-square", 3, 3, key=KEY, budget=1, restarts=8)
    table = tightness([(bound, 1.5), (identity, 2.5)])
    assert list(table.tightness) == ["asymptotically tight", ""]
    assert list(table.seconds) == [1.5, 2.5]
    assert 0.99 * bound.ratio < table.certified[0] < bound.ratio
    assert math.isnan(table.certified[1])
    share = certified_share(bound)
    assert mt.certify(scaled(bound.theorem, share), bound.instance, 1).verdict == "violated"
    # The digits that tables show are all that it has, and they are proven.
    assert mt.certify(scaled(bound.theorem, Fraction(f"{share:.6g}")), bound.instance, 1).verdict == "violated"
    # What is certified is no more than what exact arithmetic would allow.
    assert mt.certify(scaled(bound.theorem, bound.ratio * 1.001), bound.instance, 1).verdict == "holds"


# What the adversary must reach, in a small part of its budget; two of the slow ones on fewer images in test_falsify.py,
# and how tight each is by its family above.
REACHED = ("information-chi-square", "zero-shot", "probe-text-induced", "probe-mmcl", "label-transfer")


@pytest.mark.parametrize("slug", ["probe-mmcl-lower", *(pytest.param(one, marks=pytest.mark.slow) for one in REACHED)])
def test_the_adversary_reaches_the_tight_bounds_on_eight_images(slug):
    assert mt.falsify(slug, 8, 8, key=KEY, budget=6).ratio >= 0.999


def test_the_command_line_searches_several_sizes(tmp_path, monkeypatch, capsys):
    arguments = ["falsify", "label-transfer", "--sizes", "2,3", "--budget", 1, "--out", tmp_path / "t.parquet"]
    monkeypatch.setattr("sys.argv", ["mmcl-theory", *map(str, arguments), "--save", str(tmp_path / "worst")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert {"asymptotically", "tight"} <= set(capsys.readouterr().out.replace("│", " ").split())  # on two lines
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert list(table.n_images) == list(table.n_texts) == [2, 3]
    assert (table.seconds > 0).all()
    assert {path.name for path in (tmp_path / "worst").iterdir()} == {"label-transfer_2.npz", "label-transfer_3.npz"}
    monkeypatch.setattr("sys.argv", ["mmcl-theory", "falsify", "label-transfer", "--sizes", "many"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "--sizes: whole numbers" in capsys.readouterr().err


def test_a_mutant_that_reads_the_next_value_is_true_of_a_negative_last_eigenvalue():
    """Beyond the last eigenvalue there is none to read, and 0 would be more than a negative one."""
    repelled = mt.Instance(mt.Joint(np.eye(2), [0, 0], [0, 0]), augmentation=mt.PairGraph([[1, 4], [4, 1]], [0, 0]))
    mutant = every_mutant()["sscl-diversity-spectrum~lambda_next-as-lambda_after"]
    assert mutant.proof
    (row,) = mt.verify(repelled, 1, mutant).itertuples()
    assert row.verdict != "violated"
    assert row.lhs > 1.5  # more than the bound would be that reads 0

"""The adversary: what it reaches, what it refutes, and that it repeats itself."""

import dataclasses
import runpy
import sys
import warnings

import definitions
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from refusals import assert_refused

import mmcl_theory as mt
from mmcl_theory import probes
from mmcl_theory.cli.app import main
from mmcl_theory.falsification import candidates as adversary
from mmcl_theory.falsification import conclude
from mmcl_theory.falsification.candidates import NotSearchable
from mmcl_theory.probes.errors import soft_error
from mmcl_theory.tightness.mutants import mutants

KEY = jax.random.key(0)

# A bound that is false: no factor of 2, so that a wrong or tied argmax refutes it, and no assumption of its own.
CONJECTURE = mt.Theorem(
    slug="conjecture",
    title="An error is no more than its residual",
    kind=mt.Kind.UPPER_BOUND,
    statement=r"e_k \le r_k",
    source="an exercise",
    lhs=lambda q: q.probe_error,
    rhs=lambda q: q.probe_residual,
    requires=mt.theorems["probe-error"].requires,
)


@pytest.fixture(scope="module")
def mmcl():
    """Four rounds on 3 × 3."""
    return mt.falsify("probe-mmcl", 3, 3, key=KEY, budget=4, restarts=32)


@pytest.fixture(scope="module")
def transfer():
    return mt.falsify("label-transfer", 3, 3, key=KEY, budget=4, restarts=32)


def test_it_reaches_a_supremum_that_is_not_attained(mmcl, transfer):
    assert 0.999 <= transfer.ratio <= 1
    assert 0.9999 <= mmcl.ratio < 1
    assert not mmcl.suspected
    # ... through ever smaller labeling errors, as isotropic noise does.
    approach = mmcl.trend[mmcl.trend.scale == "labeling_error"].set_index("below").ratio
    assert list(approach[[1.0, 0.1, 0.01, 0.001]]) == sorted(approach[[1.0, 0.1, 0.01, 0.001]])
    assert approach[1.0] < 0.97 < 0.999 < approach[0.001]


def test_it_reaches_the_piecewise_constant_extreme_of_the_probe_error():
    """e_k = 2 r_k is attained where all wrong images tie; from the side where they are wrong it is approached."""
    worst = mt.falsify("probe-error", 4, 4, k=2, key=KEY, budget=6)
    assert 0.97 <= worst.ratio <= 1
    assert worst.lhs == pytest.approx(definitions.sides("probe-error", measured_again(worst))[0], rel=1e-6)


def test_the_known_extreme_of_the_probe_error_is_one():
    """The search never says more than verify: the attained case, a tie, is within rounding of 1 and counts as 1."""
    p, g = np.array([0.4, 0.4, 0.1, 0.1]), np.array([1, -1, 0, 0])
    law = np.outer(p, p) * (1 + 0.5 * np.outer(g, g) / 0.8)
    (row,) = mt.verify(mt.Joint(law, [0, 1, 0, 1]), 2, "probe-error").to_dict("records")
    assert (round(row["lhs"], 9), round(row["rhs"], 9), row["verdict"]) == (0.2, 0.2, "agrees")
    assert conclude.reported_ratio(mt.theorems["probe-error"], 0.2 * (1 + 1e-15), 0.2, 1 - 1e-11) == 1
    assert conclude.reported_ratio(mt.theorems["probe-error"], 0.3, 0.2, 1.5 - 1e-11) == pytest.approx(1.5)


def measured_again(worst):
    """The worst case's quantities, from their definitions."""
    joint = worst.joint
    return definitions.quantities(
        *(np.asarray(part) for part in (joint.matrix, joint.image_labels, joint.text_labels)), worst.k
    )


@pytest.mark.parametrize("found", ["mmcl", "transfer"])
def test_the_numbers_are_those_of_the_definitions(found, request):
    worst = request.getfixturevalue(found)
    lhs, rhs = definitions.sides(worst.theorem.slug, measured_again(worst))
    # 1 − σ² of 1e-5 magnifies the 1e-15 of an eigenvalue to 1e-10.
    assert worst.lhs == pytest.approx(lhs, rel=1e-8)
    assert worst.rhs == pytest.approx(rhs, rel=1e-8)
    assert worst.ratio == pytest.approx(lhs / rhs, rel=1e-8)


def test_a_users_own_false_theorem_is_refuted(tmp_path):
    worst = mt.falsify(CONJECTURE, 4, 4, k=2, key=KEY, budget=3)
    assert worst.suspected
    assert worst.certified
    assert worst.ratio > 1.5
    assert "violated, certified" in repr(worst)
    assert (worst.verdict, worst.reason) == (worst.certificate.verdict, worst.certificate.reason)
    assert worst.certificate.check(CONJECTURE) == []
    np.testing.assert_array_equal(np.array(worst.certificate.instance.matrix, dtype=float), worst.joint.matrix)
    worst.save(tmp_path / "worst.npz")
    assert mt.Falsification.load(tmp_path / "worst.npz", CONJECTURE).certificate == worst.certificate
    lhs, rhs = definitions.sides("probe-error", measured_again(worst))
    assert lhs > 1.5 * rhs / 2  # the true bound is 2 r_k


def test_a_constant_lowered_is_refuted():
    lowered, *_ = mutants(mt.theorems["probe-text-induced"])
    worst = mt.falsify(lowered, 3, 3, key=KEY, budget=2, restarts=16)
    assert worst.certified
    assert worst.ratio == pytest.approx(1 / 0.9, rel=1e-6)


def handed_over(theorem, joint):
    """What becomes of a violation that only rounding suspects."""
    return conclude._certified(theorem, mt.Instance(joint), 1, "violated", "by more than rounding")


@pytest.fixture(scope="module")
def counterexamples():
    """A search all of whose candidates are counterexamples."""
    names = {}
    exec(FALSE, names)
    return mt.falsify(names["conjecture"], 3, 3, key=KEY, budget=1)


@pytest.mark.parametrize("verdict", ["violated", "undecided", "holds", "not applicable"])
@pytest.mark.parametrize("first", [0, 2, 8])
def test_a_candidate_that_is_not_certified_hides_no_other(verdict, first, counterexamples, monkeypatch):
    """All but the last few candidates are given another verdict than the true one."""
    asked = []

    def stubborn(theorem, instance, k):
        asked.append(certificate := mt.certify(theorem, instance, k))
        return certificate if len(asked) > first else dataclasses.replace(certificate, verdict=verdict)

    monkeypatch.setattr(conclude, "certify", stubborn)
    found = counterexamples
    worst = mt.Falsification.of(found.state)
    if verdict == "violated" or first < 8:
        assert len(asked) == 1 + first * (verdict != "violated")
        assert worst.certificate == asked[-1]
        assert worst.certified
        assert worst.ratio > 1.9
    else:
        assert len(asked) == 8
        assert not worst.certified
        assert worst.suspected == (verdict == "undecided")
        expected = {"undecided": found.ratio, "holds": 1, "not applicable": np.nan}[verdict]
        np.testing.assert_equal(worst.ratio, expected)


def test_only_what_is_suspected_is_certified(mmcl, monkeypatch):
    monkeypatch.setattr(conclude, "certify", None)
    assert same(mmcl, mt.Falsification.of(mmcl.state))
    assert mmcl.certificate is None


def test_what_certify_proves_to_hold_is_not_called_violated():
    noise = mt.generators.isotropic_noise(3, 0.25)
    verdict, reason, certificate = handed_over(mt.theorems["probe-text-induced"], noise)
    assert (verdict, certificate.verdict) == ("holds", "holds")
    assert reason == certificate.reason
    assert handed_over(mt.theorems["chi-square"], noise)[0] == "holds"
    assert handed_over(mt.theorems["probe-mmcl"], mt.Joint(np.eye(2), [0, 1]))[0] == "not applicable"


def test_what_certify_cannot_decide_stays_violated_and_says_why(monkeypatch):
    noise = mt.generators.isotropic_noise(3, 0.25)
    # log 3 on both sides
    verdict, reason, certificate = handed_over(mt.theorems["information-chi-square"], mt.Joint(np.eye(3), [0, 1, 1]))
    assert (verdict, certificate.verdict) == ("violated", "undecided")
    assert "not certified: the sides agree to within" in reason
    for_floats = dataclasses.replace(CONJECTURE, rhs=lambda q: jnp.minimum(q.probe_residual, 0))
    assert "not certified" in handed_over(for_floats, noise)[1]
    assert "at most 64" in handed_over(CONJECTURE, mt.generators.isotropic_noise(65, 0.3))[1]
    monkeypatch.setitem(sys.modules, "flint", None)
    verdict, reason, certificate = handed_over(CONJECTURE, noise)
    assert (verdict, certificate) == ("violated", None)
    assert "by more than rounding, not certified: certify: python-flint is needed: pip install" in reason


def test_mutants_change_one_thing():
    theorem = mt.theorems["probe-mmcl-lower"]
    by_name = {mutant.slug.split("~")[1]: mutant for mutant in mutants(theorem)}
    assert set(by_name) == {"constant", "sigma_min-as-sigma_next"}
    quantities = mt.measure(mt.generators.random_dirichlet(6, 6, 2, key=KEY), 2)
    lhs, rhs = theorem.sides(quantities)
    assert by_name["constant"].sides(quantities) == (lhs, rhs / 0.9)
    swapped = dataclasses.replace(quantities, sigma_min=quantities.sigma_next)
    assert by_name["sigma_min-as-sigma_next"].sides(quantities)[1] == theorem.sides(swapped)[1]
    assert all(mutant.requires == theorem.requires for mutant in by_name.values())
    halved = next(m for m in mutants(mt.theorems["label-transfer"]) if m.slug.endswith("alpha-for-2alpha"))
    assert float(halved.sides(quantities)[1]) == pytest.approx(float(quantities.labeling_error), rel=1e-12)


def test_an_identity_stays_at_rounding_and_an_order_statement_is_never_violated():
    identity = mt.falsify("chi-square", 3, 3, key=KEY, budget=2, restarts=16)
    assert identity.ratio < 1e-12
    assert identity.verdict == "holds"
    order = mt.falsify("probe-mmcl-paper", 3, 3, key=KEY, budget=2, restarts=16)
    assert order.ratio > 1  # r_k alone needs a constant of 1
    assert order.verdict == "order"
    assert not order.suspected


def same(one, other):
    """Everything that was found, bit for bit."""
    leaves = [jax.tree.leaves((w.instance, w.population)) for w in (one, other)]
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*leaves, strict=True))
    numbers = ["ratio", "safe_ratio", "lhs", "rhs", "tolerance", "verdict", "reason", "certificate", "rounds", "search"]
    assert [getattr(one, name) for name in numbers] == [getattr(other, name) for name in numbers]
    assert one.trajectory.equals(other.trajectory)
    assert one.trend.equals(other.trend)
    return True


def test_the_same_key_gives_the_same_and_another_key_another(transfer):
    assert same(transfer, mt.falsify("label-transfer", 3, 3, key=jax.random.PRNGKey(0), budget=4, restarts=32))
    other = mt.falsify("label-transfer", 3, 3, key=jax.random.key(1), budget=1, restarts=32)
    assert not np.array_equal(other.joint.matrix, transfer.joint.matrix)


def test_a_search_goes_on_after_a_file_as_if_it_had_not_stopped(transfer, tmp_path):
    half = mt.falsify("label-transfer", 3, 3, key=KEY, budget=2, restarts=32)
    half.save(tmp_path / "new" / "half.npz")
    again = mt.Falsification.load(tmp_path / "new" / "half.npz")
    assert same(half, again)
    assert same(mt.falsify("label-transfer", 3, 3, budget=2, resume=again), transfer)


def test_the_best_is_never_lost(mmcl):
    assert mmcl.trajectory.safe_ratio.is_monotonic_increasing
    assert list(mmcl.trajectory["round"]) == [1, 2, 3, 4]
    assert mmcl.safe_ratio == pytest.approx(mmcl.trajectory.safe_ratio.iloc[-1], abs=1e-6)


def test_only_what_a_statement_reads_is_searched():
    search = adversary.Search(4, 4, 2, 1)
    needed = {slug: set(adversary.needed_parts(mt.theorems[slug], search)) for slug in ("probe-mmcl", "scl-amf")}
    needed |= {slug: set(adversary.needed_parts(mt.theorems[slug], search)) for slug in ("probe-sscl-haochen",)}
    assert needed == {
        "probe-mmcl": set(),
        "scl-amf": {"encoders"},
        "probe-sscl-haochen": {"augmentation", "auxiliary_labels"},
    }


def test_every_candidate_is_a_legal_instance():
    """What starts and mutants stand for passes the checks of the constructors, with every part."""
    search = adversary.Search(5, 4, 3, 2)
    draw = np.random.default_rng(0)
    made = jax.jit(adversary.instance, static_argnums=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is dropped
        for _ in range(20):
            point = adversary.start(draw, search)
            for one in (point, adversary.mutate(draw, point, search)):
                whole = conclude.rebuild(made(one, search))
                assert whole.joint.matrix.shape == (5, 4)
                assert np.linalg.eigvalsh(whole.augmentation.matrix).min() > -1e-15  # a law of two views of one thing
                assert whole.sample.sum() == pytest.approx(adversary.SAMPLE_SIZE)


def test_a_soft_error_tends_to_the_error():
    draw = np.random.default_rng(0)
    scores, labels = jnp.asarray(draw.normal(size=(9, 3))), jnp.asarray(draw.integers(3, size=9))
    marginal = jnp.asarray(draw.dirichlet(np.ones(9)))
    soft = soft_error(scores, labels, marginal, 1e-6)
    assert float(soft) == pytest.approx(float(probes.error(scores, labels, marginal)), abs=1e-12)


def test_a_bound_that_is_not_positive_and_violated_has_an_infinite_ratio():
    theorem = mt.theorems["probe-error"]
    assert conclude.reported_ratio(theorem, 0.2, -0.1, np.inf) == np.inf
    assert conclude.reported_ratio(theorem, 0.2, 0.0, np.inf) == np.inf
    assert np.isnan(conclude.reported_ratio(theorem, 0.2, 0.4, -np.inf))  # not applicable


FALSE = """
import mmcl_theory as mt
conjecture = mt.Theorem(slug="conjecture", title="", kind=mt.Kind.UPPER_BOUND, statement="", source="", per_k=False,
                        lhs=lambda q: q.text_induced_error, rhs=lambda q: q.labeling_error)
"""


def test_the_command_line_tells_saves_and_exits_1(tmp_path, monkeypatch, capsys):
    (tmp_path / "false.py").write_text(FALSE)
    arguments = ["falsify", tmp_path / "false.py", "--n-images", 3, "--n-texts", 3, "--budget", 1]
    arguments += ["--out", tmp_path / "table.csv", "--save", tmp_path / "worst"]
    monkeypatch.setattr("sys.argv", ["mmcl-theory", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    told = capsys.readouterr().out
    assert "✗" in told
    assert "conjecture: certified violated, by at least" in told
    (row,) = mt.tables.read(tmp_path / "table.csv").to_dict("records")
    theorem = runpy.run_path(str(tmp_path / "false.py"))["conjecture"]
    worst = mt.Falsification.load(tmp_path / "worst" / "conjecture.npz", theorem)
    assert (row["verdict"], row["certificate"], row["ratio"]) == ("violated", "violated", worst.ratio)
    assert row["ratio"] == pytest.approx(2, abs=1e-3)  # α_T ≤ 2α − α², and no less
    # The certificate is confirmed from the file and the theorem alone.
    check = ["certify", "--check", tmp_path / "worst" / "conjecture.json", "--theorem", tmp_path / "false.py"]
    monkeypatch.setattr("sys.argv", ["mmcl-theory", *map(str, check)])
    with pytest.raises(SystemExit) as end:
        main()
    assert (end.value.code, capsys.readouterr().out.splitlines()[-1]) == (0, "confirmed")


def test_the_command_line_exits_3_where_a_violation_is_not_certified(tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise ValueError("joint: too large")

    (tmp_path / "false.py").write_text(FALSE)
    for place in ("conclude", "smallest"):
        monkeypatch.setattr(f"mmcl_theory.falsification.{place}.certify", fail)
    arguments = ["falsify", tmp_path / "false.py", "--n-images", 2, "--n-texts", 2, "--budget", 1]
    monkeypatch.setattr("sys.argv", ["mmcl-theory", *map(str, [*arguments, "--save", tmp_path])])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 3
    assert "conjecture: violated, by more than rounding, not certified: joint: too large" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conjecture.npz", "false.py"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "SLUG, --all: exactly one"),
        (["probe-mmcl", "--all"], "SLUG, --all: exactly one"),
        (["probe-mmcl", "--k", "9"], "--k: must be 1 … 6"),
        (["probe-mmcl", "--out", "table.txt"], "--out: a table's name"),
    ],
)
def test_bad_usage_is_one_line(arguments, words, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mmcl-theory", "falsify", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert words in capsys.readouterr().err


BAD = {
    "slug": (ValueError, "theorems: nope", lambda: mt.falsify("nope", key=KEY)),
    "theorem": (TypeError, "theorem: 3", lambda: mt.falsify(3, key=KEY)),
    "several": (TypeError, "theorem:", lambda: mt.falsify(["probe-mmcl", "probe-error"], key=KEY)),
    "no-key": (TypeError, "key: None", lambda: mt.falsify("probe-mmcl")),
    "key": (TypeError, "key: 0", lambda: mt.falsify("probe-mmcl", key=0)),
    "images": (ValueError, "n_images: 1 0", lambda: mt.falsify("probe-mmcl", 0, key=KEY)),
    "texts": (TypeError, "n_texts: 2.5", lambda: mt.falsify("probe-mmcl", 4, 2.5, key=KEY)),
    "classes": (ValueError, "n_classes: 0", lambda: mt.falsify("probe-mmcl", n_classes=0, key=KEY)),
    "k": (ValueError, "k: 1 4 5", lambda: mt.falsify("probe-mmcl", 4, 6, k=5, key=KEY)),
    "budget": (ValueError, "budget: 0", lambda: mt.falsify("probe-mmcl", budget=0, key=KEY)),
    "restarts": (ValueError, "restarts: 8 12", lambda: mt.falsify("probe-mmcl", restarts=12, key=KEY)),
    "no-conductance": (NotSearchable, "theorem: cheeger 16", lambda: mt.falsify("cheeger", 17, key=KEY)),
    "decision": (NotSearchable, "theorem: signs", lambda: mt.falsify("class-or-colour", key=KEY)),
    "random-sample": (NotSearchable, "theorem: random", lambda: mt.falsify("finite-sample-apriori", key=KEY)),
    "resume": (TypeError, "resume: int", lambda: mt.falsify("probe-mmcl", resume=3)),
}


@pytest.mark.parametrize(("error", "words", "call"), [pytest.param(*row, id=name) for name, row in BAD.items()])
def test_bad_input_is_refused(error, words, call):
    assert_refused(error, words, call)


def test_a_search_goes_on_only_as_it_began(transfer, tmp_path):
    with pytest.raises(ValueError, match=r"^resume: .*label-transfer"):
        mt.falsify("probe-error", 3, 3, resume=transfer)
    with pytest.raises(ValueError, match=r"^resume: its sizes"):
        mt.falsify("label-transfer", 4, 3, resume=transfer)
    with pytest.raises(ValueError, match=r"^key: "):
        mt.falsify("label-transfer", 3, 3, key=jax.random.key(1), resume=transfer)
    with pytest.raises(FileNotFoundError, match=r"^path: "):
        mt.Falsification.load(tmp_path / "none.npz")
    (tmp_path / "other.npz").write_bytes(b"PK nonsense")
    with pytest.raises(ValueError, match=r"^path: .*as it was written"):
        mt.Falsification.load(tmp_path / "other.npz")
    transfer.save(tmp_path / "own.npz")
    with pytest.raises(ValueError, match=r"^theorem: the file is about 'label-transfer'"):
        mt.Falsification.load(tmp_path / "own.npz", CONJECTURE)

"""Brackets of bounds: quantities as functions of the cells, proofs on a simplex, and what is proven of known bounds."""

import functools
import itertools
import random
from fractions import Fraction

import jax
import pytest
from flint import ctx, fmpq, fmpz_mpoly_ctx

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.ball import Ball
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.certification.certificate import certify_exact
from mmcl_theory.certification.enclosures.enclosures import Enclosures
from mmcl_theory.conjectures.brackets import shares
from mmcl_theory.conjectures.brackets.assertions import NotNegative
from mmcl_theory.conjectures.brackets.cell_quantities import CellQuantities
from mmcl_theory.conjectures.brackets.joint_cells import cases
from mmcl_theory.conjectures.brackets.shares import Share, attempt, distinct, labelings, tried_shares
from mmcl_theory.conjectures.brackets.simplex_proof import Linear, prove
from mmcl_theory.conjectures.brackets.squares import is_sum_of_squares
from mmcl_theory.conjectures.brackets.surd import Surd
from mmcl_theory.theory.theorem import BOUNDS
from mmcl_theory.tightness.mutants import FACTOR, scaled
from mmcl_theory.worlds.extremal import two_images

KEY = jax.random.key(0)
BUDGET = 20_000
NAMES = [name for name in mt.Quantities.__dataclass_fields__ if name in vars(CellQuantities)]
situations = functools.cache(shares.situations)  # some are asked for three times
# What no joint of two images and two texts exceeds, where that is not 1: derived in docs/conjectures.md.
FOUND = {
    "cheeger": "√(1/2)",
    "retrieval-variation": "1/2",
    "retrieval-chi-square": "√(3/4)",
}


@functools.cache
def all_situations(theorem, n_images=2, n_texts=2, n_classes=2):
    """List the situations of a bound for all joints of a size."""
    labels = labelings(n_images, n_texts, n_classes)
    return distinct([one for each in labels for one in situations(theorem, each)])


def value_at(number: Surd, cells) -> Ball:
    """Evaluate a function of the cells."""
    terms = [Ball(fmpq(part(*cells))) * Ball(fmpq(root(*cells))).sqrt() for root, part in number.terms]
    return sum(terms, Ball(0)) / fmpq(number.denominator(*cells))


def grid(n_cells, total):
    """List the cells of all joints with masses i/total."""
    for bars in itertools.combinations(range(total + n_cells - 1), n_cells - 1):
        yield [b - a - 1 for a, b in itertools.pairwise([-1, *bars, total + n_cells - 1])]


def instance(cells, labels, n_classes):
    """Make an exact instance, if every image and text has mass."""
    n_texts = len(labels[1])
    rows = tuple(tuple(map(Fraction, cells[i : i + n_texts])) for i in range(0, len(cells), n_texts))
    if all(any(line) for line in (*rows, *zip(*rows, strict=True))):
        return ExactInstance(rows, *labels, n_classes)
    return None


@pytest.mark.parametrize("size", [(2, 2), (2, 3), (3, 2)])
def test_each_quantity_is_the_exact_measurement(size):
    draw, n_cells = random.Random(0), size[0] * size[1]
    chosen = draw.sample(labelings(*size, 3), 2 if n_cells == 4 else 1)
    # Small whole numbers, so that some are 0 and classes tie.
    joints = [[draw.choice([0, 1, 1, 2, 3]) for _ in range(n_cells)] for _ in range(8)]
    for labels in chosen:
        measured = [(cells, Enclosures(exact, 1)) for cells in joints if (exact := instance(cells, labels, 3))]
        measured = [pair for pair in measured if (1 - pair[1].sigma_2).is_positive()]  # else there is no one head
        assert len(measured) > 2
        for name in NAMES:
            every = list(cases(functools.partial(CellQuantities, *labels), lambda q, name=name: getattr(q, name)))
            for cells, enclosures in measured:
                with ctx.workprec(128):
                    expected = getattr(enclosures, name)
                    met = [one for one in every if all(is_met(*assumed, cells) for assumed in one.assumed)]
                    assert met, (name, labels, cells)
                    for one in met:
                        found = one.value if isinstance(one.value, int) else value_at(one.value, cells)
                        assert (Ball(found) - expected).enclosure().contains(0), (name, labels, cells)


def is_met(number, sign, signs, cells) -> bool:
    """Say whether an assumption is true of a joint: 0 is of both signs where it is no case of its own."""
    value = value_at(number, cells).enclosure()
    if sign == 0 or (0 in signs and value.contains(0)):
        return sign == 0 and bool(value.contains(0))
    return bool(value.contains(0) or sign * value > 0)


def in_reach(theorem) -> bool:
    """Say whether a statement is a bound that reads algebraic functions of the cells only."""
    try:
        return theorem.kind in BOUNDS and situations(theorem, ((0, 1), (0, 1))) is not None
    except ValueError:
        return False


def test_most_bounds_on_a_bare_joint_are_in_reach_and_what_is_known_of_them_is_proven_and_no_more():
    reached = [slug for slug, theorem in mt.theorems.items() if in_reach(theorem)]
    assert len(reached) >= 36
    assert {"label-transfer", "probe-mmcl", "probe-error", "zero-shot-lower", "cheeger", "probe-drawn"} <= {*reached}
    for slug in reached:
        known = mt.theorems[slug].extremal
        assert attempt(all_situations(mt.theorems[slug]), Share(Fraction(1)), BUDGET).proven, slug
        if known.family is two_images:
            family = situations(mt.theorems[slug], ((0, 1), (0, 1)))
            assert not attempt(family, Share(Fraction(1, 4)), BUDGET).proven, slug


@pytest.mark.parametrize("slug", FOUND)
def test_the_least_constant_is_found_with_nothing_told(slug):
    tries = list(tried_shares(all_situations(mt.theorems[slug]), Share(Fraction(0)), BUDGET))
    assert str([share for share, tried in tries if tried.proven][-1]) == FOUND[slug]


@pytest.mark.parametrize(
    "slug", ["cheeger", "retrieval-chi-square", "probe-error", "zero-shot", "label-transfer-classes"]
)
def test_no_joint_of_a_grid_exceeds_what_is_proven(slug):
    theorem, constant = mt.theorems[slug], FOUND.get(slug, "1").removeprefix("√(").removesuffix(")")
    share = Share(Fraction(constant))
    assert attempt(all_situations(theorem), share, BUDGET).proven
    joints = [(cells, labels) for labels in labelings(2, 2, 2) for cells in grid(4, 5)]
    for enclosures in (Enclosures(exact, 1) for one in joints if (exact := instance(*one, 2))):
        if all(margin.is_positive() for margin in map(Ball, theorem.margins(enclosures))):
            lhs, rhs = theorem.sides(enclosures)
            assert not (Ball(fmpq(*share.square.as_integer_ratio())).sqrt() * rhs - lhs).is_negative()


@pytest.mark.parametrize("size", [(2, 2), (2, 3), (3, 2)])
@pytest.mark.parametrize("slug", ["label-transfer", "probe-mmcl-lower", "probe-error"])
def test_a_met_bound_is_proven_and_a_false_one_refuted(slug, size):
    theorem = mt.theorems[slug]
    assert attempt(all_situations(theorem, *size), Share(Fraction(1)), BUDGET).proven
    false = scaled(theorem, FACTOR)
    refuted = attempt(all_situations(false, *size), Share(Fraction(1)), BUDGET)
    assert not refuted.proven
    exact = instance(refuted.refuted_at.weights, refuted.refuted_at.labels, 2)
    assert certify_exact(false, exact, 1).verdict == "violated"


def test_squares_prove_only_what_is_not_negative():
    ring = fmpz_mpoly_ctx.get(("x", "y", "z"))
    x, y, z = ring.gens()
    assert is_sum_of_squares((x - y) ** 2 * (x + z) + 3 * y * (y - z) ** 2)
    assert is_sum_of_squares((x * y - z**2) ** 2 + x * z * (x - y) ** 2)
    assert not is_sum_of_squares(x**2 - 3 * x * y + y**2)
    assert not is_sum_of_squares(4 * (x - y) * (y - z), [y - z])
    assert is_sum_of_squares(4 * (x - y) * z, [x - y])
    # Random ones: of those that are proven none is negative on a grid.
    draw, proven = random.Random(0), 0
    for _ in range(60):
        form = draw.randint(0, 3) * x**3 + draw.randint(1, 4) * y**2 * (x + z)
        form += sum(draw.randint(-2, 4) * one for one in (x * y * z, x**2 * y, x * z**2, z**3))
        if is_sum_of_squares(form):
            proven += 1
            assert all(form(*point) >= 0 for point in grid(3, 12))
    assert 5 < proven < 55


def test_a_proof_is_cut_at_linear_restrictions_exactly():
    ring = fmpz_mpoly_ctx.get(("x", "y", "z"))
    x, y, z = ring.gens()

    def proven(form, *restrictions):
        """Say how an attempt ends, within a few pieces."""
        return prove(lambda images: NotNegative.of(form.compose(*images)), ring, restrictions, [], 500).proven

    assert proven(3 * x - 2 * y, Linear(x - y, 1))
    assert not proven(3 * x - 4 * y, Linear(x - y, 1))
    assert proven(2 * y - x, Linear(3 * x - 5 * y, -1))
    assert not proven(-((2 * x - 3 * y) ** 2))
    assert proven(-((2 * x - 3 * y) ** 2), Linear(2 * x - 3 * y, 0))
    assert proven(z - x, Linear(x - y, 0), Linear(y - z, 0))
    # A zero inside, at no corner of a piece: true, and not proven by halving alone, but with room it is.
    square = (3 * x - y - z) ** 2 + (y - 2 * z) ** 2
    assert proven(square + (x + y + z) ** 2)
    assert not proven(square - (x + y + z) ** 2)


def test_labelings_are_all_but_for_order_and_names():
    for size in ((2, 2, 2), (2, 3, 3)):
        kept, everything = set(labelings(*size)), itertools.product(range(size[2]), repeat=size[0] + size[1])
        orbits = set()
        for labels in everything:
            images, texts = labels[: size[0]], labels[size[0] :]
            orbit = {
                (tuple(name[y] for y in a), tuple(name[y] for y in b))
                for name in itertools.permutations(range(size[2]))
                for a in itertools.permutations(images)
                for b in itertools.permutations(texts)
            }
            assert len(orbit & kept) == 1
            orbits.add(frozenset(orbit))
        assert len(orbits) == len(kept)


def test_a_bracket_holds_both_ends_and_a_certificate():
    found = mt.bracket("cheeger", key=KEY, rounds=1)
    assert (found.constant, found.labelings) == ("√(1/2)", 5)
    assert 0.70 < found.lower < 0.5**0.5 <= found.upper < 0.7071068
    share = Fraction(repr(found.lower))
    assert found.certificate.verdict == "violated"
    assert found.certificate.check(scaled(mt.theorems["cheeger"], share)) == []
    assert "√(1/2) (proven)" in found.sentence
    assert "√(1/2)" in found._repr_html_()
    assert repr(found).startswith("Bracket(cheeger: from 0.70")
    again = mt.bracket("cheeger", key=KEY, rounds=1)  # compiled already
    assert (again.lower, again.upper, again.pieces) == (found.lower, found.upper, found.pieces)


def test_a_tie_that_the_adversary_misses_is_certified_where_a_share_is_refuted():
    found = mt.bracket("probe-mmcl-paper", key=KEY, rounds=1)
    assert found.constant == "4"
    assert found.lower > 3.999
    assert not found.is_violated


def test_a_false_theorem_is_bracketed_above_1():
    *_, linear = mt.mutants(mt.theorems["label-transfer"])
    found = mt.bracket(linear, key=KEY, rounds=1)
    assert found.lower > 1
    assert found.is_violated


def test_what_cannot_be_bracketed_is_refused():
    cases = {
        "theorem: 'information-chi-square' cannot be bracketed: it reads mutual_information": (
            "information-chi-square",
        ),
        "theorem: 'caption-garbling' cannot be bracketed: needs a caption channel": ("caption-garbling",),
        "theorem: an upper or a lower bound is needed, and 'chi-square' is of kind identity": ("chi-square",),
        "theorem: a slug or a Theorem object is needed": (3,),
        "n_images, n_texts: 2 × 2, 2 × 3 or 3 × 2 is needed, got 3 × 3": ("cheeger", 3, 3),
        "k: only k = 1 can be bracketed, got 2": ("cheeger", 2, 2, 2, 2),
        "n_classes": ("cheeger", 2, 2, 0),
    }
    for message, arguments in cases.items():
        with pytest.raises((ValueError, TypeError)) as error:
            mt.bracket(*arguments, key=KEY)
        assert str(error.value).startswith(message)
    logarithm = mt.Theorem(
        *("log", "log", mt.Kind.UPPER_BOUND, "", ""), lhs=lambda q: q.labeling_error, rhs=lambda q: mt.log(q.n_items)
    )
    with pytest.raises(ValueError, match="it takes a logarithm"):
        mt.bracket(logarithm, key=KEY)


def test_the_command_prints_a_table_and_its_exit_code(command):
    code, out, error = command("bracket", "cheeger", "caption-garbling", "--rounds", 1, "--out", "table.csv")
    assert code == 2
    assert "√(1/2)" in out
    assert "'caption-garbling' cannot be bracketed" in error
    code, out, error = command("bracket", "cheeger", "--n-images", 4)
    assert (code, "--n-images, --n-texts: 2 × 2, 2 × 3 or 3 × 2" in error) == (2, True)

"""Formulas are exact where they are certified, and agree on every kind of number, within what each promises."""

import math
import random
import sys
from collections import Counter
from fractions import Fraction

import expressions
import flint
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.ball import Ball
from mmcl_theory.certification.proof import enclosed_verdict
from mmcl_theory.theory.functions import Constant

KINDS = (mt.Kind.UPPER_BOUND, mt.Kind.LOWER_BOUND, mt.Kind.IDENTITY)
MATCHED = mt.Joint([[1, 0], [0, 1]], [0, 1], [0, 1])
NOISE = mt.generators.isotropic_noise(4, 0.25)


def theorem(lhs, rhs, kind=mt.Kind.UPPER_BOUND):
    return mt.Theorem(slug="mine", title="", kind=kind, statement="", source="", lhs=lhs, rhs=rhs)


def verdict(lhs, rhs, kind=mt.Kind.UPPER_BOUND, joint=NOISE):
    return mt.certify(theorem(lhs, rhs, kind), joint, 1).verdict


def false_certificates(count: int, seed: int) -> tuple[list, Counter]:
    """Compare verdicts on pairs of random formulas with 80-digit intervals; return the false ones, and all verdicts."""
    draw = random.Random(seed)
    false, seen = [], Counter()
    for _ in range(count):
        numbers = [Fraction(draw.randint(0, 40), draw.choice([1, 3, 8, 40, 41])) for _ in range(3)]
        lhs = expressions.drawn(draw, draw.randint(1, 4), 3)
        rhs = expressions.drawn(draw, draw.randint(1, 4), 3)
        if draw.random() < 0.6:  # near the other side, or equal to it
            off = draw.choice([0, 0, 1, -1]) * Fraction(1, 10 ** draw.randint(1, 60))
            rhs = ("+", expressions.twin(draw, lhs), ("rational", off.numerator, off.denominator))
        kind = draw.choice(KINDS)
        with flint.ctx.workprec(128):
            balls = [one(draw, number) for number in numbers]
            try:
                sides = [Ball(expressions.value(tree, balls)) for tree in (lhs, rhs)]
                found, _ = enclosed_verdict(kind, *sides)
            except ZeroDivisionError:
                found = "divides by zero"
        try:
            slack = expressions.interval(lhs, numbers) - expressions.interval(rhs, numbers)
            wrong = found == "divides by zero" or is_false(kind, found, slack) or not met(sides, slack)
        except expressions.Undefined:
            wrong = found not in ("divides by zero", "undecided")
            found = f"undefined: {found}"
        except expressions.Unclear:
            wrong, found = False, "unclear"
        seen[found] += 1
        if wrong:
            false.append((numbers, lhs, rhs, kind, found))
    return false, seen


def one(draw: random.Random, number: Fraction) -> Ball:
    """Give a quantity as it is, or as a ball around it."""
    return Ball(number) if draw.random() < 0.5 else Ball(Ball(number).enclosure() + flint.arb(0, 2.0**-100))


def is_false(kind: mt.Kind, found: str, slack: mpmath.iv.mpf) -> bool:
    """Say whether 80 digits of lhs − rhs contradict a verdict."""
    if found == "violated":
        reached = slack.b if kind is mt.Kind.UPPER_BOUND else -slack.a if kind is mt.Kind.LOWER_BOUND else mpmath.inf
        return reached <= 0 or (kind is mt.Kind.IDENTITY and slack.a <= 0 <= slack.b and slack.delta < 1e-60)
    if found == "holds":
        reached = slack.a if kind is mt.Kind.UPPER_BOUND else -slack.b
        return not slack.a <= 0 <= slack.b if kind is mt.Kind.IDENTITY else reached > 0
    return found == "consistent" and not (slack.a < 1e-29 and slack.b > -1e-29)


def met(sides: list[Ball], slack: mpmath.iv.mpf) -> bool:
    """Say whether the enclosures' difference meets that of the intervals, as both contain the true one."""
    with flint.ctx.workprec(400):
        ball = sides[0].enclosure() - sides[1].enclosure()
        if not ball.is_finite():
            return True
        low, high = (mpmath.mpf(end.man_exp()[0].__int__()) for end in (ball.lower(), ball.upper()))
        low, high = (mpmath.ldexp(m, int(end.man_exp()[1])) for m, end in ((low, ball.lower()), (high, ball.upper())))
    return low <= slack.b and slack.a <= high


def test_no_certificate_on_random_formulas_is_false():
    with mpmath.workdps(120):
        false, seen = false_certificates(1500, seed=0)
    assert not false
    assert all(seen[found] > 60 for found in ("holds", "violated", "undecided", "undefined: undecided")), seen


def running(tree: tuple, quantities: list[float], unit: float) -> tuple[float, float]:
    """Evaluate a formula in double precision with a bound, to first order and doubled, on the rounding by ``unit``."""
    name, *parts = tree
    if name in ("q", "number", "rational"):
        number = quantities[parts[0]] if name == "q" else parts[0] if name == "number" else parts[0] / parts[1]
        return number, abs(number) * unit
    (x, dx), *rest = [running(part, quantities, unit) for part in parts]
    y, dy = rest[0] if rest else (0.0, 0.0)
    if name == "inverse":
        name, x, dx, y, dy = "/", 1.0, 0.0, x, dx
    if name in ("square", "cube", "half-power"):
        name, y = "**", {"square": 2.0, "cube": 3.0, "half-power": 0.5}[name]
    if name == "sqrt":
        name, y = "**", 0.5
    if name == "log":
        found, moved = math.log(x), dx / (x - dx) if dx < x / 2 else math.inf
    elif name == "/":
        found, moved = x / y, (dx + abs(x / y) * dy) / (abs(y) - dy) if dy < abs(y) / 2 else math.inf
    elif name == "**":
        found = x**y
        if dx > abs(x) / 8 or (dy and x <= 0):
            moved = math.inf if x else 0.0
        else:
            moved = abs(found) * (abs(y) * dx / abs(x) + (abs(math.log(x)) * dy if dy else 0)) if x else 0.0
        moved += abs(found) * abs(y) * 4 * unit
    elif name in ("min", "max"):
        found, moved = {"min": min, "max": max}[name](x, y), max(dx, dy)
    elif name == "*":
        found, moved = x * y, abs(x) * dy + abs(y) * dx + dx * dy
    else:
        found, moved = {"neg": -x, "+": x + y, "-": x - y}[name], dx + dy
    if isinstance(found, complex) or not math.isfinite(found):
        raise ValueError("not a real number")
    return found, 2 * moved + 2 * abs(found) * unit


def well_posed(count: int, unit: float, seed: int) -> list[tuple]:
    """Draw formulas whose value rounding moves by little, with the value and a bound on that."""
    draw, kept = random.Random(seed), []
    while len(kept) < count:
        numbers = [draw.randint(1, 40) / 8 for _ in range(3)]
        tree = expressions.drawn(draw, draw.randint(1, 4), 3)
        try:
            found, error = running(tree, numbers, unit)
            exact = expressions.interval(tree, [Fraction(number) for number in numbers])
        except (ValueError, ZeroDivisionError, OverflowError, expressions.Undefined, expressions.Unclear):
            continue
        if error < 1e-3 * max(abs(found), 1e-3) and abs(found) < 1e8:
            kept.append((tree, numbers, float(exact.mid), error + 1e-300))
    return kept


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", ["NumPy", "traced"])
def test_a_formula_agrees_on_floats_and_traced_values(dtype, kind):
    cases = well_posed(300 if kind == "NumPy" else 60, float(np.finfo(dtype).eps), seed=1)

    def evaluate(batch):
        return [expressions.value(tree, quantities) for (tree, *_), quantities in zip(cases, batch, strict=True)]

    batch = [[np.array(number, dtype) for number in numbers] for _, numbers, _, _ in cases]
    if kind == "NumPy":
        found = evaluate(batch)
    else:
        found = jax.jit(lambda batch: [jnp.asarray(one) for one in evaluate(batch)])(jax.tree.map(jnp.asarray, batch))
    read = [any(part == "q" for part in str(tree).split("'")) for tree, *_ in cases]
    assert sum(read) > len(cases) / 2
    for (tree, _, exact, error), one, reads in zip(cases, found, read, strict=True):
        assert abs(float(one) - exact) <= error, (tree, float(one), exact, error)
        assert not reads or isinstance(one, Constant) or one.dtype == dtype


def test_constants_are_exact_where_they_are_certified():
    """Each is an equation, which rounding of a constant would break one way or the other."""
    for lhs, rhs, joint in (
        (lambda q: q.mutual_information, lambda q: mt.log(2), MATCHED),
        (lambda q: mt.sqrt(3) * mt.sqrt(q.labeling_error), lambda q: mt.sqrt(3 * q.labeling_error), NOISE),
        (lambda q: mt.sqrt(2) * q.sigma_2 * mt.sqrt(2), lambda q: 2 * q.sigma_2, NOISE),
    ):
        for kind in KINDS:
            assert verdict(lhs, rhs, kind, joint) in ("undecided", "consistent")
            assert verdict(rhs, lhs, kind, joint) in ("undecided", "consistent")
    for kind in KINDS:
        assert verdict(lambda q: q.labeling_error / 3, lambda q: mt.rational(1, 3) * q.labeling_error, kind) == "holds"
        assert verdict(lambda q: mt.log(2) - mt.log(2), lambda q: 0, kind) == "holds"


@pytest.mark.parametrize(
    ("rounded", "written"),
    [
        (1 / 3, "mt.rational(1, 3)"),
        (0.1, "mt.rational(1, 10)"),
        (1.99, "mt.rational(199, 100)"),
        (np.float64(math.pi), "mt.sqrt(2)"),
        (np.float32(0.1), "mt.log(2)"),
        (jnp.float32(0.1), "mt.log(2)"),
        (math.log(2), "mt.log(2)"),
        (math.sqrt(2) ** 2, "mt.sqrt(2)"),
        (1e16 / 3, "mt.rational(1, 3)"),
    ],
)
def test_a_rounded_float_in_a_formula_is_refused_with_what_to_write(rounded, written):
    for rhs in (
        lambda q: rounded * q.labeling_error,
        lambda q: q.labeling_error + rounded,
        lambda q: rounded,
        lambda q: mt.minimum(rounded, q.labeling_error),
        lambda q: mt.log(2) * rounded * q.labeling_error,
    ):
        with pytest.raises(TypeError, match="was rounded") as refused:
            verdict(lambda q: q.labeling_error, rhs)
        assert written in str(refused.value)
    with pytest.raises(TypeError, match="was rounded"):
        verdict(lambda q: q.labeling_error, lambda q: mt.log(2) * rounded * q.labeling_error)


def test_what_a_formula_may_say_exactly_works_in_verify_falsify_and_certify_alike():
    third = mt.rational(1, 3)
    bounds = [lambda q: third + q.labeling_error, lambda q: 0.5 + q.labeling_error, lambda q: mt.log(3)]
    for rhs in (*bounds, lambda q: mt.minimum(bounds[0](q), mt.minimum(bounds[1](q), bounds[2](q)))):
        claim = theorem(lambda q: q.labeling_error * mt.sqrt(4) / 2, rhs)
        assert mt.certify(claim, NOISE, 1).verdict == "holds"
        assert mt.verify(NOISE, 1, claim).verdict[0] in ("holds", "vacuous")  # log 3 > 1
    # The last has all of the others in one program.
    assert mt.falsify(claim, 3, 3, key=jax.random.key(0), budget=1, restarts=8).verdict in ("holds", "vacuous")


@pytest.mark.parametrize(
    "undefined",
    [
        lambda s: s - s,
        lambda s: s**0,
        lambda s: 0 * s,
        lambda s: 0.0 * s + 1,
        lambda s: mt.minimum(s, 0),
        lambda s: mt.maximum(0, s),
        lambda s: 1 / (1 / s),
        lambda s: s / s,
        lambda s: (s * s) ** 0,
        lambda s: s ** (0 * mt.sqrt(2)),
        lambda s: 2 ** (0 * s),
    ],
)
def test_what_is_undefined_stays_so_through_every_operation(undefined):
    for root in (lambda q: mt.sqrt(q.sigma_2 - 2), lambda q: mt.log(q.labeling_error - 1), lambda q: mt.sqrt(-2)):
        assert verdict(lambda q: q.labeling_error, lambda q, root=root: 1 + undefined(root(q))) == "undecided"


def test_powers_of_any_exponent_are_enclosed():
    x = Ball(flint.arb(0, 1))
    assert (x**2).value.contains(0.25)
    assert (x**3).value.contains(-0.125)
    assert str(Ball(0) ** 5) == "0"
    assert verdict(lambda q: q.labeling_error ** (10**30), lambda q: 1) == "holds"
    assert verdict(lambda q: q.labeling_error ** -(10**30), lambda q: 1) == "violated"
    assert verdict(lambda q: (1 + q.labeling_error) ** (10**8), lambda q: 10**20) == "violated"


FAINT = mt.Joint([[1, 1e-100, 0], [1e-100, 1, 0], [0, 1e-100, 1e-100]], [0, 0, 0], [0, 0, 0])


def test_numbers_of_any_size_are_certified():
    assert mt.certify("probe-mmcl", FAINT, 1).verdict == "holds"
    draw = np.random.default_rng(0)
    huge = tuple(1e80 * draw.normal(size=(4, 3)) for _ in range(2))
    assert mt.certify("linear-mmcl", mt.Instance(NOISE, encoders=huge), 1).verdict in ("undecided", "consistent")
    rare = mt.Joint([[1, 1e-160], [1e-160, 1e-160]], [0, 1], [0, 1])
    drawn = mt.Instance(rare, sample=[[3, 0], [1, 2]])
    for slug in ("finite-sample", "cooccurrence-concentration", "probe-mmcl"):
        assert mt.certify(slug, drawn, 1).verdict in ("holds", "not applicable", "undecided"), slug


if __name__ == "__main__":  # python tests/certification/test_formulas.py 100000
    with mpmath.workdps(120):
        print(*false_certificates(int(sys.argv[1]), seed=2))

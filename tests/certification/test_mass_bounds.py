"""Check the polynomials that bound a mass by moments: that they are feasible, and that they are the best."""

import itertools

import flint
import numpy as np
import pytest
import scipy.optimize
from flint import fmpq

from mmcl_theory.certification.arithmetic.ball import Ball
from mmcl_theory.certification.arithmetic.mass_bounds import interpolant, mass_below, mass_up_to

ZERO, ONE = fmpq(0), fmpq(1)


@pytest.fixture(autouse=True)
def _precision():
    """The bits with which certificates begin."""
    with flint.ctx.workprec(128):
        yield


def rationals(numbers, bits=30):
    """The numbers rounded to so many bits."""
    return [fmpq(int(x * 2**bits), 2**bits) for x in numbers]


def moments(atoms, masses, steps):
    """∫ x^m dμ, m = 0 … steps."""
    return [sum((w * x**m for x, w in zip(atoms, masses, strict=True)), ZERO) for m in range(steps + 1)]


def measures():
    """Random measures and awkward ones, as atoms, masses, and how many of the atoms are below the gap."""
    draw = np.random.default_rng(0)
    for _ in range(20):
        n = int(draw.integers(2, 12))
        atoms = sorted(set(rationals(draw.random(n))))
        masses = rationals(draw.dirichlet(np.full(len(atoms), draw.choice([0.1, 1.0]))))
        yield atoms, masses, int(draw.integers(1, len(atoms)))
    tiny = fmpq(1, 2**40)
    half = fmpq(1, 2)
    yield [ZERO, ONE], [half, half], 1
    yield [ZERO, half, ONE], [ZERO, ZERO, ONE], 1  # all the mass at 1
    yield [half, half + tiny], [half, half], 1  # a gap of 2⁻⁴⁰
    yield [ZERO, half - tiny, half, half + tiny, ONE], [fmpq(1, 5)] * 5, 3
    yield [fmpq(1, 3), ONE - tiny, ONE], [half, tiny, half - tiny], 2
    yield [fmpq(i, 64) for i in range(65)], [fmpq(1, 65)] * 65, 20


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 16])
def test_a_mass_lies_between_its_bounds(steps):
    for atoms, masses, below in measures():
        known = moments(atoms, masses, steps)
        low, high = mass_below(Ball(atoms[below]), known), mass_up_to(Ball(atoms[below - 1]), known)
        assert low.value <= sum(masses[:below], ZERO) <= high.value <= known[0]
        assert low.value >= 0


def test_more_moments_never_tell_less():
    for atoms, masses, below in measures():
        known = moments(atoms, masses, 12)
        highs = [mass_up_to(Ball(atoms[below - 1]), known[: m + 1]).value for m in range(1, 13)]
        lows = [mass_below(Ball(atoms[below]), known[: m + 1]).value for m in range(1, 13)]
        # A node that is put on a grid of 2⁻⁴⁴ costs the square of that.
        slack = fmpq(1, 2**60)
        assert all(after <= before + slack for before, after in itertools.pairwise(highs))
        assert all(after >= before - slack for before, after in itertools.pairwise(lows))


def test_few_atoms_are_told_exactly_by_as_many_moments_as_they_need():
    """On {0, a, 1} and {0, b, 1} two steps are enough, whatever further ones there are."""
    third = fmpq(1, 3)
    known = moments([ZERO, third, ONE], [fmpq(1, 6), fmpq(1, 3), fmpq(1, 2)], 16)
    for steps in (2, 3, 4, 5, 16):
        assert mass_up_to(Ball(third), known[: steps + 1]).value == fmpq(1, 2)
        assert mass_below(Ball(third), known[: steps + 1]).value == fmpq(1, 6)


def test_one_step_is_markovs_inequality():
    known = [fmpq(1), fmpq(2, 3)]
    assert mass_up_to(Ball(fmpq(1, 2)), known).value == fmpq(2, 3)
    assert mass_below(Ball(fmpq(3, 4)), known).value == fmpq(1, 9)


def linear_program(atoms, masses, steps, cut, upper):
    """The extreme mass up to (below) the cut of measures with the same moments, on a grid of 3,000 points."""
    grid = np.append((1 - np.cos(np.linspace(0, np.pi, 3000))) / 2, float(arb(cut)))
    floats = [float(arb(x)) for x in atoms]
    basis = lambda x: np.polynomial.chebyshev.chebvander(2 * np.asarray(x) - 1, steps)  # noqa: E731
    inside = grid <= float(arb(cut)) if upper else grid < float(arb(cut))
    sign = -1 if upper else 1
    known = basis(floats).T @ [float(arb(w)) for w in masses]
    found = scipy.optimize.linprog(sign * inside, A_eq=basis(grid).T, b_eq=known, bounds=(0, None), method="highs")
    return sign * found.fun


def arb(number):
    """As a ball, which a float can be made of."""
    return flint.arb(number).mid()


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 6, 9])
def test_the_bounds_are_those_of_a_linear_program(steps):
    """A grid has only some of the measures, so its extremes are inside of the true ones, by the spacing of the grid."""
    draw = np.random.default_rng(steps)
    for _ in range(3):
        atoms, masses = sorted(rationals(draw.random(15))), rationals(draw.dirichlet(np.ones(15)))
        below = int(draw.integers(3, 12))
        known = moments(atoms, masses, steps)
        high = float(arb(mass_up_to(Ball(atoms[below - 1]), known).value))
        low = float(arb(mass_below(Ball(atoms[below]), known).value))
        assert -1e-8 < high - linear_program(atoms, masses, steps, atoms[below - 1], upper=True) < 2e-4
        assert -1e-8 < linear_program(atoms, masses, steps, atoms[below], upper=False) - low < 2e-4


@pytest.mark.parametrize("upper", [True, False])
def test_any_nodes_give_a_feasible_polynomial(upper):
    """The lemma, at random nodes, the cut among them: the signs are decided exactly at 400 points."""
    draw = np.random.default_rng(5)
    for trial in range(24):
        free = rationals(draw.random(draw.integers(0, 5)))
        cut = rationals([draw.random()])[0]
        nodes = dict.fromkeys(free, 2) | {fmpq(end): 1 for end in ((), (0,), (1,), (0, 1))[trial % 4]} | {cut: 1}
        p = interpolant(nodes, cut, upper)
        assert p.degree() <= sum(nodes.values()) - 1
        for x in [fmpq(i, 400) for i in range(401)]:
            level = fmpq(int(x <= cut if upper else x < cut))
            assert p(x) >= level if upper else p(x) <= level


def test_a_cut_that_is_a_ball_is_moved_to_the_safe_side():
    """By Markov's inequality, in which the cut 1/√2 is irrational; the grid has 88 bits."""
    root, half = Ball(fmpq(1, 2)).sqrt(), fmpq(1, 2)
    above = mass_up_to(root, [ONE, 1 - half / 4]) - Ball(half / 4) / (1 - root)
    below = 1 - half / root - mass_below(root, [ONE, half])
    for excess in (above, below):
        assert excess.is_positive()
        assert excess.enclosure() < flint.arb(2) ** -80


def test_a_cut_at_the_ends_leaves_what_is_trivial():
    known = [fmpq(1), fmpq(2, 3), fmpq(1, 2)]
    assert mass_up_to(Ball(1), known).value == 1
    assert mass_below(Ball(0), known).value == 0
    assert mass_up_to(Ball(flint.arb(0.5, 2)), known).value == 1  # a ball that says nothing
    assert mass_below(Ball(flint.arb(0.5, 2)), known).value == 0

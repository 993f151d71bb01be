"""The extremal masses against linear programs, closed forms and measures that are known."""

import itertools

import numpy as np
import pytest
import scipy.optimize
from draws import from_moments, moments, violations

from mmcl_theory.walks.atoms import bounds_of_atoms
from mmcl_theory.walks.chebyshev import evaluate, lowest
from mmcl_theory.walks.extremal import extremal
from mmcl_theory.walks.program import improved

N_DRAWS = 600  # ``python tests/walks/draws.py 100000`` draws more


def continuous(seed, batch=4, atoms=60):
    """Measures of many atoms, of which moments tell little, and a gap of a twentieth."""
    draw = np.random.default_rng(seed)
    places, masses = np.sort(draw.random((batch, atoms))), draw.dirichlet(np.ones(atoms), batch)
    a = draw.uniform(0.1, 0.8, batch)
    b = a + 0.05
    outside = np.where((places > a[:, None]) & (places < b[:, None]), a[:, None], places)
    return outside, masses, a, b


def on_a_grid(given, a, b):
    """The largest mass up to a on a grid fine enough for 1e-8: the mistake is of second order in its spacing."""
    nodes = np.concatenate([np.linspace(0, a, 4001), np.linspace(b, 1, 4001)])
    t = 2 * nodes - 1
    rows = np.cos(np.arange(len(given))[:, None] * np.arccos(np.clip(t, -1, 1)))
    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    solved = scipy.optimize.linprog(-1.0 * (nodes <= a), A_eq=rows, b_eq=given, method="highs", options=options)
    return -solved.fun


@pytest.mark.parametrize("bounds", [from_moments, bounds_of_atoms])
def test_no_measure_is_outside_of_its_bounds(bounds):
    found, widths = violations(N_DRAWS, bounds, batch=50)
    assert not [case[:4] for case in found]
    assert np.quantile(widths, 0.1) < 1e-9  # of few atoms, whose moments determine them


@pytest.mark.parametrize("steps", [1, 3, 6])
def test_bounds_are_those_of_a_linear_program(steps):
    atoms, masses, a, b = continuous(steps, batch=2)
    given = moments(atoms, masses, steps)
    found = extremal(given, a, b)
    signs = (-1.0) ** np.arange(steps + 1)
    for row in range(len(a)):
        # A grid holds fewer measures: it is below by the square of its spacing, 1/4000, times a slope squared.
        assert -1e-9 < found.upper[row] - on_a_grid(given[row], a[row], b[row]) < 1e-6
        above = on_a_grid(given[row] * signs, 1 - b[row], 1 - a[row])
        assert -1e-9 < (1 - found.lower[row]) - above < 1e-6


@pytest.mark.parametrize("steps", [2, 5, 12])
def test_the_linear_program_with_cuts_agrees_to_1e_8(steps):
    atoms, masses, a, b = continuous(10 + steps, batch=2)
    given = moments(atoms, masses, steps)
    found = extremal(given, a, b)
    for row in range(len(a)):
        constant = np.eye(steps + 1)[0]
        polynomial = improved(given[row], a[row], b[row], constant)
        assert polynomial @ given[row] == pytest.approx(found.upper[row], abs=1e-8)


@pytest.mark.parametrize("steps", [1, 2, 7, 16, 33])
def test_polynomials_prove_the_bounds(steps):
    atoms, masses, a, b = continuous(20 + steps)
    given = moments(atoms, masses, steps)
    found = extremal(given, a, b)
    for row in range(len(a)):
        low, high = np.linspace(0, a[row], 5001), np.linspace(b[row], 1, 5001)
        upper = [evaluate(found.upper_polynomial[[row]], 2 * part[None] - 1)[0] for part in (low, high)]
        lower = [evaluate(found.lower_polynomial[[row]], 2 * part[None] - 1)[0] for part in (low, high)]
        slack = 1e-12 * np.abs(found.upper_polynomial[row]).sum()  # of evaluating the polynomials here
        assert min(upper[0].min() - 1, upper[1].min()) >= -slack
        assert max(lower[0].max() - 1, lower[1].max()) <= slack
        assert found.upper[row] == pytest.approx(found.upper_polynomial[row] @ given[row], abs=1e-7)
        assert found.lower[row] == pytest.approx(found.lower_polynomial[row] @ given[row], abs=1e-7)  # less rounding


def test_more_moments_never_weaken_the_bounds():
    atoms, masses, a, b = continuous(3, batch=20)
    bounds = [extremal(moments(atoms, masses, steps), a, b) for steps in range(1, 25)]
    for before, after in itertools.pairwise(bounds):
        # Each bound allows for its own rounding and costs a share of 1e-14.
        assert max((after.upper - before.upper).max(), (before.lower - after.lower).max()) <= 1e-9


@pytest.mark.parametrize(
    ("atoms", "a", "b"), [((0.0, 0.5), 0.0, 0.5), ((0.25, 0.75, 1.0), 0.25, 0.75), ((1.0,), 0.5, 1.0)]
)
def test_few_atoms_are_known_to_1e_9(atoms, a, b):
    """Atoms at 0, a, b and 1; all of the mass at 1."""
    places, masses = np.array([atoms]), np.full((1, len(atoms)), 1 / len(atoms))
    found = extremal(moments(places, masses, 2 * len(atoms)), a, b)
    share = np.mean(np.array(atoms) <= a)
    np.testing.assert_allclose([found.lower[0], found.upper[0]], share, atol=1e-9)


def test_one_moment_is_markov_s_inequality():
    found = extremal(np.array([1.0, 0.2]), 0.25, 0.5)  # mean 0.6
    assert found.upper == pytest.approx((1 - 0.6) / (1 - 0.25), abs=1e-12)
    assert found.lower == pytest.approx(0, abs=1e-12)


def test_numbers_that_are_no_moments_bound_nothing():
    found = extremal(np.array([[1.0, -3.0, 17.0], [0.0, 0.0, 0.0], [1.0, np.nan, 0.0]]), 0.25, 0.5)
    np.testing.assert_array_equal(found.lower, 0)
    np.testing.assert_array_equal(found.upper, [1, 0, 1])


def test_slopes_are_derivatives():
    atoms, masses, a, b = continuous(5)
    given, step = moments(atoms, masses, 6), 1e-6
    found = extremal(given, a, b)
    up, down = (extremal(given, a + move, b + move) for move in (step, -step))
    # Of a central difference: step² and rounding of 1e-13 over the step.
    np.testing.assert_allclose(found.upper_slope, (up.upper - down.upper) / (2 * step), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.lower_slope, (up.lower - down.lower) / (2 * step), rtol=1e-4, atol=1e-5)


def test_two_valleys_in_a_cell_of_the_grid_are_both_found():
    """(x² − h²)² − h⁴/2 has its valleys at ±h and a crest between them, for h below the spacing of the grid."""
    h = 0.1
    powers = np.polynomial.Polynomial([h**4 / 2, 0, -2 * h**2, 0, 1])
    series = powers.convert(kind=np.polynomial.Chebyshev).coef
    least, _ = lowest(series[None], np.array([-1.0]), np.array([1.0]))
    assert least[0] == pytest.approx(-(h**4) / 2, abs=1e-15)

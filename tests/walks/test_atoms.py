"""Bounds from the atoms of a measure against exact arithmetic, and against what they bound."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from draws import KINDS, ROUNDING, STEPS, measures, truth

from mmcl_theory.certification.arithmetic.ball import Ball
from mmcl_theory.certification.arithmetic.mass_bounds import mass_below, mass_up_to
from mmcl_theory.walks.atoms import bounds_of_atoms

ULPS = 32  # over the gap: the rounding that a bound allows for, and that it may have
OUTSIDE = 1e-12  # a node may be beyond an end by 1e-14, and the bound with it by what it changes there


def margin(gap):
    return ULPS * np.finfo(float).eps / gap


def exactly(number):
    fraction = Fraction(float(number))
    return flint.fmpq(fraction.numerator, fraction.denominator)


def best(atoms, masses, a, b, steps):
    """The bounds of the best polynomials at 512 bits."""
    pairs = [(exactly(x), exactly(w)) for x, w in zip(atoms, masses, strict=True)]
    moments = [sum((w * x**m for x, w in pairs), flint.fmpq(0)) for m in range(steps + 1)]
    with flint.ctx.workprec(512):
        bounds = mass_below(Ball(exactly(b)), moments), mass_up_to(Ball(exactly(a)), moments)
        return [float(flint.arb(bound.enclosure()).mid()) for bound in bounds]


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_are_those_of_exact_arithmetic(kind):
    draw = np.random.default_rng(0)
    for steps in range(1, 9):
        drawn = measures(draw, 24, kind)
        found = np.transpose(bounds_of_atoms(*drawn, steps))
        gaps = drawn[3] - drawn[2]
        for row in [row for row in range(24) if gaps[row] > 1e-6][:3]:
            lower, upper = best(*(part[row] for part in drawn), steps)
            wider = np.array([lower - found[row, 0], found[row, 1] - upper])
            assert wider.min() >= -ROUNDING, (steps, row)
            assert wider.max() <= 2 * margin(gaps[row]), (steps, row)


@pytest.mark.parametrize("kind", KINDS)
def test_no_measure_is_outside_and_more_steps_never_weaken(kind):
    draw = np.random.default_rng(1)
    atoms, masses, a, b = measures(draw, 300, kind)
    up_to_a, below_b = truth(atoms, masses, a, b)
    gap, before = b - a > 1e-6, None
    allowed = OUTSIDE + 2 * margin((b - a)[gap])
    for steps in STEPS:
        lower, upper = bounds_of_atoms(atoms, masses, a, b, steps)
        assert max((up_to_a - upper).max(), (lower - below_b).max()) <= ROUNDING
        if before is not None:
            assert np.all((upper - before[1])[gap] <= allowed)
            assert np.all((before[0] - lower)[gap] <= allowed)
        before = lower, upper

"""Draw measures, random and adversarial, and hold the extremal bounds of moments, and of atoms, against the truth.

``python tests/walks/draws.py 100000`` draws so many; the tests draw fewer.  A measure has no mass between a and b; its
atoms and masses are drawn in one of the ways of KINDS, and the number of moments is any from 1 to 64.
"""

import math
import sys
import time

import numpy as np

from mmcl_theory.walks.atoms import bounds_of_atoms
from mmcl_theory.walks.extremal import extremal

STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 20, 24, 31, 32, 48, 64)
# The bounds allow for their own rounding; but where all of the mass is below or above, the bound is the sum of up to 40
# masses as it was computed, which is off by some ulps.
ROUNDING = 1e-15
ATOMS = 40


def anywhere(draw, batch):
    return draw.random((batch, ATOMS))


def near_zero(draw, batch):
    return draw.random((batch, ATOMS)) ** 8


def near_one(draw, batch):
    return 1 - draw.random((batch, ATOMS)) ** 6


def at_the_ends(draw, batch):
    return np.round(draw.random((batch, ATOMS)))


def few(draw, batch):
    """At most 1 … 6 different atoms."""
    some = draw.random((batch, 6))
    return np.take_along_axis(some, draw.integers(0, draw.integers(1, 7, (batch, 1)), (batch, ATOMS)), axis=1)


def clustered(draw, batch):
    """Atoms near few places, at distances of all orders."""
    distance = 10.0 ** -draw.uniform(1, 12, (batch, ATOMS))
    return np.clip(few(draw, batch) + distance * draw.choice([-1, 1], distance.shape), 0, 1)


def on_a_grid(draw, batch):
    return np.round(8 * draw.random((batch, ATOMS))) / 8


KINDS = (anywhere, near_zero, near_one, at_the_ends, few, clustered, on_a_grid)


def measures(draw, batch, kind):
    """Atoms, masses and the ends of the gap: mostly two neighbouring atoms, also nearly or quite equal ones."""
    atoms = np.sort(kind(draw, batch), axis=1)
    masses = draw.standard_gamma(draw.choice([0.05, 0.5, 2.0], (batch, 1)), atoms.shape) + 1e-300
    masses[draw.random(atoms.shape) < draw.choice([0.0, 0.7], (batch, 1))] = 0
    masses[:, 0] += masses.sum(axis=1) == 0
    masses /= masses.sum(axis=1, keepdims=True)
    first = draw.integers(0, ATOMS - 1, batch)
    a, b = (np.take_along_axis(atoms, (first + shift)[:, None], axis=1)[:, 0].copy() for shift in (0, 1))
    turn = np.arange(batch) % 8
    near = turn == 1  # a near-tie: the atoms beyond a are moved, so that the first is close to a
    b[near] = np.minimum(1, a[near] + 10.0 ** -draw.uniform(4, 13, near.sum()))
    a[turn == 2], b[turn == 3] = 0, 1
    wide = turn == 4  # a and b themselves are no atoms
    middle, half = (a[wide] + b[wide]) / 2, (b[wide] - a[wide]) / 2
    a[wide], b[wide] = middle - half * draw.random(wide.sum()), middle + half * draw.random(wide.sum())
    inside = (atoms > a[:, None]) & (atoms < b[:, None])
    atoms = np.where(inside, np.where(draw.random(atoms.shape) < 0.5, a[:, None], b[:, None]), atoms)
    return atoms, masses, a, b


def moments(atoms, masses, steps):
    """The Chebyshev moments, by the recurrence."""
    t = 2 * atoms - 1
    series = [np.ones_like(t), t]
    while len(series) <= steps:
        series.append(2 * t * series[-1] - series[-2])
    return np.stack([np.sum(masses * values, axis=1) for values in series[: steps + 1]], axis=1)


def truth(atoms, masses, a, b):
    """The mass up to a and that below b, rounded once."""
    chosen = atoms <= a[:, None], atoms < b[:, None]
    return [np.array([math.fsum(row) for row in np.where(part, masses, 0)]) for part in chosen]


def from_moments(atoms, masses, a, b, steps):
    """The bounds of what is known of a sparse joint."""
    found = extremal(moments(atoms, masses, steps), a, b)
    return found.lower, found.upper


def violations(count, bounds=from_moments, seed=0, batch=500):
    """Bounds that the truth violates, by how much, among ``count`` measures; and how wide the bounds are."""
    draw = np.random.default_rng(seed)
    found, widths, drawn = [], [], 0
    while drawn < count:
        kind, steps = KINDS[draw.integers(len(KINDS))], STEPS[draw.integers(len(STEPS))]
        atoms, masses, a, b = measures(draw, min(batch, count - drawn), kind)
        lower, upper = bounds(atoms, masses, a, b, steps)
        up_to_a, below_b = truth(atoms, masses, a, b)
        for what, excess in (("upper", up_to_a - upper), ("lower", lower - below_b)):
            for row in np.flatnonzero(~(excess <= ROUNDING)):
                found.append((what, kind.__name__, steps, excess[row], atoms[row], masses[row], a[row], b[row]))
        widths.append(upper - lower)
        drawn += len(a)
    return found, np.concatenate(widths)


if __name__ == "__main__":
    for bounds in (from_moments, bounds_of_atoms):
        started = time.time()
        found, widths = violations(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, bounds)
        for what, kind, steps, excess, *_ in found:
            print(f"{what} bound violated by {excess:.2e}: {kind}, {steps} steps")
        measured = f"{len(widths)} measures, {len(found)} violations, {time.time() - started:.0f} seconds"
        print(f"{bounds.__name__}: {measured}")
        print("widths:", *(f"{np.quantile(widths, share):.2e}" for share in (0.1, 0.5, 0.9)))

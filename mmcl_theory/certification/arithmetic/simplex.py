"""Project scores onto the simplex: exactly where they are rational, widened by how far balls may be off elsewhere."""

import itertools
from typing import NamedTuple

from flint import arb, fmpq

from .ball import Ball, hull, total
from .forms import Undecided, fraction
from .pair_law import PairLaw


def nearest_probabilities(point: list[fmpq]) -> tuple[list[fmpq], fmpq]:
    """Return max(0, v − τ), the probabilities nearest to a rational point v, and τ = max_j (v₁ + … + v_j − 1)/j.

    Examples
    --------
    >>> nearest_probabilities([fmpq(3, 4), fmpq(1, 2), fmpq(-1, 2)])
    ([5/8, 3/8, 0], 1/8)
    """
    sums = itertools.accumulate(sorted(point, reverse=True))
    threshold = max((value - 1) / j for j, value in enumerate(sums, 1))
    return [max(value - threshold, fmpq(0)) for value in point], threshold


class Answers(NamedTuple):
    """Hold what drawing from the probabilities π(x) nearest to twice the scores p(x) leads to.

    Attributes
    ----------
    error
        E[1 − π_y(x)].
    gain
        E‖π(x) − p(x)‖² + E(τ(x) − 2p_y(x))₊.
    """

    error: Ball
    gain: Ball


def answers(scores: list[list[Ball]], law: PairLaw) -> Answers:
    """Enclose what drawing from scores leads to, without deciding which probabilities are zero.

    Where the true scores of an item are within ρ of the middle of their balls, π is within 2ρ of that of the middle,
    as a projection moves no two points apart; π(2p) − p within ρ, as it is half of the reflection at the simplex less
    the identity, which moves none apart either; and τ within 2ρ, as it grows with each entry, and by 1 with all.
    """
    errors, gains = [], []
    for row, label, mass in zip(scores, law.row_labels, law.row_marginal, strict=True):
        middle, radius = _middle(row)
        near, threshold = nearest_probabilities([2 * value for value in middle])
        squared = sum(((a - b) ** 2 for a, b in zip(near, middle, strict=True)), fmpq(0))
        wrong, gain, below = Ball(1 - near[label]), Ball(squared), threshold - 2 * middle[label]
        if radius is None:
            gain += max(below, fmpq(0))
        else:
            wrong += Ball(arb(0, (2 * radius).upper()))
            gain += Ball(arb(0, ((2 * arb(squared).sqrt() + radius) * radius).upper()))
            gain += hull(*(arb(below + sign * 4 * fraction(radius)).max(0) for sign in (-1, 1)))
        errors.append(mass * wrong)
        gains.append(mass * gain)
    return Answers(total(errors), total(gains))


def _middle(row: list[Ball]) -> tuple[list[fmpq], arb | None]:
    """Return the middles of balls, and the radius of a ball around them that contains all; None where all are exact."""
    middle: list[fmpq] = []
    squares, exact = arb(0), True
    for score in row:
        if isinstance(score.value, fmpq):
            middle.append(score.value)
            continue
        if not score.is_finite():
            raise Undecided("a score is not enclosed")
        exact = False
        middle.append(fraction(score.value.mid()))
        squares += arb(score.value.rad()) ** 2
    return middle, None if exact else squares.sqrt().upper()

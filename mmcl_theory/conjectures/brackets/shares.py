"""Prove that no joint of a size uses up more than a share c of a bound: lhs ≤ c rhs, in exact arithmetic."""

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from ...theory.functions import rational, sqrt
from ...theory.theorem import Absent, Kind, Theorem
from .assertions import Assertion, Images, NotNegative, Settled, some
from .cell_quantities import CellQuantities
from .joint_cells import Cells, Labels, cases
from .simplex_proof import Linear, Vertex, prove
from .surd import OutOfReach, Surd

_SIMPLE = 60  # the largest denominator of a share, or of its square, that is tried because it is simple
_NEAR = 1 + Fraction(1, 10**5)  # the factor between squares that are hardly apart
_GRID = 10**7  # squares are rounded to such parts
_DOUBTS = 3  # attempts that neither prove nor refute


class Situation(NamedTuple):
    """Hold the two sides of a bound where its labels, and what else decides, are fixed.

    Attributes
    ----------
    cells
        The cells, and the labels.
    smaller, larger
        The sides: lhs and rhs, for a lower bound rhs and lhs.
    otherwise
        Numbers of which one is not negative where the statement says nothing, or another situation is the case.
    restrictions
        Where it is the case, as far as linear functions tell.
    """

    cells: Cells
    smaller: Surd
    larger: Surd
    otherwise: list[Surd]
    restrictions: list[Linear]


class Share(NamedTuple):
    """Hold a share of a bound by its square, so that it may be a root."""

    square: Fraction

    def __str__(self) -> str:
        """Write a fraction or the root of one; as a decimal, rounded up, where its denominator is a large one."""
        root = Fraction(math.isqrt(self.square.numerator), math.isqrt(self.square.denominator))
        if self.square.denominator < _SIMPLE:
            return f"√({self.square})" if root**2 != self.square else str(root)
        if root**2 == self.square and root.denominator < _SIMPLE:
            return str(root)
        return f"{float(self.below() + Fraction(1, 10**6)):.6f}"

    def above(self) -> float:
        """Return a float that is not below it, the nearest but for one."""
        near = math.sqrt(self.square)
        return near if Fraction(near) ** 2 >= self.square else math.nextafter(near, math.inf)

    def below(self) -> Fraction:
        """Return the largest fraction of six decimals that is not above it."""
        return Fraction(math.isqrt(int(self.square * 10**12)), 10**6)


_STEPS = [Share(Fraction(step) ** 2) for step in (1, 2, 4, 10)]


def labelings(n_images: int, n_texts: int, n_classes: int) -> list[tuple[Labels, Labels]]:
    """List the labels of images and texts, one for all that differ in the order of items or the names of classes.

    Examples
    --------
    >>> labelings(1, 2, 2)
    [((0,), (0, 0)), ((0,), (0, 1)), ((0,), (1, 1))]
    """
    found = set()
    for labels in itertools.product(range(n_classes), repeat=n_images + n_texts):
        names = itertools.permutations(range(n_classes))
        renamed = ([name[label] for label in labels] for name in names)
        found.add(min((tuple(sorted(new[:n_images])), tuple(sorted(new[n_images:]))) for new in renamed))
    return sorted(found)


def situations(theorem: Theorem, labels: tuple[Labels, Labels]) -> list[Situation]:
    """List the situations of a bound for some labels, without those where it says nothing.

    Raises
    ------
    ValueError
        If the bound is out of reach.
    """

    def sides(cells: Any) -> tuple[Surd, Surd, list[Surd]] | None:
        """Evaluate the sides and the margins below zero; None where one is settled to fail."""
        margins = [-(assumption.evaluate(cells) + cells.zero) for assumption in theorem.requires]
        if any(margin.is_nonnegative() == Settled() for margin in margins):
            return None
        lhs, rhs = (side + cells.zero for side in theorem.sides(cells))
        return (rhs, lhs, margins) if theorem.kind is Kind.LOWER_BOUND else (lhs, rhs, margins)

    found = []
    try:
        for case in cases(partial(CellQuantities, *labels), sides):
            if case.value is None:
                continue
            smaller, larger, otherwise = case.value
            restrictions = []
            for number, sign, _ in case.assumed:
                asserted = number.is_nonnegative()
                if isinstance(asserted, NotNegative) and asserted.polynomial.total_degree() == 1:
                    restrictions.append(Linear(asserted.polynomial, sign))
                elif sign:
                    otherwise.append(-sign * number)
                else:
                    raise OutOfReach("a tie of scores that are not linear decides")
            found.append(Situation(case.cells, smaller, larger, otherwise, restrictions))
    except (Absent, OutOfReach) as error:
        raise ValueError(f"theorem: {theorem.slug!r} cannot be bracketed: {error}") from error
    return found


def distinct(every: Sequence[Situation]) -> list[Situation]:
    """Keep one situation of those that are the same, as where a statement does not read the labels."""
    return list({repr(one[1:]): one for one in every}.values())


class Point(NamedTuple):
    """Hold weights of the cells, row by row, and the labels of images and texts."""

    weights: Vertex
    labels: tuple[Labels, Labels]


class Attempt(NamedTuple):
    """Hold whether a share is proven, how many pieces were looked at, and where it is refuted if it is."""

    proven: bool
    pieces: int
    refuted_at: Point | None = None


def attempt(every: Sequence[Situation], share: Share, budget: int) -> Attempt:
    """Try to prove that no joint uses up more than a share, in any situation."""
    pieces = 0
    for one in every:
        slack = sqrt(rational(share.square)) * one.larger - one.smaller
        asserted = partial(_asserted, slack, one.otherwise)
        outcome = prove(asserted, one.cells.ring, one.restrictions, one.cells.squares, budget)
        pieces, budget = pieces + outcome.pieces, budget - outcome.work
        if not outcome.proven:
            at = outcome.refuted_at
            return Attempt(
                False, pieces, None if at is None else Point(at, (one.cells.image_labels, one.cells.text_labels))
            )
    return Attempt(True, pieces)


def _asserted(slack: Surd, otherwise: Sequence[Surd], images: Images) -> Assertion:
    """Assert of a piece of the simplex that the slack, or what is otherwise the case, is not negative."""
    others = [number.on(images).is_nonnegative() for number in otherwise]
    # The slack need not be where all others are negative.
    given = tuple(-other.polynomial for other in others if isinstance(other, NotNegative))
    return some([slack.on(images).is_nonnegative(given), *others])


def tried_shares(every: Sequence[Situation], lower: Share, budget: int) -> Iterator[tuple[Share, Attempt]]:
    """Try shares; the last that is proven is the least.

    First those are tried that are simple and hardly above the lower end, as what is met is often met exactly.  If none
    is proven, the interval up to a share that is proven is halved, until several attempts were neither proven nor
    refuted; then simple ones are tried in what is left of it.
    """
    low, high, doubts = lower, None, 0
    share: Share | None
    for share in _simple(lower, Share(lower.square * _NEAR)):
        tried = attempt(every, share, budget)
        yield share, tried
        if tried.proven:
            return
        low = max(low, share)
    while doubts < _DOUBTS and (high is None or high.square > low.square * _NEAR):
        middle = None if high is None else Share(Fraction(round((low.square + high.square) / 2 * _GRID), _GRID))
        share = middle or next((step for step in _STEPS if step > low), None)
        if share is None:
            return
        tried = attempt(every, share, budget)
        yield share, tried
        if tried.proven:
            high = share
        else:
            low, doubts = share, doubts + (tried.refuted_at is None)
    for share in _simple(low, high) if high is not None else ():
        tried = attempt(every, share, budget)
        yield share, tried
        if tried.proven:
            return


def _simple(low: Share, high: Share) -> list[Share]:
    """List the fraction of the least denominator, none above a limit, in an interval, and such a root of a fraction."""
    found = []
    for power in (2, 1):
        for denominator in range(1, _SIMPLE):
            least = math.ceil(low.square * denominator**power)
            whole = math.isqrt(least - 1) + 1 if power == 2 and least else least
            share = Share(Fraction(whole**power, denominator**power))
            if share <= high:
                found.append(share)
                break
    return list(dict.fromkeys(found))

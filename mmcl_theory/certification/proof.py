"""Prove what follows of a theorem on an exact instance, in ball arithmetic; needs python-flint."""

import math
import re
import time
from functools import lru_cache
from typing import Any, NamedTuple

from flint import arb, ctx

from .._progress import progress_bar
from ..theory.theorem import Absent, Kind, Theorem
from ..theory.verdicts import CONSISTENT, EXCEEDED, HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED
from .arithmetic.ball import Ball
from .arithmetic.exact import BALL, ExactInstance
from .arithmetic.forms import Undecided
from .enclosures.enclosures import Enclosures

PRECISIONS = (128, 256, 512, 1024)  # bits, tried in this order until one decides
AGREEMENT = 1e-30  # an identity whose sides are enclosed within so little of each other is consistent

# Another machine starts from another basis in double precision, and finds other balls around the same number: up to
# so many times as wide.
_SPREAD = 2**10
_RADIUS = re.compile(rf"{BALL}|(?<=within )\d\.\de-\d{{1,6}}", re.ASCII)


class Proof(NamedTuple):
    """Hold a verdict, its reason, the enclosures that it rests on as strings, and the bits that decided."""

    verdict: str
    reason: str
    lhs: str | None
    rhs: str | None
    margins: tuple[tuple[str, str], ...]
    precision: int


class Finding(NamedTuple):
    """Hold what one precision proves: a verdict, what it rests on, and whether a larger precision would not help."""

    verdict: str
    reason: str
    lhs: Ball | None = None
    rhs: Ball | None = None
    margins: tuple[tuple[str, Ball], ...] = ()
    final: bool = False

    def written(self, bits: int) -> Proof:
        """Write the enclosures as strings, at the working precision of ``bits``."""
        return Proof(
            verdict=self.verdict,
            reason=" ".join(self.reason.split()),
            lhs=None if self.lhs is None else str(self.lhs),
            rhs=None if self.rhs is None else str(self.rhs),
            margins=tuple((name, str(margin)) for name, margin in self.margins),
            precision=bits,
        )


# Theorems are proven one after the other on one instance, often at two k, and read the same quantities.
shared_enclosures = lru_cache(maxsize=2)(Enclosures)


class _Reading:
    """Offer enclosures to one theorem at one precision, as long as there is time; one that is begun is finished.

    Attributes
    ----------
    open_ties
        Whether an error was read in which a tie of scores could not be told from a near one.
    """

    __dataclass_fields__ = Enclosures.__dataclass_fields__

    def __init__(self, enclosures: Enclosures, seconds: float, end: float):
        self.open_ties = False
        self._enclosures, self._seconds, self._end = enclosures, seconds, end

    def __getattr__(self, name: str) -> Ball | None:
        if not name.startswith("_") and time.monotonic() >= self._end:
            raise TimeoutError(f"not proven within {self._seconds:g} seconds")
        value = getattr(self._enclosures, name)
        self.open_ties |= self._enclosures.leaves_ties_open(name)
        return value


def prove(theorem: Theorem, exact: ExactInstance, k: int, seconds: float = math.inf) -> Proof:
    """Prove a theorem's verdict on an exact instance, at larger and larger precisions until one decides.

    Raises
    ------
    TimeoutError
        If there is a quantity to be enclosed after so many seconds.
    """
    enclosures, end = shared_enclosures(exact, k), time.monotonic() + seconds
    with progress_bar("Certifying", len(PRECISIONS)) as advance:
        for bits in PRECISIONS:
            with ctx.workprec(bits):
                found = _find(theorem, _Reading(enclosures, seconds, end))
                proof = found.written(bits)
            if found.verdict != UNDECIDED or found.final:
                break
            advance()
    return proof


def _find(theorem: Theorem, enclosures: Any) -> Finding:
    """Find the verdict at the working precision."""
    if theorem.kind is Kind.ORDER:
        return Finding(NOT_APPLICABLE, "of an order only: it claims no constant")
    margins: tuple[tuple[str, Ball], ...] = ()
    try:
        # A failing assumption is reported before what another leaves open.
        doubts = []
        for assumption in theorem.requires:
            try:
                margin = _ball(assumption.evaluate(enclosures))
            except Undecided as undecided:
                doubts.append((f"whether {assumption.name}: {undecided}", undecided.final))
                continue
            except ZeroDivisionError:
                return Finding(NOT_APPLICABLE, assumption.otherwise, margins=margins)
            margins += ((assumption.name, margin),)
            positive = margin.is_positive()
            if positive is False:
                return Finding(NOT_APPLICABLE, assumption.otherwise, margins=margins)
            if positive is None:
                doubts.append((f"whether {assumption.name}: the margin is {margin}", False))
        if doubts:
            return Finding(UNDECIDED, doubts[0][0], margins=margins, final=any(final for _, final in doubts))
        lhs, rhs = (_ball(side) for side in theorem.sides(enclosures))
    except Absent as absent:
        return Finding(NOT_APPLICABLE, str(absent), margins=margins)
    except ZeroDivisionError:
        return Finding(NOT_APPLICABLE, "a side is not a number: it divides by zero", margins=margins)
    except Undecided as undecided:
        return Finding(UNDECIDED, str(undecided), margins=margins, final=undecided.final)
    verdict, reason = enclosed_verdict(theorem.kind, lhs, rhs)
    if verdict == UNDECIDED and enclosures.open_ties:
        reason = f"whether scores tie in an argmax: {reason}"
    return Finding(verdict, reason, lhs, rhs, margins)


def _ball(value: Any) -> Ball:
    """Return the ball that a formula gives; one that reads nothing may give a plain number."""
    return value if isinstance(value, Ball) else Ball(value)


def enclosed_verdict(kind: Kind, lhs: Ball, rhs: Ball) -> tuple[str, str]:
    """Return the verdict that follows from two enclosed sides at the working precision, and the reason."""
    verdict, reason = _compared(kind, lhs, rhs)
    if kind is not Kind.PROBABILISTIC or verdict == UNDECIDED:
        return verdict, reason
    # One draw neither proves nor refutes what is claimed of most.
    return (EXCEEDED if verdict == VIOLATED else verdict), f"{reason}, by this draw; the claim is of a probability only"


def _compared(kind: Kind, lhs: Ball, rhs: Ball) -> tuple[str, str]:
    """Compare the sides as if the statement were a certain one."""
    if kind is Kind.DECISION:
        return _signs_compared(lhs, rhs)
    slack = lhs - rhs if kind is Kind.LOWER_BOUND else rhs - lhs
    enclosure = slack.enclosure()
    negative = slack.is_negative()
    if slack.is_exact and slack.value == 0:
        return HOLDS, "the sides are equal, exactly"
    if kind is Kind.IDENTITY:
        if enclosure.is_finite() and not enclosure.contains(0):
            return VIOLATED, f"the sides differ by at least {_below(abs(enclosure))}"
        if enclosure.abs_upper() < AGREEMENT:
            return CONSISTENT, f"the sides differ by at most {AGREEMENT:g}, which is no proof that they are equal"
    elif negative:
        return VIOLATED, f"by at least {_below(-enclosure)}"
    elif negative is False:
        return HOLDS, f"with at least {_below(enclosure)} to spare"
    if not enclosure.is_finite():
        return UNDECIDED, "a side is not a number: a root of what may be negative, or a division by what may be zero"
    if enclosure.abs_upper() < AGREEMENT:
        return UNDECIDED, f"the sides agree to within {_above(enclosure.abs_upper())}, maybe exactly"
    return UNDECIDED, f"the slack is {slack}"


def _signs_compared(lhs: Ball, rhs: Ball) -> tuple[str, str]:
    """Compare the signs of the sides; 0 is a sign of its own."""
    words = []
    for side in (lhs, rhs):
        positive, negative = side.is_positive(), side.is_negative()
        if positive is None or negative is None:
            return UNDECIDED, f"the signs of the sides are open: {lhs} and {rhs}"
        words.append("positive" if positive else "negative" if negative else "0")
    if words[0] == words[1]:
        return HOLDS, f"both sides are {words[0]}"
    return VIOLATED, f"the left side is {words[0]}, and the right side {words[1]}"


def _below(positive: Any) -> str:
    """Write a lower bound of a positive number with two digits, for a reason in words."""
    return f"{min(max(0.0, float(positive.lower()) * 0.95), 1e308):.1e}"


def _above(bound: Any) -> str:
    """Write an upper bound of a bound that is below 1 with two digits, for a reason in words."""
    return f"{max(float(bound) * 1.05, 1e-307):.1e}"


def same_number(stated: str | None, found: str | None) -> bool:
    """Say whether a stated side or margin is the one found now, or a ball about as wide that meets it."""
    if stated is None or found is None or not all(re.fullmatch(BALL, text, re.ASCII) for text in (stated, found)):
        return stated == found
    with ctx.workprec(2 * PRECISIONS[-1]):  # at which the strings lose nothing to speak of
        one, other = arb(stated), arb(found)
        return bool(one.overlaps(other) and one.rad() <= _SPREAD * other.rad() and other.rad() <= _SPREAD * one.rad())


def same_reason(stated: str, found: str) -> bool:
    """Say whether a stated reason is the one found now; balls and radii in it are compared as such."""
    if stated == found or _RADIUS.sub("", stated) != _RADIUS.sub("", found):
        return stated == found
    pairs = zip(_RADIUS.findall(stated), _RADIUS.findall(found), strict=True)
    return all(same_number(*(x if x.startswith("[") else f"[+/- {x}]" for x in pair)) for pair in pairs)

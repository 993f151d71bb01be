"""Prove what follows of a theorem on an exact instance, in ball arithmetic; needs python-flint."""

from fractions import Fraction
from typing import Any, NamedTuple

from flint import arb, ctx

from .._progress import progress_bar
from ..theory.theorem import Absent, Kind, Theorem
from ..theory.verdicts import CONSISTENT, EXCEEDED, HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED
from .arithmetic.ball import Ball
from .arithmetic.exact import ExactInstance
from .arithmetic.forms import Undecided
from .enclosures.enclosures import Enclosures

PRECISIONS = (128, 256, 512, 1024)  # bits, tried in this order until one decides
AGREEMENT = 1e-30  # an identity whose sides are enclosed within so little of each other is consistent


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
            reason=self.reason,
            lhs=None if self.lhs is None else str(self.lhs),
            rhs=None if self.rhs is None else str(self.rhs),
            margins=tuple((name, str(margin)) for name, margin in self.margins),
            precision=bits,
        )


def prove(theorem: Theorem, exact: ExactInstance, k: int) -> Proof:
    """Prove a theorem's verdict on an exact instance, at larger and larger precisions until one decides."""
    enclosures = Enclosures(exact, k)
    with progress_bar("Certifying", len(PRECISIONS)) as advance:
        for bits in PRECISIONS:
            with ctx.workprec(bits):
                found = _find(theorem, enclosures)
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
        return UNDECIDED, f"the sides agree to within {float(enclosure.abs_upper()):.1e}, maybe exactly"
    return UNDECIDED, f"the slack is {slack}"


def _below(positive: Any) -> str:
    """Write a lower bound of a positive number with two digits, for a reason in words."""
    return f"{max(0.0, float(positive.lower()) * 0.95):.1e}"


def check_follows(proof: Proof, again: Proof, kind: Kind) -> list[str]:
    """List what a stated proof says that a new one does not confirm, or that does not follow from its own enclosures.

    Strings are read at a precision at which what is read loses nothing to speak of.
    """
    with ctx.workprec(2 * PRECISIONS[-1]):
        return _unconfirmed(proof, again) + _inconsistent(proof, kind)


def _unconfirmed(proof: Proof, again: Proof) -> list[str]:
    """List the enclosures that do not meet those found now, although both should contain one number."""
    wrong = []
    found = {"lhs": again.lhs, "rhs": again.rhs} | dict(again.margins)
    for name, stated in ({"lhs": proof.lhs, "rhs": proof.rhs} | dict(proof.margins)).items():
        now = found.get(name)
        if stated is None or now is None:
            met = stated is now
        else:
            met = _read(stated).enclosure().overlaps(_read(now).enclosure())
        if not met:
            wrong.append(f"{name}: the certificate has {stated}, found {now}")
    if len(again.margins) != len(proof.margins):
        wrong.append(f"margins: the certificate has {len(proof.margins)}, found {len(again.margins)}")
    return wrong


def _inconsistent(proof: Proof, kind: Kind) -> list[str]:
    """List why a verdict does not follow from its own enclosures."""
    if proof.verdict not in (HOLDS, VIOLATED, EXCEEDED, CONSISTENT):
        return []
    if proof.lhs is None or proof.rhs is None:
        return [f"verdict: {proof.verdict!r} needs both sides"]
    follows, _ = enclosed_verdict(kind, _read(proof.lhs), _read(proof.rhs))
    wrong = [] if follows == proof.verdict else [f"verdict: from the certificate's own sides follows {follows!r}"]
    wrong += [f"{name}: not certainly positive" for name, text in proof.margins if not _read(text).is_positive()]
    return wrong


def _read(text: str) -> Ball:
    """Read an enclosure from the string that ``str`` made of it."""
    is_ball = text.startswith("[") or not text.lstrip("-").replace("/", "").isdigit()
    return Ball(arb(text) if is_ball else Fraction(text))

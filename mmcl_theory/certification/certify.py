"""Certify: verdicts that rounding cannot overturn."""

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _checks
from .._progress import progress_bar
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..theory.registry import select
from ..theory.theorem import Kind, Theorem
from ..theory.verdicts import CONSISTENT, EXCEEDED, HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED
from .certificate import Certificate
from .enclosures.exact import ExactInstance

if TYPE_CHECKING:
    from .enclosures.ball import Ball
    from .enclosures.enclosures import Enclosures

PRECISIONS = (128, 256, 512, 1024)  # bits, tried in this order until one decides
LARGEST = 64  # images or texts: beyond, exact arithmetic takes minutes
AGREEMENT = 1e-30  # two sides of an identity whose enclosures leave no more room than this are consistent with it


class Finding(NamedTuple):
    """What one precision says: a verdict, what it rests on, and whether it is worth another try."""

    verdict: str
    reason: str
    lhs: "Ball | None" = None
    rhs: "Ball | None" = None
    margins: "tuple[tuple[str, Ball], ...]" = ()
    final: bool = False


def certify(theorem: str | Theorem, joint: Joint | Instance, k: int) -> Certificate:
    """Prove a theorem's verdict on an instance, in exact and ball arithmetic.

    The numbers of the instance are taken to the last bit, a float being the rational it is, and its laws are
    normalized exactly.  The theorem's own formulas are evaluated on enclosures of the quantities, at 128 bits and
    then at twice as many up to 1024, until they decide.  Where everything a formula reads is rational the arithmetic
    is exact, so equality is decided too.

    Parameters
    ----------
    theorem
        A slug or a ``Theorem``.
    joint
        A joint or an instance, of at most 64 images and 64 texts.
    k
        Encoder dimension, 1 … min(n_V, n_L) − 1.

    Returns
    -------
    Certificate
        With the verdict

        ``holds``
            Proven: every assumption is true, and the inequality (a vacuous bound's too), or the identity.  Of a
            probable bound: this draw is within it, which proves nothing of its probability.
        ``violated``
            Proven: every assumption is true, and the statement is not.
        ``exceeded``
            Proven of a probable bound: this draw is beyond it, as a share δ of draws may be (see ``failure_rates``).
        ``consistent``
            Of an identity: not proven, which no enclosure can, but its sides are enclosed and differ by at most 1e-30.
        ``not applicable``
            Proven: an assumption fails; or the instance lacks what the statement is about, or it is of an order only.
        ``undecided``
            The largest precision does not tell; the reason says why.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type, or python-flint is not installed; the message says which.

    Notes
    -----
    ``verify`` counts as equal what rounding cannot tell apart; here singular values that differ in the 17th digit do
    differ, and encoders whose features are dependent but for rounding are independent.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> proof = mt.certify("probe-text-induced", mt.generators.isotropic_noise(4, 0.25), 1)
    >>> proof.verdict, proof.reason, proof.lhs
    ('holds', 'the sides are equal, exactly', '3/4')
    """
    if not isinstance(theorem, str | Theorem):
        raise TypeError(f"theorem: a slug or a Theorem object is needed, got {theorem!r}")
    (chosen,) = select(theorem)
    instance = Instance.of(joint)
    shape = instance.joint.matrix.shape
    (k,) = _checks.dimensions("k", [k], min(shape))
    if max(shape) > LARGEST:
        raise ValueError(f"joint: at most {LARGEST} images and texts can be certified, got {shape[0]} and {shape[1]}")
    return certify_exact(chosen, ExactInstance.of(instance), k)


def certify_exact(theorem: Theorem, exact: ExactInstance, k: int) -> Certificate:
    """Certify what a certificate carries; see ``certify``."""
    try:
        import flint
    except ImportError as error:
        raise ValueError("certify needs python-flint: pip install 'mmcl-theory[certify]'") from error
    from .enclosures.enclosures import Enclosures

    enclosures = Enclosures(exact, k)
    with progress_bar("Certifying", len(PRECISIONS)) as advance:
        for bits in PRECISIONS:
            with flint.ctx.workprec(bits):
                found = _find(theorem, enclosures)
                written = _written(found)
            if found.verdict != UNDECIDED or found.final:
                break
            advance()
    return Certificate(
        theorem=theorem.slug,
        statement=theorem.statement,
        kind=theorem.kind.value,
        k=k,
        verdict=found.verdict,
        reason=found.reason,
        precision=bits,
        instance=exact,
        **written,
    )


def _written(found: Finding) -> dict[str, Any]:
    """The enclosures as strings."""
    return {
        "lhs": None if found.lhs is None else str(found.lhs),
        "rhs": None if found.rhs is None else str(found.rhs),
        "margins": tuple((name, str(margin)) for name, margin in found.margins),
    }


def _find(theorem: Theorem, enclosures: "Enclosures") -> Finding:
    """The verdict at the working precision."""
    from ..theory.theorem import Absent
    from .enclosures.spectrum import Undecided

    if theorem.kind is Kind.ORDER:
        return Finding(NOT_APPLICABLE, "of an order only: it claims no constant")
    quantities: Any = enclosures
    margins: tuple[tuple[str, Any], ...] = ()
    try:
        # A failing assumption is told of before what another leaves open.
        doubts = []
        for assumption in theorem.requires:
            try:
                (margin,) = dataclasses.replace(theorem, requires=(assumption,)).margins(quantities)
            except Undecided as undecided:
                doubts.append((f"whether {assumption.name}: {undecided}", undecided.final))
                continue
            except ZeroDivisionError:
                return Finding(NOT_APPLICABLE, assumption.otherwise, margins=margins)
            margin = _ball(margin)
            margins += ((assumption.name, margin),)
            positive = margin.is_positive()
            if positive is False:
                return Finding(NOT_APPLICABLE, assumption.otherwise, margins=margins)
            if positive is None:
                doubts.append((f"whether {assumption.name}: the margin is {margin}", False))
        if doubts:
            return Finding(UNDECIDED, doubts[0][0], margins=margins, final=any(final for _, final in doubts))
        lhs, rhs = (_ball(side) for side in theorem.sides(quantities))
    except Absent as absent:
        return Finding(NOT_APPLICABLE, str(absent), margins=margins)
    except ZeroDivisionError:
        return Finding(NOT_APPLICABLE, "a side is not a number: it divides by zero", margins=margins)
    except Undecided as undecided:
        return Finding(UNDECIDED, str(undecided), margins=margins, final=undecided.final)
    verdict, reason = judge(theorem.kind, lhs, rhs)
    if verdict == UNDECIDED and enclosures.open_ties:
        reason = f"whether scores tie in an argmax: {reason}"
    return Finding(verdict, reason, lhs, rhs, margins)


def _ball(value: Any) -> "Ball":
    """What a formula gives; one that reads nothing may give a plain number."""
    from .enclosures.ball import Ball

    return value if isinstance(value, Ball) else Ball(value)


def judge(kind: Kind, lhs: "Ball", rhs: "Ball") -> tuple[str, str]:
    """The verdict of two enclosed sides, and why, at the working precision."""
    verdict, reason = _compared(kind, lhs, rhs)
    if kind is not Kind.PROBABILISTIC or verdict == UNDECIDED:
        return verdict, reason
    # One draw neither proves nor refutes what is claimed of most.
    return (EXCEEDED if verdict == VIOLATED else verdict), f"{reason}, by this draw; the claim is of a probability only"


def _compared(kind: Kind, lhs: "Ball", rhs: "Ball") -> tuple[str, str]:
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
    """Two digits of a number from below, for a reason in words."""
    return f"{max(0.0, float(positive.lower()) * 0.95):.1e}"

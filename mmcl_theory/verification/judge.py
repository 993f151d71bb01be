"""Judge what the two sides of a theorem say, once rounding is allowed for."""

import numpy as np

from ..theory.theorem import Kind, Theorem
from ..theory.verdicts import EXCEEDED, HOLDS, NOT_APPLICABLE, ORDER, VACUOUS, VIOLATED


def judge(
    theorem: Theorem,
    lhs: np.ndarray,
    rhs: np.ndarray,
    tolerance: np.ndarray,
    trivial: np.ndarray,
    margins: np.ndarray,
    *,
    least_margin: float,
) -> tuple[dict[str, np.ndarray], np.ndarray, list[tuple[str, str]]]:
    """Return the numeric columns, the index of each place's ruling, and the rulings (verdict, reason).

    The columns are lhs, rhs, slack, ratio and tolerance, of the shape of ``lhs``.
    A ruling is a verdict and a reason.  The first that applies: *not applicable*, where an assumption's margin (shape
    (…, assumptions)) is not above ``least_margin``, or a side is not a number; *order*; *violated*, where the slack is
    below −tolerance, or for an identity beyond ± tolerance (a probable bound is then *exceeded*: see ``frequencies``);
    *vacuous*, where the bound says no more than the trivial value; *holds*.
    """
    lower = theorem.kind is Kind.LOWER_BOUND
    with np.errstate(all="ignore"):
        slack = lhs - rhs if lower else rhs - lhs
        ratio = rhs / lhs if lower else lhs / rhs
    if theorem.kind is Kind.IDENTITY:
        ratio = np.where(rhs == 0, np.nan, ratio)  # what is 0 but for rounding is not in a ratio to 0

    rulings = [(HOLDS, "")]
    ruled = np.zeros(lhs.shape, dtype=np.int64)

    def rule(where: np.ndarray, verdict: str, reason: str) -> None:
        """Give these places a ruling, which overrules earlier ones."""
        ruled[where] = len(rulings)
        rulings.append((verdict, reason))

    if theorem.kind is Kind.IDENTITY:
        rule(np.abs(slack) > tolerance, VIOLATED, "the sides differ by more than rounding")
    elif theorem.kind is Kind.ORDER:
        rule(
            np.full(lhs.shape, True),
            ORDER,
            "of an order only: the ratio is the least constant consistent with it",
        )
    else:
        empty = rhs <= trivial if lower else rhs >= trivial
        rule(np.abs(slack) <= tolerance, HOLDS, "the sides agree within rounding")
        rule(empty, VACUOUS, "the bound says no more than the trivial value")
        probable = theorem.kind is Kind.PROBABILISTIC
        rule(slack < -tolerance, EXCEEDED if probable else VIOLATED, "by more than rounding")
    missing = ~np.isfinite(lhs) | np.isnan(rhs) | np.isnan(tolerance)
    rule(missing, NOT_APPLICABLE, "a side is not a number")
    for index in reversed(range(len(theorem.requires))):
        fails = ~(margins[..., index] > least_margin)
        rule(fails, NOT_APPLICABLE, theorem.requires[index].otherwise)
        missing |= fails
    numbers = {"lhs": lhs, "rhs": rhs, "slack": slack, "ratio": ratio, "tolerance": tolerance}
    return {name: np.where(missing, np.nan, values) for name, values in numbers.items()}, ruled, rulings

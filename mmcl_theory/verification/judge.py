"""Judge what the two sides of a theorem say, once rounding is allowed for."""

import numpy as np

from ..theory.theorem import BOUNDS, Kind, Theorem
from ..theory.verdicts import AGREES, EXCEEDED, HOLDS, NOT_APPLICABLE, ORDER, VACUOUS, VIOLATED

_AGREE = "the sides agree within rounding"
_OPEN = "a side is 0 within rounding, so that its sign is open; certify tells which it is"


def judge(
    theorem: Theorem,
    lhs: np.ndarray,
    rhs: np.ndarray,
    tolerance: np.ndarray,
    trivial: np.ndarray,
    doubt: np.ndarray,
    margins: np.ndarray,
    *,
    least_margin: float,
) -> tuple[dict[str, np.ndarray], np.ndarray, list[tuple[str, str]]]:
    """Return the numeric columns, the index of each place's ruling, and the rulings (verdict, reason).

    The columns are lhs, rhs, slack, ratio, tolerance and trivial, of the shape of ``lhs``.
    A ruling is a verdict and a reason.  The first that applies: *not applicable*, where an assumption's margin (shape
    (…, assumptions)) is not above ``least_margin``, or a side is not a number; *order*; *violated*, where the slack is
    below −tolerance, or for an identity beyond ± tolerance (a probable bound is then *exceeded*: see ``frequencies``);
    *vacuous*, where the bound says no more than the trivial value, of which its difference may be off by ``doubt``;
    *agrees*, where the slack of a bound is within ± tolerance, so that rounding hides which side is the larger, or that
    of a decision, so that it hides the sign of a side; *holds*.  An identity claims that its sides are equal, so it
    holds where they agree.
    """
    lower = theorem.kind is Kind.LOWER_BOUND
    with np.errstate(all="ignore"):
        slack = lhs * rhs if theorem.kind is Kind.DECISION else lhs - rhs if lower else rhs - lhs
        ratio = rhs / lhs if lower else lhs / rhs
    if theorem.kind is Kind.IDENTITY:
        ratio = np.where(rhs == 0, np.nan, ratio)  # what is 0 but for rounding is not in a ratio to 0
    elif theorem.kind is Kind.DECISION:
        ratio = np.full_like(lhs, np.nan)  # of two numbers of which the signs alone are compared

    rulings = [(HOLDS, "")]
    ruled = np.zeros(lhs.shape, dtype=np.int64)

    def rule(where: np.ndarray, verdict: str, reason: str) -> None:
        """Give these places a ruling, which overrules earlier ones."""
        ruled[where] = len(rulings)
        rulings.append((verdict, reason))

    if theorem.kind is Kind.IDENTITY:
        rule(np.abs(slack) > tolerance, VIOLATED, "the sides differ by more than rounding")
    elif theorem.kind is Kind.DECISION:
        rule(np.abs(slack) <= tolerance, AGREES, _OPEN)
        rule(slack < -tolerance, VIOLATED, "the sides have different signs")
    elif theorem.kind is Kind.ORDER:
        rule(
            np.full(lhs.shape, True),
            ORDER,
            "of an order only: the ratio is the least constant consistent with it",
        )
    else:
        equal = np.abs(slack) <= tolerance
        rule(equal, AGREES, f"{_AGREE}; certify tells which is the larger")
        empty = rhs <= trivial + doubt if lower else rhs >= trivial - doubt
        for where, told in ((empty & ~equal, ""), (empty & equal, f"; {_AGREE}")):
            values, at = np.unique(_three_digits(trivial[where]), return_inverse=True)
            ruled[where] = len(rulings) + at
            rulings += [
                (VACUOUS, f"the bound says no more than the trivial value {value:.3g}{told}") for value in values
            ]
        probable = theorem.kind is Kind.PROBABILISTIC
        rule(slack < -tolerance, EXCEEDED if probable else VIOLATED, "by more than rounding")
    missing = ~np.isfinite(lhs) | np.isnan(rhs) | np.isnan(tolerance)
    rule(missing, NOT_APPLICABLE, "a side is not a number")
    for index in reversed(range(len(theorem.requires))):
        fails = ~(margins[..., index] > least_margin)
        rule(fails, NOT_APPLICABLE, theorem.requires[index].otherwise)
        missing |= fails
    bounds = theorem.kind in (*BOUNDS, Kind.PROBABILISTIC)
    numbers = {"lhs": lhs, "rhs": rhs, "slack": slack, "ratio": ratio, "tolerance": tolerance}
    numbers["trivial"] = trivial if bounds else np.full(lhs.shape, np.nan)
    return {name: np.where(missing, np.nan, values) for name, values in numbers.items()}, ruled, rulings


def _three_digits(values: np.ndarray) -> np.ndarray:
    """Round to three significant digits, so that as many reasons are written as can be told apart."""
    with np.errstate(all="ignore"):
        scale = 10.0 ** np.floor(np.log10(np.abs(values)))
        return np.where(np.isfinite(values / scale), np.round(values / scale, 2) * scale, values)

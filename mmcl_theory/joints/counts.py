"""Keep what was given as counts or fractions exact, although distributions are held as floats."""

import math
import numbers
from typing import Any

import numpy as np

from .. import _checks

# The largest total of counts that a float holds to the last bit, with one to spare: N·(c/N) then rounds to c.
_LARGEST_TOTAL = 2**51


def counted(name: str, weights: Any) -> tuple[Any, int | None]:
    """Return weights as numbers that floats hold, and their total where they are whole numbers, or fractions.

    Fractions are brought to a common denominator.  The total is None where floats are all that is known.

    Raises
    ------
    ValueError
        If fractions, or integers of more than 64 bits, are too large to be held exactly.

    Examples
    --------
    >>> from fractions import Fraction
    >>> counted("matrix", [[Fraction(1, 3), Fraction(1, 6)]])
    (array([[2., 1.]]), 3)
    >>> counted("matrix", [[0.5, 0.5]])[1] is None
    True
    """
    if _checks.is_sparse(weights):
        weights = _checks.widened(weights)
        return weights, _total(np.asarray(weights.tocoo().data))
    try:
        array = np.asarray(weights)
    except ValueError:  # rows of unequal lengths, which the check of the weights says better
        return weights, None
    if array.dtype == object and array.size and all(isinstance(entry, numbers.Rational) for entry in array.flat):
        scale = math.lcm(*(int(entry.denominator) for entry in array.flat))
        if sum(int(entry * scale) for entry in array.flat) > _LARGEST_TOTAL:
            raise ValueError(
                f"{name}: whole numbers of a total above 2**51 (of fractions, over a common denominator) are not held "
                "exactly; give floats"
            )
        array = np.array([int(entry * scale) for entry in array.flat], dtype=float).reshape(array.shape)
        return array, _total(array)
    return weights, _total(array)


def _total(array: np.ndarray) -> int | None:
    """Return the total of whole numbers that are not negative; None where some are not, or it is too large."""
    if array.dtype.kind not in "biuf" or array.size == 0:
        return None
    # The first few tell of most arrays that they hold probabilities.
    for part in (array.ravel()[:64], array):
        with np.errstate(invalid="ignore"):
            if not (np.floor(part) == part).all() or (part < 0).any():
                return None
    with np.errstate(over="ignore"):
        total = float(array.sum(dtype=float))
    return int(total) if 0 < total <= _LARGEST_TOTAL else None


def counts_of(law: np.ndarray, denominator: int | None) -> np.ndarray | None:
    """Return the counts that a distribution was made of, exact; None where it is not, to the last bit, made of such."""
    if denominator is None:
        return None
    counts = np.rint(np.asarray(law, float) * denominator)
    made = (counts / denominator).astype(law.dtype)
    return counts.astype(np.int64) if counts.sum() == denominator and np.array_equal(made, law) else None

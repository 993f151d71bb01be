"""Decide from Ritz values and residual norms whether triplets are accurate, complete, and when to check again."""

import numpy as np
from jaxtyping import Float

from ..._arrays import Array
from .. import settings
from .basis import Ritz
from .triplets import Triplets


def shortfall(ritz: Ritz, k: int, factor: float) -> float:
    """Return the largest of the first k residual norms and ``factor`` times the bound on σ_{k+1}, relative to σ_1."""
    sigma = np.sqrt(np.maximum(ritz.values[: k + 1], settings.RESOLVED_FROM_SQUARE**2 * ritz.values[0]))
    worst = max((ritz.residuals[:k] / sigma[:k]).max(initial=0), factor * ritz.errors[k] / sigma[k] / 2)
    return float(worst / np.sqrt(ritz.values[0]))


def next_check(products: int, height: float, last: tuple[int, float] | None, longest: int) -> int | None:
    """Choose the number of products after which to check convergence again.

    By then most of the remaining way is done if the pace since the last check, from which ``last`` holds the number of
    products and the height, lasts.  ``height`` is the logarithm of the shortfall over the tolerance.  At most
    ``longest`` products later; None if there is no pace to go by.
    """
    if last is None or last[1] <= height:
        return None
    pace = (last[1] - height) / (products - last[0])
    return products + int(np.clip(settings.CHECK_SHARE * height / pace, 1, longest))


def longest_interval(degree: int, seldom: bool) -> int:
    """Return the largest number of products between two checks, where a block takes ``degree`` of them.

    ``seldom`` says that a check takes as long as several blocks: on a GPU, where these are small.
    """
    longest = settings.CHECK_INTERVAL if degree == 1 else settings.FILTERED_CHECK_INTERVAL
    return longest * settings.GPU_CHECK_FACTOR if seldom else longest


def is_accurate(found: Triplets, k: int, tol: float) -> bool:
    """Decide whether the computed residual norms and the bound on σ_{k+1} are within the tolerance."""
    norms, bounds, values = map(np.asarray, (found.residual_norms, found.value_bounds, found.values))
    return bool(max(norms[:k].max(initial=0), bounds[k]) <= tol * values[0])


def largest_multiplicity(values: Float[Array, " p"]) -> int:
    """Return the largest number of values that are equal as far as can be resolved."""
    sigma = np.asarray(values)
    gaps = np.flatnonzero(sigma[:-1] - sigma[1:] > settings.EQUAL_VALUES * sigma[0])
    return int(np.diff(np.concatenate([[-1], gaps, [sigma.size - 1]])).max())


def has_risen(values: np.ndarray, before: Float[Array, " k+1"], tol: float) -> bool:
    """Decide whether one of the largest Ritz values θ has risen above σ² by more than its error: a copy was found."""
    squares = np.asarray(before) ** 2
    return bool((values[: squares.size] - squares).max() > settings.RISE * tol * squares[0])

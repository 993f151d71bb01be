"""Compute how often the argmax of scores is not the label, and smooth versions of it (theory, section 1)."""

from typing import Any

from jaxtyping import Float, Int

from .._arrays import Array, xp
from ..factorization.precision import rounding

_SMALLEST = 1e-30  # below any score that counts, against a division by zero


def error(prediction: Float[Array, "n r"], labels: Int[Array, " n"], marginal: Float[Array, " n"]) -> Float[Array, ""]:
    """Compute Pr[argmax_i prediction_{x,i} ≠ y(x)]; a tie counts as an error.

    Two scores tie when they differ by no more than rounding does, relative to the largest of their row or to a score of
    one, weighted.  So an image without features, as one that a sample left out, is an error whatever its zeros became.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.array([[0.9, 0.1], [0.5, 0.5]])
    >>> float(error(scores, np.array([0, 1]), np.array([0.5, 0.5])))
    0.5
    """
    if prediction.shape[1] == 1:
        return xp.zeros((), prediction.dtype)
    own, best_other, margin = _own_and_best_other(prediction, labels, marginal)
    reached = best_other + margin
    return xp.sum(marginal, where=own <= reached)


def undecided(
    prediction: Float[Array, "n r"],
    labels: Int[Array, " n"],
    marginal: Float[Array, " n"],
    gap: Float[Array, ""],
    *,
    ties: bool = True,
) -> Float[Array, ""]:
    """Sum the mass of items whose own score and best other score are within ``gap``: what ``error`` may be off by.

    Without ``ties`` an item is left out whose two scores tie within rounding, which ``error`` counts in any case.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.array([[0.9, 0.1], [0.5, 0.51]])
    >>> float(undecided(scores, np.array([0, 1]), np.array([0.5, 0.5]), 0.1))
    0.5
    """
    if prediction.shape[1] == 1:
        return xp.zeros((), prediction.dtype)
    own, best_other, margin = _own_and_best_other(prediction, labels, marginal)
    apart = xp.abs(own - best_other)
    return xp.sum(marginal, where=(apart <= gap + margin) & (ties | (apart > margin)))


def _own_and_best_other(
    prediction: Float[Array, "n r"], labels: Int[Array, " n"], marginal: Float[Array, " n"]
) -> tuple[Float[Array, " n"], Float[Array, " n"], Float[Array, " n"]]:
    """Return each item's own score, its best other score, and the difference within which the two tie."""
    is_own = xp.arange(prediction.shape[1])[None, :] == labels[:, None]
    own = xp.max(xp.where(is_own, prediction, -xp.inf), axis=1)
    best_other = xp.max(xp.where(is_own, -xp.inf, prediction), axis=1)
    margin = rounding(prediction.dtype) * xp.maximum(xp.max(xp.abs(prediction), axis=1), xp.sqrt(marginal))
    return own, best_other, margin


def soft_error(prediction: Array, labels: Array, marginal: Array, softness: Any) -> Array:
    """Compute ``error`` with a sigmoid of the margin, relative to the row's largest score, in place of the step.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.array([[0.9, 0.1], [0.5, 0.51]])
    >>> round(float(soft_error(scores, np.array([0, 1]), np.array([0.5, 0.5]), 0.01)), 3)
    0.062
    """
    if prediction.shape[1] == 1:
        return xp.zeros((), prediction.dtype)
    is_own = xp.arange(prediction.shape[1])[None, :] == labels[:, None]
    own = xp.max(xp.where(is_own, prediction, -xp.inf), axis=1)
    best_other = xp.max(xp.where(is_own, -xp.inf, prediction), axis=1)
    size = xp.maximum(xp.max(xp.abs(prediction), axis=1), _SMALLEST)
    return xp.sum(marginal * xp.sigmoid((best_other - own) / size / softness))

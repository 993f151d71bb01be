"""Build singular triplets from right vectors: left vectors and the residual norms of both, in double precision."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from ..._arrays import Array, of_jax, xp
from .. import settings
from ..devices import compiled
from ..operators.operator import Operator, RowBlock
from ..operators.products import multiply_rows, replaced, summed
from .refine import RitzVectors


class Triplets(NamedTuple):
    """Hold σ_1 … σ_{k+1}, their vectors, residual norms max(‖Av − σu‖, ‖Aᵀu − σv‖), and bounds on |σ̂ − σ|."""

    left: Float[Array, "m k+1"]
    values: Float[Array, " k+1"]
    right: Float[Array, "n k+1"]
    residual_norms: Float[Array, " k+1"]
    value_bounds: Float[Array, " k+1"]


def triplets_of_ritz_vectors(operator: Operator, given_up: list[RitzVectors], errors: np.ndarray) -> Triplets:
    """Build singular triplets from Ritz vectors x, and error bounds on those θ that are wanted, which are not small.

    The list gives up the Ritz vectors, so that no more than one side is held twice.

    Nothing is multiplied again: u = Ax/√θ, so that Av − σu = 0, and Aᵀu − σv = (AᵀAx − θx)/σ.  The images Ax are
    orthogonal as far as the projection of AᵀA is diagonal: to ε₆₄·θ_1/θ.
    """
    count, near = len(errors), given_up.pop()
    values = np.sqrt(near.values[:count])
    norms, rounding = near.residuals[:count] / values, settings.VALUE_ROUNDING * values[0] ** 2 / values
    bounds = np.minimum(errors / values / 2, norms) + rounding
    parts = [near.rows, near.images]
    del near
    left = in_order(operator, parts.pop(), 1 / values)
    right = in_order(operator.T, parts.pop(), np.ones(count))
    return Triplets(left, values, right, norms, bounds)


def in_order(operator: Operator, rows: RowBlock, scales: Float[np.ndarray, " c"]) -> Float[Array, "m c"]:
    """Scale as many rows as there are scales, and bring them to columns in the order of A.

    Rows on the host are scaled where they are.
    """
    if of_jax(rows):
        return _in_order(operator, rows, scales)
    return operator.from_internal(replaced(np.multiply, rows[: len(scales)], scales[:, None]).T)


@jax.jit
def _in_order(operator: Operator, rows: RowBlock, scales: Float[Array, " c"]) -> Float[Array, "m c"]:
    return operator.from_internal((scales[:, None] * rows[: len(scales)]).T)


def triplets_of_space(operator: Operator, space: RowBlock, draw: Callable[[Operator, int], Array], k: int) -> Triplets:
    """Build singular triplets from rows that span the row space.

    If there are fewer than k + 1 of them, the other values are zero, as A has no more rank; the vectors of zeros are
    made from random columns of both sides, which ``draw`` draws.  What the search took for rounding does not count as
    rank, so that a zero may be off by as much.
    """
    drawn = draw(operator, k + 1), draw(operator.T, k + 1)
    left, values, right = _svd_of_space(space, multiply_rows(operator, space), drawn, k)
    values = np.asarray(values)
    images = multiply_rows(operator, right)
    found = _add_residuals(operator, [left, right], values, _residual_norms(images, values, left))
    vanishing = float(np.finfo(operator.dtype).eps) ** settings.DEPENDENT_POWER * np.linalg.norm(values)
    beyond = np.where(np.arange(k + 1) < len(space), 0.0, vanishing)
    return found._replace(value_bounds=np.maximum(found.value_bounds, beyond))


@partial(compiled, static_argnums=3)
def _svd_of_space(
    space: RowBlock, images: RowBlock, drawn: tuple[Array, Array], k: int
) -> tuple[RowBlock, Array, RowBlock]:
    """Compute left vectors, values and right vectors, k + 1 of each, from rows that span the right space."""
    left, values, turn = xp.linalg.svd(images.T, full_matrices=False)
    right = space.T @ turn.T
    missing = max(k + 1 - len(space), 0)
    # Random columns of the left space, and of the right one: their images under Aᵀ, off the space, are rounding.
    if missing:
        columns = [part[:, :missing] for part in drawn]
        left = xp.concatenate([left, _complement(left, columns[0])], axis=1)
        right = xp.concatenate([right, _complement(right, columns[1])], axis=1)
        values = xp.pad(values, (0, missing))
    return left[:, : k + 1].T, values[: k + 1], right[:, : k + 1].T


def _complement(space: Float[Array, "n r"], columns: Float[Array, "n t"]) -> Float[Array, "n t"]:
    """Orthonormalize the columns among themselves and against the space."""
    for _ in range(2):
        inside = space @ (space.T @ columns)
        columns, _ = xp.linalg.qr(columns - inside)
    return columns


def _add_residuals(
    operator: Operator, vectors: list[RowBlock], values: np.ndarray, forth: Float[np.ndarray, " p"]
) -> Triplets:
    """Build triplets from left and right vectors, which the list gives up, and the residual norms ‖Av − σu‖."""
    images = multiply_rows(operator.T, vectors[0])
    norms = np.maximum(forth, _residual_norms(images, values, vectors[1]))
    del images
    right, left = (in_order(side, vectors.pop(), np.ones(len(norms))) for side in (operator.T, operator))
    return Triplets(left, values, right, norms, norms + settings.VALUE_ROUNDING * values[0])


def _residual_norms(images: RowBlock, values: np.ndarray, rows: RowBlock) -> Float[np.ndarray, " p"]:
    return np.sqrt(_squared_residuals(images, values[:, None], rows))


@compiled
def _squared_residuals(images: RowBlock, values: Float[Array, "p 1"], rows: RowBlock) -> Float[Array, " p"]:
    return summed(lambda images, rows: xp.sum((images - values * rows) ** 2, axis=1), images, rows)

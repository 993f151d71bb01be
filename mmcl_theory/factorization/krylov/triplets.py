"""Build singular triplets from right vectors: left vectors and the residual norms of both, in double precision."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .. import settings
from ..operators.operator import Operator, RowBlock
from ..operators.products import multiply_rows
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
    values, norms, bounds = jax.device_put((values, norms, bounds))
    return Triplets(left, values, right, norms, bounds)


@jax.jit
def in_order(operator: Operator, rows: RowBlock, scales: Float[np.ndarray, " c"]) -> Float[Array, "m c"]:
    """Scale as many rows as there are scales, and bring them to columns in the order of A."""
    return operator.from_internal((jnp.asarray(scales)[:, None] * rows[: len(scales)]).T)


def triplets_of_space(operator: Operator, space: RowBlock, drawn: Float[Array, "m k+1"], k: int) -> Triplets:
    """Build singular triplets from rows that span the row space.

    If there are fewer than k + 1 of them, the other values are zero, as A has no more rank; the left vectors of zeros
    are made from the random columns ``drawn``.  What the search took for rounding does not count as rank, so
    that a zero may be off by as much.
    """
    left, values, right = _svd_of_space(operator, space, drawn, k)
    images = multiply_rows(operator, right)
    found = _add_residuals(operator, [left, right], values, _residual_norms(images, values, left))
    vanishing = float(jnp.finfo(operator.dtype).eps) ** settings.DEPENDENT_POWER * np.linalg.norm(found.values)
    beyond = np.where(np.arange(k + 1) < len(space), 0.0, vanishing)
    return found._replace(value_bounds=jax.device_put(np.maximum(found.value_bounds, beyond)))


@eqx.filter_jit
def _svd_of_space(
    operator: Operator, space: RowBlock, drawn: Float[Array, "m k+1"], k: int
) -> tuple[Array, Array, Array]:
    """Compute left vectors, values and right vectors, k + 1 of each, from rows that span the right space."""
    left, values, turn = jnp.linalg.svd(operator.times(space.T), full_matrices=False)
    right = space.T @ turn.T
    missing = max(k + 1 - len(space), 0)
    # Random columns of the left space, and of the right one: their images under Aᵀ, off the space, are rounding.
    if missing:
        columns = jax.random.normal(jax.random.key(0), (operator.shape[1], missing), operator.dtype)
        left = jnp.concatenate([left, _complement(left, drawn[:, :missing])], axis=1)
        right = jnp.concatenate([right, _complement(right, operator.T.to_internal(columns))], axis=1)
        values = jnp.pad(values, (0, missing))
    return left[:, : k + 1].T, values[: k + 1], right[:, : k + 1].T


def _complement(space: Float[Array, "n r"], columns: Float[Array, "n t"]) -> Float[Array, "n t"]:
    """Orthonormalize the columns among themselves and against the space."""
    for _ in range(2):
        columns, _ = jnp.linalg.qr(columns - space @ (space.T @ columns))
    return columns


def _add_residuals(operator: Operator, vectors: list[RowBlock], values: Array, forth: Float[Array, " p"]) -> Triplets:
    """Build triplets from left and right vectors, which the list gives up, and the residual norms ‖Av − σu‖."""
    images = multiply_rows(operator.T, vectors[0])
    norms = np.maximum(forth, _residual_norms(images, values, vectors[1]))
    del images
    right, left = (in_order(side, vectors.pop(), np.ones(len(norms))) for side in (operator.T, operator))
    return Triplets(left, values, right, *jax.device_put((norms, norms + settings.VALUE_ROUNDING * float(values[0]))))


@jax.jit
def _residual_norms(images: RowBlock, values: Array, rows: RowBlock) -> Float[Array, " p"]:
    return jnp.linalg.norm(images - values[:, None] * rows, axis=1)

"""Build singular triplets from right vectors: left vectors and the residual norms of both, in double precision."""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .. import settings
from ..operators.operator import Operator, RowBlock, times
from ..operators.products import multiply_rows, update_in_place
from .refine import cholesky_qr2


class Triplets(NamedTuple):
    """Hold σ_1 … σ_{k+1}, their vectors, residual norms max(‖Av − σu‖, ‖Aᵀu − σv‖), and bounds on |σ̂ − σ|."""

    left: Float[Array, "m k+1"]
    values: Float[Array, " k+1"]
    right: Float[Array, "n k+1"]
    residual_norms: Float[Array, " k+1"]
    value_bounds: Float[Array, " k+1"]


def triplets_of_ritz_vectors(operator: Operator, rows: RowBlock, values: np.ndarray, errors: np.ndarray) -> Triplets:
    """Build singular triplets from Ritz vectors (whose buffer is donated), √θ, and error bounds on θ.

    Singular values and left vectors come from the decomposition of A times the Ritz vectors, which is not squared;
    σ² − θ is at least 2√θ·(σ − √θ).
    """
    found = _decompose_images(operator, rows)
    errors = errors / values / 2 + np.abs(np.asarray(found.values) - values)
    bounds = np.minimum(errors, np.asarray(found.residual_norms)) + settings.VALUE_ROUNDING * float(found.values[0])
    return found._replace(value_bounds=jnp.asarray(bounds))


def _decompose_images(operator: Operator, rows: RowBlock) -> Triplets:
    images = multiply_rows(partial(times, operator), rows, operator.preferred_columns)
    left, upper = cholesky_qr2(images)
    rotation, values, turn = jnp.linalg.svd(upper.T)
    left, images, forth = _rotate_left(left, images, rotation, values, turn, operator.mesh)
    del images
    return _add_residuals(operator, [left, _rotate_right(rows, turn, operator.mesh)], values, forth)


@partial(jax.jit, static_argnums=5, donate_argnums=(0, 1))
def _rotate_left(
    left: RowBlock, images: RowBlock, rotation: Array, values: Array, turn: Array, mesh: Any
) -> tuple[RowBlock, RowBlock, Float[Array, " p"]]:
    """Compute left vectors, images of the right ones, and the residual norms ‖Av − σu‖."""

    def step(parts: list[Array], total: Array) -> tuple[list[Array], Array]:
        left, images = rotation.T @ parts[0], turn @ parts[1]
        return [left, images], total + jnp.square(images - values[:, None] * left).sum(axis=1)

    (left, images), squares = update_in_place(step, [left, images], jnp.zeros_like(values), mesh)
    return left, images, jnp.sqrt(squares)


@partial(jax.jit, static_argnums=2, donate_argnums=0)
def _rotate_right(rows: RowBlock, turn: Array, mesh: Any) -> RowBlock:
    return update_in_place(lambda parts, total: ([turn @ parts[0]], total), [rows], jnp.zeros(()), mesh)[0][0]


def triplets_of_space(operator: Operator, space: RowBlock, drawn: Float[Array, "m k+1"], k: int) -> Triplets:
    """Build singular triplets from rows that span the row space.

    If there are fewer than k + 1 of them, the other values are zero, as A has no more rank; the left vectors of zeros
    are made from the random columns ``drawn``.
    """
    left, values, right = _svd_of_space(operator, space, drawn, k)
    images = multiply_rows(partial(times, operator), right, operator.preferred_columns)
    return _add_residuals(operator, [left, right], values, _residual_norms(images, values, left))


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
    images = multiply_rows(partial(times, operator.T), vectors[0], operator.preferred_columns)
    norms = jnp.maximum(forth, _residual_norms(images, values, vectors[1]))
    del images
    right, left = operator.T.from_internal(vectors.pop().T), operator.from_internal(vectors.pop().T)
    return Triplets(left, values, right, norms, norms + settings.VALUE_ROUNDING * values[0])


@jax.jit
def _residual_norms(images: RowBlock, values: Array, rows: RowBlock) -> Float[Array, " p"]:
    return jnp.linalg.norm(images - values[:, None] * rows, axis=1)

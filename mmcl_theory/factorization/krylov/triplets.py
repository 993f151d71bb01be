"""Singular triplets from right vectors: left ones, and the residuals that both have, in double precision."""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..operators.operator import Operator, in_parts, times
from .refine import in_place, orthonormal

# What rounding adds to a bound, in units of σ_1.
_ROUNDING = 64 * float(np.finfo(float).eps)

Rows = Float[Array, "p n"]


class Triplets(NamedTuple):
    """σ_1 … σ_{k+1} with their vectors, residual norms max(‖Av − σu‖, ‖Aᵀu − σv‖), and bounds on |σ̂ − σ|."""

    left: Float[Array, "m k+1"]
    values: Float[Array, " k+1"]
    right: Float[Array, "n k+1"]
    residual_norms: Float[Array, " k+1"]
    value_bounds: Float[Array, " k+1"]


def of_right_vectors(operator: Operator, rows: Rows, values: np.ndarray, errors: np.ndarray) -> Triplets:
    """From Ritz vectors, which are written over, with √θ and bounds on the errors of θ.

    The decomposition is that of their images under A, which is not squared; σ² − θ is at least 2√θ·(σ − √θ).
    """
    found = _decomposed(operator, rows)
    errors = errors / values / 2 + np.abs(np.asarray(found.values) - values)
    bounds = np.minimum(errors, np.asarray(found.residual_norms)) + _ROUNDING * float(found.values[0])
    return found._replace(value_bounds=jnp.asarray(bounds))


def _decomposed(operator: Operator, rows: Rows) -> Triplets:
    images = in_parts(partial(times, operator), rows, operator.together)
    left, upper = orthonormal(images)
    rotation, values, turn = jnp.linalg.svd(upper.T)
    left, images, forth = _left(left, images, rotation, values, turn, operator.mesh)
    del images
    return _with_residuals(operator, [left, _right(rows, turn, operator.mesh)], values, forth)


@partial(jax.jit, static_argnums=5, donate_argnums=(0, 1))
def _left(
    left: Rows, images: Rows, rotation: Array, values: Array, turn: Array, mesh: Any
) -> tuple[Rows, Rows, Float[Array, " p"]]:
    """Left vectors, images of the right ones, and the residual norms ‖Av − σu‖."""

    def step(parts: list[Array], total: Array) -> tuple[list[Array], Array]:
        left, images = rotation.T @ parts[0], turn @ parts[1]
        return [left, images], total + jnp.square(images - values[:, None] * left).sum(axis=1)

    (left, images), squares = in_place(step, [left, images], jnp.zeros_like(values), mesh)
    return left, images, jnp.sqrt(squares)


@partial(jax.jit, static_argnums=2, donate_argnums=0)
def _right(rows: Rows, turn: Array, mesh: Any) -> Rows:
    return in_place(lambda parts, total: ([turn @ parts[0]], total), [rows], jnp.zeros(()), mesh)[0][0]


def of_space(operator: Operator, space: Rows, drawn: Float[Array, "m k+1"], k: int) -> Triplets:
    """From rows that span the row space; where these are fewer, other values are zero: A has no more rank.

    Left vectors of zeros are taken from what is ``drawn``.
    """
    left, values, right = _svd_of_space(operator, space, drawn, k)
    images = in_parts(partial(times, operator), right, operator.together)
    return _with_residuals(operator, [left, right], values, _norms(images, values, left))


@eqx.filter_jit
def _svd_of_space(operator: Operator, space: Rows, drawn: Float[Array, "m k+1"], k: int) -> tuple[Array, Array, Array]:
    """Left vectors, values and right vectors, k + 1 of each, from rows that span the right space."""
    left, values, turn = jnp.linalg.svd(operator.times(space.T), full_matrices=False)
    right = space.T @ turn.T
    missing = max(k + 1 - len(space), 0)
    # Random columns of the left space, and of the right one: their images under Aᵀ, off the space, are rounding.
    if missing:
        columns = jax.random.normal(jax.random.key(0), (operator.shape[1], missing), operator.dtype)
        left = jnp.concatenate([left, _complement(left, drawn[:, :missing])], axis=1)
        right = jnp.concatenate([right, _complement(right, operator.T.arranged(columns))], axis=1)
        values = jnp.pad(values, (0, missing))
    return left[:, : k + 1].T, values[: k + 1], right[:, : k + 1].T


def _complement(space: Float[Array, "n r"], columns: Float[Array, "n t"]) -> Float[Array, "n t"]:
    for _ in range(2):
        columns, _ = jnp.linalg.qr(columns - space @ (space.T @ columns))
    return columns


def _with_residuals(operator: Operator, vectors: list[Rows], values: Array, forth: Float[Array, " p"]) -> Triplets:
    """Of left and right vectors, which are consumed; ``forth`` are the residual norms ‖Av − σu‖."""
    back = _norms(in_parts(partial(times, operator.T), vectors[0], operator.together), values, vectors[1])
    norms = jnp.maximum(forth, back)
    right, left = operator.T.restored(vectors.pop().T), operator.restored(vectors.pop().T)
    return Triplets(left, values, right, norms, norms + _ROUNDING * values[0])


@jax.jit
def _norms(images: Rows, values: Array, rows: Rows) -> Float[Array, " p"]:
    return jnp.linalg.norm(images - values[:, None] * rows, axis=1)

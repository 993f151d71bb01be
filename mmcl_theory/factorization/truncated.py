"""The first singular triplets of a law that is not held densely."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.sparse.linalg import LinearOperator, svds

from ..joints.laws import SparseLaw

# Up to this many rows or columns the dense decomposition is as fast.
_SMALL = 64


class Triplets(NamedTuple):
    """σ_1 … σ_{k+1} with their vectors, residual norms max(‖Av − σu‖, ‖Aᵀu − σv‖), and bounds on |σ̂ − σ|."""

    left: Float[Array, "m k+1"]
    values: Float[Array, " k+1"]
    right: Float[Array, "n k+1"]
    residual_norms: Float[Array, " k+1"]
    value_bounds: Float[Array, " k+1"]


def truncated_svd(matrix: Any, k: int) -> Triplets:
    """The first k + 1 triplets of anything that multiplies a block, as its transpose ``T`` does; k may be 0."""
    if min(matrix.shape) <= max(k + 1, _SMALL):
        left, values, right = np.linalg.svd(np.asarray(matrix.to_dense()), full_matrices=False)
    else:
        left, values, right = svds(_operator(matrix), k=k + 1, tol=1e-4, v0=np.ones(min(matrix.shape)))
        left, values, right = left[:, ::-1], values[::-1], right[::-1]
    u, sigma, v = jnp.asarray(left[:, : k + 1]), jnp.asarray(values[: k + 1]), jnp.asarray(right[: k + 1].T)
    residual_norms = jnp.maximum(
        jnp.linalg.norm(matrix @ v - u * sigma, axis=0), jnp.linalg.norm(matrix.T @ u - v * sigma, axis=0)
    )
    return Triplets(u, sigma, v, residual_norms, residual_norms)


def _operator(matrix: Any) -> Any:
    if isinstance(matrix, SparseLaw):
        return matrix.to_scipy()
    transpose = matrix.T
    return LinearOperator(
        matrix.shape,
        matvec=lambda x: np.asarray(matrix @ jnp.asarray(x.ravel())),
        rmatvec=lambda x: np.asarray(transpose @ jnp.asarray(x.ravel())),
        dtype=float,
    )

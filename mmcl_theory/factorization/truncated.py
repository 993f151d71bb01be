"""The first singular triplets of a law that is not held densely."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.sparse.linalg import LinearOperator, svds

from ..joints.laws import SparseLaw


def truncated_svd(normalized: Any, k: int) -> Any:  # stand-in until the block Krylov method is there
    """Left vectors, values, right vectors and residual norms of the first k + 1 triplets."""
    if min(normalized.shape) <= max(k + 1, 64):
        left, values, right = np.linalg.svd(np.asarray(normalized.to_dense()), full_matrices=False)
        left, values, right = left[:, : k + 1], values[: k + 1], right[: k + 1]
    else:
        operator = _operator(normalized)
        left, values, right = svds(operator, k=k + 1, tol=1e-4, v0=np.ones(min(normalized.shape)))
        left, values, right = left[:, ::-1], values[::-1], right[::-1]
    left, values, right = (jnp.asarray(part) for part in (left, values, right.T))
    residual_norms = jnp.maximum(
        jnp.linalg.norm(normalized @ right - left * values, axis=0),
        jnp.linalg.norm(normalized.T @ left - right * values, axis=0),
    )
    return left, values, right, residual_norms


def _operator(normalized: Any) -> Any:
    if isinstance(normalized, SparseLaw):
        return normalized.to_scipy()
    return LinearOperator(
        normalized.shape,
        matvec=lambda x: np.asarray(normalized @ jnp.asarray(x.ravel())),
        rmatvec=lambda x: np.asarray(normalized.T @ jnp.asarray(x.ravel())),
        dtype=float,
    )

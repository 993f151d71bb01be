"""Compute full singular value and eigenvalue decompositions whose derivatives also exist at equal values."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import _checks

# Squared singular values, or eigenvalues, that differ by less count as equal in a derivative.  The terms between two
# equal ones cancel in every function that does not depend on the choice of basis inside their subspace; 1e-12 is
# ``rounding()`` for values of order one.
_EQUAL = 1e-12


def after(earlier: Float[Array, "*shape"], matrix: Float[Array, "m n"]) -> Float[Array, "m n"]:
    """Return the matrix, but let XLA compute it only after ``earlier``.

    On a CPU a batched decomposition occupies a thread of the pool whose threads it waits for.  If as many run at once
    as the pool has threads, all wait for ever (seen with JAX 0.10 on two cores).  So within one program they must
    follow one another.  XLA keeps the order because the matrix depends on 0·x, which is not always 0.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> after(jnp.ones(3), jnp.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return matrix + 0 * jax.lax.stop_gradient(earlier).ravel()[0]


class InTurn:
    """Compute decompositions of one program one after the other (``after``)."""

    def __init__(self) -> None:
        self._last: Array | None = None

    def __call__(self, decompose: Callable[..., Any], matrix: Any, *settings: Any) -> Any:
        """Decompose a matrix, or whatever holds one, once the decomposition before is done."""
        last = self._last
        if last is not None and _checks.is_traced(last):
            matrix = jax.tree.map(lambda leaf: after(last, leaf) if eqx.is_inexact_array(leaf) else leaf, matrix)
        found = decompose(matrix, *settings)
        self._last = jax.tree.leaves(found)[0]
        return found


@jax.custom_jvp
def svd(
    matrix: Float[Array, "m n"],
) -> tuple[Float[Array, "m p"], Float[Array, " p"], Float[Array, "n p"]]:
    """Compute the thin decomposition U, σ, V with A = U diag(σ) Vᵀ, p = min(m, n), σ descending.

    Derivatives are right for every function of the result that does not depend on the choice of basis among equal
    singular values, such as the projector Π_k where σ_k > σ_{k+1}, also when other singular values are equal or zero.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> U, sigma, V = svd(jnp.array([[0.0, 2.0], [1.0, 0.0]]))
    >>> sigma.tolist()
    [2.0, 1.0]
    """
    left, values, right_transposed = jnp.linalg.svd(matrix, full_matrices=False)
    return left, values, right_transposed.T


@svd.defjvp
def _svd_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[tuple, tuple]:
    (matrix,), (change,) = primals, tangents
    left, values, right = svd(matrix)
    inner = left.T @ change @ right
    squares = values**2
    rotation = _inverse_gaps(squares)
    positive = squares > _EQUAL
    inverse = jnp.where(positive, 1 / jnp.where(positive, values, 1), 0)
    rows, columns = inner * values[None, :], values[:, None] * inner
    d_left = left @ (rotation * (rows + rows.T))
    d_right = right @ (rotation * (columns + columns.T))
    # The components outside the span of a thin factor.
    outside_left = change @ right - left @ inner
    outside_right = change.T @ left - right @ inner.T
    return (left, values, right), (
        d_left + outside_left * inverse,
        jnp.diagonal(inner),
        d_right + outside_right * inverse,
    )


@jax.custom_jvp
def eigh(matrix: Float[Array, "n n"]) -> tuple[Float[Array, "n n"], Float[Array, " n"]]:
    """Compute eigenvectors and eigenvalues of a symmetric matrix, descending; differentiable as ``svd`` is.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> eigh(jnp.array([[0.0, 1.0], [1.0, 0.0]]))[1].round(12).tolist()
    [1.0, -1.0]
    """
    values, vectors = jnp.linalg.eigh(matrix)
    return vectors[:, ::-1], values[::-1]


@eigh.defjvp
def _eigh_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[tuple, tuple]:
    (matrix,), (change,) = primals, tangents
    vectors, values = eigh(matrix)
    inner = vectors.T @ change @ vectors
    return (vectors, values), (vectors @ (_inverse_gaps(values) * inner), jnp.diagonal(inner))


def _inverse_gaps(values: Float[Array, " n"]) -> Float[Array, "n n"]:
    """Compute 1/(value_j − value_i), 0 where the two are equal."""
    gaps = values[None, :] - values[:, None]
    distinct = jnp.abs(gaps) > _EQUAL
    return jnp.where(distinct, 1 / jnp.where(distinct, gaps, 1), 0)

"""Compute full singular value and eigenvalue decompositions whose derivatives also exist at equal values.

Write A = UΣVᵀ, and let A change by dA.  With dU = UX and dV = VY, X and Y antisymmetric so that U and V stay
orthonormal, and S and K the symmetric and the antisymmetric part of UᵀdA V, dA = dU ΣVᵀ + U dΣ Vᵀ + UΣ dVᵀ says that

    S_ij = (σ_j − σ_i)(X + Y)_ij/2 + dΣ_ij    and    K_ij = (σ_i + σ_j)(X − Y)_ij/2.

K is never divided by a difference.  S is where σ_i ≠ σ_j, and dΣ_ij = 0 there.  Where σ_i = σ_j no rotation can make up
for S_ij, which has to be in dΣ: Σ does not stay diagonal.  The rotation X + Y within equal values is as free as the
basis itself, and 0 is chosen.  A function f(U, Σ, V) = f(UQ, QᵀΣQ, VQ) is then differentiated rightly wherever it is
smooth: UΣVᵀ, of which dA comes out again, its truncation A_k and the projector Π_k where σ_k > σ_{k+1}, functions of
these, and sums over the diagonal of Σ.  No rule that keeps Σ diagonal does so: at A = I, UUᵀ = I asks that X be
antisymmetric and VVᵀ = I that Y be, and S would be lost from UΣVᵀ.  Where σ_i = σ_j = 0, K is in dΣ too, which is then
not symmetric: write ΣΣᵀ for Σ².
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Float

from .. import _checks
from .._arrays import Array, DerivativeOf, xp

# Values that differ by less than ε to this power, as a share of the largest, count as equal: in double precision 4e-10,
# below ``resolution``, which the gap at a cut must exceed.  What rounding adds to a quotient by a gap is below ε^0.4.
_EQUAL_POWER = 0.6


def after(earlier: Float[Array, "*shape"], matrix: Float[Array, "m n"]) -> Float[Array, "m n"]:
    """Return the matrix, but let XLA compute it only after ``earlier``.

    On a CPU a batched decomposition occupies a thread of the pool whose threads it waits for.  If as many run at once
    as the pool has threads, all wait for ever (seen with JAX 0.10 on two cores).  So within one program they must
    follow one another.  XLA keeps the order because the matrix depends on 0·x, which is not always 0.

    Examples
    --------
    >>> import numpy as np
    >>> after(np.ones(3), np.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return matrix + 0 * xp.constant(earlier).ravel()[0]


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


@DerivativeOf
def svd(
    matrix: Float[Array, "m n"],
) -> tuple[Float[Array, "m p"], Float[Array, "p p"], Float[Array, "n p"]]:
    """Compute the thin decomposition U, Σ, V with A = UΣVᵀ, p = min(m, n), Σ diagonal and descending.

    Σ is a matrix, as its derivative is not diagonal where singular values are equal.  Derivatives are right for every
    smooth function of UΣVᵀ, of its truncation A_k = U_kΣ_kV_kᵀ and of the projector Π_k where σ_k > σ_{k+1} (0 beyond
    the last), and for sums over the diagonal of Σ, whatever other singular values are equal or zero.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> U, Sigma, V = svd(jnp.array([[0.0, 2.0], [1.0, 0.0]]))
    >>> jnp.diagonal(Sigma).tolist()
    [2.0, 1.0]
    >>> def entry(matrix):
    ...     U, Sigma, V = svd(matrix)
    ...     return (U @ Sigma @ V.T)[0, 1]
    >>> jax.grad(entry)(jnp.eye(2)).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    left, values, right_transposed = xp.linalg.svd(matrix, full_matrices=False)
    return left, xp.diag(values), right_transposed.T


@svd.defjvp
def _svd_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[tuple, tuple]:
    (matrix,), (change,) = primals, tangents
    left, sigma, right = svd(matrix)
    values = xp.diagonal(sigma)
    inner = left.T @ change @ right
    antisymmetric = (inner - inner.T) / 2
    common, kept = _rotation((inner + inner.T) / 2, values)
    sums = values[:, None] + values[None, :]
    some = sums > _indistinct(values)
    opposite = _quotient(antisymmetric, sums, some)
    # The components outside the span of a thin factor.
    positive = values > _indistinct(values)
    outside_left = _quotient(change @ right - left @ inner, values, positive)
    outside_right = _quotient(change.T @ left - right @ inner.T, values, positive)
    return (left, sigma, right), (
        left @ (common + opposite) + outside_left,
        kept + xp.where(some, 0, antisymmetric),
        right @ (common - opposite) + outside_right,
    )


@DerivativeOf
def left_vectors(matrix: Float[Array, "m n"]) -> Float[Array, "m m"]:
    """Compute U alone, of a matrix with at most as many rows as columns; differentiable as ``svd`` is.

    The eigenvectors of AAᵀ cost a quarter of a decomposition of A.  A gap of σ² is resolved as well; only directions of
    σ below 1e-8 σ_1 are not told apart.  A derivative decomposes A itself.

    Examples
    --------
    >>> import numpy as np
    >>> np.abs(left_vectors(np.array([[0.0, 1.0], [2.0, 0.0]]))).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return xp.linalg.eigh(matrix @ matrix.T)[1][:, ::-1]


@left_vectors.defjvp
def _left_vectors_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (left, _, _), (change, _, _) = jax.jvp(svd, primals, tangents)
    return left, change


@DerivativeOf
def eigh(matrix: Float[Array, "n n"]) -> tuple[Float[Array, "n n"], Float[Array, "n n"]]:
    """Compute V and Λ with (M + Mᵀ)/2 = VΛVᵀ, Λ diagonal and descending; differentiable as ``svd`` is.

    Examples
    --------
    >>> import numpy as np
    >>> np.diagonal(eigh(np.array([[0.0, 1.0], [1.0, 0.0]]))[1]).round(12).tolist()
    [1.0, -1.0]
    """
    values, vectors = xp.linalg.eigh((matrix + matrix.T) / 2)
    return vectors[:, ::-1], xp.diag(values[::-1])


@eigh.defjvp
def _eigh_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[tuple, tuple]:
    (matrix,), (change,) = primals, tangents
    vectors, diagonal = eigh(matrix)
    inner = vectors.T @ change @ vectors
    rotation, kept = _rotation((inner + inner.T) / 2, xp.diagonal(diagonal))
    return (vectors, diagonal), (vectors @ rotation, kept)


def _rotation(symmetric: Float[Array, "p p"], values: Float[Array, " p"]) -> tuple[Array, Array]:
    """Split S into the rotation S_ij/(value_j − value_i) and, between equal values, what no rotation makes up for."""
    gaps = values[None, :] - values[:, None]
    distinct = xp.abs(gaps) > _indistinct(values)
    return _quotient(symmetric, gaps, distinct), xp.where(distinct, 0, symmetric)


def _quotient(numerator: Array, denominator: Array, valid: Array) -> Array:
    """Divide where it is valid, and return 0 elsewhere."""
    return xp.where(valid, numerator / xp.where(valid, denominator, 1), 0)


def _indistinct(values: Float[Array, " p"]) -> Float[Array, ""]:
    """Return the largest difference between values that counts as none."""
    return xp.finfo(values.dtype).eps ** _EQUAL_POWER * xp.max(xp.abs(values))

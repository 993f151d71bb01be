"""Choose how a matrix is multiplied and decomposed, by how it is held.

An array is decomposed completely by LAPACK, also inside JAX transformations.  Any other matrix has its first singular
triplets found, outside of them: by the block Krylov method, or by LAPACK where it is so small that this takes less time
than to compile the method.  No caller has to ask which: what is known of the errors of a truncated decomposition is
None for a complete one.
"""

import hashlib
import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float, PRNGKeyArray

from ..._arrays import Array, of_jax, on_host, program, xp
from ...joints.laws.dense import DenseLaw
from ...joints.laws.sparse import SparseLaw
from ..dense import left_vectors as dense_left_vectors
from ..dense import svd
from ..devices import on_gpu
from ..precision import rounding
from ..truncated import truncated_svd
from .compressed import Compressed
from .matrix_free import MatrixFree
from .operator import Operator, times
from .sparse import Sparse

# Cells up to which LAPACK takes a few hundredths of a second; the search compiles for seconds.
SMALL = 2**16


class Decomposition(NamedTuple):
    """Hold singular vectors and values, the largest first: all, or the first few with what they may be off by.

    Attributes
    ----------
    left, values, right
        U, σ and V, p columns each.
    residual_norms, value_bounds
        max(‖Av_j − σ_ju_j‖, ‖Aᵀu_j − σ_jv_j‖), and bounds on |σ̂_j − σ_j|; None where all p values were computed, to
        rounding.
    """

    left: Float[Array, "m p"]
    values: Float[Array, " p"]
    right: Float[Array, "n p"]
    residual_norms: Float[Array, " p"] | None
    value_bounds: Float[Array, " p"] | None

    def reaching(self, count: int) -> "Decomposition":
        """Append zeros up to ``count`` triplets: beyond the last, values are exactly 0, and there are no vectors."""
        lacking = max(0, count - self.values.size)
        if lacking == 0:
            return self

        def padded(part: Any) -> Any:
            """Append zeros to the last axis of what there is."""
            return None if part is None else xp.pad(part, [(0, 0)] * (part.ndim - 1) + [(0, lacking)])

        return Decomposition(*map(padded, self))


def is_traceable(law: Any) -> bool:
    """Say whether the decompositions of a matrix can run inside ``jax.jit``, and so in batches."""
    return isinstance(law, DenseLaw)


def is_small(law: Any) -> bool:
    """Say whether LAPACK decomposes a matrix that is not held densely in less time than compilation takes."""
    return not isinstance(law, Operator) and math.prod(law.shape) <= SMALL


def operator_of(law: Any, mesh: Mesh | None = None) -> Operator:
    """Return the operator that multiplies fastest by a matrix that is held in this way, or one on a mesh of devices."""
    if isinstance(law, Operator):
        return law
    if mesh is not None:
        return Sparse.of(law.to_sparse().to_scipy(), mesh)
    if not isinstance(law, SparseLaw):
        return MatrixFree(law)
    return sparse_operator(law.to_scipy())


def sparse_operator(matrix: Any) -> Operator:
    """Return the operator of a SciPy sparse matrix that multiplies fastest on the default device."""
    return Compressed.of(matrix) if on_gpu() else Sparse.of(matrix)


def decompose(law: Any, k: Any = None, *, tol: float = 1e-8, key: PRNGKeyArray | None = None) -> Decomposition:
    """Decompose a matrix: an array completely, whatever k, and any other to k + 1 singular triplets.

    Where k = min(m, n), the last of them is of zeros.

    Parameters
    ----------
    law
        A ``Law``, a difference of two, or an operator.
    k
        From 0 to min(m, n); it may be traced, or None, for an array.
    tol
        Of a truncated decomposition: the largest residual norm of the first k triplets and the error of σ_{k+1}, in
        units of σ_1; of a small matrix they are of rounding.
    key
        Draws the start of the iteration; by default always the same.

    Raises
    ------
    NotConverged
        If ``tol`` is not reached.
    ValueError
        If k is None, and the matrix is not an array.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> found = decompose(joint.to_sparse().normalized_law, 1)
    >>> found.values.round(8).tolist(), decompose(joint.normalized_law).values.round(8).tolist()
    ([1.0, 0.75], [1.0, 0.75, 0.75, 0.75])
    """
    if isinstance(law, DenseLaw):
        return _complete(law.array)
    if k is None:
        raise ValueError("k: needed where the joint is not held densely, as its complete spectrum is out of reach")
    if is_small(law):
        return _first_triplets(law, int(k)).reaching(k + 1)
    known = min(k, min(law.shape) - 1)
    return Decomposition(*truncated_svd(operator_of(law), known, tol=tol, key=key)).reaching(k + 1)


def singular_values(
    law: Any, k: Any, *, tol: float = 1e-8, key: PRNGKeyArray | None = None
) -> tuple[Float[Array, " p"], Float[Array, " p"] | None]:
    """Compute the singular values of an array, or the first k + 1, at most all, of any other matrix; with bounds."""
    if isinstance(law, DenseLaw):
        return xp.linalg.svd(law.array, compute_uv=False), None
    found = decompose(law, min(k, min(law.shape)), tol=tol, key=key)
    return found.values, found.value_bounds


def left_vectors(law: Any, k: Any) -> tuple[Float[Array, "m p"], tuple[Array, Array, Array] | None]:
    """Compute left singular vectors alone; and, of the first k + 1, their values, residual norms and value bounds."""
    if isinstance(law, DenseLaw):
        rows, columns = law.shape
        return (dense_left_vectors(law.array) if rows <= columns else svd(law.array)[0]), None
    found = decompose(law, k)
    assert found.residual_norms is not None
    assert found.value_bounds is not None
    return found.left, (found.values, found.residual_norms, found.value_bounds)


def spectral_norm(law: Any, tol: float) -> tuple[Float[Array, ""], Float[Array, ""] | None]:
    """Compute the largest singular value, to relative accuracy ``tol`` if the matrix is not an array; with a bound."""
    if isinstance(law, DenseLaw):
        # From the smaller Gram matrix: of the largest value, that loses no digits.
        gram = law.array @ law.array.T if law.shape[0] <= law.shape[1] else law.array.T @ law.array
        return xp.sqrt(xp.linalg.eigvalsh(gram)[-1]), None
    if not is_small(law):
        law = operator_of(law)
        probe = times(law, np.random.default_rng(0).standard_normal((law.padded[1], 1)).astype(law.dtype))
        if not np.any(probe):  # a matrix of zeros, as of a single pair, of which no search finds a direction
            return xp.zeros((), law.dtype), xp.zeros((), law.dtype)
    found = decompose(law, 0, tol=tol)
    assert found.value_bounds is not None
    return found.values[0], found.value_bounds[0]


def _first_triplets(law: Any, k: int) -> Decomposition:
    """Decompose a small matrix completely, and return the first k + 1 triplets, at most all."""
    matrix = on_host(law).to_dense()
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    left, values, right = left[:, : k + 1], values[: k + 1], right[: k + 1].T
    off = matrix @ right - left * values, matrix.T @ left - right * values
    norms = np.max([np.linalg.norm(part, axis=0) for part in off], axis=0)
    return Decomposition(left, values, right, norms, norms + rounding(matrix.dtype) * values[0])


_svd = program(svd)

# Matrices of so many cells take a GPU less time than the host's LAPACK, and LAPACK a good part of a second; and the
# last decomposition of one, with what it is of.
_LARGE = range(2**18, 2**24)
_last: list[tuple[Any, Decomposition]] = []


def _complete(matrix: Any) -> Decomposition:
    """Decompose an array completely; a large one of NumPy's, such as a data set, once until another comes."""
    if of_jax(matrix) or matrix.size < _LARGE.start:
        return _all_triplets(matrix)
    if on_gpu():
        return _all_triplets(jnp.asarray(matrix))
    if matrix.size >= _LARGE.stop:
        return _all_triplets(matrix)
    content = matrix.shape, matrix.dtype, hashlib.blake2b(np.ascontiguousarray(matrix).data).digest()
    for known, found in tuple(_last):
        if known == content:
            return found
    found = _all_triplets(matrix)
    for part in found[:3]:
        np.asarray(part).flags.writeable = False  # it is given out more than once
    _last[:] = [(content, found)]
    return found


def _all_triplets(matrix: Any) -> Decomposition:
    left, sigma, right = _svd(matrix)
    return Decomposition(left, xp.diagonal(sigma).copy(), right, None, None)  # without the rest of the matrix

"""Compile the products of vectors stored as rows that the basis is built from.

Products of rows with each other are small and replicated on all devices of a mesh.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float

from ..devices import on_gpu
from ..operators.mesh import replicated, sharded_by_columns
from ..operators.operator import Operator, RowBlock
from ..operators.products import columns_of
from .polynomial import Polynomial, polynomial_image, traced_polynomial_image


@eqx.filter_jit
def zeros_for(operator: Operator, height: int) -> RowBlock:
    """Allocate rows of zeros in the row space of an operator."""
    return sharded_by_columns(jnp.zeros((height, operator.padded[1]), operator.dtype), operator.mesh)


@partial(jax.jit, donate_argnums=0)
def clear(rows: RowBlock) -> RowBlock:
    """Set all entries to zero in the buffer of ``rows``."""
    return 0 * rows


@eqx.filter_jit
def internal_columns(operator: Operator, columns: Float[np.ndarray, "m b"]) -> Float[Array, "m b"]:
    """Bring columns to the order and the precision of ``transpose_times``; rows that only pad are zero."""
    return operator.to_internal(jnp.asarray(columns, operator.dtype))


class Removed(NamedTuple):
    """Hold what was removed from the image of a block, on the host.

    Attributes
    ----------
    own, norm
        Its components along the block itself, and the norm before these were removed, a root mean square over the
        block.
    along
        Its components along each part of the basis, for each round.
    gram
        Gram matrix of what is left.
    """

    own: Float[np.ndarray, "b b"]
    norm: Float[np.ndarray, ""]
    along: list[list[Float[np.ndarray, "m b"]]]
    gram: Float[np.ndarray, "b b"]


def advance(
    operator: Operator, polynomial: Polynomial, rows: RowBlock, locked: list[RowBlock], previous: RowBlock | None,
    coupling: Float[np.ndarray, "b b"] | None, basis: list[RowBlock], rounds: int,
) -> tuple[RowBlock, Removed, tuple[RowBlock, Float[np.ndarray, "b b"]] | None]:  # fmt: skip
    """Multiply a block by p(AᵀA), and remove from the image what the space has of it already.

    The locked vectors are removed first (deflation), then the block itself, the block before, of which the components
    are given by ``coupling``, and in so many ``rounds`` the basis.  Return what is left, what was removed, and, on a
    GPU, what is left once it is orthonormalized, with its factor, which are not numbers where it is deficient.

    A GPU has one program do all this, as it is faster than the processor that starts its programs; on a CPU the parts
    are shared with other functions, which takes less time to compile.

    Raises
    ------
    FloatingPointError
        If what is left is not finite.
    """
    if not on_gpu():
        image = polynomial_image(operator, polynomial, columns_of(rows, 0, len(rows)))
        rest, removed = _orthogonalized(rows, image, locked, previous, coupling, basis, rounds, operator.mesh)
        removed = jax.device_get(removed)
        return rest, removed._replace(gram=_finite(removed.gram, rows.dtype)), None
    rest, following, numbers = _advance_in_one_program(
        operator, polynomial, rows, locked, previous, coupling, basis, rounds
    )
    square, heights = (len(rows), len(rows)), [len(part) for part in basis]
    shapes = [square, square, (), square, *((height, len(rows)) for _ in range(rounds) for height in heights)]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(np.asarray(numbers, float), ends[:-1])  # waits for all of them at once
    factor, own, norm, gram, *along = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
    by_round = [along[first : first + len(basis)] for first in range(0, len(along), max(len(basis), 1))]
    return rest, Removed(own, norm, by_round, _finite(gram, rows.dtype)), (following, factor)


# Trying out which algorithm is fastest takes longer than all products, and would let rounding differ from run to run.
@partial(jax.jit, static_argnums=7, compiler_options={"xla_gpu_autotune_level": 0})
def _advance_in_one_program(
    operator: Operator, polynomial: Polynomial, rows: RowBlock, locked: list[RowBlock], previous: RowBlock | None,
    coupling: Float[Array, "b b"] | None, basis: list[RowBlock], rounds: int,
) -> tuple[RowBlock, RowBlock, Float[Array, " numbers"]]:  # fmt: skip
    """Return what is left, what is left orthonormalized, and all numbers for the host as one array."""
    image = traced_polynomial_image(operator, polynomial, rows.T)
    rest, removed = _orthogonalized(rows, image, locked, previous, coupling, basis, rounds, operator.mesh)
    identity = jnp.eye(len(rest), dtype=rest.dtype)
    following, lower = rest, identity
    for _ in range(2):  # CholeskyQR2, as ``cholesky_qr2``
        factor = jnp.linalg.cholesky(_gram(following, operator.mesh))
        inverse = jax.scipy.linalg.solve_triangular(factor, identity, lower=True)
        following, lower = transform(inverse, following), lower @ factor
    numbers = lower, removed.own, removed.norm, removed.gram, *jax.tree.leaves(removed.along)
    return rest, following, jnp.concatenate([part.ravel() for part in numbers])


def _orthogonalized(
    rows: RowBlock, image: Float[Array, "n b"], locked: list[RowBlock], previous: RowBlock | None,
    coupling: Any, basis: list[RowBlock], rounds: int, mesh: Any,
) -> tuple[RowBlock, Removed]:  # fmt: skip
    """Remove from the image of a block what the space has of it already."""
    rest, own, norm = split_image(rows, image, locked, mesh)
    if previous is not None:
        rest = subtract(rest, previous, coupling)
    along = []
    for _ in range(rounds):
        along.append([coefficients(part, rest, mesh) for part in basis])
        for part, components in zip(basis, along[-1], strict=True):
            rest = subtract(rest, part, components)
    return rest, Removed(own, norm, along, _gram(rest, mesh))


@partial(jax.jit, static_argnums=3)
def split_image(
    rows: RowBlock, columns: Float[Array, "n b"], locked: list[Array], mesh: Any
) -> tuple[RowBlock, Array, Array]:
    """Remove the locked vectors from the image of a block (deflation), then its components along that block.

    Return the rest as rows, the coefficients of the components, and the norm before this second step, a root mean
    square over the block.
    """
    image = columns.T
    for part in locked:
        image = image - jnp.einsum("mn,mb->bn", part, jnp.einsum("mn,bn->mb", part, image))
    own = jnp.einsum("mn,bn->mb", rows, image)
    norm = jnp.linalg.norm(image) / np.sqrt(len(rows))
    return image - jnp.einsum("mn,mb->bn", rows, own), replicated(own, mesh), replicated(norm, mesh)


@partial(jax.jit, static_argnums=2)
def coefficients(basis: RowBlock, rows: RowBlock, mesh: Any) -> Float[Array, "m b"]:
    """Compute the inner products of basis vectors with rows."""
    return replicated(jnp.einsum("mn,bn->mb", basis, rows), mesh)


@partial(jax.jit, donate_argnums=0)
def subtract(rows: RowBlock, basis: RowBlock, parts: Float[Array, "m b"]) -> RowBlock:
    """Subtract combinations of basis vectors with the given coefficients from the rows, in their buffer."""
    return rows - jnp.einsum("mn,mb->bn", basis, parts.astype(rows.dtype))


@partial(jax.jit, donate_argnums=0)
def add_combinations(total: RowBlock, basis: RowBlock, vectors: Float[Array, "m p"]) -> RowBlock:
    """Add combinations of basis vectors, one for each column of ``vectors``, in the buffer of ``total``."""
    return total + jnp.einsum("mn,mp->pn", basis, vectors.astype(basis.dtype))


@partial(jax.jit, static_argnums=1)
def _gram(rows: RowBlock, mesh: Any) -> Float[Array, "p p"]:
    return replicated(jnp.einsum("an,bn->ab", rows, rows), mesh)


def gram(rows: RowBlock, mesh: Any) -> Float[np.ndarray, "p p"]:
    """Compute the Gram matrix of the rows, on the host.

    Raises
    ------
    FloatingPointError
        If it is not finite: nothing that is computed from these rows would be.
    """
    return _finite(_gram(rows, mesh), rows.dtype)


def _finite(gram: Any, dtype: Any) -> Float[np.ndarray, "p p"]:
    """Return a Gram matrix of vectors of this type on the host, if it is finite."""
    found = np.asarray(gram, dtype=float)
    if not np.isfinite(found).all():
        raise FloatingPointError(f"operator: its products with vectors, as {dtype}, are not finite")
    return found


def cholesky_qr2(rows: RowBlock, mesh: Any, count: int | None = None) -> tuple[RowBlock, Float[np.ndarray, "c c"]]:
    """Orthonormalize rows of condition below ε^(−1/2): return orthonormal Q and lower triangular L with rows = LQ.

    Rows from the count-th on become zeros.  CholeskyQR2: T. Fukaya, Y. Nakatsukasa, Y. Yanagisawa, Y. Yamamoto,
    CholeskyQR2: a simple and communication-avoiding algorithm for computing a tall-skinny QR factorization on a
    large-scale parallel system, ScalA 2014.
    """
    count = len(rows) if count is None else count
    lower = np.eye(count)
    for _ in range(2):
        factor = np.linalg.cholesky(gram(rows, mesh)[:count, :count])
        inverse = scipy.linalg.solve_triangular(factor, np.eye(count), lower=True)
        rows, lower = transform(np.pad(inverse, (0, len(rows) - count)), rows), lower @ factor
    return rows, lower


@jax.jit
def rows_of(columns: Float[Array, "n b"]) -> RowBlock:
    """Copy columns to rows."""
    return columns.T


@jax.jit
def transform(matrix: Array, rows: RowBlock) -> RowBlock:
    """Compute matrix·rows."""
    return jnp.einsum("ab,bn->an", matrix.astype(rows.dtype), rows)


@partial(jax.jit, donate_argnums=0)
def store(chunk: RowBlock, rows: RowBlock, place: int) -> RowBlock:
    """Write rows into a chunk from row ``place`` on, in its buffer."""
    return jax.lax.dynamic_update_slice(chunk, rows, (place, 0))

"""Compute the products of vectors stored as rows that the basis is built from.

Products of rows with each other are small and replicated on all devices of a mesh.
"""

from functools import partial
from operator import iadd, isub
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float

from ..._arrays import Array, of_jax, xp
from ..devices import BY_CUBLAS, compiled
from ..operators.mesh import replicated
from ..operators.operator import Operator, RowBlock
from ..operators.products import replaced, rows_of, summed


@partial(compiled, donate_argnums=0)
def clear(rows: RowBlock) -> RowBlock:
    """Set all entries to zero in the buffer of ``rows``."""
    return replaced(lambda rows: 0 * rows, rows)


def cast(rows: RowBlock, dtype: Any) -> RowBlock:
    """Convert rows to another precision; the same array where they have it."""
    return rows if rows.dtype == dtype else _cast(rows, dtype)


@partial(compiled, static_argnums=1)
def _cast(rows: RowBlock, dtype: Any) -> RowBlock:
    return rows.astype(dtype)


@partial(compiled, donate_argnums=0)
def beginning_of(rows: RowBlock, count: int) -> RowBlock:
    """Set all but the first rows to zero, in their buffer, even if they are not numbers."""
    return jnp.where(jnp.arange(len(rows))[:, None] < count, rows, 0)


@partial(compiled, static_argnums=2)
def part_of(rows: RowBlock, start: int, count: int) -> RowBlock:
    """Copy ``count`` rows, from the start-th on."""
    return jax.lax.dynamic_slice_in_dim(rows, start, count)


def internal_columns(operator: Operator, columns: Float[Array, "m b"]) -> Float[Array, "m b"]:
    """Bring columns to the order and the precision of ``transpose_times``; rows that only pad are zero."""
    columns = columns.astype(operator.dtype)
    return operator.to_internal(columns) if operator.on_host else _to_internal(operator, columns)


@jax.jit
def _to_internal(operator: Operator, columns: Float[Array, "m b"]) -> Float[Array, "m b"]:
    return operator.to_internal(columns)


def standard_normal(seed: np.ndarray, shape: tuple[int, int]) -> Float[Array, "n b"]:
    """Draw standard normal numbers by the generator of the device."""
    return _standard_normal(jnp.asarray(seed), shape)


@partial(compiled, static_argnums=1)
def _standard_normal(seed: jax.Array, shape: tuple[int, int]) -> Float[Array, "n b"]:
    return jax.random.normal(jax.random.wrap_key_data(seed, impl="rbg"), shape)


@compiled
def eigh(matrix: Float[Array, "m m"]) -> tuple[Array, Array]:
    """Compute all eigenvalues, in ascending order, and eigenvectors, where the matrix is."""
    return xp.linalg.eigh(matrix)


@partial(compiled, static_argnums=3)
def split_image(
    rows: RowBlock, columns: Float[Array, "n b"], locked: list[Array], mesh: Any
) -> tuple[RowBlock, Array, Array]:
    """Remove the locked vectors from the image of a block (deflation), then its components along that block.

    Return the rest as rows, the coefficients of the components, and the norm before this second step, a root mean
    square over the block.
    """
    image = rows_of(columns)
    for part in locked:
        image = subtract(image, part, coefficients(part, image, mesh))
    own = coefficients(rows, image, mesh)
    norm = xp.linalg.norm(image) / np.sqrt(len(rows))
    return subtract(image, rows, own), own, replicated(norm, mesh)


@partial(compiled, static_argnums=2)
def coefficients(basis: RowBlock, rows: RowBlock, mesh: Any) -> Float[Array, "m b"]:
    """Compute the inner products of basis vectors with rows."""
    return replicated(summed(lambda basis, rows: rows @ basis.T, basis, rows).T, mesh)


@partial(compiled, donate_argnums=0)
def subtract(rows: RowBlock, basis: RowBlock, parts: Float[Array, "m b"]) -> RowBlock:
    """Subtract combinations of basis vectors with the given coefficients from the rows, in their buffer."""
    weights = parts.T.astype(rows.dtype)
    return replaced(lambda rows, basis: isub(rows, weights @ basis), rows, basis)


@partial(compiled, gpu_options=BY_CUBLAS, donate_argnums=0)
def add_combinations(total: RowBlock, basis: RowBlock, vectors: Float[Array, "m p"]) -> RowBlock:
    """Add combinations of basis vectors, one for each column of ``vectors``, in the buffer of ``total``."""
    weights = vectors.T.astype(basis.dtype)
    return replaced(lambda total, basis: iadd(total, (weights @ basis).astype(total.dtype)), total, basis)


@partial(compiled, static_argnums=1)
def _gram(rows: RowBlock, mesh: Any) -> Float[Array, "p p"]:
    return replicated(summed(lambda rows: rows @ rows.T, rows), mesh)


def gram(rows: RowBlock, mesh: Any) -> Float[np.ndarray, "p p"]:
    """Compute the Gram matrix of the rows, on the host.

    Raises
    ------
    FloatingPointError
        If it is not finite: nothing that is computed from these rows would be.
    """
    return finite_gram(_gram(rows, mesh), rows.dtype)


def finite_gram(gram: Any, dtype: Any) -> Float[np.ndarray, "p p"]:
    """Return a Gram matrix of vectors of this type on the host; raise an error if it is not finite."""
    found = np.asarray(gram, dtype=float)
    if not np.isfinite(found).all():
        raise FloatingPointError(f"operator: its products with vectors, as {dtype}, are not finite")
    return found


def cholesky_qr2(
    rows: RowBlock, products: Float[np.ndarray, "p p"], mesh: Any, count: int | None = None
) -> tuple[RowBlock, Float[np.ndarray, "c c"]]:
    """Orthonormalize rows of condition below ε^(−1/2): return orthonormal Q and lower triangular L with rows = LQ.

    ``products`` is the Gram matrix of the rows.  Rows from the count-th on become zeros.  CholeskyQR2: T. Fukaya,
    Y. Nakatsukasa, Y. Yanagisawa, Y. Yamamoto, CholeskyQR2: a simple and communication-avoiding algorithm for computing
    a tall-skinny QR factorization on a large-scale parallel system, ScalA 2014.
    """
    count = len(rows) if count is None else count
    lower = np.eye(count)
    for number in range(2):
        if number:
            products = gram(rows, mesh)
        factor = np.linalg.cholesky(products[:count, :count])
        inverse = scipy.linalg.solve_triangular(factor, np.eye(count), lower=True)
        rows, lower = transform(np.pad(inverse, (0, len(rows) - count)), rows), lower @ factor
    return rows, lower


@compiled
def transform(matrix: Array, rows: RowBlock) -> RowBlock:
    """Compute matrix·rows."""
    matrix = matrix.astype(rows.dtype)
    if of_jax(rows):
        return matrix @ rows
    found = np.empty((len(matrix), rows.shape[1]), rows.dtype)
    return replaced(lambda _, rows: matrix @ rows, found, rows)


@partial(compiled, donate_argnums=0)
def store(chunk: RowBlock, rows: RowBlock, place: int) -> RowBlock:
    """Write rows into a chunk from row ``place`` on, in its buffer."""
    return replaced(lambda _, rows: rows, chunk, rows, first=place)

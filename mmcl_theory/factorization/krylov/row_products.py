"""Compile the products of vectors stored as rows that the basis is built from.

Products of rows with each other are small and replicated on all devices of a mesh.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from ..operators.mesh import replicated, sharded_by_columns
from ..operators.operator import Operator, RowBlock
from .refine import cholesky_qr2


@eqx.filter_jit
def zeros_for(operator: Operator, height: int) -> RowBlock:
    """Allocate rows of zeros in the row space of an operator."""
    return sharded_by_columns(jnp.zeros((height, operator.padded[1]), operator.dtype), operator.mesh)


@partial(jax.jit, donate_argnums=0)
def clear(rows: RowBlock) -> RowBlock:
    """Set all entries to zero in the buffer of ``rows``."""
    return 0 * rows


@eqx.filter_jit
def normal_columns(operator: Operator, key: PRNGKeyArray, count: int) -> Float[Array, "m count"]:
    """Draw standard normal columns for ``transpose_times``; rows that only pad are zero."""
    return operator.to_internal(jax.random.normal(key, (operator.shape[0], count), operator.dtype))


class Orthogonalized(NamedTuple):
    """Hold what is left of the image of a block, and what was removed.

    Attributes
    ----------
    rest
        The image without its components along the block, the basis and the locked vectors, as rows.
    next_rows, factor
        Orthonormal rows Q and lower triangular L with rest = LQ; not numbers where the rest is deficient.
    own, norm
        The components along the block itself, and the norm before they were removed, a root mean square over the block.
    along, last
        The components along the basis that were removed in all rounds, and in the last one.
    gram
        Gram matrix of the rest.
    """

    rest: RowBlock
    next_rows: RowBlock
    factor: Float[Array, "b b"]
    own: Float[Array, "b b"]
    norm: Float[Array, ""]
    along: list[Float[Array, "m b"]]
    last: list[Float[Array, "m b"]]
    gram: Float[Array, "b b"]


@partial(jax.jit, static_argnums=(6, 7))
def orthogonalize_image(
    rows: RowBlock, columns: Float[Array, "n b"], locked: list[RowBlock], previous: RowBlock | None,
    coupling: Float[Array, "b b"], basis: list[RowBlock], rounds: int, mesh: Any,
) -> Orthogonalized:  # fmt: skip
    """Remove from the image of a block the locked vectors (deflation), the block itself, the block before, the basis.

    The components along the block before are given by ``coupling``; the basis is removed in so many ``rounds``.  One
    program does all this, so that a GPU is not kept waiting for the next.
    """
    image = columns.T
    for part in locked:
        image = image - jnp.einsum("mn,mb->bn", part, jnp.einsum("mn,bn->mb", part, image))
    own = jnp.einsum("mn,bn->mb", rows, image)
    norm = jnp.linalg.norm(image) / np.sqrt(len(rows))
    rest = image - jnp.einsum("mn,mb->bn", rows, own)
    if previous is not None:
        rest = rest - jnp.einsum("mn,mb->bn", previous, coupling.astype(rest.dtype))
    along: list[Array] = []
    last: list[Array] = []
    for _ in range(rounds):
        last = [jnp.einsum("mn,bn->mb", part, rest) for part in basis]
        for part, components in zip(basis, last, strict=True):
            rest = rest - jnp.einsum("mn,mb->bn", part, components)
        along = [sum(both) for both in zip(along, last, strict=True)] if along else last
    next_rows, factor = cholesky_qr2(rest)
    small = factor, own, norm, along, last, jnp.einsum("an,bn->ab", rest, rest)
    return Orthogonalized(rest, next_rows, *jax.tree.map(lambda part: replicated(part, mesh), small))


@partial(jax.jit, static_argnums=3)
def lock(rows: RowBlock, count: int, key: PRNGKeyArray, block: int) -> tuple[RowBlock, RowBlock]:
    """Orthonormalize the first ``count`` rows, zeros in the place of the others, and mix the others at random."""
    others = (jnp.arange(len(rows)) >= count).astype(rows.dtype)
    # The triangular factor makes the first rows of Q span the first rows alone.
    locked = cholesky_qr2(rows)[0] * (1 - others)[:, None]
    mixture = jax.random.normal(key, (block, len(rows)), rows.dtype) * others
    return locked, jnp.einsum("ab,bn->an", mixture, rows)


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
def gram(rows: RowBlock, mesh: Any) -> Float[Array, "p p"]:
    """Compute the Gram matrix of the rows."""
    return replicated(jnp.einsum("an,bn->ab", rows, rows), mesh)


@jax.jit
def transform(matrix: Array, rows: RowBlock) -> RowBlock:
    """Compute matrix·rows."""
    return jnp.einsum("ab,bn->an", matrix.astype(rows.dtype), rows)


@partial(jax.jit, donate_argnums=0)
def store(chunk: RowBlock, rows: RowBlock, place: int) -> RowBlock:
    """Write rows into a chunk from row ``place`` on, in its buffer."""
    return jax.lax.dynamic_update_slice(chunk, rows, (place, 0))

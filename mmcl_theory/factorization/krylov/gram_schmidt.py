"""Orthogonalize a block against the filled part of a basis on a GPU, and within itself, by three kernels of ours.

A step of the block Krylov method asks for inner products of a block with the basis, for combinations of the basis, and
for the Cholesky factor of a matrix of eight rows.  XLA's products are compiled for a basis of one size: they would read
what is not filled yet, or a copy of what is, and in single precision they reach a third of the memory's speed; its
Cholesky factorization takes a dozen programs.  These kernels are told where the basis ends, and read each vector once.
Nothing is added atomically, so that a step is the same bit for bit each time.

The kernels are written in Pallas, which hands them to Triton.  Elsewhere than on a GPU they are ``interpreted``: slow,
and meant for tests.  Pallas is imported where it is used, as that takes a third of a second.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .. import settings
from ..devices import compiled, on_gpu
from ..operators.operator import RowBlock


def without(
    rows: RowBlock, basis: RowBlock, first: Any, end: Any, height: int, interpreted: bool | None = None
) -> tuple[RowBlock, Float[Array, "height b"]]:
    """Remove from rows their components along the vectors of a basis from the ``first`` to before the ``end``.

    Return what is left, and the components as ``inner_products`` does.
    """
    found = inner_products(basis, rows, first, end, height, interpreted)
    return combinations(basis, -found, end - first, first, rows, interpreted), found


def orthonormalized(rows: RowBlock, interpreted: bool | None = None) -> tuple[RowBlock, Array, Array, Array]:
    """Orthonormalize rows by CholeskyQR2, as ``cholesky_qr2`` does, which asks the host.

    Return orthonormal Q, the lower triangular L with rows = LQ, the Gram matrix G of the rows, and 1/tr(G⁻¹), which is
    at most the least eigenvalue of G, and at least that over the number of rows.  All but G are not numbers where the
    rows are dependent.
    """
    count, nothing = len(rows), jnp.zeros_like(rows)
    gram = inner_products(rows, rows, 0, count, count, interpreted)
    first, inverse = cholesky(gram, interpreted)
    rows = combinations(rows, inverse.T, count, 0, nothing, interpreted)
    second, again = cholesky(inner_products(rows, rows, 0, count, count, interpreted), interpreted)
    rows = combinations(rows, again.T, count, 0, nothing, interpreted)
    return rows, first @ second, gram, 1 / jnp.sum(inverse**2)


@compiled
def orthonormal_block(rows: RowBlock, locked: list[RowBlock], scale: Any) -> tuple[RowBlock, Array]:
    """Orthonormalize rows against locked vectors and among themselves, twice, as the first may leave rounding.

    Return them, and whether none of them was rounding at this scale: else they may be anything.
    """
    bound, leasts = jnp.finfo(rows.dtype).eps ** settings.CHOLESKY_POWER, []
    for _ in range(2):
        for part in locked:
            rows, _ = without(rows, part, 0, len(part), len(part))
        rows, _, _, least = orthonormalized(rows)
        leasts.append(least)
    return rows, (leasts[0] > bound * scale**2) & (leasts[1] > bound)


def inner_products(
    basis: RowBlock, rows: RowBlock, first: Any, end: Any, height: int, interpreted: bool | None = None
) -> Float[Array, "height b"]:
    """Compute the inner products of rows with the vectors of a basis, from the ``first`` to before the ``end``.

    Of all other vectors, up to ``height``, they are zero.  A warp takes a few vectors, and a part of their entries, of
    which each thread sums its own; the sums over the parts are added by XLA.
    """
    from jax.experimental import pallas
    from jax.experimental.pallas import triton

    count, entries = rows.shape
    # A thread reads eight bytes at a time, and keeps so many sums in its registers.
    wide, tall = 256 // rows.dtype.itemsize, max(settings.SUMS_OF_THREAD // count, 1)
    length = wide * pallas.cdiv(entries, wide * settings.PRODUCT_PARTS)
    parts, tiles = pallas.cdiv(entries, length), pallas.cdiv(height, tall)

    def kernel(bounds: Any, basis: Any, rows: Any, total: Any) -> None:
        tile, part = pallas.program_id(0), pallas.program_id(1)
        beginning, end = bounds[0] + tile * tall, bounds[1]
        places = [jnp.minimum(beginning + one, len(basis) - 1) for one in range(tall)]

        def turn(number: Array, sums: list[list[Array]]) -> list[list[Array]]:
            column = part * length + number * wide + jnp.arange(wide, dtype=jnp.int32)
            known = column < entries
            vectors = [triton.load(basis.at[place, column], mask=known, other=0) for place in places]
            others = [triton.load(rows.at[np.int32(row), column], mask=known, other=0) for row in range(count)]
            return [
                [total + vector * other for total, other in zip(of_vector, others, strict=True)]
                for of_vector, vector in zip(sums, vectors, strict=True)
            ]

        left = jnp.minimum(entries - part * length, length)
        turns = jnp.where(beginning < end, (left + wide - 1) // wide, 0).astype(jnp.int32)
        start = [[jnp.zeros(wide, rows.dtype)] * count] * tall
        for one, of_vector in enumerate(jax.lax.fori_loop(np.int32(0), turns, turn, start)):
            for row, found in enumerate(of_vector):
                kept = jnp.where(beginning + one < end, found.sum(), 0)
                triton.store(total.at[part, tile * tall + one, np.int32(row)], kept)

    of_parts = _call(
        kernel, (tiles, parts), jax.ShapeDtypeStruct((parts, tiles * tall, count), rows.dtype), interpreted, warps=1
    )(_integers(first, end), basis, rows)
    return of_parts.sum(axis=0)[:height]


def combinations(
    basis: RowBlock, weights: Float[Array, "height b"], count: Any, first: Any, added: RowBlock,
    interpreted: bool | None = None,
) -> RowBlock:  # fmt: skip
    """Compute combinations of so many vectors of a basis, from the ``first`` on, and add them to other rows.

    All further weights must be zero.
    """
    from jax.experimental import pallas
    from jax.experimental.pallas import triton

    wide, together = settings.COMBINED_COLUMNS, settings.COMBINED_VECTORS
    height, entries = added.shape
    weights = jnp.pad(weights, ((0, -len(weights) % together), (0, 0)))

    def kernel(bounds: Any, basis: Any, weights: Any, added: Any, total: Any) -> None:
        column = pallas.program_id(0) * wide + jnp.arange(wide, dtype=jnp.int32)
        known, first, count = column < entries, bounds[0], bounds[1]

        def turn(number: Array, sums: tuple[Array, ...]) -> tuple[Array, ...]:
            for one in range(together):
                vector = number * together + one
                place = jnp.minimum(first + vector, len(basis) - 1)  # beyond, the weights are zero
                read = triton.load(basis.at[place, column], mask=known, other=0)
                sums = tuple(
                    total + triton.load(weights.at[vector, np.int32(row)]) * read for row, total in enumerate(sums)
                )
            return sums

        sums = tuple(triton.load(added.at[np.int32(row), column], mask=known, other=0) for row in range(height))
        turns = (count + together - 1) // together
        for row, found in enumerate(jax.lax.fori_loop(np.int32(0), turns, turn, sums)):
            triton.store(total.at[np.int32(row), column], found, mask=known)

    grid = (pallas.cdiv(entries, wide),)
    out = jax.ShapeDtypeStruct(added.shape, added.dtype)
    return _call(kernel, grid, out, interpreted)(_integers(first, count), basis, weights, added)


def cholesky(gram: Float[Array, "b b"], interpreted: bool | None = None) -> tuple[Array, Array]:
    """Compute the Cholesky factor L of a small matrix, lower triangular, and its inverse; NaN if it is not definite."""
    size = len(gram)
    whole = 1 << (size - 1).bit_length()  # Triton's arrays have sizes that are powers of two
    padded = jnp.eye(whole, dtype=gram.dtype).at[:size, :size].set(gram)

    def kernel(gram: Any, factor: Any, inverse: Any) -> None:
        number = jnp.arange(whole, dtype=jnp.int32)
        row, column = number[:, None], number[None, :]

        def step(pivot: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            rest, lower, inverse = state
            of_pivot = jnp.where(column == pivot, rest, 0).sum(axis=1)
            root = jnp.sqrt(jnp.where(number == pivot, of_pivot, 0).sum())
            of_pivot = jnp.where(number >= pivot, of_pivot / root, 0)
            # The inverse by Gauss and Jordan: the same steps that turn L into the identity turn that into the inverse.
            divided = jnp.where(row == pivot, inverse, 0).sum(axis=0) / root
            eliminated = inverse - jnp.where(row > pivot, of_pivot[:, None] * divided[None, :], 0)
            return (
                rest - of_pivot[:, None] * of_pivot[None, :],
                jnp.where(column == pivot, of_pivot[:, None], lower),
                jnp.where(row == pivot, divided[None, :], eliminated),
            )

        start = gram[:, :], jnp.zeros((whole, whole), gram.dtype), jnp.where(row == column, 1.0, 0.0).astype(gram.dtype)
        _, factor[:, :], inverse[:, :] = jax.lax.fori_loop(np.int32(0), np.int32(whole), step, start)

    out = [jax.ShapeDtypeStruct(padded.shape, gram.dtype)] * 2
    factor, inverse = _call(kernel, (), out, interpreted, warps=1)(padded)
    return factor[:size, :size], inverse[:size, :size]


def _integers(*numbers: Any) -> Array:
    return jnp.stack([jnp.asarray(number, jnp.int32) for number in numbers])


def _call(kernel: Any, grid: tuple[int, ...], out: Any, interpreted: bool | None, warps: int = 4) -> Any:
    """Return a function that runs a kernel on a grid of programs."""
    from jax.experimental import pallas
    from jax.experimental.pallas import triton

    return pallas.pallas_call(
        kernel, grid=grid, out_shape=out, interpret=not on_gpu() if interpreted is None else interpreted,
        compiler_params=triton.CompilerParams(num_warps=warps, num_stages=1),
    )  # fmt: skip

"""Multiply and update arrays whose rows are vectors, a part at a time, so that each part stays in the cache."""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float

from .. import settings
from ..devices import BY_CUBLAS, compiled, on_gpu
from .mesh import sharded_by_columns
from .operator import PRODUCT_ON_CPU, Operator, RowBlock, times


def zeros_for(operator: Operator, height: int, dtype: Any) -> RowBlock:
    """Allocate rows of zeros in the row space of an operator."""
    if on_gpu() or operator.mesh is not None:
        return _zeros_for(operator, height, dtype)
    return jax.device_put(np.zeros((height, operator.padded[1]), dtype))  # which compiles nothing


@eqx.filter_jit
def _zeros_for(operator: Operator, height: int, dtype: Any) -> RowBlock:
    return sharded_by_columns(jnp.zeros((height, operator.padded[1]), dtype), operator.mesh)


def as_it_is(product: Float[Array, "m b"], start: Any) -> Float[Array, "m b"]:
    """Return a product, wherever its first column belongs."""
    return product


def multiply_rows(
    operator: Operator, rows: RowBlock, finish: Callable[..., Array] = as_it_is, *given: Any
) -> Float[Array, "p m"]:
    """Compute ``finish`` of A times the rows, as columns, the place of the first of them, and what else is given.

    Some rows are multiplied after the others, as many at once as are multiplied fastest.  On a CPU the products are
    those of ``times``; a GPU takes one program, as each takes long to start.
    """
    if on_gpu() or operator.mesh is not None:
        return _multiply_in_one_program(operator, rows, finish, *given)
    parts = parts_of(len(rows), operator.preferred_columns)
    product = jax.ShapeDtypeStruct((operator.padded[0], parts[0][1]), operator.dtype)
    total = zeros_for(operator.T, len(rows), jax.eval_shape(finish, product, 0, *given).dtype)
    for start, count in parts:
        total = write_rows(total, times(operator, columns_of(rows, start, count)), start, finish, *given)
    return total


@partial(compiled, static_argnums=3, donate_argnums=0)
def write_rows(
    total: RowBlock, product: Float[Array, "m b"], start: int, finish: Callable[..., Array], *given: Any
) -> RowBlock:
    """Write ``finish`` of a product to the rows from the start-th on."""
    return jax.lax.dynamic_update_slice_in_dim(total, finish(product, start, *given).T, start, 0)


@partial(compiled, cpu_options=PRODUCT_ON_CPU, static_argnums=2)
def _multiply_in_one_program(
    operator: Operator, rows: RowBlock, finish: Callable[..., Array], *given: Any
) -> Float[Array, "p m"]:
    count = min(operator.preferred_columns, len(rows))

    def part(number: Any) -> tuple[Array, Any]:
        start = jnp.minimum(number * count, len(rows) - count)  # the last part may overlap another
        columns = jax.lax.dynamic_slice_in_dim(rows, start, count).T
        return finish(operator.times(columns), start, *given).T, start

    def written(number: Any, total: Array) -> Array:
        product, start = part(number)
        return jax.lax.dynamic_update_slice_in_dim(total, product, start, 0)

    shape = jax.eval_shape(lambda: part(0)[0])
    return jax.lax.fori_loop(0, -(-len(rows) // count), written, jnp.zeros((len(rows), shape.shape[1]), shape.dtype))


def parts_of(count: int, at_once: int) -> list[tuple[int, int]]:
    """Cut ``count`` rows into parts of equal size: where each begins, and the size; the last may overlap another."""
    at_once = min(at_once, count)
    return [(min(first, count - at_once), at_once) for first in range(0, count, at_once)]


@partial(compiled, static_argnums=2)
def columns_of(rows: RowBlock, start: int, count: int) -> Float[Array, "n b"]:
    """Copy ``count`` rows, from the start-th on, to columns."""
    return jax.lax.dynamic_slice_in_dim(rows, start, count).T


@partial(compiled, gpu_options=BY_CUBLAS, static_argnums=2, donate_argnums=0)
def transform_in_place(rows: RowBlock, matrix: Array, mesh: Mesh | None) -> RowBlock:
    """Compute matrix·rows, for a square matrix, in the buffer of the rows."""
    return update_in_place(lambda parts, total: ([matrix @ parts[0]], total), [rows], jnp.zeros(()), mesh)[0][0]


def update_in_place(
    step: Callable[[list[Array], Array], tuple[list[Array], Array]], arrays: list[RowBlock], total: Array,
    mesh: Mesh | None,
) -> tuple[list[RowBlock], Array]:  # fmt: skip
    """Replace the arrays by ``step`` of them, some columns at a time, and accumulate a total over the parts.

    To be called in a compiled function that donates the arrays: no memory is allocated, which halves the time.  On a
    mesh, all columns are replaced at once, since they are distributed.
    """
    width = arrays[0].shape[1]
    if mesh is not None:
        return step(arrays, total)

    def part(start: Any, count: int, state: tuple[list[Array], Array]) -> tuple[list[Array], Array]:
        parts, total = step([jax.lax.dynamic_slice_in_dim(a, start, count, axis=1) for a in state[0]], state[1])
        return [jax.lax.dynamic_update_slice(a, new, (0, start)) for a, new in zip(state[0], parts, strict=True)], total

    count = min(settings.COLUMNS_IN_PLACE, width)
    state = jax.lax.fori_loop(0, width // count, lambda i, state: part(i * count, count, state), (arrays, total))
    return part(width - width % count, width % count, state) if width % count else state

"""Multiply and update arrays whose rows are vectors: one formula for arrays of JAX, and for NumPy's on the host.

Within a compiled program a step is taken of whole arrays.  On the host it is taken of some columns at a time, which
stay in the cache, on all cores, and rows are replaced where they are.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..._arrays import Array, of_jax
from .. import settings
from ..devices import BY_CUBLAS, compiled
from ..host import in_threads
from .mesh import sharded_by_columns
from .operator import PRODUCT_ON_CPU, Operator, RowBlock, times


def replaced(step: Callable[..., Array], rows: Array, *others: Array, first: Any = None, axis: int = 1) -> Array:
    """Replace rows by ``step`` of them and of others, which computes each column (or along axis 0 each row) alone.

    With ``first``, only as many rows as the others have are replaced, from this one on.

    Examples
    --------
    >>> replaced(lambda rows, others: rows - 2 * others, np.ones((3, 2)), np.array([[0.0, 1.0]]), first=1).tolist()
    [[1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    count = len(others[0]) if first is not None else len(rows)
    if of_jax(rows, *others):
        if first is None:
            return step(rows, *others)
        old = jax.lax.dynamic_slice_in_dim(rows, first, count)
        return jax.lax.dynamic_update_slice_in_dim(rows, step(old, *others), first, 0)
    part: Any = rows if first is None else rows[first : first + count]

    def work(columns: tuple[slice, ...]) -> None:
        own = part[columns]
        new = step(own, *(other[columns] if other.shape[axis] > 1 else other for other in others))
        if new is not own:  # where ``step`` has not written to it
            own[...] = new

    in_threads(work, _parts(part, axis, settings.HOST_BYTES * part.shape[axis] // max(part.nbytes, 1)))
    return rows


def summed(step: Callable[..., Array], *arrays: Array) -> Array:
    """Sum over all columns what ``step`` computes of arrays, which is a sum over their columns.

    Examples
    --------
    >>> summed(lambda rows, others: rows @ others.T, np.ones((2, 3)), np.ones((1, 3))).tolist()
    [[3.0], [3.0]]
    """
    if of_jax(*arrays):
        return step(*arrays)
    parts = _parts(arrays[0], 1, settings.HOST_COLUMNS)
    found: list[Any] = [None] * len(parts)

    def work(number: int) -> None:
        found[number] = step(*(array[parts[number]] for array in arrays))

    in_threads(work, range(len(parts)))
    return sum(found[1:], start=found[0])


def _parts(array: Array, axis: int, most: int) -> list[tuple[slice, ...]]:
    """Cut an array along an axis into parts of at most so many, but not too few to be worth it."""
    size, most = array.shape[axis], max(most, settings.HOST_COLUMNS // 8)
    return [(slice(None),) * axis + (slice(start, start + most),) for start in range(0, max(size, 1), most)]


def zeros_for(operator: Operator, height: int, dtype: Any) -> RowBlock:
    """Allocate rows of zeros in the row space of an operator."""
    if operator.on_host:
        return np.zeros((height, operator.padded[1]), dtype)
    return _zeros(height, operator.padded[1], dtype, operator.mesh)


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _zeros(height: int, width: int, dtype: Any, mesh: Any) -> RowBlock:
    return sharded_by_columns(jnp.zeros((height, width), dtype), mesh)


def as_it_is(product: Float[Array, "p m"]) -> Float[Array, "p m"]:
    """Return products as they are."""
    return product


def multiply_rows(
    operator: Operator, rows: RowBlock, finish: Callable[..., Array] = as_it_is, *given: Float[Array, "p _"]
) -> Float[Array, "p m"]:
    """Compute ``finish`` of A times the rows, and of the rows that others have in these places.

    Some rows are multiplied after the others, as many at once as are multiplied fastest.  A GPU does it in one program,
    as each takes long to start.
    """
    if of_jax(rows):
        return _multiply_in_one_program(operator, rows, finish, *given)
    total: Any = None
    for start, count in parts_of(len(rows), operator.preferred_columns):
        product = times(operator, columns_of(rows, start, count)).T
        others = [other[start : start + count] for other in given]
        if total is None:
            kind = finish(product[:, :1], *(other[:, :1] for other in others))
            total = np.empty((len(rows), product.shape[1]), kind.dtype)
        total = replaced(lambda _, *parts: finish(*parts), total, product, *others, first=start)
    return total


@partial(compiled, cpu_options=PRODUCT_ON_CPU, static_argnums=2)
def _multiply_in_one_program(
    operator: Operator, rows: RowBlock, finish: Callable[..., Array], *given: Any
) -> Float[Array, "p m"]:
    count = min(operator.preferred_columns, len(rows))

    def part(number: Any) -> tuple[Array, Any]:
        start = jnp.minimum(number * count, len(rows) - count)  # the last part may overlap another
        own, *others = (jax.lax.dynamic_slice_in_dim(array, start, count) for array in (rows, *given))
        return finish(operator.times(own.T).T, *others), start

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
    if of_jax(rows):
        return jax.lax.dynamic_slice_in_dim(rows, start, count).T
    part = rows[start : start + count].T
    return replaced(lambda _, part: part, np.empty(part.shape, part.dtype), part, axis=0)


@compiled
def rows_of(columns: Float[Array, "n b"]) -> RowBlock:
    """Copy columns to rows."""
    rows = columns.T
    return rows if of_jax(rows) else replaced(lambda _, rows: rows, np.empty(rows.shape, rows.dtype), rows)


@partial(compiled, gpu_options=BY_CUBLAS, donate_argnums=0)
def transform_in_place(rows: RowBlock, matrix: Float[Array, "p p"]) -> RowBlock:
    """Compute matrix·rows, for a square matrix, in the buffer of the rows."""
    return replaced(lambda rows: matrix @ rows, rows)

"""Compile what a search will need later on another thread, while it runs in single precision.

The first call in a process waits for XLA's compiler most of the time, on one core.  What refinement in double precision
needs, which comes last, is known from the shapes alone; what a filter needs, if it is guessed that all vectors but the
last are locked by then.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from .. import settings
from ..devices import on_gpu
from ..operators.operator import Operator, times_in_program
from ..operators.products import as_it_is, columns_of, transform_in_place, write_rows
from . import refine, row_products, triplets


@contextmanager
def compiled_ahead(operator: Operator, k: int) -> Iterator[None]:
    """Compile on another thread what a search for k + 1 triplets needs later, if it runs in single precision."""
    if on_gpu() or operator.mesh is not None or not refine.gains_from_single(operator, k):
        yield
        return
    if operator.shape[0] < operator.shape[1]:
        operator = operator.T
    with ThreadPoolExecutor(1) as pool:
        jobs = [
            pool.submit(_compile, program, arguments)
            for programs in (_of_filter, _of_refinement)
            for program, *arguments in programs(operator, k)
        ]
        try:
            yield
        finally:
            for job in jobs:
                job.cancel()


def _compile(program: Any, arguments: Any) -> None:
    with jax.default_matmul_precision("highest"):  # as in the search
        program.lower(*arguments).compile()


def _double(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, np.float64)


def _single(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, np.float32)


def _filled_up(count: int) -> int:
    return count + -count % settings.HEIGHT


def _of_filter(operator: Operator, k: int) -> list[tuple[Any, ...]]:
    """List programs that lock vectors and deflate by them, with the shapes of their arguments, as they are needed."""
    width, height = operator.padded[1], _filled_up(k)
    block = min(operator.block_columns, operator.shape[1])
    rows, chunk, locked = (_single(count, width) for count in (block, settings.CHUNK_VECTORS, height))
    return [
        (row_products.add_combinations, rows, chunk, _double(settings.CHUNK_VECTORS, block)),
        (row_products.add_combinations, locked, chunk, _double(settings.CHUNK_VECTORS, height)),
        (row_products.transform, _double(height, height), locked),
        (row_products.coefficients, locked, rows, None),
        (row_products.subtract, rows, locked, _single(height, block)),
        (row_products.clear, chunk),
        (row_products.split_image, rows, _single(width, block), [locked], None),
    ]


def _of_refinement(operator: Operator, k: int) -> list[tuple[Any, ...]]:
    """List programs of refinement with the shapes of their arguments, in the order in which they are needed."""
    height = _filled_up(k + 1 + settings.GUARD_VECTORS)
    count = min(operator.preferred_columns, height)
    (back, forth), square = operator.padded[::-1], _double(height, height)
    rows, images, rests, columns = (
        _double(height, back),
        _double(height, forth),
        _single(height, back),
        _single(back, count),
    )
    chunk, locked = settings.CHUNK_VECTORS, _filled_up(k)
    products, products_back = (
        [] if side.has_machine_code else [(times_in_program, side, _double(side.padded[1], count))]
        for side in (operator, operator.T)
    )
    return [
        (row_products.add_combinations, rows, _single(locked, back), _double(locked, height)),
        (row_products.add_combinations, rows, _single(chunk, back), _double(chunk, height)),
        (columns_of, rows, 0, count),
        *products,
        (write_rows, images, _double(forth, count), 0, as_it_is),
        (transform_in_place, rows, square, None),
        (transform_in_place, images, square, None),
        (columns_of, images, 0, count),
        *products_back,
        (write_rows, rests, _double(back, count), 0, refine.rest, rows, _double(height)),
        (columns_of, rests, 0, count),
        (refine.scaled, jax.ShapeDtypeStruct((), float, weak_type=True), columns, np.dtype(np.float32)),
        (refine.subtract_scaled, columns, _double(count), columns),
        (
            refine.add_changes, rows, images, rests, columns, _single(forth, count), columns, _double(count),
            jax.ShapeDtypeStruct((count,), bool), 0,
        ),
        (refine.rotate, rows, rests, square, square, None),
        (triplets.in_order, operator, images, _double(k + 1)),
        (triplets.in_order, operator.T, rows, _double(k + 1)),
    ]  # fmt: skip

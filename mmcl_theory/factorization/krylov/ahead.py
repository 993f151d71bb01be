"""Compile the programs of refinement on another thread, while the search runs in single precision.

The first call in a process waits for XLA's compiler most of the time, on one core.  What the search itself needs is
known only as it runs; the programs in double precision, which come last, are known from the shapes alone.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp

from .. import settings
from ..devices import on_gpu
from ..operators.operator import Operator, times_in_program
from ..operators.products import as_it_is, columns_of, transform_in_place, write_rows
from . import refine, triplets


@contextmanager
def compiled_ahead(operator: Operator, k: int) -> Iterator[None]:
    """Compile on another thread what refinement of k + 1 triplets needs, if the search runs in single precision."""
    if on_gpu() or operator.mesh is not None or not refine.gains_from_single(operator, k):
        yield
        return
    if operator.shape[0] < operator.shape[1]:
        operator = operator.T
    with ThreadPoolExecutor(1) as pool:
        jobs = [pool.submit(_compile, program, arguments) for program, *arguments in _programs(operator, k)]
        try:
            yield
        finally:
            for job in jobs:
                job.cancel()


def _compile(program: Any, arguments: Any) -> None:
    with jax.default_matmul_precision("highest"):  # as in the search
        program.lower(*arguments).compile()


def _programs(operator: Operator, k: int) -> list[tuple[Any, ...]]:
    """List programs with the shapes of their arguments, in the order in which they are needed."""
    height = k + 1 + settings.GUARD_VECTORS
    height += -height % settings.HEIGHT
    count = min(operator.preferred_columns, height)

    def array(*shape: int, dtype: Any = float) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(shape, dtype)

    rows, images = (array(height, width) for width in operator.padded[::-1])
    rests, columns = (array(*shape, dtype=jnp.float32) for shape in (rows.shape, (rows.shape[1], count)))
    forth = array(images.shape[1], count, dtype=jnp.float32)
    values, square, which = array(height), array(height, height), array(count, dtype=bool)
    block, image = (array(width, count) for width in operator.padded[::-1])
    products = [] if operator.has_machine_code else [(times_in_program, operator, block)]
    products_back = [] if operator.has_machine_code else [(times_in_program, operator.T, image)]
    return [
        (columns_of, rows, 0, count),
        *products,
        (write_rows, images, image, 0, as_it_is),
        (transform_in_place, rows, square, None),
        (transform_in_place, images, square, None),
        (columns_of, images, 0, count),
        *products_back,
        (write_rows, array(*rows.shape, dtype=jnp.float32), block, 0, refine.rest, rows, values),
        (columns_of, rests, 0, count),
        (refine.add_changes, rows, images, rests, columns, forth, columns, array(count), which, 0),
        (refine.rotate, rows, rests, square, square, None),
        (triplets.in_order, operator, images, array(k + 1)),
        (triplets.in_order, operator.T, rows, array(k + 1)),
    ]

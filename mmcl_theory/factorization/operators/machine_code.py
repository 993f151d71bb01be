"""Multiply slices of a sparse matrix by machine code of our own, which asks for what it will need from memory.

A product waits for memory, as each entry reads another row of the block.  The processor can be told long before which
row that will be, but XLA has no word for it.  LLVM, which writes XLA's programs too, has one: where the package
``llvmlite`` is installed, it compiles the loops below in a fiftieth of a second, and these sum in the order of XLA's.
LLVM's language is described at https://llvm.org/docs/LangRef.html.
"""

import ctypes
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ..._arrays import Array
from .. import settings
from ..host import in_threads


@functools.cache
def is_available() -> bool:
    """Return whether a compiler is installed, and tell it for which machine it compiles."""
    try:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    except (ImportError, OSError, RuntimeError):
        return False
    return True


class Recurrence(NamedTuple):
    """Say what is made of a product P: scale·P − shift·now − before, as in Chebyshev's recurrence; None is zeros."""

    scale: float = 1.0
    shift: float = 0.0
    now: Float[Array, "m b"] | None = None
    before: Float[Array, "m b"] | None = None


# The product itself.
PRODUCT = Recurrence()


def slices_times(
    slices: Sequence[Any], block: Float[Array, "n b"], recurrence: Recurrence = PRODUCT
) -> Float[np.ndarray, "m b"]:
    """Multiply slices of rows (``sell.Slices``, on the host and of one band) by a block, in threads.

    All arrays must be in the precision of the values, and the block must have a row for each place.  The result begins
    with a cache line, so that JAX takes it without a copy.

    Examples
    --------
    >>> slices = np.full((1, 1, 8), 2.0), np.arange(8, dtype=np.uint32).reshape(1, 1, 8), np.array([0, 1], np.int32)
    >>> slices_times([slices], np.ones((8, 3))).tolist()
    [[16.0, 16.0, 16.0]]
    """
    count, line = block.shape[1], settings.CACHE_LINE_BYTES // block.dtype.itemsize
    together = next((columns for columns in settings.BLOCK_COLUMNS if columns >= count), line)
    scale, shift, now, before = recurrence
    if before is None and (scale, shift) == (1.0, 0.0):  # the product alone
        now = None
    factors = scale, shift, float(before is not None)
    arrays = [np.asarray(array) for array in (block, now, before) if array is not None]
    if count == together:
        return _times(slices, factors, *map(np.ascontiguousarray, arrays))
    padded = [np.pad(array, ((0, 0), (0, -count % together))) for array in arrays]
    parts = [np.split(array, array.shape[1] // together, axis=1) for array in padded]
    products = [_times(slices, factors, *map(np.ascontiguousarray, group)) for group in zip(*parts, strict=True)]
    return np.concatenate(products, axis=1)[:, :count]


def _times(
    slices: Sequence[Any], factors: tuple[float, ...], block: Float[np.ndarray, "n c"], *others: np.ndarray
) -> Float[np.ndarray, "m c"]:
    """Multiply by as many columns as one program takes."""
    columns = block.shape[1]
    product = _aligned(sum(values.shape[1] * (len(ends) - 1) for values, _, ends in slices), columns, block.dtype)
    assert all(array.shape == product.shape and array.dtype == block.dtype for array in others)
    jobs, first = [], 0
    for values, places, ends in slices:
        _, height, width = values.shape
        assert values.dtype == block.dtype
        program = _compiled(block.dtype.name, columns, width, settings.PREFETCHED_ENTRIES)
        pointers = [array.ctypes.data for array in (values, places, ends, block)]
        pointers += [array[first:].ctypes.data for array in (product, *others)]
        pointers += [pointers[-1] if others else 0] * (2 - len(others))
        jobs += [(program, *pointers, number, height, values.size - width, *factors) for number in range(len(ends) - 1)]
        first += height * (len(ends) - 1)
    # The longest first, so that no thread is left with one at the end.
    in_threads(lambda job: job[0](*job[1:]), jobs[::-1])
    return product


def _aligned(rows: int, columns: int, dtype: Any) -> Float[np.ndarray, "rows columns"]:
    """Allocate an array that begins with a cache line, as those do that JAX takes without a copy."""
    line = settings.CACHE_LINE_BYTES
    whole = np.empty(rows * columns * dtype.itemsize + line, np.uint8)
    start = -whole.ctypes.data % line
    return whole[start : start + whole.size - line].view(dtype).reshape(rows, columns)


@functools.cache
def _compiled(*kind: Any) -> Callable[..., None]:
    """Compile the product of a slice, of the kind that ``_program`` describes."""
    import llvmlite.binding as llvm

    assert is_available()  # else it may not have been told for which machine
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(str(_program(*kind))), machine)
    engine.finalize_object()
    arguments = [ctypes.c_void_p] * 7 + [ctypes.c_int64] * 3 + [ctypes.c_double] * 3
    function: Any = ctypes.CFUNCTYPE(None, *arguments)(engine.get_function_address("times"))
    function.engine = engine  # which holds the code
    return function


def _program(dtype: str, columns: int, width: int, ahead: int) -> Any:
    """Write the product of a slice in LLVM's language, with so many entries a turn, asking so many ahead.

    Its arguments are pointers: to the values and places of all turns, to the ends of slices, and to the rows of the
    block, the product, and of ``now`` and ``before`` of a recurrence, null where there is none; then the number of the
    slice, its rows, and the last entry that a row of any slice can begin with; then the factors of the recurrence.
    """
    from llvmlite import ir

    integer, short, size = ir.IntType(64), ir.IntType(32), np.dtype(dtype).itemsize
    real = {"float32": ir.FloatType(), "float64": ir.DoubleType()}[dtype]
    rows, pointer = ir.VectorType(real, columns), ir.PointerType()
    module = ir.Module()
    kind = ir.FunctionType(ir.VoidType(), [pointer] * 7 + [integer] * 3 + [ir.DoubleType()] * 3)
    function = ir.Function(module, kind, "times")
    values, places, ends, block, product, now, before, number, height, last, *factors = function.args
    fused = ir.Function(module, ir.FunctionType(rows, [rows] * 3), f"llvm.fmuladd.v{columns}f{8 * size}")
    least = ir.Function(module, ir.FunctionType(integer, [integer] * 2), "llvm.umin.i64")
    prefetch = ir.Function(module, ir.FunctionType(ir.VoidType(), [pointer] + [short] * 3), "llvm.prefetch.p0")
    code = ir.IRBuilder(function.append_basic_block())

    def at(array: Any, index: Any, kind: Any) -> Any:
        return code.gep(array, [index], source_etype=kind)

    def row_of(array: Any, index: Any) -> Any:
        return code.load(at(array, index, rows), typ=rows, align=size)

    def index_of(array: Any, index: Any) -> Any:
        return code.zext(code.load(at(array, index, short), typ=short), integer)

    def in_all_columns(value: Any) -> Any:
        alone = code.insert_element(rows(ir.Undefined), value, short(0))
        return code.shuffle_vector(alone, alone, ir.VectorType(short, columns)([0] * columns))

    first = code.mul(number, height)
    begin, end = index_of(ends, number), index_of(ends, code.add(number, integer(1)))
    with _loop(code, begin, end) as turn, _loop(code, integer(0), height) as row:
        entry = code.mul(code.add(code.mul(turn, height), row), integer(width))
        soon = code.call(least, [code.add(entry, integer(ahead)), last])
        for offset in range(width):
            place = index_of(places, code.add(soon, integer(offset)))
            # To be read, not written; kept in all caches; data, not instructions.
            code.call(prefetch, [at(block, place, rows), short(0), short(3), short(1)])
        own = code.add(first, row)
        total = code.select(code.icmp_unsigned("==", turn, begin), rows(None), row_of(product, own))
        for offset in range(width):
            index = code.add(entry, integer(offset))
            value = in_all_columns(code.load(at(values, index, real), typ=real))
            total = code.call(fused, [value, row_of(block, index_of(places, index)), total])
        code.store(total, at(product, own, rows), align=size)
    with code.if_then(code.icmp_unsigned("!=", code.ptrtoint(now, integer), integer(0))):
        scale, shift, weight = (
            in_all_columns(factor if size == 8 else code.fptrunc(factor, real)) for factor in factors
        )
        with _loop(code, first, code.add(first, height)) as own:
            rest = code.call(fused, [shift, row_of(now, own), code.fmul(weight, row_of(before, own))])
            total = code.call(fused, [scale, row_of(product, own), code.fneg(rest)])
            code.store(total, at(product, own, rows), align=size)
    code.ret_void()
    return module


@contextmanager
def _loop(code: Any, first: Any, end: Any) -> Iterator[Any]:
    """Write a loop over the numbers from the first to the one before the end, of which there is at least one."""
    before = code.block
    body, after = (code.append_basic_block() for _ in range(2))
    code.branch(body)
    code.position_at_end(body)
    number = code.phi(first.type)
    number.add_incoming(first, before)
    yield number
    following = code.add(number, first.type(1))
    number.add_incoming(following, code.block)
    code.cbranch(code.icmp_unsigned("<", following, end), body, after)
    code.position_at_end(after)

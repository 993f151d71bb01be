"""Store a sparse matrix in sliced ELLPACK format (SELL-C-σ), for its product with a block of columns.

Rows are multiplied a few entries at a time: in each turn, each entry is a gather of its own, independent reads, which
the processor has in flight together.  Rows are sorted by the number of turns that their entries take, and those of as
many turns by ``locality.groups``; then they are cut into slices of equally many rows, and the rows of a slice are
padded with zero entries to one length.  All slices, however long their rows, share one kernel, so that a product is
traced and compiled at once.  In the terms of SELL-C-σ, C is the number of rows of a slice, and σ, the window in which
rows are sorted, is the whole matrix.  The few rows of very many entries are in slices of their own.

M. Kreutzer, G. Hager, G. Wellein, H. Fehske, A. R. Bishop: A unified sparse matrix data format for efficient general
sparse matrix-vector multiplication on modern processors with wide SIMD units, SIAM J. Sci. Comput. 36 (2014).
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float, Int, UInt, UInt8

from ..._arrays import Array, Record
from .. import settings
from . import machine_code
from .mesh import map_bands, placement


class Slices(NamedTuple):
    """Hold slices of equally many rows, cut on a mesh into one band of rows for each device.

    Attributes
    ----------
    values, columns
        The entries and their columns (places in the block), as many of each row as are multiplied in a turn.  Places
        have no sign, as XLA would look at each whether it is negative.
    ends
        Before which turn each slice begins, and where the last one ends.
    """

    values: Float[Array, "bands turns r w"]
    columns: UInt[Array, "bands turns r w"]
    ends: Int[Array, "bands s+1"]


class SlicedEllpack(Record):
    """Hold a sparse matrix in slices of padded rows of similar length.

    Attributes
    ----------
    slices
        The slices of all rows but the longest, and those of each class of longer rows.
    place
        For each row of the matrix its row in a block in internal order.
    source
        For each row of a block in internal order the row of the matrix; m for rows that only pad.
    """

    slices: tuple[Slices, ...]
    place: UInt[Array, " m"]
    source: Int[Array, " height"]

    @classmethod
    def of(cls, csr: Any, own: "Layout", other: "Layout", mesh: Mesh | None) -> "SlicedEllpack":
        """Convert compressed rows, given the layout of the rows and that of the columns."""
        put = placement(mesh)
        # One more row, which has no entries, for padding; and an entry to read where there is none.
        data, indices = (part if csr.nnz else np.zeros(1, part.dtype) for part in (csr.data, csr.indices))
        index = np.int32 if csr.nnz < 2**31 - 2**16 else np.int64
        starts, lengths = csr.indptr.astype(index), np.append(np.diff(csr.indptr), 0).astype(index)

        def fill(values: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> None:
            """Write the entries of the rows of a slice, and their columns, in the order of turns."""
            bands, turns, height, width = values.shape
            number = np.arange(turns * width, dtype=index)
            places = np.where(number < lengths[rows][..., None], starts[rows][..., None] + number, -1)
            places = np.moveaxis(places.reshape(bands, height, turns, width), 2, 1)
            values[:], columns[:] = np.where(places < 0, 0.0, data[places]), other.place[indices[places]]

        slices = []
        with ThreadPoolExecutor() as pool:
            for rows, turns, width in own.slices:
                bands, _, height = rows.shape
                ends = np.cumsum([0, *turns], dtype=np.int32)
                shape = bands, int(ends[-1]), height, width
                values, columns = np.empty(shape), np.empty(shape, np.uint32)
                parts = [np.split(array, ends[1:-1], axis=1) for array in (values, columns)]
                list(pool.map(fill, *parts, np.moveaxis(rows, 1, 0)))
                slices.append(Slices(put(values), put(columns), put(np.tile(ends, (bands, 1)))))
        return cls(tuple(slices), jax.device_put(own.place), jax.device_put(own.source))

    def times(self, block: Float[Array, "n b"], mesh: Mesh | None) -> Float[Array, "m b"]:
        """Multiply the matrix by the block; each device computes the rows of its band from the whole block."""
        return map_bands(_band_times, self.slices, block, mesh)

    def machine_times(
        self, block: Float[Array, "n b"], recurrence: machine_code.Recurrence
    ) -> Float[np.ndarray, "m b"]:
        """Multiply the matrix, which is on the host, by the block outside of compiled programs."""
        slices = [tuple(np.asarray(part)[0] for part in group) for group in self.slices]
        return machine_code.slices_times(slices, block, recurrence)


def _band_times(slices: Any, block: Array) -> Array:
    """Multiply the band of one device by a block of any number of columns, as many at once as fill a cache line."""
    count, line = block.shape[1], settings.CACHE_LINE_BYTES // block.dtype.itemsize
    together = next((columns for columns in (*settings.BLOCK_COLUMNS, line) if columns >= count), line)
    padded = jnp.pad(block, ((0, 0), (0, -count % together)))

    def part(columns: Array) -> Array:
        return jnp.concatenate([_slices_times(columns, *(array[0] for array in group)) for group in slices])

    if count <= together:
        return part(padded)[:, :count]
    parts = jax.lax.map(part, jnp.moveaxis(padded.reshape(len(block), -1, together), 1, 0))
    return jnp.moveaxis(parts, 0, 1).reshape(-1, padded.shape[1])[:, :count]


# Reads whole rows; indexing by brackets says the same, but takes longer to trace.
_ROWS = jax.lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))


def _slices_times(
    block: Array, values: Float[Array, "turns r w"], places: Int[Array, "turns r w"], ends: Int[Array, " s+1"]
) -> Array:
    """Multiply slices by a block: in each turn the sum over the width of entries times gathered rows of the block."""

    def turn(number: Any, total: Array) -> Array:
        own, at = (jax.lax.dynamic_index_in_dim(array, number, keepdims=False) for array in (values, places))
        for entry in range(values.shape[2]):
            value, rows = (jax.lax.slice_in_dim(array, entry, entry + 1, axis=1) for array in (own, at))
            total = total + value * jax.lax.gather(block, rows, _ROWS, (1, block.shape[1]), mode="promise_in_bounds")
        return total

    def one(bounds: tuple[Any, Any]) -> Array:
        return jax.lax.fori_loop(*bounds, turn, jnp.zeros((values.shape[1], block.shape[1]), block.dtype))

    return jax.lax.map(one, (ends[:-1], ends[1:])).reshape(-1, block.shape[1])


class Layout(NamedTuple):
    """Describe which rows the slices hold, m for padding, the turns of each and the width; see ``SlicedEllpack``."""

    slices: list[tuple[Int[np.ndarray, "bands s r"], list[int], int]]
    place: UInt[np.ndarray, " m"]
    source: Int[np.ndarray, " height"]

    @classmethod
    def of_both(
        cls,
        rows: Int[np.ndarray, " m"],
        columns: Int[np.ndarray, " n"],
        bands: int,
        groups: tuple[UInt8[np.ndarray, " m"], UInt8[np.ndarray, " n"]],
    ) -> tuple["Layout", "Layout"]:
        """Choose the slices of A and of Aᵀ, from the numbers of entries of their rows, cut into ``bands`` equal bands.

        Of rows that take as many turns, those of a group follow each other.

        Where hardly more entries would only pad, both have slices of the same shapes, so that one compiled product
        serves both.
        """
        sides = [np.sort(lengths) for lengths in (rows, columns)]
        both = np.max([np.pad(side, (max(map(len, sides)) - len(side), 0)) for side in sides], axis=0)
        if both.sum() <= settings.SHARED_PADDING * rows.sum():
            sides = [both, both]
        return cls._of(rows, sides[0], bands, groups[0]), cls._of(columns, sides[1], bands, groups[1])

    @classmethod
    def _of(
        cls, own: Int[np.ndarray, " m"], lengths: Int[np.ndarray, " r"], bands: int, groups: UInt8[np.ndarray, " m"]
    ) -> "Layout":
        """Choose slices for rows of the given lengths, in ascending order, and fill them with rows that are no longer.

        There may be fewer of these; what lacks are rows without entries.
        """
        ordered = np.lexsort((groups, -(-own // settings.SLICE_WIDTH)))
        ordered = np.pad(ordered, (lengths.size - own.size, 0), constant_values=own.size)
        longest = settings.LONGEST_IN_TURNS
        short = int(np.searchsorted(lengths, longest, side="right"))
        # Longer rows share a slice if they take as many turns, up to a factor of two.
        classes = 2 ** np.ceil(np.log2(lengths[short:] / longest)).astype(int)
        kinds = [(short, -(-short // settings.SLICE_HEIGHT), settings.SLICE_WIDTH)] if short else []
        kinds += [(int(count), 1, settings.LONG_SLICE_WIDTH) for count in np.unique(classes, return_counts=True)[1]]
        slices, first = [], 0
        for count, parts, width in kinds:
            parts = min(parts, settings.MAX_SLICES)
            height = -(-count // (parts * bands))
            padding = parts * bands * height - count
            most = np.pad(lengths[first : first + count], (padding, 0)).reshape(parts, -1)[:, -1]
            rows = np.pad(ordered[first : first + count], (padding, 0), constant_values=own.size).reshape(parts, -1)
            cut = np.moveaxis(rows.reshape(parts, bands, height), 1, 0)
            slices.append((cut, np.maximum(-(-most // width), 1).tolist(), width))
            first += count
        source = np.concatenate([rows.reshape(bands, -1) for rows, *_ in slices], axis=1).ravel().astype(np.int32)
        place = np.empty(own.size + 1, np.uint32)
        place[source] = np.arange(source.size)
        return cls(slices, place[:-1], source)

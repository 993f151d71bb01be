"""Store a sparse matrix in sliced ELLPACK format (SELL-C-σ), for its product with a block of columns.

Rows are sorted by their number of entries and cut into slices of rows of similar length; the rows of a slice are padded
with zero entries to one width.  XLA compiles a slice to one kernel, in which each entry of the width is a gather of its
own: independent reads, which the processor has in flight together.  In the terms of SELL-C-σ, σ (the window in which
rows are sorted) is the whole matrix, and C (the height) differs from slice to slice, since no hardware vector fixes it.

M. Kreutzer, G. Hager, G. Wellein, H. Fehske, A. R. Bishop: A unified sparse matrix data format for efficient general
sparse matrix-vector multiplication on modern processors with wide SIMD units, SIAM J. Sci. Comput. 36 (2014).
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int

from .. import settings
from .mesh import map_bands, placement


class SlicedEllpack(eqx.Module):
    """Hold a sparse matrix in slices of padded rows of similar length.

    A row longer than the widest slice is summed in several turns.  On a mesh each slice is cut into one band of rows
    for each device.

    Attributes
    ----------
    slices
        For each slice the values and the columns (places in the block) of its entries, each of shape (bands, turns,
        rows in a band, width).
    place
        For each row of the matrix its row in a block in internal order.
    source
        For each row of a block in internal order the row of the matrix; m for rows that only pad.
    """

    slices: tuple[tuple[Float[Array, "bands turns r w"], Int[Array, "bands turns r w"]], ...]
    place: Int[Array, " m"]
    source: Int[Array, " height"]

    @classmethod
    def of(cls, csr: Any, own: "Layout", other: "Layout", mesh: Mesh | None) -> "SlicedEllpack":
        """Convert compressed rows, given the layout of the rows and that of the columns."""
        put = placement(mesh)
        # One more entry, which is zero, for padding.
        data, columns = np.append(csr.data.astype(float), 0.0), np.append(other.place[csr.indices], np.int32(0))
        index = np.int32 if csr.nnz < 2**31 - 2**16 else np.int64
        starts, lengths, slices = csr.indptr[:-1].astype(index), np.diff(csr.indptr).astype(index), []
        for rows, turns, width in own.slices:
            number = np.arange(turns * width, dtype=index)
            there = (number < lengths[rows][..., None]) & (rows >= 0)[..., None]
            entries = np.where(there, starts[rows][..., None] + number, index(csr.nnz))
            entries = np.moveaxis(entries.reshape(*rows.shape, turns, width), 2, 1)
            slices.append((put(data[entries]), put(columns[entries])))
        return cls(tuple(slices), jax.device_put(own.place), jax.device_put(own.source))

    def times(self, block: Float[Array, "n b"], mesh: Mesh | None) -> Float[Array, "m b"]:
        """Multiply the matrix by the block; each device computes the rows of its band from the whole block."""
        return map_bands(_band_times, self.slices, block, mesh)


def _band_times(slices: Any, block: Array) -> Array:
    """Multiply the band of one device by a block of any number of columns, as many at once as fill a cache line."""
    count, line = block.shape[1], settings.CACHE_LINE_BYTES // block.dtype.itemsize
    together = next((columns for columns in (*settings.BLOCK_COLUMNS, line) if columns >= count), line)
    padded = jnp.pad(block, ((0, 0), (0, -count % together)))

    def part(columns: Array) -> Array:
        parts = [_slice_times(values[0], places[0], columns) for values, places in slices]
        return jnp.concatenate(jax.lax.optimization_barrier(parts))  # so that each slice is a kernel of its own

    if count <= together:
        return part(padded)[:, :count]
    parts = jax.lax.map(part, jnp.moveaxis(padded.reshape(len(block), -1, together), 1, 0))
    return jnp.moveaxis(parts, 0, 1).reshape(-1, padded.shape[1])[:, :count]


# Reads whole rows; indexing by brackets says the same, but takes longer to trace.
_ROWS = jax.lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))


def _slice_times(values: Float[Array, "turns r w"], places: Int[Array, "turns r w"], block: Array) -> Array:
    """Multiply one slice by a block: the sum over the width of entries times gathered rows of the block."""

    def turn(number: Any, total: Any) -> Any:
        for entry in range(values.shape[2]):
            rows = places[number, :, entry, None]
            read = jax.lax.gather(block, rows, _ROWS, (1, block.shape[1]), mode="promise_in_bounds")
            total = total + values[number, :, entry, None] * read
        return total

    if values.shape[0] == 1:
        return turn(0, 0)
    return jax.lax.fori_loop(0, values.shape[0], turn, jnp.zeros((values.shape[1], block.shape[1]), block.dtype))


class Layout(NamedTuple):
    """Describe which rows each slice holds, −1 for padding, with its turns and width; see ``SlicedEllpack``."""

    slices: list[tuple[Int[np.ndarray, "bands r"], int, int]]
    place: Int[np.ndarray, " m"]
    source: Int[np.ndarray, " height"]

    @classmethod
    def of_both(
        cls, rows: Int[np.ndarray, " m"], columns: Int[np.ndarray, " n"], bands: int
    ) -> tuple["Layout", "Layout"]:
        """Choose the slices of A and of Aᵀ, from the numbers of entries of their rows, cut into ``bands`` equal bands.

        Where hardly more entries would only pad, both have slices of the same shapes, so that one compiled product
        serves both.
        """
        sides = [np.sort(lengths) for lengths in (rows, columns)]
        both = np.max([np.pad(side, (max(map(len, sides)) - len(side), 0)) for side in sides], axis=0)
        if both.sum() <= settings.SHARED_PADDING * rows.sum():
            sides = [both, both]
        return cls._of(rows, sides[0], bands), cls._of(columns, sides[1], bands)

    @classmethod
    def _of(cls, own: Int[np.ndarray, " m"], lengths: Int[np.ndarray, " r"], bands: int) -> "Layout":
        """Choose slices for rows of the given lengths, in ascending order, and fill them with rows that are no longer.

        There may be fewer of these; what lacks are rows without entries.
        """
        if lengths.sum() <= settings.SMALL_ENTRIES:
            shapes = [(max(-(-int(lengths.max()) // settings.SMALL_WIDTH), 1), settings.SMALL_WIDTH)]
        else:  # longer rows share a slice if they take as many turns, up to a factor of two
            widest = settings.MAX_SLICE_WIDTH
            turns = np.unique(2 ** np.ceil(np.log2(lengths[lengths > widest] / widest)).astype(int))
            shapes = [(1, width) for width in _best_widths(lengths[lengths <= widest])] + [(t, widest) for t in turns]
        ordered = np.pad(np.argsort(own, kind="stable"), (lengths.size - own.size, 0), constant_values=-1)
        slice_of_row = np.searchsorted([turns * width for turns, width in shapes], lengths)
        slices = []
        for number, shape in enumerate(shapes):
            rows = np.sort(ordered[slice_of_row == number])
            if rows.size:
                slices.append((np.pad(rows, (0, -rows.size % bands), constant_values=-1).reshape(bands, -1), *shape))
        order = np.concatenate([rows for rows, *_ in slices], axis=1).ravel()
        place = np.empty(own.size, np.int32)
        place[order[order >= 0]] = np.flatnonzero(order >= 0)
        return cls(slices, place, np.where(order < 0, own.size, order).astype(np.int32))


def _best_widths(lengths: Int[np.ndarray, " m"]) -> list[int]:
    """Find the widths of at most ``settings.MAX_SLICES`` slices that pad rows of these lengths least.

    Dynamic programming over the largest width used so far.
    """
    counts = np.bincount(np.maximum(lengths, 1), minlength=1)
    below = np.cumsum(counts)
    widths = np.arange(counts.size)
    # The size of a slice of width w for all rows longer than v, and the least of all slices for rows up to w.
    sizes = np.where(widths >= widths[:, None], widths * (below - below[:, None]), np.inf)
    least, previous = np.where(widths == 0, 0, np.inf), []
    for _ in range(settings.MAX_SLICES):
        totals = least[:, None] + sizes
        least = totals.min(axis=0)
        previous.append(totals.argmin(axis=0))
    chosen, width = [], counts.size - 1
    for choice in reversed(previous):
        chosen.append(width)
        width = choice[width]
    return [int(width) for width in np.unique(chosen) if width > 0]

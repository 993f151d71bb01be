"""A sparse matrix stored for its product with a block: slabs of rows of like length, each of which is one kernel."""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int

# The one axis of a mesh: rows are spread over it.
ROWS = "rows"
# What the number of columns is rounded up to, as the product takes several times as long if they do not fill registers;
# and bytes in a row of columns that are multiplied at once, a line of the cache.
REGISTERS, _LINE = (4, 8), 64
# Slabs of a matrix, and the widest.  Compiling them takes time, as each entry of a width is code of its own; for
# matrices of so few entries, longer than the products: these have one slab, a narrow one.
_SLABS, _WIDEST, _SMALL, _NARROW = 12, 64, 2**17, 8


class Rows(eqx.Module):
    """A sparse matrix by its rows.  Those of like length are side by side in slabs, padded with zero entries.

    For each entry in the width of a slab a row of the block is read, and XLA makes one kernel of all of them; longer
    rows are summed in several turns.  Slabs are spread over as many bands as there are devices: their ``values`` and
    ``columns`` have shape (bands, turns, rows in a band, width).  ``place`` is where in blocks each row is, ``source``
    which row is where in blocks, m for none.
    """

    slabs: tuple[tuple[Float[Array, "bands turns r w"], Int[Array, "bands turns r w"]], ...]
    place: Int[Array, " m"]
    source: Int[Array, " height"]

    @classmethod
    def of(cls, csr: Any, own: "Layout", other: "Layout", mesh: Mesh | None) -> "Rows":
        """From compressed rows, their layout, and that of the columns; each device gets a band of each slab."""
        put = jnp.asarray if mesh is None else partial(jax.device_put, device=NamedSharding(mesh, PartitionSpec(ROWS)))
        # One entry more, which is zero, for padding.
        data, columns = np.append(csr.data.astype(float), 0.0), np.append(other.place[csr.indices], np.int32(0))
        lengths, slabs = np.diff(csr.indptr), []
        for rows, turns, width in own.slabs:
            number = np.arange(turns * width)
            there = (number < lengths[rows][..., None]) & (rows >= 0)[..., None]
            entries = np.where(there, csr.indptr[rows][..., None] + number, csr.nnz)
            entries = np.moveaxis(entries.reshape(*rows.shape, turns, width), 2, 1)
            slabs.append((put(data[entries]), put(columns[entries])))
        return cls(tuple(slabs), jnp.asarray(own.place), jnp.asarray(own.source))

    def times(self, block: Float[Array, "n b"], mesh: Mesh | None) -> Float[Array, "m b"]:
        """The matrix times the block; each device computes the rows of its band from the whole block."""
        if mesh is None:
            return _band_times(self.slabs, block)

        def band(slabs: Any, part: Array) -> Array:
            return _band_times(slabs, jax.lax.all_gather(part, ROWS, axis=0, tiled=True))

        spread = PartitionSpec(ROWS)
        of_bands = jax.shard_map(band, mesh=mesh, in_specs=(spread, spread), out_specs=spread, check_vma=False)
        return of_bands(self.slabs, block)


def _band_times(slabs: Any, block: Array) -> Array:
    """For the one band there is, whatever the number of columns."""
    count, line = block.shape[1], _LINE // block.dtype.itemsize
    together = next((columns for columns in (*REGISTERS, line) if columns >= count), line)
    padded = jnp.pad(block, ((0, 0), (0, -count % together)))

    def part(columns: Array) -> Array:
        return jnp.concatenate([_slab_times(values[0], places[0], columns) for values, places in slabs])

    if count <= together:
        return part(padded)[:, :count]
    parts = jax.lax.map(part, jnp.moveaxis(padded.reshape(len(block), -1, together), 1, 0))
    return jnp.moveaxis(parts, 0, 1).reshape(-1, padded.shape[1])[:, :count]


def _slab_times(values: Float[Array, "turns r w"], places: Int[Array, "turns r w"], block: Array) -> Array:
    def turn(number: Any, total: Any) -> Any:
        for entry in range(values.shape[2]):
            read = block.at[places[number, :, entry]].get(mode="promise_in_bounds")
            total = total + values[number, :, entry, None] * read
        return total

    if values.shape[0] == 1:
        return turn(0, 0)
    return jax.lax.fori_loop(0, values.shape[0], turn, jnp.zeros((values.shape[1], block.shape[1]), block.dtype))


class Layout(NamedTuple):
    """The rows of slabs, −1 in the place of none, with turns and width; see ``Rows``."""

    slabs: list[tuple[Int[np.ndarray, "bands r"], int, int]]
    place: Int[np.ndarray, " m"]
    source: Int[np.ndarray, " height"]

    @classmethod
    def of(cls, lengths: Int[np.ndarray, " m"], bands: int) -> "Layout":
        """Of rows with so many entries."""
        if lengths.sum() <= _SMALL:
            shapes = [(max(-(-int(lengths.max()) // _NARROW), 1), _NARROW)]
        else:  # of longer rows those are together that take as many turns, up to a factor of two
            long = lengths[lengths > _WIDEST]
            turns = np.unique(2 ** np.ceil(np.log2(long / _WIDEST)).astype(int))
            shapes = [(1, width) for width in _widths(lengths[lengths <= _WIDEST])] + [(t, _WIDEST) for t in turns]
        of_rows = np.searchsorted([turns * width for turns, width in shapes], lengths)
        slabs = []
        for slab, shape in enumerate(shapes):
            rows = np.flatnonzero(of_rows == slab)
            if rows.size:
                slabs.append((np.pad(rows, (0, -rows.size % bands), constant_values=-1).reshape(bands, -1), *shape))
        order = np.concatenate([rows for rows, *_ in slabs], axis=1).ravel()
        place = np.empty(lengths.size, np.int32)
        place[order[order >= 0]] = np.flatnonzero(order >= 0)
        return cls(slabs, place, np.where(order < 0, lengths.size, order).astype(np.int32))


def _widths(lengths: Int[np.ndarray, " m"]) -> list[int]:
    """The widths of slabs for rows with so many entries that need the least padding."""
    counts = np.bincount(np.maximum(lengths, 1), minlength=1)
    below = np.cumsum(counts)
    widths = np.arange(counts.size)
    # The size of a slab of width w for all rows longer than v, and the least of all slabs for rows up to w.
    sizes = np.where(widths >= widths[:, None], widths * (below - below[:, None]), np.inf)
    least, previous = np.where(widths == 0, 0, np.inf), []
    for _ in range(_SLABS):
        totals = least[:, None] + sizes
        least = totals.min(axis=0)
        previous.append(totals.argmin(axis=0))
    chosen, width = [], counts.size - 1
    for choice in reversed(previous):
        chosen.append(width)
        width = choice[width]
    return [int(width) for width in np.unique(chosen) if width > 0]

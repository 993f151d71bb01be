"""Define the operator of a sparse matrix on a GPU: rows in slices, multiplied by a kernel of ours (SELL-C-σ).

A *slice* is a few rows whose entries alternate in memory: first the first entry of each, then the second of each.  One
warp, 32 threads of a GPU that run in step, sums the rows of a slice: in each turn it reads a few entries of every row,
side by side, and the rows of the block that they ask for, none of which waits for another.  Rows that share a slice are
filled up with zero entries to one length; so that there are few, rows are sorted by their number of entries within
windows.  A row of very many entries would keep its warp busy while all others have finished, so it is cut into pieces,
of which the sums are added by the same kernel.  Nothing is added atomically, so that a product is the same bit for bit
each time.

The kernel is written in Pallas, which hands it to Triton; benchmarks/README.md compares it with cuSPARSE.  In the terms
of SELL-C-σ (see ``sell``, which has another shape for XLA on a CPU) C is the height of a slice, and σ the window.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float, Int

from ..._arrays import Array, Record
from .. import settings
from ..devices import on_gpu
from .operator import Operator


class InterleavedRows(Record):
    """Hold the rows of a sparse matrix, in slices of ``settings.SLICE_ROWS``.

    Attributes
    ----------
    values, columns
        Each entry and its column; the e-th entries of all rows of a slice are side by side.
    begin
        Where the entries of each slice begin, and where those of the last end.
    """

    values: Float[Array, " entries"]
    columns: Int[Array, " entries"]
    begin: Int[Array, " slices+1"]

    @classmethod
    def of(
        cls, values: np.ndarray, columns: np.ndarray, first: Int[np.ndarray, " rows"], lengths: Int[np.ndarray, " rows"]
    ) -> "InterleavedRows":
        """Arrange entries of which each row has so many, from ``first`` on; as many rows as fill slices."""
        height = settings.SLICE_ROWS
        longest = lengths.reshape(-1, height).max(axis=1)
        begin = np.concatenate([[0], height * np.cumsum(longest)])
        row = np.arange(lengths.size)
        index = np.int32 if begin[-1] < 2**31 else np.int64
        # The place of the e-th entry is that of the first, and e slices of entries further.
        place = np.repeat((begin[row // height] + row % height).astype(index), lengths)
        offset = np.arange(place.size, dtype=index) - np.repeat((np.cumsum(lengths) - lengths).astype(index), lengths)
        place += index(height) * offset
        offset += np.repeat(first.astype(index), lengths)  # now where each entry is
        held_values, held_columns = np.zeros(begin[-1]), np.zeros(begin[-1], np.int32)
        held_values[place], held_columns[place] = values[offset], columns[offset]
        return cls(*jax.device_put((held_values, held_columns, begin.astype(index))))

    def times(self, block: Float[Array, "n b"], interpreted: bool | None = None) -> Float[Array, "rows b"]:
        """Multiply by a block: sum for each row its entries, each times the row of the block at its column.

        Elsewhere than on a GPU the kernel is ``interpreted``: slow, and meant for tests.
        """
        # Imported here, as it takes a third of a second.
        from jax.experimental import pallas
        from jax.experimental.pallas import triton

        height, turns = settings.SLICE_ROWS, settings.ENTRIES_IN_TURN
        # Triton's arrays have sizes that are powers of two.
        tile = min(settings.COLUMNS_OF_WARP, 1 << (block.shape[1] - 1).bit_length())
        count, slices = block.shape[1], self.begin.size - 1
        block = jnp.pad(block, ((0, 0), (0, -count % tile)))

        def kernel(values: Any, columns: Any, begin: Any, block: Any, total: Any) -> None:
            number = pallas.program_id(0)
            row, column = jnp.arange(height), pallas.program_id(1) * tile + jnp.arange(tile)
            start = begin[number]
            length = (begin[number + 1] - start) // height

            def some(first: Any, count: int, sums: Array) -> Array:
                for entry in range(count):
                    place = start + (first + entry) * height + row
                    read = triton.load(block.at[triton.load(columns.at[place])[:, None], column[None, :]])
                    sums += triton.load(values.at[place])[:, None] * read
                return sums

            sums = jnp.zeros((height, tile), block.dtype)
            sums = jax.lax.fori_loop(0, length // turns, lambda i, sums: some(i * turns, turns, sums), sums)
            whole = length // turns * turns
            total[:, :] = jax.lax.fori_loop(whole, length, lambda entry, sums: some(entry, 1, sums), sums)

        return pallas.pallas_call(
            kernel,
            grid=(slices, block.shape[1] // tile),
            out_specs=pallas.BlockSpec((height, tile), lambda i, j: (i, j)),
            out_shape=jax.ShapeDtypeStruct((slices * height, block.shape[1]), block.dtype),
            interpret=not on_gpu() if interpreted is None else interpreted,
            compiler_params=triton.CompilerParams(num_warps=settings.WARPS, num_stages=1),
        )(self.values, self.columns, self.begin, block)[:, :count]


class CompressedRows(Record):
    """Hold the rows of a sparse matrix in internal order: sorted by length within windows, and the last window filled.

    Attributes
    ----------
    slices
        The entries of each row, of a long one those of its first piece; then those of each further piece of the long
        rows, those of one row in turn.
    long, sums
        The rows of more than one piece, and a matrix of ones that adds the further pieces of each.
    place
        For each row of the matrix its row in internal order.
    source
        For each row in internal order the row of the matrix; m for rows that only pad.
    """

    slices: InterleavedRows
    long: Int[Array, " l"]
    sums: InterleavedRows | None
    place: Int[Array, " m"]
    source: Int[Array, " height"]

    @classmethod
    def of(
        cls, csr: Any, source: Int[np.ndarray, " height"], place: Int[np.ndarray, " m"],
        columns: Int[np.ndarray, " entries"],
    ) -> "CompressedRows":  # fmt: skip
        """Cut SciPy's compressed rows into pieces, given their order and the columns in internal order."""
        most, height = settings.MAX_PIECE, settings.SLICE_ROWS
        first = np.append(csr.indptr[:-1], 0)[source]
        lengths = np.append(np.diff(csr.indptr), 0)[source]
        further = np.maximum(-(-lengths // most) - 1, 0)
        long = np.flatnonzero(further)
        counts = further[long]
        before = np.cumsum(counts) - counts
        number = np.arange(counts.sum()) - np.repeat(before, counts) + 1  # of a piece in its row, from 1 on
        left = np.minimum(np.repeat(lengths[long], counts) - most * number, most)

        def filled(part: np.ndarray) -> np.ndarray:
            """Append zeros until slices are filled."""
            return np.pad(part, (0, -len(part) % height))

        slices = InterleavedRows.of(
            csr.data,
            columns,
            np.concatenate([first, filled(np.repeat(first[long], counts) + most * number)]),
            np.concatenate([np.minimum(lengths, most), filled(left)]),
        )
        pieces = int(counts.sum())
        sums = (
            InterleavedRows.of(np.ones(pieces), np.arange(pieces), filled(before), filled(counts)) if pieces else None
        )
        held = jax.device_put((long.astype(np.int32), place, source))
        return cls(slices, held[0], sums, *held[1:])

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Multiply the matrix by a block, both in internal order."""
        total = self.slices.times(block)
        if self.sums is None:
            return total
        total, pieces = jnp.split(total, [self.source.size])
        added = self.sums.times(pieces)[: self.long.size]
        return total.at[self.long].add(added, indices_are_sorted=True, unique_indices=True)


def internal_order(lengths: Int[np.ndarray, " m"]) -> tuple[Int[np.ndarray, " height"], Int[np.ndarray, " m"]]:
    """Sort rows by their numbers of entries within windows, the longest first, and fill the last window with rows m.

    Return ``source`` and ``place`` of ``CompressedRows``.
    """
    padded = np.pad(lengths, (0, -lengths.size % settings.WINDOW), constant_values=-1)
    order = np.argsort(-padded.reshape(-1, settings.WINDOW), axis=1, kind="stable")
    order += settings.WINDOW * np.arange(len(order))[:, None]
    source = np.minimum(order.ravel(), lengths.size).astype(np.int32)
    place = np.empty(lengths.size + 1, np.int32)  # with one for rows that only pad
    place[source] = np.arange(source.size)
    return source, place[:-1]


class Compressed(Operator):
    """Represent a sparse matrix by the compressed rows of A and of Aᵀ.

    Examples
    --------
    >>> import numpy as np, scipy.sparse
    >>> operator = Compressed.of(scipy.sparse.csr_array([[0.0, 2.0], [1.0, 0.0]]))
    >>> block = operator.T.to_internal(np.array([[3.0], [4.0]]))
    >>> operator.from_internal(operator.times(block)).tolist()
    [[8.0], [3.0]]
    """

    forward: CompressedRows
    backward: CompressedRows

    @classmethod
    def of(cls, matrix: Any) -> "Compressed":
        """Convert any SciPy sparse matrix."""
        csr = scipy.sparse.csr_array(matrix)
        transposed = scipy.sparse.csr_array(csr.T)
        rows, columns = (internal_order(np.diff(side.indptr)) for side in (csr, transposed))
        return cls(
            CompressedRows.of(csr, *rows, columns[1][csr.indices]),
            CompressedRows.of(transposed, *columns, rows[1][transposed.indices]),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns of A."""
        return self.forward.place.size, self.backward.place.size

    @property
    def padded(self) -> tuple[int, int]:
        """Return the number of rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.forward.source.size, self.backward.source.size

    @property
    def T(self) -> "Compressed":
        """Return Aᵀ as an operator."""
        return Compressed(self.backward, self.forward)

    @property
    def dtype(self) -> Any:
        """Return the data type of the entries of A."""
        return self.forward.slices.values.dtype

    @property
    def on_host(self) -> bool:
        """Return that blocks are arrays of JAX: they are what the kernel multiplies."""
        return False

    @property
    def preferred_columns(self) -> int:
        """Return the number of columns that a block should have: those of a block of the Krylov space."""
        return settings.GPU_BLOCK

    @property
    def block_columns(self) -> int:
        """Return the number of vectors in a block of the Krylov space."""
        return settings.GPU_BLOCK

    @property
    def gains_from_single(self) -> bool:
        """Return whether a block in double precision would leave the cache, of which reads are scattered."""
        return max(self.padded) * settings.GPU_BLOCK * 8 > settings.GPU_CACHE_BYTES

    def to_internal(self, rows: Float[Array, "m b"]) -> Array:
        """Permute and pad rows from A's order to the internal order of blocks for ``transpose_times``."""
        return jnp.asarray(rows).at[self.forward.source].get(mode="fill", fill_value=0)

    def from_internal(self, block: Array) -> Float[Array, "m b"]:
        """Invert ``to_internal``: bring the rows of a block back to A's order, without the padding."""
        return block[self.forward.place]

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Compute A·block."""
        return self.forward.times(block)

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Compute Aᵀ·block."""
        return self.backward.times(block)

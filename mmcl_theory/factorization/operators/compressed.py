"""Define the operator of a sparse matrix on a GPU: compressed rows, multiplied by a kernel of ours.

Some rows at a time are summed by one warp, the 32 threads of a GPU that run in step: in each turn it reads a few
entries of each of these rows, and the rows of the block that they ask for, none of which waits for another.  A row of
very many entries would keep its warp busy while all others have finished, so it is cut into pieces, of which the sums
are added by the same kernel.  Nothing is added atomically, so that a product is the same bit for bit each time.

The kernel is written in Pallas, which hands it to Triton.  On an H200 a product with 8 columns takes a quarter of
the time that cuSPARSE needs (benchmarks/README.md).
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jaxtyping import Array, Float, Int

from .. import settings
from ..devices import on_gpu
from .operator import Operator


class Spans(NamedTuple):
    """Hold where the entries of each row begin, and where they end."""

    begin: Int[Array, " m"]
    end: Int[Array, " m"]


class CompressedRows(eqx.Module):
    """Hold the rows of a sparse matrix one after the other.

    Attributes
    ----------
    values, columns
        Each entry and its column.
    rows
        The entries of each row; of a long one those of its first piece.
    pieces
        The entries of each further piece of the long rows, those of one row in turn.
    long, sums
        The rows of more than one piece, and which of the further pieces belong to each.
    """

    values: Float[Array, " entries"]
    columns: Int[Array, " entries"]
    rows: Spans
    pieces: Spans
    long: Int[Array, " l"]
    sums: Spans

    @classmethod
    def of(cls, csr: Any) -> "CompressedRows":
        """Cut the rows of SciPy's compressed rows into pieces."""
        begin, end, most = csr.indptr[:-1], csr.indptr[1:], settings.MAX_PIECE
        further = np.maximum(-(-(end - begin) // most) - 1, 0)
        long = np.flatnonzero(further)
        counts = further[long]
        last = np.cumsum(counts)
        number = np.arange(counts.sum()) - np.repeat(last - counts, counts) + 1  # of a piece in its row, from 1 on
        piece = np.repeat(begin[long], counts) + most * number
        index = np.int32 if csr.nnz < 2**31 else np.int64

        def spans(begin: np.ndarray, end: np.ndarray) -> Spans:
            return Spans(jnp.asarray(begin, index), jnp.asarray(end, index))

        return cls(
            jnp.asarray(csr.data, float),
            jnp.asarray(csr.indices, np.int32),
            spans(begin, np.minimum(begin + most, end)),
            spans(piece, np.minimum(piece + most, np.repeat(end[long], counts))),
            jnp.asarray(long, index),
            spans(last - counts, last),
        )

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Multiply the matrix by a block."""
        total = sums_of_rows(self.values, self.columns, self.rows, block)
        if self.long.size == 0:
            return total
        pieces = sums_of_rows(self.values, self.columns, self.pieces, block)
        places = jnp.arange(len(pieces), dtype=np.int32)
        added = sums_of_rows(jnp.ones(len(pieces), block.dtype), places, self.sums, pieces)
        return total.at[self.long].add(added, indices_are_sorted=True, unique_indices=True)


class Compressed(Operator):
    """Represent a sparse matrix by the compressed rows of A and of Aᵀ.

    Examples
    --------
    >>> import jax.numpy as jnp, scipy.sparse
    >>> operator = Compressed.of(scipy.sparse.csr_array([[0.0, 2.0], [1.0, 0.0]]))
    >>> operator.times(jnp.array([[3.0], [4.0]])).tolist()
    [[8.0], [3.0]]
    """

    forward: CompressedRows
    backward: CompressedRows

    @classmethod
    def of(cls, matrix: Any) -> "Compressed":
        """Convert any SciPy sparse matrix."""
        csr = scipy.sparse.csr_array(matrix)
        return cls(CompressedRows.of(csr), CompressedRows.of(scipy.sparse.csr_array(csr.T)))

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns of A."""
        return self.forward.rows.begin.size, self.backward.rows.begin.size

    @property
    def T(self) -> "Compressed":
        """Return Aᵀ as an operator."""
        return Compressed(self.backward, self.forward)

    @property
    def dtype(self) -> Any:
        """Return the data type of the entries of A."""
        return self.forward.values.dtype

    @property
    def block_columns(self) -> int:
        """Return the number of vectors in a block of the Krylov space."""
        return settings.GPU_BLOCK

    @property
    def gains_from_single(self) -> bool:
        """Return False: on a GPU a product takes as long in single precision, as it waits for scattered reads."""
        return False

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Compute A·block."""
        return self.forward.times(block)

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Compute Aᵀ·block."""
        return self.backward.times(block)


def sums_of_rows(
    values: Float[Array, " entries"],
    columns: Int[Array, " entries"],
    spans: Spans,
    block: Float[Array, "n b"],
    interpreted: bool | None = None,
) -> Float[Array, "m b"]:
    """Sum, for each row, the entries in its span, each times the row of the block at its column.

    Elsewhere than on a GPU the kernel is ``interpreted``: slow, and meant for tests.
    """
    # Imported here, as it takes a third of a second.
    from jax.experimental import pallas
    from jax.experimental.pallas import triton

    rows, turns = settings.ROWS_OF_WARP, settings.ENTRIES_IN_TURN
    # Triton's arrays have sizes that are powers of two.
    tile = min(settings.COLUMNS_OF_WARP, 1 << (block.shape[1] - 1).bit_length())
    count, padding = block.shape[1], -len(spans.begin) % rows
    block = jnp.pad(block, ((0, 0), (0, -count % tile)))
    begin, end = (jnp.pad(places, (0, padding)) for places in spans)

    def kernel(values: Any, columns: Any, begin: Any, end: Any, block: Any, total: Any) -> None:
        row = pallas.program_id(0) * rows + jnp.arange(rows)
        column = pallas.program_id(1) * tile + jnp.arange(tile)
        start, stop = begin[row], end[row]

        def turn(number: Any, sums: Array) -> Array:
            for entry in range(turns):
                place = start + number * turns + entry
                there = place < stop
                at = triton.load(columns.at[place], mask=there, other=0)
                value = triton.load(values.at[place], mask=there, other=0)
                wanted = jnp.broadcast_to(there[:, None], (rows, tile))
                sums += value[:, None] * triton.load(block.at[at[:, None], column[None, :]], mask=wanted, other=0)
            return sums

        most = (jnp.max(stop - start) + turns - 1) // turns
        total[:, :] = jax.lax.fori_loop(0, most, turn, jnp.zeros((rows, tile), block.dtype))

    return pallas.pallas_call(
        kernel,
        grid=(len(begin) // rows, block.shape[1] // tile),
        out_specs=pallas.BlockSpec((rows, tile), lambda i, j: (i, j)),
        out_shape=jax.ShapeDtypeStruct((len(begin), block.shape[1]), block.dtype),
        interpret=not on_gpu() if interpreted is None else interpreted,
        compiler_params=triton.CompilerParams(num_warps=1, num_stages=1),
    )(values, columns, begin, end, block)[: len(begin) - padding, :count]

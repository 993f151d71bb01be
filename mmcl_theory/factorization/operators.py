"""A matrix as what it does to a block of columns: all that the block Krylov method needs to know of it.

A block is an array of columns side by side, shape (n, b).  Rows of the block are contiguous, so that an entry of a
sparse A reads whole lines of the cache: on a CPU the product with 8 to 16 columns costs little more than with one.
Both orientations of a sparse matrix are kept: the transposed product of one alone scatters, and takes several times as
long.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int

# The one axis of a mesh: rows are spread over it.
ROWS = "rows"
# Bytes in a row of columns that a sparse matrix is multiplied with at once, a line of the cache; what the number of
# columns is rounded up to: if they do not fill registers the product takes several times as long; and the bytes of a
# block that stays in the cache.
_LINE, _REGISTERS, _CACHE = 64, (4, 8), 20_000_000
# Slabs of a sparse matrix, and the widest.  Compiling them takes time, as each entry of a width is code of its own; for
# matrices of so few entries, longer than the products: these have one slab, a narrow one.
_SLABS, _WIDEST, _SMALL, _NARROW = 12, 64, 2**17, 8


class Operator(eqx.Module):
    """A real matrix A of shape (m, n), known by its products with blocks.

    Blocks may have their rows in an order of the operator's own, padded with zeros: ``padded`` is the shape that they
    see, ``shape`` that of A.  Where a mesh is given, they are spread by rows over its devices.
    """

    mesh: Mesh | None = eqx.field(static=True, default=None, kw_only=True)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of A."""
        raise NotImplementedError

    @property
    def padded(self) -> tuple[int, int]:
        """Rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.shape

    @property
    def dtype(self) -> Any:
        """Of the entries."""
        raise NotImplementedError

    @property
    def together(self) -> int:
        """Columns that are best multiplied at once."""
        return 128

    def arranged(self, rows: Float[Array, "m b"]) -> Array:
        """Rows in the order of those of A as blocks have them, for ``transpose_times``; for ``times`` ask ``T``."""
        return rows

    def restored(self, block: Array) -> Float[Array, "m b"]:
        """The opposite of ``arranged``."""
        return block

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """A·block."""
        raise NotImplementedError

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Aᵀ·block."""
        raise NotImplementedError

    @property
    def T(self) -> "Operator":
        """Aᵀ."""
        return Transposed(self)


class Transposed(Operator):
    """Aᵀ in the place of A.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> Transposed(Dense(jnp.ones((3, 2)))).shape
    (2, 3)
    """

    of: Operator

    def __init__(self, of: Operator):
        self.of, self.mesh = of, of.mesh

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of Aᵀ."""
        return self.of.shape[1], self.of.shape[0]

    @property
    def padded(self) -> tuple[int, int]:
        """Rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.of.padded[1], self.of.padded[0]

    @property
    def dtype(self) -> Any:
        """Of the entries."""
        return self.of.dtype

    def times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Aᵀ·block."""
        return self.of.transpose_times(block)

    def transpose_times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """A·block."""
        return self.of.times(block)


class Dense(Operator):
    """A matrix given entry by entry.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> Dense(jnp.array([[1.0, 2.0]])).transpose_times(jnp.array([[3.0]])).tolist()
    [[3.0], [6.0]]
    """

    matrix: Float[Array, "m n"]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of A."""
        rows, columns = self.matrix.shape
        return rows, columns

    @property
    def dtype(self) -> Any:
        """Of the entries."""
        return self.matrix.dtype

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """A·block."""
        return self.matrix @ block

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Aᵀ·block."""
        return self.matrix.T @ block


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
    together = next((columns for columns in (*_REGISTERS, line) if columns >= count), line)
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


class Sparse(Operator):
    """A sparse matrix, in both orientations.

    Examples
    --------
    >>> import jax.numpy as jnp, scipy.sparse
    >>> operator = Sparse.of(scipy.sparse.csr_array([[0.0, 2.0], [1.0, 0.0]]))
    >>> block = operator.T.arranged(jnp.array([[3.0], [4.0]]))
    >>> operator.restored(operator.times(block)).tolist()
    [[8.0], [3.0]]
    """

    forward: Rows
    backward: Rows

    @classmethod
    def of(cls, matrix: Any, mesh: Mesh | None = None) -> "Sparse":
        """From any SciPy sparse matrix; with a mesh, its rows and those of its transpose are spread over the devices.

        The mesh must have the one axis ``ROWS``.  Every process of several calls this with the same matrix.
        """
        csr = scipy.sparse.csr_array(matrix)
        turned = scipy.sparse.csr_array(csr.T)
        devices = 1 if mesh is None else mesh.devices.size
        rows, columns = (_Layout.of(np.diff(side.indptr), devices) for side in (csr, turned))
        return cls(_rows(csr, rows, columns, mesh), _rows(turned, columns, rows, mesh), mesh=mesh)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of A."""
        return self.forward.place.size, self.backward.place.size

    @property
    def T(self) -> "Sparse":
        """Aᵀ."""
        return Sparse(self.backward, self.forward, mesh=self.mesh)

    @property
    def padded(self) -> tuple[int, int]:
        """Rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.forward.source.size, self.backward.source.size

    @property
    def dtype(self) -> Any:
        """Of the entries."""
        return self.forward.slabs[0][0].dtype

    @property
    def together(self) -> int:
        """Columns that are best multiplied at once."""
        size = max(self.padded) * self.dtype.itemsize
        fitting = [columns for columns in _REGISTERS if columns * size <= _CACHE]
        return max(fitting, default=max(_REGISTERS))

    def arranged(self, rows: Float[Array, "m b"]) -> Array:
        """Rows in the order of those of A as blocks have them, for ``transpose_times``; for ``times`` ask ``T``."""
        return rows.at[self.forward.source].get(mode="fill", fill_value=0)

    def restored(self, block: Array) -> Float[Array, "m b"]:
        """The opposite of ``arranged``."""
        return block[self.forward.place]

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """A·block."""
        return self.forward.times(block, self.mesh)

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Aᵀ·block."""
        return self.backward.times(block, self.mesh)


class _Layout(NamedTuple):
    """The rows of slabs, −1 in the place of none, with turns and width; see ``Rows``."""

    slabs: list[tuple[Int[np.ndarray, "bands r"], int, int]]
    place: Int[np.ndarray, " m"]
    source: Int[np.ndarray, " height"]

    @classmethod
    def of(cls, lengths: Int[np.ndarray, " m"], bands: int) -> "_Layout":
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


def _rows(csr: Any, own: _Layout, other: _Layout, mesh: Mesh | None) -> Rows:
    put = jnp.asarray if mesh is None else partial(jax.device_put, device=NamedSharding(mesh, PartitionSpec(ROWS)))
    # One entry more, which is zero, for padding.
    data, columns = np.append(csr.data.astype(float), 0.0), np.append(other.place[csr.indices], np.int32(0))
    slabs = []
    for rows, turns, width in own.slabs:
        number = np.arange(turns * width)
        there = (number < np.diff(csr.indptr)[rows][..., None]) & (rows >= 0)[..., None]
        entries = np.where(there, csr.indptr[rows][..., None] + number, csr.nnz)
        entries = np.moveaxis(entries.reshape(*rows.shape, turns, width), 2, 1)
        slabs.append((put(data[entries]), put(columns[entries])))
    return Rows(tuple(slabs), jnp.asarray(own.place), jnp.asarray(own.source))


class Factored(Operator):
    """A product L Rᵀ of two operators, never formed.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> operator = Factored(Dense(jnp.ones((3, 1))), Dense(jnp.ones((2, 1))))
    >>> operator.shape, operator.times(jnp.ones((2, 1))).tolist()
    ((3, 2), [[2.0], [2.0], [2.0]])
    """

    left: Operator
    right: Operator

    @classmethod
    def of(cls, image_channel: Any, weights: Any, text_channel: Any, mesh: Mesh | None = None) -> "Factored":
        """The normalized co-occurrence matrix D_V^{-1/2} Kᵥ diag(p) Kₗᵀ D_L^{-1/2} of channels from natural samples.

        ``image_channel`` is Kᵥ, shape (n_V, N), entry (x, z) the probability of image x given the natural sample z;
        ``text_channel`` is Kₗ, shape (n_L, N); both dense or SciPy sparse.  ``weights`` is p, shape (N,).
        """
        weights = np.asarray(weights, dtype=float)

        def half(channel: Any, other: Any) -> Operator:
            # p_V = Kᵥ diag(p) Kₗᵀ 1, which is Kᵥ p where the columns of Kₗ sum to one.
            marginal = channel @ (weights * np.asarray(other.sum(axis=0)).ravel())
            rows, columns = 1 / np.sqrt(marginal), np.sqrt(weights)
            if scipy.sparse.issparse(channel):
                scaled = scipy.sparse.diags_array(rows) @ channel @ scipy.sparse.diags_array(columns)
                return Sparse.of(scaled, mesh)
            return Dense(jnp.asarray(rows[:, None] * np.asarray(channel) * columns), mesh=mesh)

        return cls(half(image_channel, text_channel), half(text_channel, image_channel), mesh=mesh)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of A."""
        return self.left.shape[0], self.right.shape[0]

    @property
    def padded(self) -> tuple[int, int]:
        """Rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.left.padded[0], self.right.padded[0]

    @property
    def dtype(self) -> Any:
        """Of the entries."""
        return self.left.dtype

    @property
    def T(self) -> "Factored":
        """Aᵀ."""
        return Factored(self.right, self.left, mesh=self.mesh)

    @property
    def together(self) -> int:
        """Columns that are best multiplied at once."""
        return min(self.left.together, self.right.together)

    def arranged(self, rows: Float[Array, "m b"]) -> Array:
        """Rows in the order of those of A as blocks have them, for ``transpose_times``; for ``times`` ask ``T``."""
        return self.left.arranged(rows)

    def restored(self, block: Array) -> Float[Array, "m b"]:
        """The opposite of ``arranged``."""
        return self.left.restored(block)

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """A·block."""
        samples = self.right.T.restored(self.right.transpose_times(block))
        return self.left.times(self.left.T.arranged(samples))

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Aᵀ·block."""
        return self.T.times(block)


@jax.jit
def times(operator: Operator, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
    """A·block, compiled."""
    return operator.times(block)


def in_parts(
    product: Callable[[Float[Array, "n b"]], Float[Array, "m b"]], rows: Float[Array, "p n"], together: int
) -> Float[Array, "p m"]:
    """Of columns that are rows here, so many at once; as many each time, which is compiled once.

    One after the other: together they would not stay in the cache.
    """
    together = min(together, len(rows))
    total = jax.block_until_ready(_spread(product(rows[:together].T), len(rows)))
    for first in range(together, len(rows), together):
        start = min(first, len(rows) - together)
        columns = jax.block_until_ready(product(rows[start : start + together].T))
        total = _placed(total, columns, start)
    return total


@partial(jax.jit, static_argnums=1)
def _spread(columns: Array, count: int) -> Array:
    return jnp.pad(columns.T, ((0, count - columns.shape[1]), (0, 0)))


@partial(jax.jit, donate_argnums=0)
def _placed(total: Array, columns: Array, start: Array) -> Array:
    return jax.lax.dynamic_update_slice(total, columns.T, (start, 0))


def rows_mesh(devices: Any = None) -> Mesh:
    """A mesh over which rows are spread: all devices of all processes, unless some are given."""
    return Mesh(np.asarray(jax.devices() if devices is None else devices), (ROWS,))


def everywhere(array: Array, mesh: Mesh | None) -> Array:
    """The small array on every device, so that each process can read it."""
    return array if mesh is None else jax.lax.with_sharding_constraint(array, NamedSharding(mesh, PartitionSpec()))


def in_single(operator: Operator) -> Operator:
    """The same operator in single precision; entries below 1e-38 become zeros."""
    double, others = eqx.partition(operator, lambda part: part.dtype == jnp.float64)
    return eqx.combine(_single(double), others)


@jax.jit
def _single(parts: Any) -> Any:
    return jax.tree.map(lambda part: part.astype(jnp.float32), parts)

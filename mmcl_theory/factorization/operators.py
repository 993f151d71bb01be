"""A matrix as what it does to a block of columns: all that the block Krylov method needs to know of it.

A block is an array of columns side by side, shape (n, b).  On a CPU the product of a sparse matrix and a block of
8 to 16 columns costs little more than that with one column, and rows of the block are contiguous, so that a row of
A reads whole cache lines.  Both orientations of a sparse matrix are kept: the transposed product of one alone
scatters, and is several times slower.
"""

from functools import partial
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jax.experimental.sparse import BCSR
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int

# The one axis of a mesh: rows are spread over it.
ROWS = "rows"
# Bytes in a row of columns that a sparse matrix is multiplied with at once, a line of the cache, and what the number of
# columns is rounded up to: if they do not fill registers the product takes several times as long.
_LINE, _REGISTER = 64, 8


class Operator(eqx.Module):
    """A real matrix A of shape (m, n), known by its products with blocks.

    Where a mesh is given, blocks are spread by rows over its devices, and their number of rows is padded with zeros
    to a multiple of the number of devices: ``padded`` is the shape that blocks see, ``shape`` that of A.
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
    """A sparse matrix in compressed rows, cut into as many bands of rows as there are devices, of equal height.

    Bands are padded with zero entries to the largest; ``values`` and ``columns`` have shape (bands, entries),
    ``starts`` has shape (bands, rows of a band + 1).
    """

    values: Float[Array, "bands nse"]
    columns: Int[Array, "bands nse"]
    starts: Int[Array, "bands r+1"]
    width: int = eqx.field(static=True)

    def times(self, block: Float[Array, "n b"], mesh: Mesh | None) -> Float[Array, "m b"]:
        """The matrix times the block; each device computes the rows of its band from the whole block."""
        if mesh is None:
            return _band_times(self.width, self.values, self.columns, self.starts, block)

        def band(values: Array, columns: Array, starts: Array, part: Array) -> Array:
            whole = jax.lax.all_gather(part, ROWS, axis=0, tiled=True)
            return _band_times(self.width, values, columns, starts, whole)

        spread = PartitionSpec(ROWS)
        of_bands = jax.shard_map(band, mesh=mesh, in_specs=(spread,) * 4, out_specs=spread, check_vma=False)
        return of_bands(self.values, self.columns, self.starts, block)


def _band_times(width: int, values: Array, columns: Array, starts: Array, block: Array) -> Array:
    band = BCSR((values[0], columns[0], starts[0]), shape=(starts.shape[1] - 1, width))
    count, together = block.shape[1], _LINE // block.dtype.itemsize
    block = jnp.pad(block, ((0, 0), (0, -count % _REGISTER)))
    parts = jnp.split(block, np.arange(together, block.shape[1], together), axis=1)
    return jnp.concatenate([band @ part for part in parts], axis=1)[:, :count]


class Sparse(Operator):
    """A sparse matrix, in both orientations.

    Examples
    --------
    >>> import jax.numpy as jnp, scipy.sparse
    >>> operator = Sparse.of(scipy.sparse.csr_array([[0.0, 2.0], [1.0, 0.0]]))
    >>> operator.times(jnp.array([[3.0], [4.0]])).tolist()
    [[8.0], [3.0]]
    """

    forward: Rows
    backward: Rows
    true_shape: tuple[int, int] = eqx.field(static=True)

    @classmethod
    def of(cls, matrix: Any, mesh: Mesh | None = None) -> "Sparse":
        """From any SciPy sparse matrix; with a mesh, its rows and those of its transpose are spread over the devices.

        The mesh must have the one axis ``ROWS``.  Every process of several calls this with the same matrix.
        """
        csr = scipy.sparse.csr_array(matrix)
        devices = 1 if mesh is None else mesh.devices.size
        padded = [-(-size // devices) * devices for size in csr.shape]
        forward = _bands(csr, padded, devices, mesh)
        backward = _bands(scipy.sparse.csr_array(csr.T), padded[::-1], devices, mesh)
        return cls(forward, backward, csr.shape, mesh=mesh)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of A."""
        return self.true_shape

    @property
    def T(self) -> "Sparse":
        """Aᵀ."""
        return Sparse(self.backward, self.forward, self.true_shape[::-1], mesh=self.mesh)

    def reordered(self, rows: Int[np.ndarray, " m"], columns: Int[np.ndarray, " n"]) -> "Sparse":
        """The matrix whose rows and columns are those of A in another order; on a single device."""
        values, indices, starts = (
            np.asarray(part)[0] for part in (self.forward.values, self.forward.columns, self.forward.starts)
        )
        matrix = scipy.sparse.csr_array((values, indices, starts), self.true_shape)[rows]
        place = np.argsort(columns).astype(np.int32)
        return Sparse.of(scipy.sparse.csr_array((matrix.data, place[matrix.indices], matrix.indptr), self.true_shape))

    @property
    def padded(self) -> tuple[int, int]:
        """Rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.backward.width, self.forward.width

    @property
    def dtype(self) -> Any:
        """Of the entries."""
        return self.forward.values.dtype

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """A·block."""
        return self.forward.times(block, self.mesh)

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Aᵀ·block."""
        return self.backward.times(block, self.mesh)


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

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """A·block."""
        return self.left.times(self.right.transpose_times(block))

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Aᵀ·block."""
        return self.right.times(self.left.transpose_times(block))


def rows_mesh(devices: Any = None) -> Mesh:
    """A mesh over which rows are spread: all devices of all processes, unless some are given."""
    return Mesh(np.asarray(jax.devices() if devices is None else devices), (ROWS,))


def everywhere(array: Array, mesh: Mesh | None) -> Array:
    """The small array on every device, so that each process can read it."""
    return array if mesh is None else jax.lax.with_sharding_constraint(array, NamedSharding(mesh, PartitionSpec()))


@eqx.filter_jit
def in_single(operator: Operator) -> Operator:
    """The same operator in single precision; entries below 1e-38 become zeros."""
    return jax.tree.map(lambda part: part.astype(jnp.float32) if part.dtype == jnp.float64 else part, operator)


def _bands(csr: Any, padded: list[int], bands: int, mesh: Mesh | None) -> Rows:
    height = padded[0] // bands
    starts = np.concatenate([csr.indptr, np.full(padded[0] - csr.shape[0], csr.indptr[-1], csr.indptr.dtype)])
    edges = starts[::height] if bands > 1 else starts[[0, -1]]
    sizes = np.diff(edges)

    def cut(entries: np.ndarray) -> np.ndarray:
        if bands == 1:
            return entries[None]
        parts = [np.pad(entries[a:b], (0, sizes.max() - (b - a))) for a, b in pairwise(edges)]
        return np.stack(parts)

    place = jnp.asarray if mesh is None else partial(jax.device_put, device=NamedSharding(mesh, PartitionSpec(ROWS)))
    local = np.stack([starts[i * height : (i + 1) * height + 1] - edges[i] for i in range(bands)])
    local[:, -1] = sizes.max()  # the zero entries that pad a band belong to its last row
    return Rows(
        place(cut(csr.data.astype(float))), place(cut(csr.indices.astype(np.int32))), place(local.astype(np.int32)),
        width=padded[1],
    )  # fmt: skip

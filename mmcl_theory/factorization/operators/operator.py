"""A matrix as what it does to a block of columns: all that the block Krylov method needs to know of it.

A block is an array of columns side by side, shape (n, b).  Rows of the block are contiguous, so that an entry of a
sparse A reads whole lines of the cache: on a CPU the product with 8 to 16 columns costs little more than with one.
Both orientations of a sparse matrix are kept: the transposed product of one alone scatters, and takes several times as
long.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float

from .slabs import REGISTERS, ROWS, Layout, Rows

# Bytes of a block that stays in the cache.
_CACHE = 20_000_000


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
        rows, columns = (Layout.of(np.diff(side.indptr), devices) for side in (csr, turned))
        return cls(Rows.of(csr, rows, columns, mesh), Rows.of(turned, columns, rows, mesh), mesh=mesh)

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
        fitting = [columns for columns in REGISTERS if columns * size <= _CACHE]
        return max(fitting, default=max(REGISTERS))

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

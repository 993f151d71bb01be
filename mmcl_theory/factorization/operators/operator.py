"""Define the operator interface: a matrix as its products with blocks of vectors, and the basis' arrays.

Two layouts of several vectors are used.  A *block* has them as columns, shape (n, b): a row of the block is contiguous,
so that an entry of a sparse A reads whole cache lines, and on a CPU the product with 8 to 16 columns costs little more
than with one.  A ``RowBlock`` has them as rows, shape (p, n), as the basis has: products of such arrays with each other
run near the peak of the machine.
"""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float

from ..._arrays import Array, Record
from .. import settings
from ..devices import compiled, on_gpu
from .machine_code import PRODUCT, Recurrence

# Vectors of length n, stored as the rows of an array.
RowBlock = Float[Array, "p n"]


class Operator(Record):
    """Represent a real matrix A of shape (m, n) by its products with blocks of columns.

    An operator may keep the rows of its blocks in an internal order, padded with zeros: ``shape`` is the shape of A,
    ``padded`` the shape that the blocks see.  With a ``mesh``, blocks are distributed by rows over its devices.
    """

    mesh: Mesh | None = eqx.field(static=True, default=None, kw_only=True)

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns of A."""
        raise NotImplementedError

    @property
    def padded(self) -> tuple[int, int]:
        """Return the number of rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.shape

    @property
    def dtype(self) -> Any:
        """Return the data type of the entries of A."""
        raise NotImplementedError

    @property
    def preferred_columns(self) -> int:
        """Return the number of columns that a block should have to be multiplied fastest, per column."""
        return settings.DENSE_COLUMNS

    @property
    def block_columns(self) -> int:
        """Return the number of vectors in a block of the Krylov space."""
        return min(self.preferred_columns, settings.MAX_BLOCK)

    @property
    def on_host(self) -> bool:
        """Return whether blocks are arrays of NumPy, which compile nothing: on a CPU, unless there is a mesh."""
        return self.mesh is None and not on_gpu()

    @property
    def gains_from_single(self) -> bool:
        """Return whether products in single precision are so much faster that it pays to refine what they find."""
        return True

    @property
    def has_machine_code(self) -> bool:
        """Return whether there are faster products than those of compiled programs: the next two, on the host."""
        return False

    def machine_times(self, block: Float[Array, "n b"], recurrence: Recurrence = PRODUCT) -> Float[np.ndarray, "m b"]:
        """Compute A·block, or what a recurrence makes of it, by machine code of ours."""
        raise NotImplementedError

    def machine_transpose_times(
        self, block: Float[Array, "m b"], recurrence: Recurrence = PRODUCT
    ) -> Float[np.ndarray, "n b"]:
        """Compute Aᵀ·block, or what a recurrence makes of it, by machine code of ours."""
        raise NotImplementedError

    def to_internal(self, rows: Float[Array, "m b"]) -> Array:
        """Permute and pad rows from A's order to the internal order of blocks for ``transpose_times``.

        For blocks that ``times`` takes, use ``T.to_internal``.
        """
        return rows

    def from_internal(self, block: Array) -> Float[Array, "m b"]:
        """Invert ``to_internal``: bring the rows of a block back to A's order, without the padding."""
        return block

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Compute A·block."""
        raise NotImplementedError

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Compute Aᵀ·block."""
        raise NotImplementedError

    @property
    def T(self) -> "Operator":
        """Return Aᵀ as an operator."""
        return Transposed(self)


class Transposed(Operator):
    """Represent the transpose of an operator by exchanging its two products.

    Examples
    --------
    >>> import numpy as np
    >>> from mmcl_theory.factorization.operators.dense import Dense
    >>> Transposed(Dense(np.ones((3, 2)))).shape
    (2, 3)
    """

    original: Operator

    def __init__(self, original: Operator):
        self.original, self.mesh = original, original.mesh

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns of Aᵀ."""
        return self.original.shape[1], self.original.shape[0]

    @property
    def padded(self) -> tuple[int, int]:
        """Return the number of rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.original.padded[1], self.original.padded[0]

    @property
    def dtype(self) -> Any:
        """Return the data type of the entries of A."""
        return self.original.dtype

    def times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Compute Aᵀ·block."""
        return self.original.transpose_times(block)

    def transpose_times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Compute A·block."""
        return self.original.times(block)


def by_machine_code(operator: Operator, block: Float[Array, "n b"]) -> bool:
    """Return whether products with a block are by machine code: on the host, in the operator's precision."""
    return isinstance(block, np.ndarray) and block.dtype == operator.dtype and operator.has_machine_code


def times(operator: Operator, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
    """Compute A·block: of an array of NumPy on the host, by machine code where there is some."""
    if by_machine_code(operator, block):
        return operator.machine_times(block)
    product = times_in_program(operator, block)
    return np.asarray(product) if isinstance(block, np.ndarray) else product


# How products with sparse matrices are fastest.
PRODUCT_ON_CPU = {"xla_backend_optimization_level": settings.PRODUCT_OPTIMIZATION}


@partial(compiled, cpu_options=PRODUCT_ON_CPU)
def times_in_program(operator: Operator, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
    """Compute A·block in a compiled program."""
    return operator.times(block)


def to_single_precision(operator: Operator) -> Operator:
    """Convert the entries of an operator to single precision; entries below 1e-38 become zeros."""
    double, others = eqx.partition(operator, lambda part: part.dtype == jnp.float64)
    return eqx.combine(jax.tree.map(_to_single, double), others)


def _to_single(part: jax.Array) -> jax.Array:
    """Convert an array, on the host where it is there anyway: a program for each shape would take longer to compile."""
    if part.is_fully_addressable and all(device.platform == "cpu" for device in part.devices()):
        place = part.sharding if part.committed else None  # committed arrays have programs of their own
        return jax.device_put(np.asarray(part).astype(np.float32), place)
    return part.astype(jnp.float32)

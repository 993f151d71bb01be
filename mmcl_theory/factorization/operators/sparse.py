"""Define the operator of a sparse matrix, which is stored in both orientations.

The transposed product of one orientation alone would scatter its results, which takes several times as long as the
gathers of a second copy.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
import scipy
from jax.sharding import Mesh
from jaxtyping import Float

from ..._arrays import Array, of_jax
from .. import settings
from ..host import in_threads
from . import machine_code
from .locality import groups
from .machine_code import PRODUCT, Recurrence
from .mesh import count_devices
from .operator import Operator
from .sell import Layout, SlicedEllpack


class Sparse(Operator):
    """Represent a sparse matrix by the slices (SELL-C-σ storage) of A and of Aᵀ.

    Examples
    --------
    >>> import numpy as np, scipy.sparse
    >>> operator = Sparse.of(scipy.sparse.csr_array([[0.0, 2.0], [1.0, 0.0]]))
    >>> block = operator.T.to_internal(np.array([[3.0], [4.0]]))
    >>> operator.from_internal(operator.times(block)).tolist()
    [[8.0], [3.0]]
    """

    forward: SlicedEllpack
    backward: SlicedEllpack

    @classmethod
    def of(cls, matrix: Any, mesh: Mesh | None = None) -> "Sparse":
        """Convert any SciPy sparse matrix; with a mesh, the rows of A and of Aᵀ are distributed over its devices.

        The mesh must be one of ``rows_mesh``.  If there are several processes, each calls this with the same matrix.
        """
        csr = scipy.sparse.csr_array(matrix)
        transposed = scipy.sparse.csr_array(csr.T)
        lengths = np.diff(csr.indptr), np.diff(transposed.indptr)
        rows, columns = Layout.of_both(*lengths, count_devices(mesh), groups(csr, transposed))
        forward = SlicedEllpack.of(csr, rows, columns, mesh)
        return cls(forward, SlicedEllpack.of(transposed, columns, rows, mesh), mesh=mesh)

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns of A."""
        return self.forward.place.size, self.backward.place.size

    @property
    def T(self) -> "Sparse":
        """Return Aᵀ as an operator."""
        return Sparse(self.backward, self.forward, mesh=self.mesh)

    @property
    def padded(self) -> tuple[int, int]:
        """Return the number of rows of the blocks that ``transpose_times`` and ``times`` take."""
        return self.forward.source.size, self.backward.source.size

    @property
    def dtype(self) -> Any:
        """Return the data type of the entries of A."""
        return self.forward.slices[0][0].dtype

    @property
    def preferred_columns(self) -> int:
        """Return the largest number of columns that a product is compiled for."""
        return max(settings.BLOCK_COLUMNS)

    @property
    def has_machine_code(self) -> bool:
        """Return whether a compiler is installed, and the matrix is on the host."""
        return self.on_host and machine_code.is_available()

    def machine_times(self, block: Float[Array, "n b"], recurrence: Recurrence = PRODUCT) -> Float[np.ndarray, "m b"]:
        """Compute A·block, or what a recurrence makes of it, by machine code of ours."""
        assert len(block) == self.padded[1]  # machine code would read on
        return self.forward.machine_times(block, recurrence)

    def machine_transpose_times(
        self, block: Float[Array, "m b"], recurrence: Recurrence = PRODUCT
    ) -> Float[np.ndarray, "n b"]:
        """Compute Aᵀ·block, or what a recurrence makes of it, by machine code of ours."""
        assert len(block) == self.padded[0]
        return self.backward.machine_times(block, recurrence)

    def to_internal(self, rows: Float[Array, "m b"]) -> Array:
        """Permute and pad rows from A's order to the internal order of blocks for ``transpose_times``."""
        if of_jax(rows):
            return jnp.asarray(rows).at[self.forward.source].get(mode="fill", fill_value=0)
        return np.concatenate([rows, np.zeros_like(rows[:1])])[np.asarray(self.forward.source)]

    def from_internal(self, block: Array) -> Float[Array, "m b"]:
        """Invert ``to_internal``: bring the rows of a block back to A's order, without the padding."""
        if of_jax(block):
            return block[self.forward.place]
        place = np.asarray(self.forward.place)
        found = np.empty((len(place), block.shape[1]), block.dtype)

        def work(columns: slice) -> None:
            """Bring as many columns as fill a cache line, one after the other, each of which stays in the cache."""
            found[:, columns] = np.take(block[:, columns].T, place, axis=1).T

        step = settings.CACHE_LINE_BYTES // block.dtype.itemsize
        in_threads(work, [slice(first, first + step) for first in range(0, block.shape[1], step)])
        return found

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Compute A·block."""
        return self.forward.times(block, self.mesh)

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Compute Aᵀ·block."""
        return self.backward.times(block, self.mesh)

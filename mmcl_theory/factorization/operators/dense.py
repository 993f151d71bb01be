"""Define the operator of a dense matrix."""

from typing import Any

from jaxtyping import Float

from ..._arrays import Array
from .operator import Operator


class Dense(Operator):
    """Represent a matrix by the array of its entries.

    Examples
    --------
    >>> import numpy as np
    >>> Dense(np.array([[1.0, 2.0]])).transpose_times(np.array([[3.0]])).tolist()
    [[3.0], [6.0]]
    """

    matrix: Float[Array, "m n"]

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns of A."""
        rows, columns = self.matrix.shape
        return rows, columns

    @property
    def dtype(self) -> Any:
        """Return the data type of the entries of A."""
        return self.matrix.dtype

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Compute A·block."""
        return self.matrix @ block

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Compute Aᵀ·block."""
        return self.matrix.T @ block

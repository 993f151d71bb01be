"""Multiply by anything that multiplies a block of columns."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Float

from ..._arrays import Array
from .operator import Operator


class MatrixFree(Operator):
    """Wrap any object that multiplies a block by ``@`` and has a transpose ``T`` that does.

    Examples
    --------
    >>> import numpy as np
    >>> MatrixFree(np.array([[1.0, 2.0]])).transpose_times(np.array([[3.0]])).tolist()
    [[3.0], [6.0]]
    """

    matrix: Any

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns of A."""
        return self.matrix.shape

    @property
    def dtype(self) -> Any:
        """Return the data type of the entries of A."""
        return jnp.result_type(
            *(part.dtype for part in jax.tree.leaves(self.matrix) if jnp.isdtype(part.dtype, "real floating"))
        )

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """Multiply a block by A."""
        return self.matrix @ block

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Multiply a block by Aᵀ."""
        return self.matrix.T @ block

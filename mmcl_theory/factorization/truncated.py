"""The first singular triplets of what is not held densely."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._progress import progress_bar
from ..joints.laws.law import SparseLaw
from .krylov.search import krylov
from .krylov.triplets import Triplets
from .operators.operator import Operator
from .operators.sparse import Sparse


class Multiplier(Operator):
    """Anything that multiplies a block, as its transpose ``T`` does."""

    matrix: Any

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of A."""
        return self.matrix.shape

    @property
    def dtype(self) -> Any:
        """Of the entries."""
        return jnp.result_type(
            *(part.dtype for part in jax.tree.leaves(self.matrix) if jnp.isdtype(part.dtype, "real floating"))
        )

    def times(self, block: Float[Array, "n b"]) -> Float[Array, "m b"]:
        """A·block."""
        return self.matrix @ block

    def transpose_times(self, block: Float[Array, "m b"]) -> Float[Array, "n b"]:
        """Aᵀ·block."""
        return self.matrix.T @ block


def truncated_svd(matrix: Any, k: int, *, tol: float = 1e-8, key: PRNGKeyArray | None = None) -> Triplets:
    """The first k + 1 triplets, k from 0, of an ``Operator``, a law or anything else that multiplies a block.

    Raises
    ------
    NotConverged
        If ``tol`` is not reached.
    """
    if not isinstance(matrix, Operator):
        matrix = Sparse.of(matrix.to_scipy()) if isinstance(matrix, SparseLaw) else Multiplier(matrix)
    with progress_bar("singular values", 100) as advance:
        done = 0

        def report(share: float) -> None:
            nonlocal done
            for _ in range(done, int(100 * share)):
                advance()
            done = max(done, int(100 * share))

        return krylov(matrix, k, tol=tol, key=jax.random.key(0) if key is None else key, report=report)

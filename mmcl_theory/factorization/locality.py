"""An order of rows in which those that are alike are near each other.

A sparse matrix times a block reads, for each row, those rows of the block where it has entries.  Where like is beside
like these are in one part of the block, which stays in the cache.
"""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float, Int

# Rows among which the typical ones are sought.
_SAMPLE = 10_000


def by_cluster(vectors: Float[Array, "r n"]) -> Int[np.ndarray, " n"]:
    """The numbers of the clusters of n things, of which singular vectors tell (Damle, Minden and Ying 2019).

    Pivoted QR of the vectors picks one typical thing of each of r clusters; each thing belongs to that to which it is
    nearest in direction, in the orthonormal frame nearest to the typical ones.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array([0, 1, 0, 1, 1])
    >>> by_cluster(np.eye(2)[labels].T / np.sqrt([[2.0], [3.0]])).tolist()
    [0, 1, 0, 1, 1]
    """
    n = vectors.shape[1]
    sample = np.asarray(vectors[:, :: -(-n // _SAMPLE)], dtype=float)
    _, pivots = scipy.linalg.qr(sample, mode="r", pivoting=True)
    frame, _ = scipy.linalg.polar(sample[:, pivots[: len(sample)]])
    return np.asarray(_nearest(vectors, jnp.asarray(frame, vectors.dtype)))


@jax.jit
def _nearest(vectors: Array, frame: Array) -> Array:
    return jnp.argmax(jnp.abs(jnp.einsum("rc,rn->cn", frame, vectors)), axis=0)

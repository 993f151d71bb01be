"""Choose how to hold a distribution, from what it is given as."""

from typing import Any

import jax.numpy as jnp
import scipy.sparse

from .dense import DenseLaw
from .factored import FactoredLaw
from .law import Law
from .sparse import SparseLaw

KINDS: dict[str, type[Law]] = {kind.held: kind for kind in (DenseLaw, SparseLaw, FactoredLaw)}


def as_law(matrix: Any) -> Law:
    """Hold a SciPy sparse matrix sparsely and any other array densely; a ``Law`` is held as it is."""
    if isinstance(matrix, Law):
        return matrix
    return SparseLaw.of_scipy(matrix) if scipy.sparse.issparse(matrix) else DenseLaw(jnp.asarray(matrix))

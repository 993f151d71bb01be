"""Compute the first singular triplets of an operator, with a progress bar."""

from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from .._progress import progress_bar
from .krylov.search import krylov
from .krylov.triplets import Triplets
from .operators.operator import Operator

_ZERO: Any = np.zeros(2, np.uint32)  # the data of ``jax.random.key(0)``, for which JAX would compile a program


def truncated_svd(operator: Operator, k: int, *, tol: float = 1e-8, key: PRNGKeyArray | None = None) -> Triplets:
    """Compute the first k + 1 singular triplets, k from 0, by the block Krylov method.

    Raises
    ------
    NotConverged
        If ``tol`` is not reached.
    """
    with progress_bar("singular values", 100) as advance:
        done = 0

        def report(share: float) -> None:
            """Advance the bar to this share."""
            nonlocal done
            for _ in range(done, int(100 * share)):
                advance()
            done = max(done, int(100 * share))

        key = jax.random.wrap_key_data(_ZERO, impl="threefry2x32") if key is None else key
        return krylov(operator, k, tol=tol, key=key, report=report)

"""Define how much rounding can change a decomposition: with ``Law.summation``, the source of every tolerance."""

from typing import Any

import jax.numpy as jnp


def rounding(dtype: Any = float) -> float:
    """Return the error allowed on a quantity of order one, 2¹² units in the last place: 9.1e-13 in float64.

    LAPACK's decompositions are backward stable with an error that grows like a low power of the size; the
    largest seen on the bundled data (1906 × 3605) is 6e-15.
    """
    return 2.0**12 * float(jnp.finfo(dtype).eps)


def resolution(dtype: Any = float) -> float:
    """Return the least gap between singular values that counts as one: 1e3 times ``rounding``.

    A gap g turns an error δ of the matrix into one of about δ/g of the singular subspace, so at this gap the
    subspace is still known to three digits.
    """
    return 1e3 * rounding(dtype)

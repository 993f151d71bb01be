"""Define how much rounding can change the result of a decomposition: the source of every tolerance."""

from typing import Any

import jax.numpy as jnp


def rounding(dtype: Any = float) -> float:
    """Return the error allowed on a quantity of order one, 2¹² units in the last place: 9.1e-13 in float64.

    LAPACK's decompositions are backward stable with an error that grows like a low power of the size; the
    largest seen on the bundled data (1906 × 3605) is 6e-15.
    """
    return 2.0**12 * float(jnp.finfo(dtype).eps)


def summation(n_terms: int, dtype: Any = float) -> float:
    """Return the share of the sum of magnitudes that a sum of so many terms may be off by: n units in the last place.

    Each term may itself be a product of a few numbers, whose own rounding is that of 64 further terms at most.
    """
    return (n_terms + 64) * float(jnp.finfo(dtype).eps)


def resolution(dtype: Any = float) -> float:
    """Return the least gap between singular values that counts as one: 1e3 times ``rounding``.

    A gap g turns an error δ of the matrix into one of about δ/g of the singular subspace, so at this gap the
    subspace is still known to three digits.
    """
    return 1e3 * rounding(dtype)

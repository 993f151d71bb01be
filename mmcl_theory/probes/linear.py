"""Fit the linear probe and measure its residual, as predictions of a weighted label matrix (theory, section 1).

Predictions are weighted like the label matrix Y_{x,i} = √p(x) 1[y(x)=i]; rescaling a row does not change its argmax.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..factorization.dense import svd


def residual(target: Float[Array, "n r"], prediction: Float[Array, "n r"]) -> Float[Array, ""]:
    """Compute ‖Y − prediction‖_F²: the expected squared error of the scores, 1 for predicting nothing."""
    return jnp.sum((target - prediction) ** 2)


def linear_probe(factors: Float[Array, "n d"], target: Float[Array, "n r"]) -> Float[Array, "n r"]:
    """Return ΠY, the least-squares probe on the columns of weighted factors; redundant columns do no harm.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> linear_probe(jnp.array([[1.0, 1.0], [0.0, 0.0]]), jnp.eye(2)).round(12).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    basis = range_basis(factors)
    return basis @ (basis.T @ target)


def range_basis(factors: Float[Array, "n d"]) -> Float[Array, "n p"]:
    """Return an orthonormal basis of the columns' span, padded by columns of zeros; p = min(n, d).

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> jnp.abs(range_basis(jnp.array([[1.0, 1.0], [0.0, 0.0]]))).round(12).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    left, sigma, _ = svd(factors)
    values = jnp.diagonal(sigma)
    # NumPy's rule for the numerical rank.
    kept = values > values[0] * max(factors.shape) * jnp.finfo(factors.dtype).eps
    return left * kept

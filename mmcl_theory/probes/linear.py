"""Fit the linear probe and measure its residual, as predictions of a weighted label matrix (theory, section 1).

Predictions are weighted like the label matrix Y_{x,i} = √p(x) 1[y(x)=i]; rescaling a row does not change its argmax.
"""

from jaxtyping import Float

from .._arrays import Array, xp
from ..factorization.dense import svd


def residual(target: Float[Array, "n r"], prediction: Float[Array, "n r"]) -> Float[Array, ""]:
    """Compute ‖Y − prediction‖_F²: the expected squared error of the scores, 1 for predicting nothing."""
    return xp.sum((target - prediction) ** 2)


def linear_probe(factors: Float[Array, "n d"], target: Float[Array, "n r"]) -> Float[Array, "n r"]:
    """Return ΠY, the least-squares probe on the columns of weighted factors; redundant columns do no harm.

    Examples
    --------
    >>> import numpy as np
    >>> linear_probe(np.array([[1.0, 1.0], [0.0, 0.0]]), np.eye(2)).round(12).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return projection(range_basis(factors), target)


def projection(basis: Float[Array, "n p"], target: Float[Array, "n r"]) -> Float[Array, "n r"]:
    """Return ΠY, Π the projector on the range of an orthonormal basis.

    Examples
    --------
    >>> import numpy as np
    >>> projection(np.array([[0.6], [0.8]]), np.array([[1.0], [0.0]])).round(12).tolist()
    [[0.36], [0.48]]
    """
    coordinates = basis.T @ target
    return basis @ coordinates


def range_basis(factors: Float[Array, "n d"]) -> Float[Array, "n p"]:
    """Return an orthonormal basis of the columns' span, padded by columns of zeros; p = min(n, d).

    Examples
    --------
    >>> import numpy as np
    >>> np.abs(range_basis(np.array([[1.0, 1.0], [0.0, 0.0]]))).round(12).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return range_and_share(factors)[0]


def range_and_share(factors: Float[Array, "n d"]) -> tuple[Float[Array, "n p"], Float[Array, ""]]:
    """Return ``range_basis``, and the least singular value that counts for the rank as a share of the largest one.

    Rounding turns the range by about the relative rounding of the factors over this share.

    Examples
    --------
    >>> import numpy as np
    >>> float(range_and_share(np.array([[4.0, 0.0], [0.0, 1.0]]))[1])
    0.25
    """
    left, sigma, _ = svd(factors)
    values = xp.diagonal(sigma)
    # NumPy's rule for the numerical rank.
    kept = values > values[0] * max(factors.shape) * xp.finfo(factors.dtype).eps
    least = xp.min(xp.where(kept, values, values[0]))
    return left * kept, least / xp.where(values[0] > 0, values[0], 1)

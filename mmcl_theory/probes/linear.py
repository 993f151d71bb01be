"""The linear probe and the zero-shot head, both as predictions of a weighted label matrix (theory, section 1).

Predictions are weighted like the label matrix Y_{x,i} = √p(x) 1[y(x)=i]; rescaling a row does not change its argmax.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ..factorization.dense import svd
from ..factorization.precision import rounding


def residual(target: Float[Array, "n r"], prediction: Float[Array, "n r"]) -> Float[Array, ""]:
    """‖Y − prediction‖_F²: the expected squared error of the scores, 1 for predicting nothing."""
    return jnp.sum((target - prediction) ** 2)


def error(prediction: Float[Array, "n r"], labels: Int[Array, " n"], marginal: Float[Array, " n"]) -> Float[Array, ""]:
    """Pr[argmax_i prediction_{x,i} ≠ y(x)]; a tie counts as an error.

    Two scores tie when they differ by no more than rounding does, relative to the largest of their row or to a score of
    one, weighted.  So an image without features, as one that a sample left out, is an error whatever its zeros became.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> scores = jnp.array([[0.9, 0.1], [0.5, 0.5]])
    >>> float(error(scores, jnp.array([0, 1]), jnp.array([0.5, 0.5])))
    0.5
    """
    if prediction.shape[1] == 1:
        return jnp.zeros((), prediction.dtype)
    own, best_other, margin = _compared(prediction, labels, marginal)
    return jnp.sum(marginal, where=own <= best_other + margin)


def undecided(
    prediction: Float[Array, "n r"], labels: Int[Array, " n"], marginal: Float[Array, " n"], gap: Float[Array, ""]
) -> Float[Array, ""]:
    """The mass of those whose own score and the best other one are within ``gap``: what ``error`` may be off by.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> scores = jnp.array([[0.9, 0.1], [0.5, 0.51]])
    >>> float(undecided(scores, jnp.array([0, 1]), jnp.array([0.5, 0.5]), 0.1))
    0.5
    """
    if prediction.shape[1] == 1:
        return jnp.zeros((), prediction.dtype)
    own, best_other, margin = _compared(prediction, labels, marginal)
    return jnp.sum(marginal, where=jnp.abs(own - best_other) <= gap + margin)


def _compared(
    prediction: Float[Array, "n r"], labels: Int[Array, " n"], marginal: Float[Array, " n"]
) -> tuple[Float[Array, " n"], Float[Array, " n"], Float[Array, " n"]]:
    """Each one's own score, the best other, and how near they tie."""
    own = jnp.take_along_axis(prediction, labels[:, None], axis=1)[:, 0]
    is_own = jnp.arange(prediction.shape[1])[None, :] == labels[:, None]
    best_other = jnp.max(jnp.where(is_own, -jnp.inf, prediction), axis=1)
    margin = rounding(prediction.dtype) * jnp.maximum(jnp.max(jnp.abs(prediction), axis=1), jnp.sqrt(marginal))
    return own, best_other, margin


def linear_probe(factors: Float[Array, "n d"], target: Float[Array, "n r"]) -> Float[Array, "n r"]:
    """ΠY, the least-squares probe on the columns of weighted factors; redundant columns do no harm.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> linear_probe(jnp.array([[1.0, 1.0], [0.0, 0.0]]), jnp.eye(2)).round(12).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    basis = range_basis(factors)
    return basis @ (basis.T @ target)


def range_basis(factors: Float[Array, "n d"]) -> Float[Array, "n p"]:
    """Orthonormal basis of the columns' span, padded by columns of zeros; p = min(n, d).

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> jnp.abs(range_basis(jnp.array([[1.0, 1.0], [0.0, 0.0]]))).round(12).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    left, values, _ = svd(factors)
    # NumPy's rule for the numerical rank.
    kept = values > values[0] * max(factors.shape) * jnp.finfo(factors.dtype).eps
    return left * kept

"""Answer at random from scores: draw the class with the probabilities that lie nearest to twice the scores."""

from jaxtyping import Float, Int

from .._arrays import Array, xp


def onto_simplex(points: Float[Array, "n r"]) -> tuple[Float[Array, "n r"], Float[Array, "n 1"]]:
    """Project each row onto the simplex (sparsemax): find the probabilities nearest to it, and their threshold.

    They are max(0, v − τ), τ being the largest of the (v₁ + … + v_j − 1)/j, v₁ ≥ v₂ ≥ … the entries of the row: for
    every j the sum of (v − τ)₊ is at least v₁ + … + v_j − jτ, with equality where j counts the positive ones.

    Examples
    --------
    >>> import numpy as np
    >>> onto_simplex(np.array([[0.75, 0.5, -0.5], [3.0, 1.0, 0.0]]))[0].tolist()
    [[0.625, 0.375, 0.0], [1.0, 0.0, 0.0]]
    """
    sums = xp.cumsum(-xp.sort(-points, axis=1), axis=1)
    threshold = xp.max((sums - 1) / xp.arange(1, points.shape[1] + 1), axis=1, keepdims=True)
    return xp.maximum(points - threshold, 0), threshold


def drawn(
    prediction: Float[Array, "n r"], labels: Int[Array, " n"], marginal: Float[Array, " n"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Return the error E[1 − π_y(x)] of drawing the class from π(x), and the gain, by which the residual exceeds it.

    p(x) = prediction_x/√p(x) are the scores, and π(x) is the point of the simplex that is nearest to 2p(x).  The gain
    is E‖π(x) − p(x)‖² + E(τ(x) − 2p_y(x))₊, τ the threshold of the projection.

    Examples
    --------
    >>> import numpy as np
    >>> half = np.array([0.5, 0.5])
    >>> error, gain = drawn(np.sqrt(half)[:, None] * np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 1]), half)
    >>> round(float(error), 12), round(float(gain), 12)
    (0.25, 0.0625)
    """
    scores = prediction / xp.sqrt(marginal)[:, None]
    probabilities, threshold = onto_simplex(2 * scores)
    own = xp.arange(scores.shape[1]) == labels[:, None]
    error = xp.sum(marginal * xp.sum(probabilities, axis=1, where=~own))
    below = xp.where(own, xp.maximum(threshold - 2 * scores, 0), 0)  # how far the own class is from a share
    return error, xp.sum(marginal[:, None] * ((probabilities - scores) ** 2 + below))

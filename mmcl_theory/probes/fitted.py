"""Fit the probes of downstream tasks to training features and labels: logistic regression and ridge regression."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

PENALTY = 1.0  # of logistic regression: ½‖v‖² beside the sum of the logistic losses
NEWTON_STEPS = 12  # quadratic: the gradient is at rounding after nine on features of any scale
RIDGE = 1e-2  # of ridge regression, on features of length one


def logistic_probe(features: Float[Array, "n m"], labels: Float[Array, " n"]) -> Float[Array, " m"]:
    """Minimize Σ_i log(1 + e^(−y_i⟨v, h_i⟩)) + ½‖v‖² over v, features first divided by their standard deviation.

    Labels are ±1.  There is no intercept, as the two classes mirror each other.

    Examples
    --------
    >>> import numpy as np
    >>> bool(logistic_probe(np.array([[1.0], [-1.0]]), np.array([1.0, -1.0]))[0] > 0)
    True
    """
    scale = jnp.std(features) + jnp.finfo(features.dtype).tiny
    signed = labels[:, None] * features / scale

    def newton(v: Float[Array, " m"], _: None) -> tuple[Float[Array, " m"], None]:
        wrong = jax.nn.sigmoid(-signed @ v)
        gradient = PENALTY * v - signed.T @ wrong
        hessian = PENALTY * jnp.eye(v.size) + (signed.T * (wrong * (1 - wrong))) @ signed
        return v - jnp.linalg.solve(hessian, gradient), None

    return jax.lax.scan(newton, jnp.zeros(features.shape[1]), None, length=NEWTON_STEPS)[0] / scale


def ridge_probe(
    train_features: Float[Array, "n k"], labels: Int[Array, " n"], n_classes: int, test_features: Float[Array, "m k"]
) -> Int[Array, " m"]:
    """Predict the classes of test features by least squares on one-hot labels, with an intercept and a ridge of 0.01.

    Examples
    --------
    >>> import numpy as np
    >>> ridge_probe(np.array([[1.0], [0.0]]), np.array([1, 0]), 2, np.array([[0.9], [0.2]])).tolist()
    [1, 0]
    """
    mean = jnp.mean(train_features, axis=0)
    targets = jax.nn.one_hot(labels, n_classes)
    centred = train_features - mean
    gram = centred.T @ centred + RIDGE * jnp.eye(centred.shape[1])
    weights = jnp.linalg.solve(gram, centred.T @ (targets - jnp.mean(targets, axis=0)))
    return jnp.argmax(jnp.mean(targets, axis=0) + (test_features - mean) @ weights, axis=1)

"""The probe of the downstream task: a logistic one, on training features, asked about fresh examples."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

PENALTY = 1.0  # ½‖v‖² beside the sum of the logistic losses
NEWTON_STEPS = 12  # quadratic: the gradient is at rounding after nine on features of any scale


def logistic_probe(features: Float[Array, "n m"], labels: Float[Array, " n"]) -> Float[Array, " m"]:
    """Minimize Σ_i log(1 + e^(−y_i⟨v, h_i⟩)) + ½‖v‖² over v, features first divided by their standard deviation.

    There is no intercept, as the two classes mirror each other.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> bool(logistic_probe(jnp.array([[1.0], [-1.0]]), jnp.array([1.0, -1.0]))[0] > 0)
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

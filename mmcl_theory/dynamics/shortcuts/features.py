"""Compute the features of the small networks that are trained on shortcuts."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

# Added to norms.  Without it, as in ``losses.clip``, a run of many steps ends elsewhere in the third digit.
SMALLEST = 1e-6


def features(encoder: Callable[[Array], Array], inputs: Float[Array, "n *d"]) -> Float[Array, "n k"]:
    """Encode a batch of inputs and scale each output to length one."""
    outputs = encoder(inputs)
    return outputs / (jnp.linalg.norm(outputs, axis=1, keepdims=True) + SMALLEST)

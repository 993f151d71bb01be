"""Compute the features of small networks, and their contrastive loss, for the trainings on shortcuts."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...losses.minibatch import symmetric_infonce

# Added to norms.  Without it, as in ``losses.clip``, a run of many steps ends elsewhere in the third digit.
SMALLEST = 1e-6


def features(encoder: eqx.nn.MLP, inputs: Float[Array, "n d"]) -> Float[Array, "n k"]:
    """Encode inputs and scale each output to length one."""
    outputs = jax.vmap(encoder)(inputs)
    return outputs / (jnp.linalg.norm(outputs, axis=1, keepdims=True) + SMALLEST)


def infonce_of_features(one: Float[Array, "b k"], other: Float[Array, "b k"], temperature: float) -> Float[Array, ""]:
    """Compute the symmetric InfoNCE loss of a batch of pairs of features of length one."""
    return symmetric_infonce(one @ other.T / temperature)

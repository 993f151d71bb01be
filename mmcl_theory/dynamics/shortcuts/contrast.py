"""Contrast the features of small networks, as the trainings on shortcuts do."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...losses.minibatch import symmetric_infonce

SMALLEST = 1e-6  # added to norms; ``losses.minibatch.normalized`` adds nothing, which makes other numbers of long runs


def features(encoder: eqx.nn.MLP, inputs: Float[Array, "n d"]) -> Float[Array, "n k"]:
    """Encode inputs and scale each output to length one."""
    outputs = jax.vmap(encoder)(inputs)
    return outputs / (jnp.linalg.norm(outputs, axis=1, keepdims=True) + SMALLEST)


def contrast(one: Float[Array, "b k"], other: Float[Array, "b k"], temperature: float) -> Float[Array, ""]:
    """Compute the symmetric InfoNCE loss of a batch of pairs of features of length one."""
    return symmetric_infonce(one @ other.T / temperature)

"""Compute the features of the small networks that are trained on shortcuts, in single precision."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Added to norms.  Without it, as in ``losses.clip``, a run of many steps ends elsewhere in the third digit.
SMALLEST = 1e-6


def features(encoder: Callable[[Array], Array], inputs: Float[Array, "n *d"]) -> Float[Array, "n k"]:
    """Encode a batch of inputs and scale each output to length one."""
    outputs = encoder(inputs)
    return outputs / (jnp.linalg.norm(outputs, axis=1, keepdims=True) + SMALLEST)


def single(module: Any) -> Any:
    """Return a module, or any tree of arrays, with its numbers in single precision."""
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if eqx.is_inexact_array(leaf) else leaf, module)

"""Perform gradient descent on the weights themselves, by automatic differentiation: the reference for the recursion."""

from collections.abc import Sequence

import jax
from jaxtyping import Array, Float

from .data import Config, Draw
from .encoder import loss


def initial_weights(config: Config, draw: Draw) -> tuple[Float[Array, "m d"], ...]:
    """Return the initial weights of one encoder or of two, at the config's scale."""
    return tuple(config.init_scale * weights for weights in draw.weights[: 2 if config.multi_modal else 1])


def descend(
    weights: Sequence[Float[Array, "m d"]], config: Config, draw: Draw
) -> tuple[tuple[Float[Array, "m d"], ...], Float[Array, ""]]:
    """Perform one step, w ← w − step · gradient; return the new weights, and the loss of the old."""
    value, gradients = jax.value_and_grad(loss)(tuple(weights), config, draw)
    return tuple(w - config.step_size * g for w, g in zip(weights, gradients, strict=True)), value

"""Losses with something to learn."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .. import _checks, losses


class Clip(eqx.Module):
    """``losses.clip`` whose temperature is learned, by its logarithm, as CLIP does.

    Examples
    --------
    >>> import jax.numpy as jnp, mmcl_theory as mt
    >>> loss = mt.training.Clip(0.5)
    >>> bool(abs(loss(jnp.eye(2), jnp.eye(2)) - mt.losses.clip(jnp.eye(2), jnp.eye(2), 0.5)) < 1e-15)
    True
    """

    log_temperature: Float[Array, ""]

    def __init__(self, temperature: float = 0.07):
        self.log_temperature = jnp.asarray(np.log(_checks.real("temperature", temperature, 0, np.inf, open_low=True)))

    @property
    def temperature(self) -> Float[Array, ""]:
        """τ, as learned so far."""
        return jnp.exp(self.log_temperature)

    def __call__(self, images: Any, texts: Any) -> Float[Array, ""]:
        """The loss of a batch."""
        return losses.clip(images, texts, self.temperature)

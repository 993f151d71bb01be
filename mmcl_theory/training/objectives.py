"""Define losses with a parameter that is learned."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .. import _checks, losses


class Clip(eqx.Module):
    """Compute ``losses.clip`` at a temperature that is learned by its logarithm, as CLIP does.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> loss = mt.training.Clip(0.5)
    >>> bool(abs(loss(np.eye(2), np.eye(2)) - mt.losses.clip(np.eye(2), np.eye(2), 0.5)) < 1e-15)
    True
    """

    log_temperature: Float[Array, ""]

    def __init__(self, temperature: float = 0.07):
        self.log_temperature = jnp.asarray(np.log(_checks.real("temperature", temperature, 0, np.inf, open_low=True)))

    @property
    def temperature(self) -> Float[Array, ""]:
        """Return the temperature τ as learned so far."""
        return jnp.exp(self.log_temperature)

    def __call__(self, images: Any, texts: Any) -> Float[Array, ""]:
        """Compute the loss of a batch."""
        return losses.clip(images, texts, self.temperature)


class CrossClr(Clip):
    """Compute ``losses.crossclr`` at a learned temperature: as released, or in full where both encoders are ``Beside``.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> loss, rows = mt.training.CrossClr(0.5, 0.8), np.eye(3)
    >>> bool(abs(loss(rows, rows) - mt.losses.crossclr(rows, rows, 0.5, 0.8)) < 1e-15)
    True
    """

    negative_weight: float = eqx.field(static=True)

    def __init__(self, temperature: float = 0.03, negative_weight: float = 0.8):
        super().__init__(temperature)
        self.negative_weight = _checks.real("negative_weight", negative_weight, 0, np.inf)

    def __call__(self, images: Any, texts: Any) -> Float[Array, ""]:
        """Compute the loss of a batch of embeddings, or of embeddings beside inputs."""
        inputs = {}
        if isinstance(images, tuple):
            (images, seen), (texts, read) = images, texts
            inputs = {"image_inputs": seen.reshape(len(seen), -1), "text_inputs": read.reshape(len(read), -1)}
        return losses.crossclr(images, texts, self.temperature, self.negative_weight, **inputs)

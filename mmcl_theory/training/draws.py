"""Draw batches of pairs from a joint."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray

from .. import _checks
from ..joints.joint import Joint, check_dense, check_joint

NEGATIVES = ("in-batch", "independent")


class Pairs(eqx.Module):
    """Draw images and texts of ``batch`` independent pairs, as numbers; an instance is a function of a key.

    Parameters
    ----------
    joint
        The joint distribution of the pairs, dense.
    batch
        The number of pairs, at least 2.
    negatives
        "in-batch": draw (images, texts); the negatives of a pair are the other pairs.  "independent": draw (images,
        texts, other images, other texts), as many others from the marginals, for ``losses.spectral_independent``.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> images, texts = mt.training.Pairs(mt.generators.isotropic_noise(3, 0.0), 4)(jax.random.key(0))
    >>> images.shape, bool((images == texts).all())
    ((4,), True)
    """

    cumulative: Array
    image_cumulative: Array
    text_cumulative: Array
    batch: int = eqx.field(static=True)
    negatives: str = eqx.field(static=True)

    def __init__(self, joint: Joint, batch: int, negatives: str = "in-batch"):
        joint = check_dense("joint", check_joint("joint", joint))
        if negatives not in NEGATIVES:
            raise ValueError(f"negatives: must be one of {', '.join(NEGATIVES)}, got {negatives!r}")
        self.cumulative = jnp.cumsum(joint.matrix.ravel())
        self.image_cumulative = jnp.cumsum(joint.image_marginal)
        self.text_cumulative = jnp.cumsum(joint.text_marginal)
        self.batch = _checks.integer("batch", batch, 2)
        self.negatives = negatives

    def __call__(self, key: PRNGKeyArray) -> tuple[Int[Array, " b"], ...]:
        """Draw one batch."""
        keys = jax.random.split(key, 3)
        cells = self._draw(self.cumulative, keys[0])
        images, texts = jnp.divmod(cells, self.text_cumulative.size)
        if self.negatives == "in-batch":
            return images, texts
        return images, texts, self._draw(self.image_cumulative, keys[1]), self._draw(self.text_cumulative, keys[2])

    def _draw(self, cumulative: Array, key: PRNGKeyArray) -> Int[Array, " b"]:
        # With "right", a cell of zero mass is never drawn.
        return jnp.searchsorted(cumulative, jax.random.uniform(key, (self.batch,)) * cumulative[-1], side="right")

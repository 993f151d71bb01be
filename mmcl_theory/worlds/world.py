"""What a world with both kinds of positive pairs is: image–text pairs and augmentation pairs of the same images."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..joints.joint import Joint
from ..joints.pairs import PairGraph


class World(eqx.Module):
    """Two ways to pair the images of one world; images are numbered alike, and have the same marginal, in both.

    So one probe residual is meant by both (theory, section 4).

    Parameters
    ----------
    joint
        P, of images and texts, shape (n_V, n_L): what MMCL sees.
    augmentation
        P_A, of two views of one natural image, shape (n_V, n_V): what SSCL sees.
    """

    joint: Joint
    augmentation: PairGraph

    @staticmethod
    def of_views(joint: Joint, channel: np.ndarray) -> "World":
        """The world of a joint and of the views 𝒜(x|z) = channel[z, x] of uniform natural images.

        The views' law, the mean row of the channel, has to be the joint's image marginal.
        """
        # NumPy computes a product with its own transpose symmetrically, to the last bit.
        law = jnp.asarray(channel.T @ channel / len(channel))
        return World(joint, PairGraph.of_symmetric(law, joint.image_labels, joint.n_classes))

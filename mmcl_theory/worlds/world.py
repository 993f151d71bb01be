"""Define a world: image–text pairs and augmentation pairs of the same images."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..joints.joint import Joint
from ..joints.pairs import PairGraph


class World(eqx.Module):
    """Hold two ways to pair the images of one world; images are numbered alike, and have the same marginal, in both.

    So the linear-probe residual of either encoder is an average over the same images (theory, section 4).

    Parameters
    ----------
    joint
        The distribution P of image–text pairs, shape (n_V, n_L), which multi-modal contrastive learning (MMCL) sees.
    augmentation
        The distribution P_A of two views of one natural image, shape (n_V, n_V), which self-supervised contrastive
        learning (SSCL) sees.
    """

    joint: Joint
    augmentation: PairGraph

    @staticmethod
    def of_views(joint: Joint, channel: np.ndarray) -> "World":
        """Make the world of a joint and of the views 𝒜(x|z) = channel[z, x] of uniform natural images.

        The distribution of the views, the mean row of the channel, has to be the joint's image marginal.
        """
        # NumPy computes a product with its own transpose symmetrically, to the last bit.
        law = jnp.asarray(channel.T @ channel / len(channel))
        return World(joint, PairGraph.of_symmetric(law, joint.image_labels, joint.n_classes))

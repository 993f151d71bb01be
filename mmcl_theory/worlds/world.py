"""Define a world: image–text pairs and augmentation pairs of the same images."""

from typing import Any

import equinox as eqx
import numpy as np

from .. import _checks
from ..joints.joint import Joint
from ..joints.pairs import PairGraph

CAPTION_OF = ("natural", "view")  # what the caption of an image is drawn for


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
    attribute
        A second label of the images and of the texts, as of an ``Instance``; None where there is none.
    resampled
        What guided resampling makes of the augmentation pairs; None where nothing is resampled.
    label_law
        The law of a noisy label given each image, as of an ``Instance``; None where labels are the classes.
    """

    joint: Joint
    augmentation: PairGraph
    attribute: Any = None
    resampled: PairGraph | None = None
    label_law: Any = None

    @staticmethod
    def of_views(
        joint: Joint,
        channel: Any,
        natural_law: np.ndarray | None = None,
        attribute: Any = None,
        label_law: np.ndarray | None = None,
    ) -> "World":
        """Make the world of a joint and of the views 𝒜(x|z) = channel[z, x] of natural images, by default uniform ones.

        The distribution of the views, the mean row of the channel, has to be the joint's image marginal.  The channel
        is an array of NumPy, or a sparse one of SciPy.
        """
        # NumPy and SciPy compute a product with its own transpose symmetrically, to the last bit.
        if natural_law is None:
            law = channel.T @ channel / channel.shape[0]
        else:
            weighted = np.sqrt(natural_law)[:, None] * channel
            law = weighted.T @ weighted
        law = law.toarray() if _checks.is_sparse(law) else law
        graph = PairGraph.of_symmetric(law, joint.image_labels, joint.n_classes)
        return World(joint, graph, attribute, label_law=label_law)


def image_text_law(views: Any, captions: np.ndarray, caption_of: str) -> np.ndarray:
    """Compute P(x,l), up to its total, for uniform natural images that are numbered as the images are.

    The views of natural image z are drawn from 𝒜(x|z) = views[z, x], an array of NumPy or a sparse one of SciPy, and
    C = ``captions`` holds the law of captions.  The caption of an image is that of

    - "natural": the natural image that was viewed, P(x,l) = Σ_z p(z) 𝒜(x|z) C(l|z), so that view and text are
      independent given the natural image.  Then AAᵀ ≼ S, the theorem `consistency-or-diversity`: σ_j² ≤ λ_j for every
      j, and α_T ≥ α_A whatever the labels, so that text pairs cannot be the more consistent ones;
    - "view": the view itself, whatever it is a view of, P(x,l) = p(x) C(l|x), p the law of views.  The caption is then
      that of image x as if it had never been altered: AAᵀ and S need not be ordered, and α_T may be below α_A.

    Raises
    ------
    ValueError
        If ``caption_of`` is neither.
    """
    if check_caption_of(caption_of) == "natural":
        return views.T @ captions
    return views.sum(axis=0)[:, None] * captions


def check_caption_of(value: Any) -> str:
    """Return what captions are of, if it is one of ``CAPTION_OF``; otherwise raise a ValueError."""
    if not isinstance(value, str) or value not in CAPTION_OF:
        raise ValueError(f"caption_of: must be 'natural' or 'view', got {_checks.quoted(value)}")
    return value

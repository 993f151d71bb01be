"""Measure sizes and labels: how often an image and its text, or two images of one text, differ in class."""

import equinox as eqx
from jaxtyping import Bool

from .._arrays import Array, xp
from ..joints.joint import Joint
from .field import Scalar, quantity


def classes_in_use(joint: Joint) -> Bool[Array, " r"]:
    """Tell which classes some image or some text has."""
    images, texts = (
        xp.bincount(labels, length=joint.n_classes) > 0 for labels in (joint.image_labels, joint.text_labels)
    )
    return images | texts


class Labels(eqx.Module):
    """Hold the quantities of sizes and labels."""

    k: Scalar = quantity("k", "the encoder dimension", lambda m: 1.0 * xp.asarray(m.k))
    n_items: Scalar = quantity(
        "n_V+n_L",
        "the number of images and texts together",
        lambda m: xp.asarray(float(m.joint.n_images + m.joint.n_texts)),
    )
    n_classes: Scalar = quantity(
        "r", "the number of classes that an image or a text has", lambda m: 1.0 * xp.sum(classes_in_use(m.joint))
    )
    labeling_error: Scalar = quantity(
        r"\alpha",
        "the labeling error, the probability that an image and its text have different labels",
        lambda m: m.joint.labeling_error,
        relative=True,
    )
    bayes_labeling_error: Scalar = quantity(
        r"\alpha^\star",
        "the least labeling error that any labels of the texts can have",
        lambda m: m.joint.bayes_labeling_error,
        relative=True,
    )
    largest_class: Scalar = quantity(
        r"p_{\max}",
        "the probability of the most frequent class of images",
        lambda m: xp.max(xp.sum(m.joint.image_label_matrix**2, axis=0)),
        relative=True,
    )
    class_collision: Scalar = quantity(
        r"\pi",
        "the probability that two independent images have the same class",
        lambda m: xp.sum(xp.sum(m.joint.image_label_matrix**2, axis=0) ** 2),
        relative=True,
    )

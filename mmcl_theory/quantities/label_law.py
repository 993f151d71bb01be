"""Measure a noisy label, by its law given the image, and what a probe that is fitted on it answers (theory, 15)."""

import equinox as eqx
from jaxtyping import Bool, Float

from .._arrays import Array, xp
from ..joints.coloured import replaced
from .attribute import ATTRIBUTE, choice, differ, n_classes
from .field import Need, Scalar, quantity
from .measurement import Measurement

LABEL_LAW = Need(
    "the law of a label, an attribute, and a joint held densely: "
    "Instance(joint.to_dense(), attribute=(of images, None), label_law=L)",
    lambda m: ATTRIBUTE.is_met(m) and m.instance.label_law is not None,
    ("attribute", "label_law"),
)
VIEW_LABEL_LAW = Need(
    "the law of a label, an attribute, a joint held densely and augmentation pairs: "
    "Instance(joint.to_dense(), attribute=(of images, None), label_law=L, augmentation=P_A)",
    lambda m: LABEL_LAW.is_met(m) and m.instance.augmentation is not None,
    ("augmentation", "attribute", "label_law"),
)


def target(m: Measurement, marginal: Float[Array, " n"]) -> Float[Array, "n r"]:
    """Return √p(x) Pr[Y = i | x], what the probe is fitted on."""
    return xp.sqrt(marginal)[:, None] * m.instance.label_law


def named(m: Measurement, answers: Array) -> Scalar:
    """Compute how often the label is what an image is given for an answer."""
    own = m.instance.label_law * xp.one_hot(answers, m.joint.n_classes)
    return m.joint.image_marginal @ own.sum(axis=1)


def alike(m: Measurement) -> tuple[Bool[Array, "n n"], Bool[Array, "n n"]]:
    """Tell which two images have one attribute, and which also one class."""
    attribute, labels = m.instance.attribute[0], m.joint.image_labels
    same = ~differ(attribute, attribute)
    return same, same & ~differ(labels, labels)


def label_distance(m: Measurement) -> Scalar:
    """Compute the total variation of image and label from a noisy label of the class, which the attribute follows.

    Images of one class and attribute share what these have together as they do now.
    """
    p, labels, attribute = m.joint.image_marginal, m.joint.image_labels, m.instance.attribute[0]
    n, values = n_classes(m), xp.arange(m.joint.n_classes)
    others = xp.maximum(n - 1, 1)
    noise, following = 1 - named(m, labels), named(m, attribute)
    law = replaced(~differ(labels, values), others, noise) * replaced(~differ(attribute, values), others, 1 - following)
    alike_mass = alike(m)[1] @ p
    share = p / alike_mass
    return xp.sum(xp.abs(p[:, None] * m.instance.label_law - share[:, None] * law / n)) / 2


def label_gap(m: Measurement) -> Scalar:
    """Compute E_x ½Σ_i |Pr[Y = i | x] − its fit|."""
    p = m.joint.image_marginal
    missed = target(m, p) - m.projected(m.spectrum.image_vectors, target(m, p))
    return xp.sum(xp.sqrt(p)[:, None] * xp.abs(missed)) / 2


def label_choice(m: Measurement) -> tuple[Scalar, Scalar]:
    """Measure the choice of the probe of the optimal image encoder, and its error."""
    p = m.joint.image_marginal
    return choice(m, m.projected(m.spectrum.image_vectors, target(m, p)), p, m.projector_error)


def sscl_label_choice(m: Measurement) -> tuple[Scalar, Scalar]:
    """Measure the same of the optimal single-modal encoder."""
    p = m.instance.augmentation.marginal
    scores = m.projected(m.spectrum.augmentation_vectors, target(m, p))
    return choice(m, scores, p, m.augmentation_projector_error)


def within(m: Measurement) -> Float[Array, " n"]:
    """Compute the probability of the class of an image given its attribute, under the marginal of the pairs."""
    p = m.instance.augmentation.marginal
    attributes, both = alike(m)
    return (both @ p) / (attributes @ p)


def class_kept(m: Measurement) -> Scalar:
    """Compute by how much more often than by chance, given the attribute, two views have one class; 1 of no others."""
    graph = m.instance.augmentation
    differs = 1 - graph.marginal @ within(m)
    some = differs > 0
    return 1 - xp.where(some, graph.labeling_error / xp.where(some, differs, 1), 0)


def class_view_distance(m: Measurement) -> Scalar:
    """Compute the total variation of an image and what its partner shows from views that keep the attribute.

    They keep the class with the probability that the pairs have, else it is drawn anew given the attribute.
    """
    graph, kept = m.instance.augmentation, class_kept(m)
    attributes, both = alike(m)
    anew = (1 - kept) * within(m)
    of_class = kept * both + anew[None, :]
    law = graph.marginal[:, None] * attributes * of_class
    # Every image stands for those of its class and attribute, among which the sum is divided.
    return xp.sum(xp.abs(graph.matrix @ both - law) / xp.sum(both, axis=0)) / 2


class LabelLaw(eqx.Module):
    """Hold the quantities of a noisy label."""

    label_noise: Scalar | None = quantity(
        r"\eta_Y",
        "the probability that the label is not the class of the image",
        lambda m: 1 - named(m, m.joint.image_labels),
        needs=LABEL_LAW,
    )
    label_following: Scalar | None = quantity(
        "q_Y",
        "the probability that the label is the attribute of the image",
        lambda m: named(m, m.instance.attribute[0]),
        needs=LABEL_LAW,
        relative=True,
    )
    label_distance: Scalar | None = quantity(
        r"\|P_Y-P_{\eta q}\|_{\mathrm{TV}}",
        "the total variation between the distribution of image and label and that of classes, labels and attributes of "
        "which each is the one before or any other, with the same η and q",
        label_distance,
        needs=LABEL_LAW,
    )
    label_gap: Scalar | None = quantity(
        r"g_k^y",
        "the mean total variation between the law of the label given the image and its fit by the linear probe on the "
        "optimal image encoder of dimension k",
        label_gap,
        needs=LABEL_LAW,
        error=lambda m, _: xp.sqrt(m.joint.n_classes) * m.projector_error,
    )
    label_choice: Scalar | None = quantity(
        "S_k^y",
        "how much more often the linear probe on the optimal image encoder of dimension k, fitted on the label, "
        "answers the class of an image than its attribute, where these differ",
        lambda m: label_choice(m)[0],
        needs=LABEL_LAW,
        error=lambda m, _: label_choice(m)[1],
    )
    class_kept: Scalar | None = quantity(
        "a_A^2",
        "by how much more often than by chance, given the attribute, the two images of an augmentation pair have one "
        "class: 1 where always",
        class_kept,
        needs=VIEW_LABEL_LAW,
    )
    class_view_distance: Scalar | None = quantity(
        r"\|P_A-P^A_{a}\|_{\mathrm{TV}}",
        "the total variation between the distribution of an image and the class and attribute of its partner in an "
        "augmentation pair and the one in which the attribute is kept always, and the class as often, else drawn",
        class_view_distance,
        needs=VIEW_LABEL_LAW,
    )
    sscl_label_choice: Scalar | None = quantity(
        "S_k^{Ay}",
        "how much more often the linear probe on the optimal single-modal encoder of dimension k, fitted on the label, "
        "answers the class of an image than its attribute, where these differ",
        lambda m: sscl_label_choice(m)[0],
        needs=VIEW_LABEL_LAW,
        error=lambda m, _: sscl_label_choice(m)[1],
    )

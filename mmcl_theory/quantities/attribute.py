"""Measure the attribute, a second label of images and texts: what is learned, the class or it (theory, 15 and 17)."""

from typing import Any

import equinox as eqx
from jaxtyping import Bool, Float

from .. import probes
from .._arrays import Array, xp
from ..joints.coloured import kept, picture_mass
from . import augmentation
from .field import Need, Scalar, quantity
from .labels import classes_in_use
from .measurement import Measurement

ATTRIBUTE = Need(
    "an attribute, and a joint held densely: Instance(joint.to_dense(), attribute=(of images, None))",
    lambda m: m.instance.attribute is not None and m.joint.law.has_cells,
    ("attribute",),
)
TEXT_ATTRIBUTE = Need(
    "an attribute of images and texts, and a joint held densely: Instance(joint.to_dense(), attribute=(of images, of "
    "texts))",
    lambda m: ATTRIBUTE.is_met(m) and m.instance.attribute[1] is not None,
    ("attribute",),
)
VIEW_ATTRIBUTE = Need(
    "an attribute, a joint held densely and augmentation pairs: "
    "Instance(joint.to_dense(), attribute=(of images, None), augmentation=P_A)",
    lambda m: ATTRIBUTE.is_met(m) and m.instance.augmentation is not None,
    ("augmentation", "attribute"),
)


def differ(one: Array, other: Array) -> Bool[Array, "n m"]:
    """Tell which pairs have different labels."""
    return one[:, None] != other[None, :]


def agreement(same: Any, n: Any) -> Scalar:
    """Return by how much more than by chance labels of n values agree: 1 where always, 0 where by chance."""
    return xp.where(n > 1, (same - 1 / n) / xp.where(n > 1, 1 - 1 / n, 1), 1)


def n_classes(m: Measurement) -> Scalar:
    """Count the classes that an image or a text has."""
    return 1.0 * xp.sum(classes_in_use(m.joint))


def n_attributes(m: Measurement) -> Scalar:
    """Count the attributes that an image has."""
    n_labels = max(m.joint.n_images, m.joint.n_texts, m.joint.n_classes)
    return 1.0 * xp.sum(xp.bincount(m.instance.attribute[0], length=n_labels) > 0)


def attribute_error(m: Measurement) -> Scalar:
    """Compute the probability that an image and its text have different attributes."""
    return xp.sum(m.joint.law.to_dense(), where=differ(*m.instance.attribute))


def correlation(m: Measurement) -> Scalar:
    """Compute θ of images from the probability that the attribute is the class."""
    same = xp.sum(m.joint.image_marginal, where=m.joint.image_labels == m.instance.attribute[0])
    return agreement(same, n_classes(m))


def coloured_distance(m: Measurement) -> Scalar:
    """Compute the total variation of P from the coloured world of its own θ, a and b."""
    (images, texts), n, theta = m.instance.attribute, n_classes(m), correlation(m)
    digit, colour = (agreement(1 - error, n) for error in (m.joint.labeling_error, attribute_error(m)))
    law = picture_mass(m.joint.image_labels == images, n, theta)[:, None]
    law = (
        law
        * kept(~differ(m.joint.image_labels, m.joint.text_labels), n, digit)
        * kept(~differ(images, texts), n, colour)
    )
    return xp.sum(xp.abs(m.joint.law.to_dense() - law)) / 2


def view_errors(m: Measurement) -> tuple[Scalar, Scalar, Scalar]:
    """Compute the probabilities that two views differ in class, in attribute, and in neither."""
    graph, attribute = m.instance.augmentation, m.instance.attribute[0]
    classes, attributes = differ(graph.labels, graph.labels), differ(attribute, attribute)
    of_pairs = (classes, attributes, ~(classes | attributes))
    return tuple(xp.sum(graph.matrix, where=where) for where in of_pairs)


def coloured_view_distance(m: Measurement) -> Scalar:
    """Compute the total variation of P_A from two views of one coloured picture, of its own a and b and the images' θ.

    With probability θ digit and colour of the picture are one value, which views keep as one; else they are apart.
    """
    graph, attribute, n = m.instance.augmentation, m.instance.attribute[0], n_classes(m)
    digit, colour = (xp.sqrt(xp.maximum(agreement(1 - error, n), 0)) for error in view_errors(m)[:2])
    natural = xp.where(digit * colour > 0, correlation(m) / xp.where(digit * colour > 0, digit * colour, 1), 0)
    apart = kept(~differ(graph.labels, graph.labels), n, digit**2) * kept(~differ(attribute, attribute), n, colour**2)
    values = xp.arange(m.joint.n_classes)
    views = kept(~differ(values, graph.labels), n, digit) * kept(~differ(values, attribute), n, colour)
    law = (1 - natural) * apart / n**2 + natural * (views.T @ views) / n
    return xp.sum(xp.abs(graph.matrix - law)) / 2


def style_distance(m: Measurement) -> Scalar:
    """Compute the total variation of P_A from pairs whose mass depends only on whether they agree in class, attribute.

    There is one image of each class and attribute, all equally likely, and the shares of pairs that agree are P_A's.
    """
    graph, attribute, n, s = m.instance.augmentation, m.instance.attribute[0], n_classes(m), n_attributes(m)
    classes, attributes = ~differ(graph.labels, graph.labels), ~differ(attribute, attribute)
    of_class, of_attribute, both = view_errors(m)
    others = xp.maximum(s - 1, 1)  # of one attribute no pair has two
    mass = xp.where(
        classes,
        xp.where(attributes, both, (1 - of_class - both) / others),
        xp.where(attributes, 1 - of_attribute - both, (of_class + of_attribute + both - 1) / others)
        / xp.maximum(n - 1, 1),
    )
    return xp.sum(xp.abs(graph.matrix - mass / (n * s))) / 2


def choice(
    m: Measurement, scores: Float[Array, "n r"], marginal: Float[Array, " n"], off: Any
) -> tuple[Scalar, Scalar]:
    """Compute how much more often scores answer the class than the attribute, where these differ, and its error."""
    labels, attribute, r = m.joint.image_labels, m.instance.attribute[0], scores.shape[1]
    apart = xp.where(labels != attribute, marginal, 0)
    named = xp.where(attribute < r, apart, 0)  # no score answers an attribute that is no class's number
    sides = ((labels, apart), (xp.minimum(attribute, r - 1), named))
    wrong = [probes.error(scores, answer, mass) for answer, mass in sides]
    open_ = [probes.undecided(scores, answer, mass, 2 * off, ties=not m.spectrum.is_complete) for answer, mass in sides]
    total = xp.sum(apart)
    return (wrong[1] + xp.sum(apart - named) - wrong[0]) / total, sum(open_) / total


def probe_choice(m: Measurement) -> tuple[Scalar, Scalar]:
    """Measure the choice of the linear probe of the optimal image encoder."""
    return choice(m, m.probe, m.joint.image_marginal, m.projector_error)


def sscl_choice(m: Measurement) -> tuple[Scalar, Scalar]:
    """Measure the choice of the linear probe of the optimal single-modal encoder."""
    marginal = m.instance.augmentation.marginal
    return choice(m, augmentation.probe(m), marginal, m.augmentation_projector_error)


class Attribute(eqx.Module):
    """Hold the quantities of an attribute."""

    n_attributes: Scalar | None = quantity(
        "s", "the number of attributes that an image has", n_attributes, needs=ATTRIBUTE
    )
    attribute_error: Scalar | None = quantity(
        r"\alpha^c",
        "the probability that an image and its text have different attributes",
        attribute_error,
        needs=TEXT_ATTRIBUTE,
        relative=True,
    )
    attribute_correlation: Scalar | None = quantity(
        r"\theta",
        "the correlation of class and attribute, by how much more often than by chance they are equal: 1 where always",
        correlation,
        needs=ATTRIBUTE,
    )
    coloured_distance: Scalar | None = quantity(
        r"\|P-P_{\theta ab}\|_{\mathrm{TV}}",
        "the total variation between the joint distribution and that of a coloured world of the same θ, a and b",
        coloured_distance,
        needs=TEXT_ATTRIBUTE,
    )
    probe_choice: Scalar | None = quantity(
        "S_k",
        "how much more often the linear probe of dimension k answers the class of an image than its attribute, where "
        "these differ: 1 where always the class, −1 where always the attribute",
        lambda m: probe_choice(m)[0],
        needs=ATTRIBUTE,
        error=lambda m, _: probe_choice(m)[1],
    )
    augmentation_attribute_error: Scalar | None = quantity(
        r"\alpha_A^c",
        "the probability that the two images of an augmentation pair have different attributes",
        lambda m: view_errors(m)[1],
        needs=VIEW_ATTRIBUTE,
        relative=True,
    )
    augmentation_agreement: Scalar | None = quantity(
        r"\beta_A",
        "the probability that the two images of an augmentation pair have one class and one attribute",
        lambda m: view_errors(m)[2],
        needs=VIEW_ATTRIBUTE,
        relative=True,
    )
    coloured_view_distance: Scalar | None = quantity(
        r"\|P_A-P^A_{\theta ab}\|_{\mathrm{TV}}",
        "the total variation between the distribution of augmentation pairs and that of views in a coloured world of "
        "the same θ, a and b",
        coloured_view_distance,
        needs=VIEW_ATTRIBUTE,
    )
    style_distance: Scalar | None = quantity(
        r"\|P_A-\bar P_A\|_{\mathrm{TV}}",
        "the total variation between the distribution of augmentation pairs and the one on one image of each class and "
        "attribute in which the mass of a pair depends only on which of the two it agrees in, with the same shares",
        style_distance,
        needs=VIEW_ATTRIBUTE,
    )
    sscl_choice: Scalar | None = quantity(
        "S_k^A",
        "how much more often the linear probe on the optimal single-modal encoder of dimension k answers the class of "
        "an image than its attribute, where these differ",
        lambda m: sscl_choice(m)[0],
        needs=VIEW_ATTRIBUTE,
        error=lambda m, _: sscl_choice(m)[1],
    )

"""Measure augmentation pairs, the positive pairs of single-modal contrastive learning, under their own marginal."""

import equinox as eqx
from jaxtyping import Float

from .. import probes
from .._arrays import Array, xp
from .field import Need, Scalar, error_of_head, quantity
from .measurement import Measurement, at_most_one, off_by

AUGMENTATION = Need(
    "augmentation pairs: Instance(joint, augmentation=P_A)",
    lambda m: m.instance.augmentation is not None,
    ("augmentation",),
)
AUXILIARY = Need(
    "augmentation pairs and auxiliary labels: Instance(joint, augmentation=P_A, auxiliary_labels=ŷ)",
    lambda m: m.instance.augmentation is not None and m.instance.auxiliary_labels is not None,
    ("augmentation", "auxiliary_labels"),
)


def probe(m: Measurement) -> Float[Array, "n_V r"]:
    """Predict the labels by the linear probe of the optimal single-modal encoder."""
    return m.projected(m.spectrum.augmentation_vectors, m.instance.augmentation.label_matrix)


def marginal_distance(m: Measurement) -> Scalar:
    """Compute the total variation between the image marginals of the joint and of the augmentation pairs."""
    return xp.sum(xp.abs(m.instance.augmentation.marginal - m.joint.image_marginal)) / 2


def auxiliary_error(m: Measurement) -> Scalar:
    """Compute Pr[ŷ(x) ≠ y(x)] under the marginal of the augmentation pairs."""
    graph = m.instance.augmentation
    return xp.sum(graph.marginal, where=m.instance.auxiliary_labels != graph.labels)


class Augmentation(eqx.Module):
    """Hold the quantities of augmentation pairs."""

    augmentation_error: Scalar | None = quantity(
        r"\alpha_A",
        "the labeling error of augmentation pairs, the probability that the two images of one have different labels",
        lambda m: m.instance.augmentation.labeling_error,
        needs=AUGMENTATION,
        relative=True,
    )
    augmentation_collision: Scalar | None = quantity(
        r"\pi_A",
        "the probability that two independent images of augmentation pairs have the same class",
        lambda m: xp.sum(xp.sum(m.instance.augmentation.label_matrix**2, axis=0) ** 2),
        needs=AUGMENTATION,
        relative=True,
    )
    lambda_k: Scalar | None = quantity(
        r"\lambda_k",
        "the k-th eigenvalue of the normalized matrix of augmentation pairs",
        lambda m: at_most_one(m.spectrum.augmentation_values, m.k),
        needs=AUGMENTATION,
    )
    lambda_next: Scalar | None = quantity(
        r"\lambda_{k+1}",
        "the (k+1)-th eigenvalue of the normalized matrix of augmentation pairs",
        lambda m: at_most_one(m.spectrum.augmentation_values, m.k + 1),
        needs=AUGMENTATION,
    )
    lambda_after: Scalar | None = quantity(
        r"\lambda_{k+2}",
        "the (k+2)-th eigenvalue of the normalized matrix of augmentation pairs",
        lambda m: at_most_one(m.spectrum.augmentation_values, m.k + 2),
        needs=AUGMENTATION,
    )
    lambda_min: Scalar | None = quantity(
        r"\lambda_{\min}",
        "the least eigenvalue of the normalized matrix of augmentation pairs",
        lambda m: m.spectrum.augmentation_values[-1],
        needs=AUGMENTATION,
    )
    sscl_residual: Scalar | None = quantity(
        "r_k^A",
        "the residual of the linear probe on the optimal single-modal encoder of dimension k",
        lambda m: probes.residual(m.instance.augmentation.label_matrix, probe(m)),
        needs=AUGMENTATION,
        relative=True,
        error=lambda m, value: off_by(value, m.augmentation_projector_error),
    )
    sscl_error: Scalar | None = error_of_head(
        "e_k^A",
        "the error of the linear probe on the optimal single-modal encoder of dimension k, a tie counted as an error",
        lambda m: (probe(m), m.instance.augmentation.labels, m.instance.augmentation.marginal),
        needs=AUGMENTATION,
        score_error=lambda m: m.augmentation_projector_error,
    )
    marginal_distance: Scalar | None = quantity(
        r"\|p_V-p_A\|_{\mathrm{TV}}",
        "the total variation between the image marginals of image–text pairs and of augmentation pairs",
        marginal_distance,
        needs=AUGMENTATION,
    )
    auxiliary_disagreement: Scalar | None = quantity(
        r"\varphi^{\hat y}",
        "the probability that the two images of an augmentation pair have different auxiliary labels",
        lambda m: m.instance.augmentation.disagreement(m.instance.auxiliary_labels),
        needs=AUXILIARY,
        relative=True,
    )
    auxiliary_error: Scalar | None = quantity(
        r"\Delta",
        "the probability that an image's auxiliary label is not its label",
        auxiliary_error,
        needs=AUXILIARY,
        relative=True,
    )

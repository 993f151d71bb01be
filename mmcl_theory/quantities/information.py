"""Measure how much texts depend on images: χ², mutual information, and InfoNCE at its optimum."""

import equinox as eqx

from .. import losses
from .._arrays import xp
from ..joints.instance import Instance
from .field import PAIRS, Need, Scalar, quantity
from .measurement import Measurement


def candidate_numbers(instance: Instance) -> int:
    """Count the numbers that the enumeration of sets of M texts holds, where these are enumerated; else return 0."""
    joint = instance.joint
    count = losses.n_candidate_numbers(joint.n_images, joint.n_texts, instance.candidates)
    return count if count <= losses.SETS_LIMIT else 0


ENUMERABLE = Need(
    f"at most {losses.SETS_LIMIT} numbers to enumerate the sets of M texts, and a joint held densely",
    lambda m: m.spectrum.is_complete and candidate_numbers(m.instance) > 0,
)


def chi_square(m: Measurement) -> Scalar:
    """Compute χ²(P ‖ p_V p_Lᵀ) = ‖A − √p_V √p_Lᵀ‖²."""
    roots = (xp.sqrt(marginal)[:, None] for marginal in (m.joint.image_marginal, m.joint.text_marginal))
    return m.joint.normalized_law.squared_distance(*roots)


def infonce_gradient(m: Measurement) -> Scalar:
    """Compute the sum of the absolute derivatives of the population's InfoNCE loss at the pointwise information."""
    return xp.sum(xp.abs(losses.infonce_gradient(m.joint, m.pointwise_information)))


class Information(eqx.Module):
    """Hold the quantities of dependence between images and texts."""

    chi_square: Scalar = quantity(
        r"\chi^2",
        "the chi-square divergence of the joint distribution from that of independent pairs",
        chi_square,
        relative=True,
        error=lambda m, value: m.distance_error(value, 2 + xp.sqrt(xp.maximum(value, 0))),
    )
    mutual_information: Scalar | None = quantity(
        "I(X;L)",
        "the mutual information of image and text, in nats",
        lambda m: m.joint.law.expectation(m.pointwise_information),
        needs=PAIRS,
    )
    infonce_gradient: Scalar | None = quantity(
        r"\|\nabla L_{\mathrm{NCE}}\|_1",
        "the sum of the absolute derivatives of the InfoNCE loss at the pointwise mutual information",
        infonce_gradient,
        needs=PAIRS,
    )
    infonce_information: Scalar | None = quantity(
        r"\log M-L_{\mathrm{NCE}}",
        "what the InfoNCE loss with M candidates says of the mutual information at its optimal scores",
        lambda m: losses.infonce_information(m.joint, m.instance.candidates),
        needs=ENUMERABLE,
        cells=candidate_numbers,
    )
    candidates: Scalar = quantity(
        "M",
        "the number of candidates among which the InfoNCE loss picks the text of an image",
        lambda m: xp.asarray(float(m.instance.candidates)),
    )

"""Measure text-induced pairs: two images drawn given one text, or two texts given one image."""

import equinox as eqx

from .._arrays import xp
from ..joints.joint import Joint
from ..joints.pairs import CONDUCTANCE_LIMIT, conductances
from .field import Need, Scalar, quantity
from .measurement import Measurement

CUTS = Need(
    f"2 to {CONDUCTANCE_LIMIT} images, whose cuts can be enumerated, and a joint held densely",
    lambda m: m.spectrum.is_complete and 2 <= m.joint.n_images <= CONDUCTANCE_LIMIT,
)


def class_conductances(m: Measurement) -> Scalar:
    """Compute φ_i = Pr[y(x') ≠ i | y(x) = i] of text-induced pairs for each class, without forming their matrix."""
    mass = m.joint.class_mass
    return conductances(mass.T @ (mass / m.joint.text_marginal[:, None]))


def cuts(joint: Joint) -> int:
    """Count the images in all cuts, where these are enumerated."""
    return joint.n_images * 2 ** (joint.n_images - 1) if joint.n_images <= CONDUCTANCE_LIMIT else 0


class Walks(eqx.Module):
    """Hold the quantities of text-induced pairs."""

    text_induced_error: Scalar = quantity(
        r"\alpha_T",
        "the probability that two images drawn independently given one text have different labels",
        lambda m: m.joint.text_induced_error,
        relative=True,
    )
    image_induced_error: Scalar = quantity(
        r"\alpha_V",
        "the probability that two texts drawn independently given one image have different labels",
        lambda m: m.joint.transpose().text_induced_error,
        relative=True,
    )
    class_conductance: Scalar = quantity(
        r"\max_i\varphi_i",
        "the largest conductance of a class: the share of its text-induced pairs that lead to another class",
        lambda m: xp.max(class_conductances(m)),
        relative=True,
    )
    total_conductance: Scalar = quantity(
        r"\sum_i\varphi_i",
        "the sum of the conductances of the classes: the shares of their text-induced pairs that lead to another class",
        lambda m: xp.sum(class_conductances(m)),
        relative=True,
    )
    conductance: Scalar | None = quantity(
        r"\varphi(G)",
        "the conductance of the graph of text-induced pairs, the least share of pairs that leave a set of at most half "
        "the mass",
        lambda m: m.joint.text_induced().conductance(),
        needs=CUTS,
        relative=True,
        cells=lambda instance: cuts(instance.joint),
    )

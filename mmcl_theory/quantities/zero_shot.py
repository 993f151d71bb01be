"""Measure what the zero-shot head loses: by its texts, by truncation, and against the linear probe."""

import equinox as eqx
from jaxtyping import Float

from .. import probes
from .._arrays import Array, xp
from .field import Scalar, error_of_square, quantity
from .measurement import Measurement


def posterior_gap(m: Measurement) -> Float[Array, "n_V r"]:
    """Compute Y − AW: one-hot labels less the posterior Pr[y_L = i | x] of the caption's label, weighted."""
    return m.joint.image_label_matrix - m.joint.normalized_law @ m.joint.text_label_matrix


def soft_zero_shot(m: Measurement) -> Float[Array, "n_V r"]:
    """Predict A_kAᵀY = Π_kAAᵀY: the zero-shot head whose prompts are the mean captions of each class's images."""
    normalized = m.joint.normalized_law
    return m.projected(m.spectrum.image_vectors, normalized @ (normalized.T @ m.joint.image_label_matrix))


class ZeroShot(eqx.Module):
    """Hold the parts of which the residual of the zero-shot head consists."""

    posterior_residual: Scalar = quantity(
        r"\|Y-AW\|_F^2",
        "the mean squared error of the probabilities of the classes given an image, by the labels of its captions",
        lambda m: xp.sum(posterior_gap(m) ** 2),
    )
    text_mean_residual: Scalar = quantity(
        r"\|A^\top(Y-AW)\|_F^2",
        "the mean square of what is left of the errors of these probabilities in the mean over the images of a text",
        lambda m: xp.sum((m.joint.normalized_law.T @ posterior_gap(m)) ** 2),
    )
    head_distance: Scalar = quantity(
        r"\|\Pi_k(Y-AW)\|_F^2",
        "the mean squared distance of the zero-shot head's scores from those of the linear probe",
        lambda m: xp.sum((m.probe - m.zero_shot) ** 2),
        error=lambda m, value: error_of_square(value, m.projector_error + m.truncation_error),
    )
    soft_residual: Scalar = quantity(
        r"\tilde z_k",
        "the residual of the zero-shot head of dimension k whose prompt for a class is the mean of the captions' "
        "features over the images of that class",
        lambda m: probes.residual(m.joint.image_label_matrix, soft_zero_shot(m)),
        error=lambda m, value: error_of_square(value, m.truncation_error),
    )

"""Measure what the optimal encoders of dimension k can do: linear probes and the zero-shot head."""

import equinox as eqx
from jaxtyping import Float

from .. import probes
from .._arrays import Array, xp
from .field import COMPLETE, Scalar, error_of_head, quantity
from .measurement import Measurement, off_by


def optimal_loss(m: Measurement) -> Scalar:
    """Compute L_AMF = ‖A − U_k(AᵀU_k)ᵀ‖_F² of the optimal factors; it does not rely on σ.

    In the orthonormal basis of all singular vectors u_j of images it is Σ_{j>k}‖Aᵀu_j‖², for every k from one product.
    """
    if m.spectrum.is_complete:
        return xp.sum(beyond(m, xp.sum(m.text_factors**2, axis=0)))
    kept = m.first(xp.ones(m.spectrum.singular_values.size))
    return m.joint.normalized_law.squared_distance(m.spectrum.image_vectors, m.text_factors * kept)


def optimal_text_induced_loss(m: Measurement) -> Scalar:
    """Compute the factorization loss, on text-induced pairs alone, of the image encoder that is optimal for P.

    In the basis of all u_j the matrix AAᵀ has the entries u_iᵀAAᵀu_j, of which A_kA_kᵀ has those with i, j ≤ k.
    """
    squares = (m.text_factors.T @ m.text_factors) ** 2
    outside = xp.arange(len(squares)) >= m.k
    return xp.sum(xp.where(outside[:, None] | outside[None, :], squares, 0))


def beyond(m: Measurement, values: Float[Array, " p"]) -> Float[Array, " p"]:
    """Return the values after the k-th, with zeros in the place of the first k."""
    return xp.where(xp.arange(values.size) < m.k, 0, values)


class Heads(eqx.Module):
    """Hold what the optimal encoders of dimension k reach."""

    probe_residual: Scalar = quantity(
        "r_k",
        "the residual of the linear probe on the optimal image encoder of dimension k: its least mean squared error",
        lambda m: probes.residual(m.joint.image_label_matrix, m.probe),
        relative=True,
        error=lambda m, value: off_by(value, m.projector_error),
    )
    probe_error: Scalar = error_of_head(
        "e_k",
        "the error of the linear probe on the optimal image encoder of dimension k, a tie counted as an error",
        lambda m: (m.probe, m.joint.image_labels, m.joint.image_marginal),
        score_error=lambda m: m.projector_error,
    )
    text_probe_residual: Scalar = quantity(
        "r_k^L",
        "the residual of the linear probe on the optimal text encoder of dimension k",
        lambda m: probes.residual(m.joint.text_label_matrix, m.text_probe),
        relative=True,
        error=lambda m, value: off_by(value, m.projector_error),
    )
    text_probe_error: Scalar = error_of_head(
        "e_k^L",
        "the error of the linear probe on the optimal text encoder of dimension k, a tie counted as an error",
        lambda m: (m.text_probe, m.joint.text_labels, m.joint.text_marginal),
        score_error=lambda m: m.projector_error,
    )
    zero_shot_residual: Scalar = quantity(
        "z_k",
        "the residual of the zero-shot head of the optimal encoders of dimension k: its mean squared error",
        lambda m: probes.residual(m.joint.image_label_matrix, m.zero_shot),
        relative=True,
        error=lambda m, value: off_by(value, m.truncation_error),
    )
    zero_shot_error: Scalar = error_of_head(
        r"e^{\mathrm{zs}}_k",
        "the error of the zero-shot head of the optimal encoders of dimension k, a tie counted as an error",
        lambda m: (m.zero_shot, m.joint.image_labels, m.joint.image_marginal),
        score_error=lambda m: m.truncation_error,
    )
    optimal_loss: Scalar = quantity(
        r"L_{\mathrm{AMF}}(F_V^\star,F_L^\star)",
        "the factorization loss of the optimal encoders of dimension k",
        optimal_loss,
        error=lambda m, _: m.loss_error,
    )
    optimal_text_induced_loss: Scalar | None = quantity(
        r"\|A_T - U_k\Sigma_k^2U_k^\top\|_F^2",
        "the factorization loss, on text-induced pairs alone, of the encoder that is optimal for image–text pairs",
        optimal_text_induced_loss,
        needs=COMPLETE,
    )

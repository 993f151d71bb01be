"""Measure the alignment of given encoders, and what noise of captions does to pairs (theory, section 12)."""

import equinox as eqx
from jaxtyping import Float

from .. import losses
from .._arrays import Array, xp
from .contrastive import SCORED, loss_over_temperature, pairs
from .encoders import ENCODERS
from .field import COMPLETE, Need, Scalar, quantity
from .measurement import Measurement

# Two products of a matrix with its transpose take ten times as long as all other statements on a larger joint.
DILUTION_LIMIT = 1024
DILUTED = Need(
    f"a joint held densely, of at most {DILUTION_LIMIT} images",
    lambda m: m.spectrum.is_complete and m.joint.n_images <= DILUTION_LIMIT,
)


def unit(features: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """Divide each feature vector by its length; 0 stays 0."""
    squares = xp.sum(features**2, axis=1, keepdims=True)
    return xp.where(squares > 0, features / xp.sqrt(xp.where(squares > 0, squares, 1)), 0)


def cosine_information(m: Measurement) -> Scalar:
    """Compute −L_τ/τ of the scores cos(f_V(x), f_L(l))."""
    images, texts = (unit(features) for features in m.instance.encoders)
    return -loss_over_temperature(m, images @ texts.T)


def alignment_spectrum(m: Measurement) -> Scalar:
    """Compute Σ_j σ_{j+1}√(s_j t_j); no more of these values count than there are of A beyond the first."""
    encoders, values = m.spectrum.encoders, xp.minimum(m.spectrum.singular_values[1:], 1)
    count = min(encoders.image_scales.size, encoders.text_scales.size, values.size)
    return xp.sum(values[:count] * encoders.image_scales[:count] * encoders.text_scales[:count])


def diluted_error(m: Measurement) -> Scalar:
    """Compute α_T of P_η = ηP + (1−η)p_Vp_Lᵀ from P_η(l, y_V = i)."""
    share, texts = m.instance.mismatch, m.joint.text_marginal
    classes = xp.sum(m.joint.image_label_matrix**2, axis=0)
    mass = share * m.joint.class_mass + (1 - share) * texts[:, None] * classes[None, :]
    return xp.sum(mass * (1 - mass / texts[:, None]))


def dilution_residual(m: Measurement) -> Scalar:
    """Compute ‖A_ηA_ηᵀ − η²AAᵀ − (1−η²)√p_V√p_Vᵀ‖_F²."""
    share, roots = m.instance.mismatch, xp.sqrt(m.joint.image_marginal)
    normalized = m.joint.normalized
    independent = roots[:, None] * xp.sqrt(m.joint.text_marginal)[None, :]
    diluted = share * normalized + (1 - share) * independent
    expected = share**2 * normalized @ normalized.T + (1 - share**2) * xp.outer(roots, roots)
    return xp.sum((diluted @ diluted.T - expected) ** 2)


def caption_gap(m: Measurement) -> Scalar:
    """Compute the largest difference of the two distances of a pair of images, weighted by pp'/(p+p').

    A squared distance is e(x,x) + e(x',x') − 2e(x,x') of inner products e, and so is the difference of two.
    """
    p, q, spectrum = m.joint.image_marginal, m.joint.text_marginal, m.spectrum
    features = spectrum.image_vectors * spectrum.singular_values / xp.sqrt(p)[:, None]
    captions = m.joint.law.to_dense() / p[:, None] / xp.sqrt(q)[None, :]
    gap = features @ features.T - captions @ captions.T
    own = xp.diagonal(gap)
    sums = p[:, None] + p[None, :]
    weights = p[:, None] * p[None, :] / sums
    distances = own[:, None] + own[None, :]
    distances = distances - 2 * gap
    return xp.max(weights * xp.abs(distances))


class Alignment(eqx.Module):
    """Hold the quantities of alignment and of captions."""

    alignment: Scalar | None = quantity(
        r"\mathbb{E}_P\langle f_V,f_L\rangle-\langle m_V,m_L\rangle",
        "the mean inner product of the given encoders' features of a pair, less that of their means",
        lambda m: xp.trace(losses.cross_covariance(m.joint, *m.instance.encoders)),
        needs=ENCODERS,
    )
    image_variance: Scalar | None = quantity(
        r"\mathbb{E}\|f_V-m_V\|^2",
        "the mean squared distance of the given encoder's image features from their mean",
        lambda m: xp.sum(m.spectrum.encoders.image_scales**2),
        needs=ENCODERS,
    )
    text_variance: Scalar | None = quantity(
        r"\mathbb{E}\|f_L-m_L\|^2",
        "the mean squared distance of the given encoder's text features from their mean",
        lambda m: xp.sum(m.spectrum.encoders.text_scales**2),
        needs=ENCODERS,
    )
    alignment_spectrum: Scalar | None = quantity(
        r"\sum_j\sigma_{j+1}\sqrt{s_jt_j}",
        "the sum of the singular values of A beyond the first times the roots of the features' variances",
        alignment_spectrum,
        needs=ENCODERS,
        error=lambda m, _: (
            xp.sqrt(xp.sum(m.spectrum.encoders.image_scales**2) * xp.sum(m.spectrum.encoders.text_scales**2))
            * m.largest_sigma_error
        ),
    )
    cosine_information: Scalar | None = quantity(
        r"-L_\tau(\mathrm{cos})/\tau",
        "the information that the InfoNCE loss at temperature τ shows of the cosines of the given encoders' features",
        cosine_information,
        needs=SCORED,
        cells=pairs,
    )
    mismatch: Scalar = quantity(
        r"\eta", "the share of pairs that keep their caption", lambda m: xp.asarray(m.instance.mismatch)
    )
    diluted_error: Scalar = quantity(
        r"\alpha_T(\eta)",
        "the labeling error of text-induced pairs where a share 1 − η of the captions is drawn from p_L",
        diluted_error,
    )
    dilution_residual: Scalar | None = quantity(
        r"\|A_\eta A_\eta^\top-\eta^2AA^\top-(1-\eta^2)u_1u_1^\top\|_F^2",
        "the squared distance of text-induced pairs of diluted captions from what they should be",
        dilution_residual,
        needs=DILUTED,
    )
    caption_gap: Scalar | None = quantity(
        r"\Delta_{\mathrm{cap}}",
        "the largest difference between the squared distance of two images' features and that of their captions, "
        "times pp'/(p+p')",
        caption_gap,
        needs=COMPLETE,
        cells=lambda instance: instance.joint.n_images**2,
    )

"""Measure any given pair of encoders, and linear encoders on top of their features."""

import equinox as eqx
from jaxtyping import Float

from .. import losses, probes
from .._arrays import Array, xp
from .decompositions import tail
from .field import Need, Scalar, quantity
from .measurement import Measurement, off_by, turned

ENCODERS = Need(
    "a pair of encoders: Instance(joint, encoders=(f_V, f_L))",
    lambda m: m.instance.encoders is not None,
    ("encoders",),
)


def dimension(m: Measurement) -> int:
    """Return d, the dimension of the given encoders."""
    return m.instance.encoders[0].shape[1]


def factors(m: Measurement) -> tuple[Float[Array, "n_V d"], Float[Array, "n_L d"]]:
    """Weigh the given encoders: return F_V and F_L."""
    images, texts = m.instance.encoders
    roots = xp.sqrt(m.joint.image_marginal)[:, None], xp.sqrt(m.joint.text_marginal)[:, None]
    return roots[0] * images, roots[1] * texts


def factorization_loss(m: Measurement) -> Scalar:
    """Compute L_AMF of the given encoders."""
    return losses.factorization(m.joint, *factors(m))


def loss_error(m: Measurement, loss: Scalar) -> Scalar:
    """Bound the error of a factorization loss of the given encoders."""
    sizes = [xp.linalg.norm(factor) for factor in factors(m)]
    return m.distance_error(loss, xp.sqrt(m.joint.normalized_law.squared_norm()) + sizes[0] * sizes[1])


def best_text_loss(m: Measurement) -> Scalar:
    """Compute L_AMF with the best text encoder, which depends on the range of F_V only.

    In an orthonormal basis B of that range the best text encoder is AᵀB, and nothing is lost where the features of
    images are nearly collinear.
    """
    basis = m.spectrum.encoders.image_range
    return losses.factorization(m.joint, basis, m.joint.normalized_law.T @ basis)


def unexplained(m: Measurement) -> Scalar:
    """Compute Tr (I−Π)AAᵀ, what the given image encoder leaves of the graph of text-induced pairs."""
    basis, normalized = m.spectrum.encoders.image_range, m.joint.normalized_law
    return normalized.squared_norm() - xp.sum(basis * (normalized @ (normalized.T @ basis)))


def residual(m: Measurement) -> Scalar:
    """Compute the residual of the linear probe on the given image encoder."""
    basis, target = m.spectrum.encoders.image_range, m.joint.image_label_matrix
    return probes.residual(target, probes.projection(basis, target))


def excess_loss(m: Measurement) -> Scalar:
    """Compute ε = L_AMF − Σ_{j>d}σ_j², which is negative only where rounding makes it so, or where theory is wrong."""
    return factorization_loss(m) - tail(m.joint, m.spectrum, dimension(m))


def excess_error(m: Measurement, excess: Scalar) -> Scalar:
    """Bound the error of ε by those of the loss and of the tail, each in proportion to itself."""
    least = tail(m.joint, m.spectrum, dimension(m))
    of_tail = m.distance_error(least, xp.sqrt(m.joint.normalized_law.squared_norm()))
    return loss_error(m, least + excess) + of_tail + 2 * xp.sum(m.spectrum.bounds)


def intra_energy(m: Measurement) -> Scalar:
    """Compute ‖F_VF_Vᵀ‖² + ‖F_LF_Lᵀ‖², from the covariances of the factors."""
    images, texts = factors(m)
    return xp.sum((images.T @ images) ** 2) + xp.sum((texts.T @ texts) ** 2)


def covariances(m: Measurement) -> Float[Array, " d"]:
    """Return the first k singular values of the features' cross-covariance, zeros in the place of the others."""
    return m.first(xp.diagonal(m.spectrum.encoders.cross_covariance[1]))


def linear_loss(m: Measurement) -> Scalar:
    """Compute the linear contrastive loss at the truncated decomposition of the cross-covariance."""
    left, sigma, right = m.spectrum.encoders.cross_covariance
    kept = m.first(xp.ones(len(sigma)))[:, None]
    # Only G_1ᵀG_2 = U_kΣ_kV_kᵀ matters: Σ_k, whose root is not smooth where it vanishes, goes to one side whole.
    covariance = losses.cross_covariance(m.joint, *m.instance.encoders)
    return losses.linear(covariance, kept * left.T, kept * (sigma @ right.T))


class Encoders(eqx.Module):
    """Hold the quantities of a given pair of encoders."""

    contrastive_loss: Scalar | None = quantity(
        r"L_{\mathrm{SCL}}(f_V,f_L)",
        "the spectral contrastive loss of the given encoders",
        lambda m: losses.spectral_population(m.joint, *m.instance.encoders),
        needs=ENCODERS,
    )
    factorization_loss: Scalar | None = quantity(
        r"L_{\mathrm{AMF}}(F_V,F_L)",
        "the factorization loss of the given encoders",
        factorization_loss,
        needs=ENCODERS,
        relative=True,
        error=loss_error,
    )
    best_text_loss: Scalar | None = quantity(
        r"\min_{F_L}L_{\mathrm{AMF}}(F_V,F_L)",
        "the least factorization loss that a text encoder can reach beside the given image encoder",
        best_text_loss,
        needs=ENCODERS,
    )
    unexplained: Scalar | None = quantity(
        r"\operatorname{Tr}(I-\Pi)AA^\top",
        "what the span of the given image encoder leaves of text-induced pairs",
        unexplained,
        needs=ENCODERS,
    )
    encoder_residual: Scalar | None = quantity(
        "r(F_V)",
        "the residual of the linear probe on the given image encoder",
        residual,
        needs=ENCODERS,
        relative=True,
        error=lambda m, value: off_by(value, turned(m.spectrum.encoders.least_share)),
    )
    excess_loss: Scalar | None = quantity(
        r"\varepsilon",
        "the excess of the given encoders' factorization loss over the least that encoders of their dimension reach",
        excess_loss,
        needs=ENCODERS,
        relative=True,
        error=excess_error,
    )
    intra_energy: Scalar | None = quantity(
        r"\|F_VF_V^\top\|_F^2+\|F_LF_L^\top\|_F^2",
        "the mean squared score of two independent images, plus that of two independent texts",
        intra_energy,
        needs=ENCODERS,
        relative=True,
    )
    cross_energy: Scalar | None = quantity(
        r"\|F_VF_L^\top\|_F^2",
        "the mean squared score of an image and an independent text",
        lambda m: m.joint.law.product_norm(*factors(m)),
        needs=ENCODERS,
        relative=True,
    )
    sigma_encoder_next: Scalar | None = quantity(
        r"\sigma_{d+1}",
        "the singular value of A after the d-th, d the dimension of the given encoders",
        lambda m: m.sigma(dimension(m) + 1),
        needs=ENCODERS,
        error=lambda m, _: m.largest_sigma_error,
    )
    linear_loss: Scalar | None = quantity(
        r"L_{\mathrm{lin}}(G_1^\star,G_2^\star)",
        "the linear contrastive loss at the truncated decomposition of the features' cross-covariance",
        linear_loss,
        needs=ENCODERS,
    )
    linear_optimum: Scalar | None = quantity(
        r"-\tfrac12\sum_{j\le k}s_j^2",
        "the least linear contrastive loss, from the singular values s_j of the features' cross-covariance",
        lambda m: -xp.sum(covariances(m) ** 2) / 2,
        needs=ENCODERS,
    )

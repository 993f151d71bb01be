"""Measure what no encoders can go below, whichever they are: the least losses, and the least worst case of a probe."""

import equinox as eqx

from .. import losses
from .._arrays import xp
from .decompositions import tail
from .encoders import ENCODERS, dimension
from .field import Need, Scalar, quantity
from .measurement import Measurement
from .pencils import IMAGES_LIMIT

MINIMAX = Need(
    f"a pair of encoders: Instance(joint, encoders=(f_V, f_L)), of a joint held densely, of at most {IMAGES_LIMIT} "
    "images",
    lambda m: m.spectrum.encoders is not None and m.spectrum.encoders.unexplained_energy is not None,
    ("encoders",),
    ("energy",),
)


def given_linear_loss(m: Measurement) -> Scalar:
    """Compute the linear loss of G_1 = G_2 that keep the first k components of the given features as they are."""
    kept = m.first(xp.ones(dimension(m)))
    covariance = losses.cross_covariance(m.joint, *m.instance.encoders)
    return xp.sum(kept) / 2 - xp.sum(kept * xp.diagonal(covariance))


class Minima(eqx.Module):
    """Hold what the minima of section 2 are tested against, and the worst case of a probe on given encoders."""

    encoder_tail: Scalar | None = quantity(
        r"\sum_{j>d}\sigma_j^2",
        "the least factorization loss that encoders of the dimension d of the given ones can have",
        lambda m: tail(m.joint, m.spectrum, dimension(m)),
        needs=ENCODERS,
        error=lambda m, _: 2 * xp.sum(m.spectrum.bounds),
    )
    given_linear_loss: Scalar | None = quantity(
        r"L_{\mathrm{lin}}(G_1,G_2)",
        "the linear contrastive loss of keeping the first k components of the given features as they are",
        given_linear_loss,
        needs=ENCODERS,
    )
    unexplained_energy: Scalar | None = quantity(
        r"\mu(S)",
        "half the least mean square difference over text-induced pairs of functions of images at distance 1 from S, "
        "the span of the given image encoder and the constants",
        lambda m: m.spectrum.encoders.unexplained_energy,
        needs=MINIMAX,
    )
    sigma_affine_next: Scalar | None = quantity(
        r"\sigma_{\dim S+1}",
        "the singular value of A after as many as the given image encoder and the constants have dimensions",
        lambda m: m.sigma(m.spectrum.encoders.affine_dimension + 1),
        needs=MINIMAX,
    )

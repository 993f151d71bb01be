"""Measure the linear probe that is fitted on a few labelled images, on top of the optimal encoder."""

import equinox as eqx

from .. import probes
from .._arrays import xp
from .field import COMPLETE, Need, Scalar, quantity
from .measurement import Measurement

LABELLED = Need(
    "labelled images: Instance(joint, labelled=counts)",
    lambda m: m.instance.labelled is not None,
    ("labelled",),
)
FITTED = Need(
    "labelled images: Instance(joint, labelled=counts), of a joint held densely",
    lambda m: m.instance.labelled is not None and m.spectrum.is_complete,
    ("labelled",),
)


def fitted_residual(m: Measurement) -> Scalar:
    """Compute the residual of the least-squares probe on the labelled images; ∞ where they leave it open."""
    fit, kept = m.spectrum.labelled, m.first(xp.ones(m.spectrum.singular_values.size))
    weights = kept[:, None] * (fit.inverse @ (kept[:, None] * fit.moments))
    found = probes.residual(m.joint.image_label_matrix, m.spectrum.image_vectors @ weights)
    return xp.where(fit.is_determined[m.k - 1] > 0, found, xp.inf)


def largest_leverage(m: Measurement) -> Scalar:
    """Compute max_x Σ_{j≤k} u_j(x)²/p_V(x), the largest squared norm of whitened features."""
    vectors = m.spectrum.image_vectors * m.first(xp.ones(m.spectrum.singular_values.size))
    return xp.max(xp.sum(vectors**2, axis=1) / m.joint.image_marginal)


class Labelled(eqx.Module):
    """Hold the quantities of the probe that is fitted on labelled images."""

    labelled_size: Scalar | None = quantity(
        r"N_{\mathrm{lab}}",
        "the number of labelled images, each counted as often as it was drawn",
        lambda m: 1.0 * xp.sum(m.instance.labelled),
        needs=LABELLED,
    )
    largest_leverage: Scalar | None = quantity(
        r"\kappa",
        "the largest squared norm that the optimal encoder of dimension k, whitened, gives an image; at least k",
        largest_leverage,
        needs=COMPLETE,
    )
    fitted_residual: Scalar | None = quantity(
        r"r(\hat B_k)",
        "the residual of the linear probe on the optimal encoder of dimension k that is fitted on labelled images, "
        "infinite where several fit them equally well",
        fitted_residual,
        needs=FITTED,
    )

"""Fit linear probes on labelled images for every k at once, from one decomposition."""

import equinox as eqx
from jaxtyping import Float

from .._arrays import Array, xp
from ..factorization.precision import rounding
from ..joints.instance import Instance


class LabelledFit(eqx.Module):
    """Hold the QR decomposition of the first p singular functions on the labelled images.

    Attributes
    ----------
    inverse
        R^{-1}.  Its leading block of size k is the inverse of that of R, as both are triangular.
    moments
        Qᵀ times the indicators of the classes.
    is_determined
        For each k, whether the first k functions are linearly independent on the labelled images.
    """

    inverse: Float[Array, "p p"]
    moments: Float[Array, "p r"]
    is_determined: Float[Array, " p"]


def labelled_fit(vectors: Float[Array, "n_V p"], instance: Instance) -> LabelledFit:
    """Decompose the singular functions u_j/√p_V on the labelled images, each weighted by how often it is drawn."""
    joint, counts = instance.joint, instance.labelled
    assert counts is not None
    roots = xp.sqrt(counts)
    basis, triangle = xp.linalg.qr((roots / xp.sqrt(joint.image_marginal))[:, None] * vectors)
    lengths = xp.abs(xp.diagonal(triangle))
    free = lengths > rounding(lengths.dtype) * xp.max(lengths)
    filled = triangle + xp.diag(xp.where(free, 0, 1 - xp.diagonal(triangle)))
    inverse = xp.inverse_triangle(filled)
    target = roots[:, None] * xp.one_hot(joint.image_labels, joint.n_classes)
    return LabelledFit(inverse, basis.T @ target, xp.cumprod(1.0 * free))

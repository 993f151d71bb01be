"""Fit linear probes on labelled images for every k at once, from one decomposition."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

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
    roots = jnp.sqrt(counts)
    basis, triangle = jnp.linalg.qr((roots / jnp.sqrt(joint.image_marginal))[:, None] * vectors)
    lengths = jnp.abs(jnp.diagonal(triangle))
    free = lengths > rounding(lengths.dtype) * jnp.max(lengths)
    filled = triangle + jnp.diag(jnp.where(free, 0, 1 - jnp.diagonal(triangle)))
    inverse = jax.scipy.linalg.solve_triangular(filled, jnp.eye(len(filled)))
    target = roots[:, None] * jax.nn.one_hot(joint.image_labels, joint.n_classes)
    return LabelledFit(inverse, basis.T @ target, jnp.cumprod(1.0 * free))

"""Measure how far a training is from the closed form: the columns of its history."""

from types import SimpleNamespace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float

from .. import losses, probes
from .._arrays import Array
from ..factorization.dense import svd
from ..factorization.precision import resolution
from ..joints.joint import Joint
from ..theory.registry import theorems


class ClosedForm(eqx.Module):
    """Hold a joint and its spectrum, with which encoders are compared."""

    joint: Joint
    image_vectors: Float[Array, "n_V p"]
    singular_values: Float[Array, " p"]
    text_vectors: Float[Array, "n_L p"]

    @staticmethod
    @jax.jit
    def of(joint: Joint) -> "ClosedForm":
        """Decompose the normalized matrix A of a joint."""
        left, sigma, right = svd(joint.normalized)
        return ClosedForm(joint, left, jnp.diagonal(sigma), right)

    @jax.jit
    def measure(self, image_features: Float[Array, "n_V d"], text_features: Float[Array, "n_L d"]) -> dict[str, Array]:
        """Measure the features of all images and texts: the columns of the history.

        ``excess_loss``
            ε = L_AMF − Σ_{j>d} σ_j².
        ``subspace_angle``
            The largest principal angle to the column space of the closed form, in radians, for images or for texts,
            whichever is larger; NaN where σ_d = σ_{d+1}, so that this space is not unique.
        ``probe_residual``, ``probe_error``, ``zero_shot_error``
            r(F_V), e(F_V), and the error of the zero-shot head.
        ``suboptimal_bound``
            The least right-hand side of `suboptimal-encoder` over the k' ≤ d to which it applies; ∞ if there is none.
        """
        joint = self.joint
        images = jnp.sqrt(joint.image_marginal)[:, None] * image_features.astype(float)
        texts = jnp.sqrt(joint.text_marginal)[:, None] * text_features.astype(float)
        d = images.shape[1]
        values = jnp.append(jnp.minimum(self.singular_values, 1), jnp.zeros(d + 1))
        # No encoder is better than the optimum, rounding apart.
        excess = jnp.maximum(losses.factorization(joint, images, texts) - jnp.sum(values[d:] ** 2), 0)
        target = joint.image_label_matrix
        probe = probes.linear_probe(images, target)
        residual = probes.residual(target, probe)
        angles = [_angle(images, self.image_vectors[:, :d]), _angle(texts, self.text_vectors[:, :d])]
        zero_shot = images @ (texts.T @ joint.text_label_matrix)
        return {
            "excess_loss": excess,
            "subspace_angle": jnp.where(values[d - 1] - values[d] > resolution(), jnp.maximum(*angles), jnp.nan),
            "probe_residual": residual,
            "probe_error": probes.error(probe, joint.image_labels, joint.image_marginal),
            "zero_shot_error": probes.error(zero_shot, joint.image_labels, joint.image_marginal),
            "suboptimal_bound": _bound(joint, values, residual, excess, d),
        }


def _angle(factors: Float[Array, "n d"], vectors: Float[Array, "n d"]) -> Float[Array, ""]:
    """Compute the largest principal angle, arcsin ‖(I−Π)U_d‖₂, which is accurate where it is small."""
    basis = probes.range_basis(factors)
    outside = vectors - probes.projection(basis, vectors)
    return jnp.arcsin(jnp.minimum(1, jnp.linalg.svd(outside, compute_uv=False)[0]))


def _bound(
    joint: Joint, values: Float[Array, " q"], residual: Float[Array, ""], excess: Float[Array, ""], d: int
) -> Float[Array, ""]:
    """Evaluate the bound of `suboptimal-encoder` for every k' = 1 … d at once, and return the least that applies."""
    theorem = theorems["suboptimal-encoder"]
    known: Any = SimpleNamespace(
        encoder_residual=residual,
        text_induced_error=joint.text_induced_error,
        largest_class=jnp.max(jnp.sum(joint.image_label_matrix**2, axis=0)),
        excess_loss=excess,
        sigma_k=values[:d],
        sigma_next=values[1 : d + 1],
        sigma_encoder_next=values[d],
    )
    applies = jnp.all(jnp.stack([margin > resolution() for margin in theorem.margins(known)]), axis=0)
    _, bounds = theorem.sides(known)
    return jnp.min(jnp.where(applies, bounds, jnp.inf))

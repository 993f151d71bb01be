"""How far training is from the closed form, at a step: what its history tells."""

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import losses, probes
from ..factorization.dense import svd
from ..factorization.precision import resolution
from ..joints.joint import Joint
from ..theory.catalogue.encoders import suboptimal_encoder


class ClosedForm(eqx.Module):
    """A joint and its spectrum, against which encoders are measured."""

    joint: Joint
    image_vectors: Float[Array, "n_V p"]
    singular_values: Float[Array, " p"]
    text_vectors: Float[Array, "n_L p"]

    @staticmethod
    @jax.jit
    def of(joint: Joint) -> "ClosedForm":
        """Decompose A once."""
        return ClosedForm(joint, *svd(joint.normalized))

    @jax.jit
    def measure(self, image_features: Float[Array, "n_V d"], text_features: Float[Array, "n_L d"]) -> dict[str, Array]:
        """The columns of the history, of the features of all images and texts.

        ``excess_loss``
            ε = L_AMF − Σ_{j>d} σ_j².
        ``subspace_angle``
            The largest principal angle to the closed form's column space, in radians, the larger of images' and texts';
            NaN where σ_d = σ_{d+1} leaves that space open.
        ``probe_residual``, ``probe_error``, ``zero_shot_error``
            r(F_V), e(F_V), and the error of the zero-shot head.
        ``suboptimal_bound``
            The right-hand side of `suboptimal-encoder`, the least over the k' ≤ d to which it applies; ∞ if to none.
        """
        joint = self.joint
        images = jnp.sqrt(joint.image_marginal)[:, None] * image_features.astype(float)
        texts = jnp.sqrt(joint.text_marginal)[:, None] * text_features.astype(float)
        d = images.shape[1]
        values = jnp.append(jnp.minimum(self.singular_values, 1), jnp.zeros(d + 1))
        excess = losses.factorization(joint, images, texts) - jnp.sum(values[d:] ** 2)
        target = joint.image_label_matrix
        probe = probes.linear_probe(images, target)
        angles = [_angle(images, self.image_vectors[:, :d]), _angle(texts, self.text_vectors[:, :d])]
        zero_shot = images @ (texts.T @ joint.text_label_matrix)
        return {
            "excess_loss": jnp.maximum(excess, 0),  # no encoder beats the optimum, rounding apart
            "subspace_angle": jnp.where(values[d - 1] - values[d] > resolution(), jnp.maximum(*angles), jnp.nan),
            "probe_residual": probes.residual(target, probe),
            "probe_error": probes.error(probe, joint.image_labels, joint.image_marginal),
            "zero_shot_error": probes.error(zero_shot, joint.image_labels, joint.image_marginal),
            "suboptimal_bound": _bound(joint, values, jnp.maximum(excess, 0), d),
        }


def _angle(factors: Float[Array, "n d"], vectors: Float[Array, "n d"]) -> Float[Array, ""]:
    """The arcsine of ‖(I−Π)U_d‖₂, accurate where it is small."""
    basis = probes.range_basis(factors)
    outside = vectors - basis @ (basis.T @ vectors)
    return jnp.arcsin(jnp.minimum(1, jnp.linalg.svd(outside, compute_uv=False)[0]))


def _bound(joint: Joint, values: Float[Array, " q"], excess: Float[Array, ""], d: int) -> Float[Array, ""]:
    """`suboptimal-encoder` for every k' = 1 … d at once."""
    quantities = SimpleNamespace(
        text_induced_error=joint.text_induced_error,
        largest_class=jnp.max(jnp.sum(joint.image_label_matrix**2, axis=0)),
        excess_loss=excess,
        sigma_k=values[:d],
        sigma_next=values[1 : d + 1],
        sigma_encoder_next=values[d],
    )
    margins = [assumption.margin(quantities) for assumption in suboptimal_encoder.requires]
    applies = jnp.all(jnp.stack([margin > resolution() for margin in margins]), axis=0)
    return jnp.min(jnp.where(applies, suboptimal_encoder.rhs(quantities), jnp.inf))

"""Measure how far a training is from the closed form: the columns of its history."""

from types import SimpleNamespace
from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float

from .. import losses, probes
from .._arrays import Array, on_host
from ..factorization.operators.choose import decompose
from ..factorization.precision import resolution
from ..joints.joint import Joint
from ..theory.registry import theorems

# In the order of checkpoints that are kept.
COLUMNS = ("excess_loss", "probe_error", "probe_residual", "suboptimal_bound", "subspace_angle", "zero_shot_error")


class ClosedForm(eqx.Module):
    """Hold a joint and its spectrum, with which encoders are compared; by NumPy, as each shape would be compiled."""

    joint: Joint
    image_vectors: Float[Array, "n_V p"]
    singular_values: Float[Array, " p"]
    text_vectors: Float[Array, "n_L p"]

    @staticmethod
    def of(joint: Joint) -> "ClosedForm":
        """Decompose the normalized matrix A of a joint."""
        joint = on_host(joint)
        left, values, right, *_ = decompose(joint.normalized_law)
        return ClosedForm(joint, *map(np.asarray, (left, values, right)))

    @np.errstate(all="ignore")  # a training that diverges says so by what is measured here, which is infinite or NaN
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

        All are NaN of features that are not finite.
        """
        joint = self.joint
        images = np.sqrt(joint.image_marginal)[:, None] * np.asarray(image_features, float)
        texts = np.sqrt(joint.text_marginal)[:, None] * np.asarray(text_features, float)
        if not (np.isfinite(images).all() and np.isfinite(texts).all()):
            return dict.fromkeys(COLUMNS, np.full((), np.nan))
        d = images.shape[1]
        values = np.append(np.minimum(self.singular_values, 1), np.zeros(d + 1))
        # No encoder is better than the optimum, rounding apart.
        excess = np.maximum(losses.factorization(joint, images, texts) - np.sum(values[d:] ** 2), 0)
        target = joint.image_label_matrix
        probe = probes.linear_probe(images, target)
        residual = probes.residual(target, probe)
        angles = [_angle(images, self.image_vectors[:, :d]), _angle(texts, self.text_vectors[:, :d])]
        zero_shot = images @ (texts.T @ joint.text_label_matrix)
        measured = (
            excess,
            probes.error(probe, joint.image_labels, joint.image_marginal),
            residual,
            _bound(joint, values, residual, excess, d),
            np.where(values[d - 1] - values[d] > resolution(), np.max(angles), np.nan),
            probes.error(zero_shot, joint.image_labels, joint.image_marginal),
        )
        return dict(zip(COLUMNS, measured, strict=True))


def _angle(factors: Float[Array, "n d"], vectors: Float[Array, "n d"]) -> Float[Array, ""]:
    """Compute the largest principal angle, arcsin ‖(I−Π)U_d‖₂, which is accurate where it is small."""
    basis = probes.range_basis(factors)
    outside = vectors - probes.projection(basis, vectors)
    return np.arcsin(np.minimum(1, np.linalg.svd(outside, compute_uv=False)[0]))


def _bound(
    joint: Joint, values: Float[Array, " q"], residual: Float[Array, ""], excess: Float[Array, ""], d: int
) -> Float[Array, ""]:
    """Evaluate the bound of `suboptimal-encoder` for every k' = 1 … d at once, and return the least that applies."""
    theorem = theorems["suboptimal-encoder"]
    known: Any = SimpleNamespace(
        encoder_residual=residual,
        text_induced_error=joint.text_induced_error,
        largest_class=np.max(np.sum(joint.image_label_matrix**2, axis=0)),
        excess_loss=excess,
        sigma_k=values[:d],
        sigma_next=values[1 : d + 1],
        sigma_encoder_next=values[d],
    )
    applies = np.all(np.stack([margin > resolution() for margin in theorem.margins(known)]), axis=0)
    _, bounds = theorem.sides(known)
    return np.min(np.where(applies, bounds, np.inf))

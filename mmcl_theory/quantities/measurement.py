"""Hold one instance with its decompositions at one encoder dimension, and what several quantities share."""

from functools import cached_property
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import probes
from ..joints.instance import Instance
from ..joints.joint import Joint
from .decompositions import Decompositions, angles


class Measurement:
    """Hold an instance, its decompositions and k: all that the value of a quantity is computed from.

    Parameters
    ----------
    instance
        What is measured.
    spectrum
        Its decompositions.
    k
        The encoder dimension, which may be traced; so what belongs to the first k is masked, not sliced.
    """

    # Not Instance and Decompositions to the type checker: a part that a quantity needs is there when it is measured.
    instance: Any
    spectrum: Any
    k: Any

    def __init__(self, instance: Instance, spectrum: Decompositions, k: Any):
        self.instance, self.spectrum, self.k = instance, spectrum, k

    @property
    def joint(self) -> Joint:
        """Return the joint distribution of positive pairs."""
        return self.instance.joint

    def sigma(self, j: Any) -> Float[Array, ""]:
        """Return σ_j, counted from 1; 0 beyond the last."""
        return at_most_one(self.spectrum.singular_values, j)

    def first(self, values: Float[Array, " p"]) -> Float[Array, " p"]:
        """Return the first k values, with zeros in the place of the others."""
        return jnp.where(jnp.arange(values.size) < self.k, values, 0)

    def projected(self, basis: Float[Array, "n p"], target: Float[Array, "n r"]) -> Float[Array, "n r"]:
        """Project a target onto the first k columns of an orthonormal basis."""
        kept = jnp.arange(basis.shape[1]) < self.k
        return basis @ (kept[:, None] * (basis.T @ target))

    @cached_property
    def kept(self) -> Float[Array, " p"]:
        """Return the first k singular values, with zeros in the place of the others."""
        return self.first(self.spectrum.singular_values)

    @cached_property
    def probe(self) -> Float[Array, "n_V r"]:
        """Predict Π_kY: the linear probe of the optimal image encoder of dimension k."""
        return self.projected(self.spectrum.image_vectors, self.joint.image_label_matrix)

    @cached_property
    def text_probe(self) -> Float[Array, "n_L r"]:
        """Predict the texts' labels likewise, by the optimal text encoder."""
        return self.projected(self.spectrum.text_vectors, self.joint.text_label_matrix)

    @cached_property
    def zero_shot(self) -> Float[Array, "n_V r"]:
        """Predict A_kW: the zero-shot head of the optimal encoders of dimension k."""
        return self.spectrum.image_vectors @ (self.text_factors.T @ self.joint.text_label_matrix)

    @cached_property
    def drawn_probe(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return the error of the linear probe that draws its answers, and what it gains on its residual."""
        return probes.drawn(self.probe, self.joint.image_labels, self.joint.image_marginal)

    @cached_property
    def drawn_zero_shot(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return the same of the zero-shot head."""
        return probes.drawn(self.zero_shot, self.joint.image_labels, self.joint.image_marginal)

    @cached_property
    def text_factors(self) -> Float[Array, "n_L p"]:
        """Return AᵀU_k = V_kΣ_k, padded by columns of zeros, so that A_k = U(AᵀU_k)ᵀ.

        Computed from A it has the right derivative also where some of the first k singular values are equal.
        """
        left = self.spectrum.image_vectors
        return self.joint.normalized_law.T @ (left * self.first(jnp.ones(left.shape[1])))

    @cached_property
    def pointwise_information(self) -> Any:
        """Return log P(x,l)/(p_V(x)p_L(l)), held as P is; None where the mass of a pair is not at hand."""
        return self.joint.law.log_ratio()

    # How far a truncated decomposition may be off.

    def sigma_error(self, j: Any) -> Float[Array, ""]:
        """Bound the error of σ_j by the residuals of a truncated decomposition."""
        return entry(self.spectrum.bounds, j)

    @cached_property
    def largest_sigma_error(self) -> Float[Array, ""]:
        """Bound the error of every singular value that was found."""
        return jnp.max(self.spectrum.bounds)

    @cached_property
    def residual_norm(self) -> Float[Array, ""]:
        """Return ‖ρ_1 … ρ_k‖, ρ_j the residual norms of the singular triplets."""
        return jnp.linalg.norm(self.first(self.spectrum.residuals))

    @cached_property
    def loss_error(self) -> Float[Array, ""]:
        """Bound the error of Σ_{j≤k}σ_j² by 2Σρ_j."""
        return 2 * jnp.sum(self.first(self.spectrum.residuals))

    @cached_property
    def projector_error(self) -> Float[Array, ""]:
        """Bound ‖Π̂_k − Π_k‖ by ‖ρ_1 … ρ_k‖/(σ_k − σ_{k+1}) (Wedin)."""
        spectrum = self.spectrum
        return entry(angles(spectrum.singular_values, spectrum.residuals, spectrum.bounds), self.k)

    @cached_property
    def truncation_error(self) -> Float[Array, ""]:
        """Bound ‖Â_k − A_k‖ by the error of the projector and that of the values."""
        return self.projector_error + self.residual_norm


def entry(values: Float[Array, " p"], j: Any) -> Float[Array, ""]:
    """Return the j-th value, counted from 1."""
    return values[jnp.minimum(j, values.size) - 1]


def at_most_one(values: Float[Array, " p"], j: Any) -> Float[Array, ""]:
    """Return the j-th value, counted from 1, less what rounding put above 1; 0 beyond the last."""
    return jnp.where(j <= values.size, jnp.minimum(entry(values, j), 1), 0)

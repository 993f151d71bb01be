"""The numbers that statements speak of, measured on an instance."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from .. import _checks, losses, probes
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.laws.factored import FactoredLaw
from ..joints.laws.law import Law
from ..joints.pairs import CONDUCTANCE_LIMIT
from . import structured
from .decompositions import Spectra, spectra, truncated_spectra

Scalar = Float[Array, ""]


def _quantity(symbol: str, needs: str | None = None) -> Any:
    """A field of Quantities: its symbol in LaTeX and, where it may be absent (None), what the instance lacks."""
    metadata = {"symbol": symbol, "needs": needs}
    if needs is None:
        return eqx.field(kw_only=True, metadata=metadata)
    return eqx.field(kw_only=True, default=None, metadata=metadata)


_ENCODERS = "a pair of encoders: Instance(joint, encoders=(f_V, f_L))"
_CHANNEL = "a caption channel: Instance(joint, channel=K)"
_AUGMENTATION = "augmentation pairs: Instance(joint, augmentation=P_A)"
_AUXILIARY = "augmentation pairs and auxiliary labels: Instance(joint, augmentation=P_A, auxiliary_labels=ŷ)"
_SAMPLE = "a sample of pairs: Instance(joint, sample=counts)"
_COMPLETE = "the complete spectrum, so a joint held densely: joint.to_dense()"
_PAIRS = "the mass of each pair, so a joint held densely or sparsely: joint.to_sparse()"


class Quantities(eqx.Module):
    """Everything that a theorem's formulas read, for one instance and one encoder dimension k; scalars.

    A quantity that has no meaning for the instance is None.  Text counterparts carry ``text_``.
    """

    # Sizes, labels and pairs.
    k: Scalar = _quantity("k")
    n_items: Scalar = _quantity(r"n_V+n_L")
    n_classes: Scalar = _quantity("r")
    labeling_error: Scalar = _quantity(r"\alpha")
    bayes_labeling_error: Scalar = _quantity(r"\alpha^\star")
    text_induced_error: Scalar = _quantity(r"\alpha_T")
    image_induced_error: Scalar = _quantity(r"\alpha_V")
    largest_class: Scalar = _quantity(r"p_{\max}")
    # The spectrum of A.
    sigma_2: Scalar = _quantity(r"\sigma_2")
    sigma_k: Scalar = _quantity(r"\sigma_k")
    sigma_next: Scalar = _quantity(r"\sigma_{k+1}")
    sigma_after: Scalar | None = _quantity(r"\sigma_{k+2}", needs=_COMPLETE)
    sigma_three_quarters: Scalar = _quantity(r"\sigma_{\lfloor3k/4\rfloor}")
    sigma_classes: Scalar | None = _quantity(
        r"\sigma_r",
        needs="as many singular values as there are classes, so k of at least r − 1, or a joint held densely",
    )
    sigma_min: Scalar | None = _quantity(
        r"\sigma_{\min}", needs="the least singular value, so a joint held densely, or more images than texts"
    )
    inertia: Scalar | None = _quantity(r"\sum_{j\ge2}\sigma_j^2", needs=_COMPLETE)
    tail: Scalar = _quantity(r"\sum_{j>k}\sigma_j^2")
    text_induced_tail: Scalar | None = _quantity(r"\sum_{j>k}\sigma_j^4", needs=_COMPLETE)
    # What the optimal encoders of dimension k can do.
    probe_residual: Scalar = _quantity("r_k")
    probe_error: Scalar = _quantity("e_k")
    text_probe_residual: Scalar = _quantity("r_k^L")
    text_probe_error: Scalar = _quantity("e_k^L")
    zero_shot_residual: Scalar = _quantity("z_k")
    zero_shot_error: Scalar = _quantity(r"e^{\mathrm{zs}}_k")
    optimal_loss: Scalar = _quantity(r"L_{\mathrm{AMF}}(F_V^\star,F_L^\star)")
    optimal_text_induced_loss: Scalar | None = _quantity(r"\|A_T - U_k\Sigma_k^2U_k^\top\|_F^2", needs=_COMPLETE)
    # Dependence of texts on images, and the graph of text-induced pairs.
    squared_norm: Scalar = _quantity(r"\|A\|_F^2")
    chi_square: Scalar = _quantity(r"\chi^2")
    mutual_information: Scalar | None = _quantity("I(X;L)", needs=_PAIRS)
    class_conductance: Scalar = _quantity(r"\max_i\varphi_i")
    total_conductance: Scalar = _quantity(r"\sum_i\varphi_i")
    conductance: Scalar | None = _quantity(
        r"\varphi(G)", needs=f"2 to {CONDUCTANCE_LIMIT} images, whose cuts can be enumerated"
    )
    # InfoNCE at its optimum, the pointwise mutual information.
    infonce_gradient: Scalar | None = _quantity(r"\|\nabla L_{\mathrm{NCE}}\|_1", needs=_PAIRS)
    infonce_information: Scalar | None = _quantity(
        r"\log 2-L_{\mathrm{NCE}}", needs=f"at most {losses.TRIPLES_LIMIT} triples of an image and two texts"
    )
    # What makes samples deviate.
    largest_contribution: Scalar = _quantity("R")
    contribution_variance: Scalar = _quantity("v")
    least_mass: Scalar = _quantity(r"\min(p_V,p_L)")
    # Any encoder pair.
    contrastive_loss: Scalar | None = _quantity(r"L_{\mathrm{SCL}}(f_V,f_L)", needs=_ENCODERS)
    factorization_loss: Scalar | None = _quantity(r"L_{\mathrm{AMF}}(F_V,F_L)", needs=_ENCODERS)
    best_text_loss: Scalar | None = _quantity(r"\min_{F_L}L_{\mathrm{AMF}}(F_V,F_L)", needs=_ENCODERS)
    unexplained: Scalar | None = _quantity(r"\operatorname{Tr}(I-\Pi)AA^\top", needs=_ENCODERS)
    encoder_residual: Scalar | None = _quantity("r(F_V)", needs=_ENCODERS)
    excess_loss: Scalar | None = _quantity(r"\varepsilon", needs=_ENCODERS)
    sigma_encoder_next: Scalar | None = _quantity(r"\sigma_{d+1}", needs=_ENCODERS)
    # Linear encoders on top of their features.
    linear_loss: Scalar | None = _quantity(r"L_{\mathrm{lin}}(G_1^\star,G_2^\star)", needs=_ENCODERS)
    linear_optimum: Scalar | None = _quantity(r"-\tfrac12\sum_{j\le k}s_j^2", needs=_ENCODERS)
    # Garbled captions.
    garbled_sigma_next: Scalar | None = _quantity(r"\sigma_{k+1}(PK)", needs=_CHANNEL)
    # Augmentation pairs, under their own marginal.
    augmentation_error: Scalar | None = _quantity(r"\alpha_A", needs=_AUGMENTATION)
    lambda_k: Scalar | None = _quantity(r"\lambda_k", needs=_AUGMENTATION)
    lambda_next: Scalar | None = _quantity(r"\lambda_{k+1}", needs=_AUGMENTATION)
    lambda_after: Scalar | None = _quantity(r"\lambda_{k+2}", needs=_AUGMENTATION)
    lambda_min: Scalar | None = _quantity(r"\lambda_{\min}", needs=_AUGMENTATION)
    sscl_residual: Scalar | None = _quantity("r_k^A", needs=_AUGMENTATION)
    sscl_error: Scalar | None = _quantity("e_k^A", needs=_AUGMENTATION)
    marginal_distance: Scalar | None = _quantity(r"\|p_V-p_A\|_{\mathrm{TV}}", needs=_AUGMENTATION)
    auxiliary_disagreement: Scalar | None = _quantity(r"\varphi^{\hat y}", needs=_AUXILIARY)
    auxiliary_error: Scalar | None = _quantity(r"\Delta", needs=_AUXILIARY)
    # A finite sample of pairs: as analysed, and as practised, with the sample's own marginals.
    sample_size: Scalar | None = _quantity("N", needs=_SAMPLE)
    failure_probability: Scalar | None = _quantity(r"\delta", needs=_SAMPLE)
    sample_deviation: Scalar | None = _quantity("t", needs=_SAMPLE)
    sample_residual: Scalar | None = _quantity(r"\|(I-\hat\Pi_k)Y\|_F^2", needs=_SAMPLE)
    sample_error: Scalar | None = _quantity(r"\hat e_k", needs=_SAMPLE)
    practical_deviation: Scalar | None = _quantity(r"\|\tilde A-A\|_2", needs=_SAMPLE)
    practical_residual: Scalar | None = _quantity(r"\|(I-\tilde\Pi_k)Y\|_F^2", needs=_SAMPLE)


def measure(instance: Joint | Instance, k: Any) -> Quantities:
    """Measure an instance at encoder dimension k: every quantity of the theory for images and texts.

    Works under ``jax.jit`` and ``jax.vmap``, over a batch of joints of one shape and over k (an integer array);
    differentiable with respect to the joint where the quantity is, so not in errors, which are piecewise constant.

    Parameters
    ----------
    instance
        A joint, or an instance with further parts.
    k
        1 … min(n_V, n_L) − 1.

    Raises
    ------
    ValueError, TypeError
        If k is out of range; inside a JAX transformation it cannot be checked.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> round(float(mt.measure(joint, 1).probe_residual), 12)
    0.75
    >>> residuals = jax.vmap(lambda k: mt.measure(joint, k).probe_residual)(jnp.arange(1, 4))
    """
    instance = Instance.of(instance)
    if not _checks.is_traced(k):
        (k,) = _checks.dimensions("k", [k], min(instance.joint.matrix.shape))
    if not instance.joint.is_dense:
        return _quantities_at(instance, truncated_spectra(instance, k), k)
    return _measure(instance, k)


@jax.jit
def _measure(instance: Instance, k: Any) -> Quantities:
    return quantities_at(instance, spectra(instance), k)


@jax.jit
def _quantities_at(instance: Instance, spectra: Spectra, k: Any) -> Quantities:
    return quantities_at(instance, spectra, k)


def quantities_at(instance: Instance, spectra: Spectra, k: Any) -> Quantities:
    """Stage two: every quantity at one k, which may be traced."""
    joint = instance.joint
    return Quantities(
        labeling_error=joint.labeling_error,
        bayes_labeling_error=joint.bayes_labeling_error,
        text_induced_error=joint.text_induced_error,
        image_induced_error=joint.transpose().text_induced_error,
        largest_class=jnp.max(jnp.sum(joint.image_label_matrix**2, axis=0)),
        k=1.0 * jnp.asarray(k),
        n_items=jnp.asarray(float(joint.n_images + joint.n_texts)),
        n_classes=1.0 * jnp.sum(_classes_in_use(joint)),
        **_spectral_quantities(joint, spectra, k),
        **_optimal_quantities(joint, spectra, k),
        **_pair_quantities(joint),
        **_deviation_quantities(joint),
        **_encoder_quantities(instance, spectra, k),
        **_augmentation_quantities(instance, spectra, k),
        **_sample_quantities(instance, spectra, k),
        garbled_sigma_next=(None if spectra.garbled_values is None else _value(spectra.garbled_values, k + 1)),
    )


def _classes_in_use(joint: Joint) -> Bool[Array, " r"]:
    """Which classes some image or text has."""
    in_use = [jnp.bincount(labels, length=joint.n_classes) > 0 for labels in (joint.image_labels, joint.text_labels)]
    return in_use[0] | in_use[1]


def _spectral_quantities(joint: Joint, spectra: Spectra, k: Any) -> dict[str, Scalar]:
    values = spectra.singular_values
    if isinstance(joint.matrix, Law):
        return _truncated_quantities(joint, joint.matrix, spectra, k)
    below = jnp.where(jnp.arange(values.size) < k, 0, values)
    classes_with_mass = jnp.sum(jnp.bincount(joint.image_labels, length=joint.n_classes) > 0)
    return {
        "sigma_2": _value(values, 2),
        "sigma_k": _value(values, k),
        "sigma_next": _value(values, k + 1),
        "sigma_after": _value(values, k + 2),
        "sigma_three_quarters": _value(values, jnp.maximum(1, 3 * k // 4)),
        "sigma_classes": _value(values, classes_with_mass),
        # The least eigenvalue of AAᵀ belongs to a direction outside A's range where there are more images than texts.
        "sigma_min": values[-1] if joint.n_images <= joint.n_texts else jnp.zeros_like(values[-1]),
        "inertia": jnp.sum(values[1:] ** 2),
        "tail": jnp.sum(below**2),
        "text_induced_tail": jnp.sum(below**4),
    }


def _truncated_quantities(joint: Joint, law: Law, spectra: Spectra, k: Any) -> dict[str, Any]:
    """What of the spectrum the first singular values tell."""
    values = spectra.singular_values
    rank = law.natural.size if isinstance(law, FactoredLaw) else joint.n_texts
    classes_with_mass = jnp.sum(jnp.bincount(joint.image_labels, length=joint.n_classes) > 0)
    return {
        "sigma_2": _value(values, 2),
        "sigma_k": _value(values, k),
        "sigma_next": _value(values, k + 1),
        "sigma_three_quarters": _value(values, jnp.maximum(1, 3 * k // 4)),
        "sigma_classes": _value(values, classes_with_mass) if joint.n_classes <= values.size else None,
        "sigma_min": jnp.zeros_like(values[-1]) if min(rank, joint.n_texts) < joint.n_images else None,
        "tail": _tail(joint, values, k),
    }


def _tail(joint: Joint, values: Float[Array, " p"], k: Any) -> Scalar:
    """Σ_{j>k}σ_j²; from ‖A‖_F², where only the first of them are known."""
    after = jnp.arange(values.size) >= k
    normalized = joint.normalized
    if isinstance(normalized, Law):
        return normalized.squared_norm() - jnp.sum(jnp.where(after, 0, values) ** 2)
    return jnp.sum(jnp.where(after, values, 0) ** 2)


def predictions(
    joint: Joint, spectra: Spectra, k: Any
) -> tuple[Float[Array, "n_V r"], Float[Array, "n_L r"], Float[Array, "n_V r"]]:
    """What the optimal encoders of dimension k predict: Π_kY, the same for texts, and the zero-shot head's A_kW."""
    left, right = spectra.image_vectors, spectra.text_vectors
    image_target, text_target = joint.image_label_matrix, joint.text_label_matrix
    zero_shot = left @ (_kept(spectra, k)[:, None] * (right.T @ text_target))
    return _probe(left, image_target, k), _probe(right, text_target, k), zero_shot


def _kept(spectra: Spectra, k: Any) -> Float[Array, " p"]:
    """The first k singular values, the others 0."""
    values = spectra.singular_values
    return jnp.where(jnp.arange(values.size) < k, values, 0)


def _optimal_quantities(joint: Joint, spectra: Spectra, k: Any) -> dict[str, Scalar]:
    """What the optimal encoders of dimension k reach."""
    left, right, kept = spectra.image_vectors, spectra.text_vectors, _kept(spectra, k)
    image_target, text_target = joint.image_label_matrix, joint.text_label_matrix
    probe, text_probe, zero_shot = predictions(joint, spectra, k)
    normalized = joint.normalized
    if isinstance(normalized, Law):
        optima = {"optimal_loss": structured.truncation_loss(normalized, left, kept, right)}
    else:
        induced = joint.text_induced().normalized
        optima = {
            "optimal_loss": jnp.sum((normalized - (left * kept) @ right.T) ** 2),
            "optimal_text_induced_loss": jnp.sum((induced - (left * kept**2) @ left.T) ** 2),
        }
    return {
        "probe_residual": probes.residual(image_target, probe),
        "probe_error": probes.error(probe, joint.image_labels, joint.image_marginal),
        "text_probe_residual": probes.residual(text_target, text_probe),
        "text_probe_error": probes.error(text_probe, joint.text_labels, joint.text_marginal),
        "zero_shot_residual": probes.residual(image_target, zero_shot),
        "zero_shot_error": probes.error(zero_shot, joint.image_labels, joint.image_marginal),
        **optima,
    }


def _pair_quantities(joint: Joint) -> dict[str, Any]:
    """Dependence of texts on images, the graph of text-induced pairs, and InfoNCE at its optimum."""
    if isinstance(joint.matrix, Law):
        return structured.pair_quantities(joint, joint.matrix)
    text_induced = joint.text_induced()
    independent = jnp.sqrt(joint.image_marginal)[:, None] * jnp.sqrt(joint.text_marginal)[None, :]
    conductances = text_induced.class_conductances
    return {
        "squared_norm": jnp.sum(joint.normalized**2),
        "chi_square": jnp.sum((joint.normalized - independent) ** 2),
        "mutual_information": _mutual_information(joint),
        "class_conductance": jnp.max(conductances),
        "total_conductance": jnp.sum(conductances),
        "conductance": text_induced.conductance() if 2 <= joint.n_images <= CONDUCTANCE_LIMIT else None,
        **_infonce_quantities(joint),
    }


def _infonce_quantities(joint: Joint) -> dict[str, Any]:
    best = losses.pointwise_mutual_information(joint)
    enumerable = joint.n_images * joint.n_texts**2 <= losses.TRIPLES_LIMIT
    return {
        "infonce_gradient": jnp.sum(jnp.abs(jax.grad(losses.infonce_population, argnums=1)(joint, best))),
        "infonce_information": jnp.log(2) - losses.infonce_two(joint, best) if enumerable else None,
    }


def _deviation_quantities(joint: Joint) -> dict[str, Scalar]:
    """The range and the variance in the matrix Bernstein inequality for Â (`cooccurrence-concentration`)."""
    p, q = joint.image_marginal, joint.text_marginal
    if isinstance(joint.matrix, Law):
        variance = structured.contribution_variance(joint, joint.matrix)
    else:
        ratio = joint.matrix / p[:, None] / q[None, :]
        variance = jnp.maximum(ratio.sum(axis=1).max(), ratio.sum(axis=0).max())
    return {
        "largest_contribution": 1 / jnp.sqrt(p.min()) / jnp.sqrt(q.min()),
        "contribution_variance": variance,
        "least_mass": jnp.minimum(p.min(), q.min()),
    }


def _value(values: Float[Array, " p"], j: Any) -> Scalar:
    """σ_j, counted from 1; 0 beyond the last.  No σ exceeds 1, so what rounding put above is taken off."""
    value = values[jnp.minimum(j, values.size) - 1]
    return jnp.where(j <= values.size, jnp.minimum(value, 1), 0)


def _mutual_information(joint: Joint) -> Scalar:
    """I(X;L) in nats."""
    positive = joint.matrix > 0
    ratio = (
        jnp.log(jnp.where(positive, joint.matrix, 1))
        - jnp.log(joint.image_marginal)[:, None]
        - jnp.log(joint.text_marginal)[None, :]
    )
    return jnp.sum(jnp.where(positive, joint.matrix * ratio, 0))


def _probe(basis: Float[Array, "n p"], target: Float[Array, "n r"], k: Any) -> Float[Array, "n r"]:
    """Π_kY, Π_k on the first k columns of an orthonormal basis; k may be traced, so the others are masked."""
    kept = jnp.arange(basis.shape[1]) < k
    return basis @ (kept[:, None] * (basis.T @ target))


def _sample_quantities(instance: Instance, spectra: Spectra, k: Any) -> dict[str, Scalar]:
    joint, estimates = instance.joint, spectra.estimates
    if instance.sample is None or estimates is None:
        return {}
    target = joint.image_label_matrix
    probe, practical = (_probe(basis, target, k) for basis in (estimates.vectors, estimates.practical_vectors))
    return {
        "sample_size": jnp.sum(instance.sample.sum(axis=0)),
        "failure_probability": instance.failure_probability,
        "sample_deviation": estimates.deviation,
        "sample_residual": probes.residual(target, probe),
        "sample_error": probes.error(probe, joint.image_labels, joint.image_marginal),
        "practical_deviation": estimates.practical_deviation,
        "practical_residual": probes.residual(target, practical),
    }


def _augmentation_quantities(instance: Instance, spectra: Spectra, k: Any) -> dict[str, Scalar]:
    graph, vectors, values = instance.augmentation, spectra.augmentation_vectors, spectra.augmentation_values
    if graph is None or vectors is None or values is None:
        return {}
    target, marginal = graph.label_matrix, graph.marginal
    probe = _probe(vectors, target, k)
    measured = {
        "augmentation_error": graph.labeling_error,
        "lambda_k": _value(values, k),
        "lambda_next": _value(values, k + 1),
        "lambda_after": _value(values, k + 2),
        "lambda_min": values[-1],
        "sscl_residual": probes.residual(target, probe),
        "sscl_error": probes.error(probe, graph.labels, marginal),
        "marginal_distance": jnp.sum(jnp.abs(marginal - instance.joint.image_marginal)) / 2,
    }
    if instance.auxiliary_labels is not None:
        wrong = instance.auxiliary_labels != graph.labels
        measured["auxiliary_disagreement"] = graph.disagreement(instance.auxiliary_labels)
        measured["auxiliary_error"] = jnp.sum(marginal, where=wrong)
    return measured


def _encoder_quantities(instance: Instance, spectra: Spectra, k: Any) -> dict[str, Scalar]:
    if instance.encoders is None or spectra.encoders is None:
        return {}
    joint, (image_features, text_features) = instance.joint, instance.encoders
    image_factors = jnp.sqrt(joint.image_marginal)[:, None] * image_features
    text_factors = jnp.sqrt(joint.text_marginal)[:, None] * text_features
    normalized, target, values = joint.normalized, joint.image_label_matrix, spectra.singular_values
    dimension = image_features.shape[1]
    loss, optimum = losses.factorization(joint, image_factors, text_factors), _tail(joint, values, dimension)
    # With the best text encoder L_AMF depends on the range of F_V only.  In an orthonormal basis B of it, that
    # encoder is AᵀB, and nothing is lost when images' features are nearly collinear.  What it leaves is seen again in
    # the graph of text-induced pairs, whose normalized matrix is AAᵀ.
    basis = spectra.encoders.image_range
    if isinstance(normalized, Law):
        unexplained = normalized.squared_norm() - jnp.sum(basis * (normalized @ (normalized.T @ basis)))
    else:
        induced = joint.text_induced().normalized
        unexplained = jnp.trace(induced) - jnp.sum(basis * (induced @ basis))
    left, covariances, right = spectra.encoders.cross_covariance
    kept = jnp.where(jnp.arange(covariances.size) < k, covariances, 0)
    root = jnp.sqrt(kept)[:, None]
    covariance = losses.cross_covariance(joint, image_features, text_features)
    return {
        "encoder_residual": probes.residual(target, basis @ (basis.T @ target)),
        "excess_loss": jnp.maximum(loss - optimum, 0),  # no encoder beats the optimum, rounding apart
        "sigma_encoder_next": _value(values, dimension + 1),
        "contrastive_loss": losses.spectral_population(joint, image_features, text_features),
        "factorization_loss": loss,
        "best_text_loss": losses.factorization(joint, basis, normalized.T @ basis),
        "unexplained": unexplained,
        "linear_loss": losses.linear(covariance, root * left.T, root * right.T),
        "linear_optimum": -jnp.sum(kept**2) / 2,
    }

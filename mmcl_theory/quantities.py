"""The numbers that statements speak of, measured on an instance."""

from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from . import _checks, losses, probes
from ._numerics import resolution
from .factorization.dense import eigh, svd
from .instance import Instance
from .joints.joint import Joint, check_joint
from .joints.pairs import CONDUCTANCE_LIMIT

if TYPE_CHECKING:
    import pandas as pd

Scalar = Float[Array, ""]


def _quantity(symbol: str, needs: str | None = None) -> Any:
    """A field of Quantities: its symbol in LaTeX and, where it may be absent (None), what the instance lacks."""
    metadata = {"symbol": symbol, "needs": needs}
    return eqx.field(metadata=metadata) if needs is None else eqx.field(default=None, metadata=metadata)


_ENCODERS = "a pair of encoders: Instance(joint, encoders=(f_V, f_L))"
_CHANNEL = "a caption channel: Instance(joint, channel=K)"
_AUGMENTATION = "augmentation pairs: Instance(joint, augmentation=P_A)"
_AUXILIARY = "augmentation pairs and auxiliary labels: Instance(joint, augmentation=P_A, auxiliary_labels=ŷ)"
_SAMPLE = "a sample of pairs: Instance(joint, sample=P̂)"


class Quantities(eqx.Module):
    """Everything that a theorem's formulas read, for one instance and one encoder dimension k; scalars.

    A quantity that has no meaning for the instance is None.  Text counterparts carry ``text_``.
    """

    # Labels and pairs.
    labeling_error: Scalar = _quantity(r"\alpha")
    text_induced_error: Scalar = _quantity(r"\alpha_T")
    image_induced_error: Scalar = _quantity(r"\alpha_V")
    largest_class: Scalar = _quantity(r"p_{\max}")
    # The spectrum of A.
    sigma_2: Scalar = _quantity(r"\sigma_2")
    sigma_k: Scalar = _quantity(r"\sigma_k")
    sigma_next: Scalar = _quantity(r"\sigma_{k+1}")
    sigma_classes: Scalar = _quantity(r"\sigma_r")
    sigma_min: Scalar = _quantity(r"\sigma_{\min}")
    inertia: Scalar = _quantity(r"\sum_{j\ge2}\sigma_j^2")
    tail: Scalar = _quantity(r"\sum_{j>k}\sigma_j^2")
    text_induced_tail: Scalar = _quantity(r"\sum_{j>k}\sigma_j^4")
    # What the optimal encoders of dimension k can do.
    probe_residual: Scalar = _quantity("r_k")
    probe_error: Scalar = _quantity("e_k")
    text_probe_residual: Scalar = _quantity("r_k^L")
    text_probe_error: Scalar = _quantity("e_k^L")
    zero_shot_residual: Scalar = _quantity("z_k")
    zero_shot_error: Scalar = _quantity(r"e^{\mathrm{zs}}_k")
    optimal_loss: Scalar = _quantity(r"L_{\mathrm{AMF}}(F_V^\star,F_L^\star)")
    optimal_text_induced_loss: Scalar = _quantity(r"\|A_T - U_k\Sigma_k^2U_k^\top\|_F^2")
    # Dependence of texts on images, and the graph of text-induced pairs.
    squared_norm: Scalar = _quantity(r"\|A\|_F^2")
    chi_square: Scalar = _quantity(r"\chi^2")
    mutual_information: Scalar = _quantity("I(X;L)")
    class_conductance: Scalar = _quantity(r"\max_i\varphi_i")
    conductance: Scalar | None = _quantity(
        r"\varphi(G)", needs=f"2 to {CONDUCTANCE_LIMIT} images, whose cuts can be enumerated"
    )
    # Any encoder pair.
    contrastive_loss: Scalar | None = _quantity(r"L_{\mathrm{SCL}}(f_V,f_L)", needs=_ENCODERS)
    factorization_loss: Scalar | None = _quantity(r"L_{\mathrm{AMF}}(F_V,F_L)", needs=_ENCODERS)
    best_text_loss: Scalar | None = _quantity(r"\min_{F_L}L_{\mathrm{AMF}}(F_V,F_L)", needs=_ENCODERS)
    unexplained: Scalar | None = _quantity(r"\operatorname{Tr}(I-\Pi)AA^\top", needs=_ENCODERS)
    encoder_residual: Scalar | None = _quantity("r(F_V)", needs=_ENCODERS)
    excess_loss: Scalar | None = _quantity(r"\varepsilon", needs=_ENCODERS)
    sigma_encoder_next: Scalar | None = _quantity(r"\sigma_{d+1}", needs=_ENCODERS)
    # Garbled captions.
    garbled_sigma_next: Scalar | None = _quantity(r"\sigma_{k+1}(PK)", needs=_CHANNEL)
    # Augmentation pairs, under their own marginal.
    augmentation_error: Scalar | None = _quantity(r"\alpha_A", needs=_AUGMENTATION)
    lambda_k: Scalar | None = _quantity(r"\lambda_k", needs=_AUGMENTATION)
    lambda_next: Scalar | None = _quantity(r"\lambda_{k+1}", needs=_AUGMENTATION)
    lambda_min: Scalar | None = _quantity(r"\lambda_{\min}", needs=_AUGMENTATION)
    sscl_residual: Scalar | None = _quantity("r_k^A", needs=_AUGMENTATION)
    sscl_error: Scalar | None = _quantity("e_k^A", needs=_AUGMENTATION)
    marginal_distance: Scalar | None = _quantity(r"\|p_V-p_A\|_{\mathrm{TV}}", needs=_AUGMENTATION)
    auxiliary_disagreement: Scalar | None = _quantity(r"\varphi^{\hat y}", needs=_AUXILIARY)
    auxiliary_error: Scalar | None = _quantity(r"\Delta", needs=_AUXILIARY)
    # A finite sample of pairs.
    sample_deviation: Scalar | None = _quantity("t", needs=_SAMPLE)
    sample_residual: Scalar | None = _quantity(r"\|(I-\hat\Pi_k)Y\|_F^2", needs=_SAMPLE)


class Spectra(eqx.Module):
    """The decompositions an instance needs once, whatever the number of k: stage one of ``measure``."""

    image_vectors: Float[Array, "n_V p"]
    singular_values: Float[Array, " p"]
    text_vectors: Float[Array, "n_L p"]
    garbled_values: Float[Array, " q"] | None
    augmentation_vectors: Float[Array, "n_V n_V"] | None
    augmentation_values: Float[Array, " n_V"] | None
    sample_vectors: Float[Array, "n_V p"] | None
    sample_deviation: Scalar | None


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
    return _measure(instance, k)


@jax.jit
def _measure(instance: Instance, k: Any) -> Quantities:
    return quantities_at(instance, spectra(instance), k)


def spectra(instance: Instance) -> Spectra:
    """Stage one: the decompositions, by dense LAPACK."""
    joint, normalized = instance.joint, instance.joint.normalized
    left, values, right = svd(normalized)
    garbled = augmentation_vectors = augmentation_values = sample_vectors = deviation = None
    if instance.channel is not None:
        garbled = jnp.linalg.svd(joint.garble(instance.channel).normalized, compute_uv=False)
    if instance.augmentation is not None:
        augmentation_vectors, augmentation_values = eigh(instance.augmentation.normalized)
    if instance.sample is not None:
        # The population's marginals normalize the sample: an image that was not drawn has a zero row.
        estimate = instance.sample / jnp.sqrt(joint.image_marginal)[:, None] / jnp.sqrt(joint.text_marginal)[None, :]
        sample_vectors = svd(estimate)[0]
        deviation = jnp.linalg.svd(estimate - normalized, compute_uv=False)[0]
    return Spectra(left, values, right, garbled, augmentation_vectors, augmentation_values, sample_vectors, deviation)


def quantities_at(instance: Instance, spectra: Spectra, k: Any) -> Quantities:
    """Stage two: every quantity at one k, which may be traced."""
    joint = instance.joint
    left, values, right = spectra.image_vectors, spectra.singular_values, spectra.text_vectors
    p, q = joint.image_marginal, joint.text_marginal
    normalized = joint.normalized
    text_induced = joint.text_induced()
    kept = jnp.arange(values.size) < k
    below = jnp.where(kept, 0, values)
    values_kept = jnp.where(kept, values, 0)

    image_target, text_target = joint.image_label_matrix, joint.text_label_matrix
    probe, text_probe = _probe(left, image_target, k), _probe(right, text_target, k)
    zero_shot = left @ (values_kept[:, None] * (right.T @ text_target))
    classes_with_mass = jnp.sum(jnp.bincount(joint.image_labels, length=joint.n_classes) > 0)
    return Quantities(
        labeling_error=joint.labeling_error,
        text_induced_error=joint.text_induced_error,
        image_induced_error=joint.transpose().text_induced_error,
        sigma_2=_value(values, 2),
        sigma_k=_value(values, k),
        sigma_next=_value(values, k + 1),
        sigma_classes=_value(values, classes_with_mass),
        # The least eigenvalue of AAᵀ belongs to a direction outside A's range where there are more images than texts.
        sigma_min=values[-1] if joint.n_images <= joint.n_texts else jnp.zeros_like(values[-1]),
        inertia=jnp.sum(values[1:] ** 2),
        tail=jnp.sum(below**2),
        text_induced_tail=jnp.sum(below**4),
        probe_residual=probes.residual(image_target, probe),
        probe_error=probes.error(probe, joint.image_labels, p),
        text_probe_residual=probes.residual(text_target, text_probe),
        text_probe_error=probes.error(text_probe, joint.text_labels, q),
        zero_shot_residual=probes.residual(image_target, zero_shot),
        zero_shot_error=probes.error(zero_shot, joint.image_labels, p),
        optimal_loss=jnp.sum((normalized - (left * values_kept) @ right.T) ** 2),
        optimal_text_induced_loss=jnp.sum((text_induced.normalized - (left * values_kept**2) @ left.T) ** 2),
        squared_norm=jnp.sum(normalized**2),
        chi_square=jnp.sum((normalized - jnp.sqrt(p)[:, None] * jnp.sqrt(q)[None, :]) ** 2),
        mutual_information=_mutual_information(joint),
        class_conductance=jnp.max(text_induced.class_conductances),
        conductance=text_induced.conductance() if 2 <= joint.n_images <= CONDUCTANCE_LIMIT else None,
        largest_class=jnp.max(jnp.sum(image_target**2, axis=0)),
        **_encoder_quantities(instance, values),
        **_augmentation_quantities(instance, spectra, k),
        **_sample_quantities(instance, spectra, k),
        garbled_sigma_next=(None if spectra.garbled_values is None else _value(spectra.garbled_values, k + 1)),
    )


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
    if spectra.sample_vectors is None or spectra.sample_deviation is None:
        return {}
    target = instance.joint.image_label_matrix
    learned = _probe(spectra.sample_vectors, target, k)
    return {"sample_deviation": spectra.sample_deviation, "sample_residual": probes.residual(target, learned)}


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


def _encoder_quantities(instance: Instance, values: Float[Array, " p"]) -> dict[str, Scalar]:
    if instance.encoders is None:
        return {}
    joint, (image_features, text_features) = instance.joint, instance.encoders
    image_factors = jnp.sqrt(joint.image_marginal)[:, None] * image_features
    text_factors = jnp.sqrt(joint.text_marginal)[:, None] * text_features
    normalized = joint.normalized
    # The best text encoder solves a least-squares problem; its loss is what the image encoder leaves unexplained.
    best_text_factors = jnp.linalg.lstsq(image_factors, normalized)[0].T
    explained = probes.linear_probe(image_factors, normalized)
    dimension = image_features.shape[1]
    loss, optimum = losses.factorization(joint, image_factors, text_factors), jnp.sum(values[dimension:] ** 2)
    target = joint.image_label_matrix
    return {
        "encoder_residual": probes.residual(target, probes.linear_probe(image_factors, target)),
        "excess_loss": jnp.maximum(loss - optimum, 0),  # no encoder beats the optimum, rounding apart
        "sigma_encoder_next": _value(values, dimension + 1),
        "contrastive_loss": losses.spectral_population(joint, image_features, text_features),
        "factorization_loss": loss,
        "best_text_loss": losses.factorization(joint, image_factors, best_text_factors),
        "unexplained": jnp.sum(normalized * (normalized - explained)),
    }


def class_spectrum(joint: Joint) -> "pd.DataFrame":
    """The spectrum with its class structure, a row for each singular value.

    Returns
    -------
    pandas.DataFrame
        ``j`` from 1, ``sigma``; ``image_share`` = ‖u_jᵀY‖² and ``text_share`` = ‖v_jᵀW‖², the share of the label
        matrix in this direction (they sum to at most 1 over j); ``leading_class``, the class with most of
        ``image_share``, by name where there is one.  Directions of equal σ are not unique: each has the mean over them.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> table = mt.class_spectrum(mt.generators.isotropic_noise(4, 0.25))
    >>> table.image_share.sum().round(12)
    np.float64(1.0)
    """
    import pandas as pd

    joint = check_joint("joint", joint)
    left, values, right = (np.asarray(part) for part in jax.jit(svd)(joint.normalized))
    equal = np.cumsum(np.diff(values, prepend=values[0]) < -resolution(values.dtype))
    image = _mean_within(equal, (left.T @ np.asarray(joint.image_label_matrix)) ** 2)
    text = _mean_within(equal, (right.T @ np.asarray(joint.text_label_matrix)) ** 2)
    leading = image.argmax(axis=1)
    return pd.DataFrame(
        {
            "j": np.arange(1, len(values) + 1),
            "sigma": values,
            "image_share": image.sum(axis=1),
            "text_share": text.sum(axis=1),
            "leading_class": leading if joint.names is None else np.array(joint.names.classes)[leading],
        }
    )


def _mean_within(groups: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Each row replaced by the mean over its group; groups are numbered from 0 without gaps."""
    sums = np.zeros((groups[-1] + 1, rows.shape[1]))
    np.add.at(sums, groups, rows)
    return (sums / np.bincount(groups)[:, None])[groups]

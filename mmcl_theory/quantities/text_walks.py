"""Measure text walks: how often labels differ after several steps, and what that makes of residuals (section 10)."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
from jaxtyping import Float

from .._arrays import Array, xp
from ..factorization.operators.matrix_free import MatrixFree
from ..walks.moments import centred, pair_moments, spectral_measure, unanswered, walk_moments
from ..walks.residuals import INDEFINITE
from ..walks.traced import mass_below, mass_below_on_host
from .augmentation import AUGMENTATION
from .field import Scalar, quantity
from .measurement import Hosted, Measurement, at_most_one


def labels(m: Measurement) -> tuple[Any, Any]:
    """Compute the moments of the spectral measure of Y, and the measure itself."""
    return _measure(m, m.joint.image_label_matrix)


def rest(m: Measurement) -> tuple[Any, Any]:
    """Compute the same of Y − AW that full encoders leave."""
    return _measure(m, unanswered(m.joint))


def labels_of_pairs(m: Measurement) -> tuple[Any, Any]:
    """Compute the same of the labels among augmentation pairs."""
    graph = m.instance.augmentation
    start, atoms = centred(graph.label_matrix, graph.marginal), xp.clip(m.spectrum.augmentation_values, 0, 1)
    measure = spectral_measure(m.spectrum.augmentation_vectors, atoms, start)
    return pair_moments(graph.normalized, start, m.instance.steps), xp.constant(measure)


def _measure(m: Measurement, block: Float[Array, "n_V r"]) -> tuple[Any, Any]:
    """Compute the moments of the measure of a block, and the measure, which no truncated decomposition tells."""
    start, spectrum = centred(block, m.joint.image_marginal), m.spectrum
    moments = walk_moments(MatrixFree(m.joint.normalized_law), start, m.instance.steps)
    atoms = xp.minimum(spectrum.singular_values, 1) ** 2
    measure = spectral_measure(spectrum.image_vectors, atoms, start) if spectrum.is_complete else ()
    return moments, xp.constant(measure)


def cut(m: Measurement, measured: Callable[[Measurement], tuple[Any, Any]]) -> tuple[Any, Any, Any, Any]:
    """Return moments, the ends σ²_{k+1} and σ²_k of the gap in a measure, and the measure."""
    moments, measure = m.once(measured, measured)
    return moments, *m.squares_at_cut, measure


def cut_of_pairs(m: Measurement) -> tuple[Any, Any, Any, Any]:
    """Return the same of augmentation pairs."""
    moments, measure = m.once(labels_of_pairs, labels_of_pairs)
    ends = (xp.maximum(at_most_one(m.spectrum.augmentation_values, m.k + shift), 0) for shift in (1, 0))
    return moments, *ends, measure


# Bounds from below and above on the masses below the gap.
LABELS = Hosted("labels", lambda m: cut(m, labels), mass_below, mass_below_on_host, per_k=True)
REST = Hosted("rest", lambda m: cut(m, rest), mass_below, mass_below_on_host, per_k=True)
PAIRS = Hosted("pairs", cut_of_pairs, mass_below, mass_below_on_host, per_k=True)


def zero_shot_walk(m: Measurement, end: int) -> Scalar:
    """Bound z_k from below (0) or above (1): r_k, and the mass of Y − AW beyond [0, σ²_{k+1}]."""
    return m.hosted(LABELS)[end] + (xp.sum(unanswered(m.joint) ** 2) - m.hosted(REST)[1 - end])


def sscl_walk(m: Measurement, end: int) -> Scalar:
    """Bound the residual of the probe on the optimal single-modal encoder, by 0 and 1 − π_A where λ_min < 0."""
    graph = m.instance.augmentation
    ends = xp.zeros(()), xp.sum(centred(graph.label_matrix, graph.marginal) ** 2)
    return xp.where(m.spectrum.augmentation_values[-1] > -float(INDEFINITE), m.hosted(PAIRS)[end], ends[end])


class TextWalks(eqx.Module):
    """Hold the quantities of text walks, and of walks over augmentation pairs, up to the instance's ``steps``."""

    walk_error_two: Scalar = quantity(
        r"\alpha^{(2)}",
        "the probability that the label differs after two steps of a text walk, each from an image to one of its texts "
        "and to an image of that text",
        lambda m: m.walk_errors[2],
    )
    walk_error_last: Scalar = quantity(
        r"\alpha^{(M)}",
        "the probability that the label differs after the last step of a text walk",
        lambda m: m.walk_errors[m.instance.steps],
    )
    walk_error_before: Scalar = quantity(
        r"\alpha^{(M-1)}",
        "the probability that the label differs one step before the last of a text walk",
        lambda m: m.walk_errors[m.instance.steps - 1],
    )
    walk_upper: Scalar = quantity(
        r"\overline r_k^{(M)}",
        "the most that r_k can be, given the labeling errors of text walks of up to M steps, the (k+1)-th singular "
        "value of A and the masses of the classes",
        lambda m: m.hosted(LABELS)[1],
        hosted=(LABELS,),
    )
    walk_lower: Scalar = quantity(
        r"\underline r_k^{(M)}",
        "the least that r_k can be, given the labeling errors of text walks of up to M steps, the k-th singular value "
        "of A and the masses of the classes",
        lambda m: m.hosted(LABELS)[0],
        hosted=(LABELS,),
    )
    zero_shot_walk_upper: Scalar = quantity(
        r"\overline z_k^{(M)}",
        "the most that z_k can be, given what text walks of up to M steps tell of Y and of Y − AW",
        lambda m: zero_shot_walk(m, 1),
        hosted=(LABELS, REST),
    )
    zero_shot_walk_lower: Scalar = quantity(
        r"\underline z_k^{(M)}",
        "the least that z_k can be, given what text walks of up to M steps tell of Y and of Y − AW",
        lambda m: zero_shot_walk(m, 0),
        hosted=(LABELS, REST),
    )
    sscl_walk_error_two: Scalar | None = quantity(
        r"\alpha_A^{(2)}",
        "the probability that the label differs after two steps over augmentation pairs",
        lambda m: m.sscl_walk_errors[2],
        needs=AUGMENTATION,
    )
    sscl_walk_error_last: Scalar | None = quantity(
        r"\alpha_A^{(M)}",
        "the probability that the label differs after the last step over augmentation pairs",
        lambda m: m.sscl_walk_errors[m.instance.steps],
        needs=AUGMENTATION,
    )
    sscl_walk_error_before: Scalar | None = quantity(
        r"\alpha_A^{(M-1)}",
        "the probability that the label differs one step before the last over augmentation pairs",
        lambda m: m.sscl_walk_errors[m.instance.steps - 1],
        needs=AUGMENTATION,
    )
    sscl_walk_upper: Scalar | None = quantity(
        r"\overline r_k^{A(M)}",
        "the most that the single-modal residual can be, given the labeling errors of walks over augmentation pairs; "
        "these tell nothing where an eigenvalue is negative",
        lambda m: sscl_walk(m, 1),
        hosted=(PAIRS,),
        needs=AUGMENTATION,
    )
    sscl_walk_lower: Scalar | None = quantity(
        r"\underline r_k^{A(M)}",
        "the least that the single-modal residual can be, given the labeling errors of walks over augmentation pairs; "
        "these tell nothing where an eigenvalue is negative",
        lambda m: sscl_walk(m, 0),
        hosted=(PAIRS,),
        needs=AUGMENTATION,
    )

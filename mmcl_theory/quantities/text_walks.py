"""Measure text walks: how often labels differ after several steps, and what that makes of residuals (section 10)."""

from typing import Any

import equinox as eqx
from jaxtyping import Array, Float

from .._arrays import xp
from ..factorization.operators.matrix_free import MatrixFree
from ..walks.moments import centred, pair_moments, spectral_measure, unanswered, walk_moments
from ..walks.residuals import INDEFINITE
from ..walks.traced import mass_below, mass_below_on_host
from .augmentation import AUGMENTATION
from .field import Scalar, quantity
from .measurement import Hosted, Measurement, at_most_one


def measure_of(m: Measurement, block: Float[Array, "n_V r"]) -> tuple[Any, Any, Any, Any]:
    """Compute the moments of the spectral measure of a block, the ends σ²_{k+1} and σ²_k of the gap in it, and itself.

    Of a truncated decomposition the measure is not known.
    """
    start, spectrum = centred(block, m.joint.image_marginal), m.spectrum
    moments = walk_moments(MatrixFree(m.joint.normalized_law), start, m.instance.steps)
    atoms = xp.minimum(spectrum.singular_values, 1) ** 2
    measure = spectral_measure(spectrum.image_vectors, atoms, start) if spectrum.is_complete else ()
    return moments, *m.squares_at_cut, xp.constant(measure)


def measure_of_pairs(m: Measurement) -> tuple[Any, Any, Any, Any]:
    """Compute the same of the labels among augmentation pairs."""
    graph, values = m.instance.augmentation, m.spectrum.augmentation_values
    next_, own = (xp.maximum(at_most_one(values, m.k + shift), 0) for shift in (1, 0))
    start = centred(graph.label_matrix, graph.marginal)
    measure = spectral_measure(m.spectrum.augmentation_vectors, xp.clip(values, 0, 1), start)
    return pair_moments(graph.normalized, start, m.instance.steps), next_, own, xp.constant(measure)


# Bounds from below and above on the masses below the gap: of Y, of Y − AW that full encoders leave, and of the labels
# among augmentation pairs.
LABELS = Hosted(
    "labels", lambda m: measure_of(m, m.joint.image_label_matrix), mass_below, mass_below_on_host, per_k=True
)
REST = Hosted("rest", lambda m: measure_of(m, unanswered(m.joint)), mass_below, mass_below_on_host, per_k=True)
PAIRS = Hosted("pairs", measure_of_pairs, mass_below, mass_below_on_host, per_k=True)


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

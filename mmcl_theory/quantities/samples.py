"""Measure a finite sample of pairs: how far it deviates, and what the encoders learned from it can do."""

from typing import Any

import equinox as eqx
from jaxtyping import Float

from .. import probes
from .._arrays import Array, xp
from .field import Need, Scalar, error_of_head, quantity
from .measurement import Measurement, entry, off_by

SAMPLE = Need(
    "a sample of pairs: Instance(joint, sample=counts)",
    lambda m: m.instance.sample is not None,
    ("sample",),
)


DRAWN = Need(
    "a sample of pairs, labelled images or walks: Instance(joint, sample=counts), or labelled= or walks= likewise",
    lambda m: any(part is not None for part in (m.instance.sample, m.instance.labelled, m.instance.walks)),
)


def learned_probe(m: Measurement) -> Float[Array, "n_V r"]:
    """Predict the labels by the linear probe of the encoder learned from the sample."""
    return m.projected(m.spectrum.estimates.vectors, m.joint.image_label_matrix)


def gap(m: Measurement) -> Scalar:
    """Compute σ̂_k² − σ̂²_{k+1}; nothing is left beyond the last."""
    squares = m.spectrum.estimates.squares
    return entry(squares, m.k) - xp.where(m.k < squares.size, entry(squares, m.k + 1), 0)


def gap_error(m: Measurement, _: Any) -> Scalar:
    """Bound the error of that gap by those of the two values that a truncated decomposition found."""
    estimates = m.spectrum.estimates
    if estimates.value_bounds is None:
        return xp.zeros(())
    beyond = xp.where(m.k < estimates.value_bounds.size, entry(estimates.value_bounds, m.k + 1), 0)
    bounds = entry(estimates.value_bounds, m.k) + beyond
    return bounds * (2 * xp.sqrt(estimates.squares[0]) + bounds)


def practical_residual(m: Measurement) -> Scalar:
    """Compute the residual of the linear probe of the encoder learned with the sample's own marginals."""
    target = m.joint.image_label_matrix
    return probes.residual(target, m.projected(m.spectrum.estimates.practical_vectors, target))


def largest_contribution(m: Measurement) -> Scalar:
    """Compute R = (R_0 + √(R_0²+4))/2, the range in the matrix Bernstein inequality for Â; 1/R_0² is the least mass."""
    largest = 1 / xp.sqrt(m.joint.law.least_product(m.joint.image_marginal, m.joint.text_marginal))
    return (largest + xp.sqrt(largest**2 + 4)) / 2


def contribution_variance(m: Measurement) -> Scalar:
    """Compute v, the variance in the same inequality: the largest sum of P/(p_V p_L) over a row or a column."""
    p, q, law = m.joint.image_marginal, m.joint.text_marginal, m.joint.law
    return xp.maximum(xp.max((law @ (1 / q)) / p), xp.max((law.T @ (1 / p)) / q))


class Samples(eqx.Module):
    """Hold the quantities of a finite sample: as analysed, and as practised, with the sample's own marginals."""

    largest_contribution: Scalar = quantity(
        "R",
        "a bound on the norm of what one drawn pair adds to the normalized matrix of a sample, its mean subtracted",
        largest_contribution,
        relative=True,
    )
    contribution_variance: Scalar = quantity(
        "v",
        "the variance of what one drawn pair adds to the normalized matrix of a sample",
        contribution_variance,
        relative=True,
    )
    least_mass: Scalar = quantity(
        r"\min(p_V,p_L)",
        "the least probability of an image or a text",
        lambda m: xp.minimum(m.joint.image_marginal.min(), m.joint.text_marginal.min()),
        relative=True,
    )
    sample_size: Scalar | None = quantity(
        "N",
        "the number of pairs in the sample",
        lambda m: xp.sum(m.instance.sample.sum(axis=0)),
        needs=SAMPLE,
    )
    failure_probability: Scalar | None = quantity(
        r"\delta",
        "the probability with which a statement on the sample may fail",
        lambda m: m.instance.failure_probability,
        needs=DRAWN,
        relative=True,
    )
    sample_deviation: Scalar | None = quantity(
        "t",
        "the spectral norm by which the normalized matrix of the sample deviates from A",
        lambda m: m.spectrum.estimates.deviation,
        needs=SAMPLE,
        error=lambda m, _: m.spectrum.estimates.deviation_error,
    )
    sample_gap: Scalar | None = quantity(
        r"\hat\sigma_k^2-\hat\sigma_{k+1}^2",
        "the gap between the k-th and the next squared singular value of the normalized matrix of the sample",
        gap,
        needs=SAMPLE,
        error=gap_error,
    )
    sample_residual: Scalar | None = quantity(
        r"\|(I-\hat\Pi_k)Y\|_F^2",
        "the residual of the linear probe on the encoder of dimension k learned from the sample",
        lambda m: probes.residual(m.joint.image_label_matrix, learned_probe(m)),
        needs=SAMPLE,
        error=lambda m, value: off_by(value, entry(m.spectrum.estimates.angles, m.k)),
    )
    sample_error: Scalar | None = error_of_head(
        r"\hat e_k",
        "the error of the linear probe on the encoder of dimension k learned from the sample, a tie being an error",
        lambda m: (learned_probe(m), m.joint.image_labels, m.joint.image_marginal),
        needs=SAMPLE,
    )
    practical_deviation: Scalar | None = quantity(
        r"\|\tilde A-A\|_2",
        "the spectral norm by which the sample's matrix, normalized by the sample's own marginals, deviates from A",
        lambda m: m.spectrum.estimates.practical_deviation,
        needs=SAMPLE,
    )
    practical_residual: Scalar | None = quantity(
        r"\|(I-\tilde\Pi_k)Y\|_F^2",
        "the residual of the linear probe on the encoder learned from the sample with its own marginals",
        practical_residual,
        needs=SAMPLE,
        error=lambda m, value: off_by(value, entry(m.spectrum.estimates.practical_angles, m.k)),
    )

"""Measure the spectrum of the normalized co-occurrence matrix A."""

import equinox as eqx

from .._arrays import xp
from .decompositions import tail
from .field import COMPLETE, Need, Scalar, quantity
from .measurement import Measurement, at_most_one, entry

CLASSES = Need(
    "as many singular values as there are classes, so k of at least r − 1, or a joint held densely",
    lambda m: m.spectrum.is_complete or m.joint.n_classes <= m.spectrum.singular_values.size,
)
LEAST = Need(
    "the least singular value, so a joint held densely, or more images than texts",
    lambda m: m.spectrum.is_complete or m.joint.law.rank < m.joint.n_images,
)
CHANNEL = Need(
    "a caption channel: Instance(joint, channel=K)",
    lambda m: m.spectrum.garbled_values is not None,
    ("channel",),
)


def three_quarters(m: Measurement) -> Scalar:
    """Return ⌊3k/4⌋, at least 1."""
    return xp.maximum(1, 3 * m.k // 4)


def classes_with_mass(m: Measurement) -> Scalar:
    """Count the classes that some image has."""
    return xp.sum(xp.bincount(m.joint.image_labels, length=m.joint.n_classes) > 0)


def least_value(m: Measurement) -> Scalar:
    """Return the root of the least eigenvalue of AAᵀ: 0 where there are more images than A has rank."""
    last = m.spectrum.singular_values[-1]
    return xp.zeros_like(last) if m.joint.law.rank < m.joint.n_images else last


def tail_error(m: Measurement, value: Scalar) -> Scalar:
    """Bound the error of Σ_{j>k}σ_j², beyond rounding, as that of the distance of A from its truncation."""
    return m.distance_error(value, xp.sqrt(m.joint.normalized_law.squared_norm())) + m.loss_error


class Spectrum(eqx.Module):
    """Hold the quantities of the spectrum of A, and of A after captions are garbled."""

    sigma_2: Scalar = quantity(
        r"\sigma_2",
        "the second singular value of the normalized co-occurrence matrix A, the maximal correlation",
        lambda m: m.sigma(2),
        error=lambda m, _: m.sigma_error(2),
    )
    sigma_k: Scalar = quantity(
        r"\sigma_k",
        "the k-th singular value of the normalized co-occurrence matrix A",
        lambda m: m.sigma(m.k),
        error=lambda m, _: m.sigma_error(m.k),
    )
    sigma_next: Scalar = quantity(
        r"\sigma_{k+1}",
        "the (k+1)-th singular value of A, the first that encoders of dimension k leave out",
        lambda m: m.sigma(m.k + 1),
        error=lambda m, _: m.sigma_error(m.k + 1),
    )
    sigma_after: Scalar | None = quantity(
        r"\sigma_{k+2}", "the (k+2)-th singular value of A", lambda m: m.sigma(m.k + 2), needs=COMPLETE
    )
    sigma_three_quarters: Scalar = quantity(
        r"\sigma_{\lfloor3k/4\rfloor}",
        "the singular value of A at three quarters of k, rounded down",
        lambda m: m.sigma(three_quarters(m)),
        error=lambda m, _: m.sigma_error(three_quarters(m)),
    )
    sigma_classes: Scalar | None = quantity(
        r"\sigma_r",
        "the singular value of A at the number of classes",
        lambda m: m.sigma(classes_with_mass(m)),
        needs=CLASSES,
        error=lambda m, _: m.largest_sigma_error,
    )
    sigma_min: Scalar | None = quantity(
        r"\sigma_{\min}",
        "the root of the least eigenvalue of AAᵀ, 0 where there are more images than texts",
        least_value,
        needs=LEAST,
    )
    inertia: Scalar | None = quantity(
        r"\sum_{j\ge2}\sigma_j^2",
        "the sum of the squared singular values of A beyond the first, the total inertia of correspondence analysis",
        lambda m: xp.sum(m.spectrum.singular_values[1:] ** 2),
        needs=COMPLETE,
    )
    tail: Scalar = quantity(
        r"\sum_{j>k}\sigma_j^2",
        "the sum of the squared singular values of A that encoders of dimension k leave out",
        lambda m: tail(m.joint, m.spectrum, m.k),
        relative=True,
        error=tail_error,
    )
    text_induced_tail: Scalar | None = quantity(
        r"\sum_{j>k}\sigma_j^4",
        "the sum of the squared eigenvalues of text-induced pairs that an encoder of dimension k leaves out",
        lambda m: xp.sum((m.spectrum.singular_values - m.kept) ** 4),
        needs=COMPLETE,
    )
    squared_norm: Scalar = quantity(
        r"\|A\|_F^2",
        "the squared Frobenius norm of the normalized co-occurrence matrix A",
        lambda m: m.joint.normalized_law.squared_norm(),
        relative=True,
    )
    garbled_sigma_next: Scalar | None = quantity(
        r"\sigma_{k+1}(PK)",
        "the (k+1)-th singular value of A after the captions have passed through the channel K",
        lambda m: at_most_one(m.spectrum.garbled_values, m.k + 1),
        needs=CHANNEL,
        error=lambda m, _: entry(m.spectrum.garbled_bounds, m.k + 1),
    )

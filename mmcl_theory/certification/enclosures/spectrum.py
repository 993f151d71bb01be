"""Enclose singular values of A and sums of their powers (theory, section 1)."""

from ..arithmetic.ball import Ball, total
from ..arithmetic.pair_law import PairLaw
from .exact_measurement import ExactMeasurement
from .registry import encloses, encloses_with


@encloses
def sigma_2(m: ExactMeasurement) -> Ball:
    """Return σ_2."""
    return m.sigma(2)


@encloses
def sigma_k(m: ExactMeasurement) -> Ball:
    """Return σ_k."""
    return m.sigma(m.k)


@encloses
def sigma_next(m: ExactMeasurement) -> Ball:
    """Return σ_{k+1}."""
    return m.sigma(m.k + 1)


@encloses
def sigma_after(m: ExactMeasurement) -> Ball:
    """Return σ_{k+2}."""
    return m.sigma(m.k + 2)


@encloses
def sigma_three_quarters(m: ExactMeasurement) -> Ball:
    """Return the singular value at ⌊3k/4⌋, at least the first."""
    return m.sigma(max(1, 3 * m.k // 4))


@encloses
def sigma_classes(m: ExactMeasurement) -> Ball:
    """Return σ_r, r the number of classes of images with mass."""
    return m.sigma(sum(mass > 0 for mass in m.joint.class_masses))


@encloses
def sigma_min(m: ExactMeasurement) -> Ball:
    """Return the singular value at n_V, 0 where there are more images than texts."""
    return m.sigma(len(m.joint.rows))


@encloses
def inertia(m: ExactMeasurement) -> Ball:
    """Return Σ_{j≥2} σ_j²."""
    return total(m.squared_sigmas()[1:])


@encloses
def tail(m: ExactMeasurement) -> Ball:
    """Return Σ_{j>k} σ_j²."""
    return total(m.squared_sigmas()[m.k :])


@encloses
def text_induced_tail(m: ExactMeasurement) -> Ball:
    """Return Σ_{j>k} σ_j⁴."""
    return total(square**2 for square in m.squared_sigmas()[m.k :])


@encloses
def squared_norm(m: ExactMeasurement) -> Ball:
    """Return ‖A‖_F²."""
    return Ball(m.joint.squared_norm())


@encloses_with("garbled")
def garbled_sigma_next(m: ExactMeasurement, law: PairLaw) -> Ball:
    """Return σ_{k+1} of the joint with garbled captions."""
    return m.sigma(m.k + 1, law)

"""Enclose what two items that share a partner have in common: errors and conductances of induced pairs (section 3)."""

from flint import fmpq

from ...joints.pairs import CONDUCTANCE_LIMIT
from .exact_measurement import ExactMeasurement
from .registry import encloses


@encloses
def text_induced_error(m: ExactMeasurement) -> fmpq:
    """Return α_T, the probability that two images of one text have different labels."""
    return m.joint.induced.disagreement(*[m.joint.row_labels] * 2)


@encloses
def image_induced_error(m: ExactMeasurement) -> fmpq:
    """Return α_V, the probability that two texts of one image have different labels."""
    return m.joint.transposed.induced.disagreement(*[m.joint.column_labels] * 2)


@encloses
def class_conductance(m: ExactMeasurement) -> fmpq:
    """Return the largest conductance of a class, max_i φ_i."""
    return max(m.joint.induced.class_conductances())


@encloses
def total_conductance(m: ExactMeasurement) -> fmpq:
    """Return the sum of the conductances of the classes, Σ_i φ_i."""
    return sum(m.joint.induced.class_conductances(), fmpq(0))


@encloses
def conductance(m: ExactMeasurement) -> fmpq | None:
    """Return φ(G), the least conductance of a cut, where the cuts can be enumerated."""
    return m.joint.induced.conductance() if 2 <= len(m.joint.rows) <= CONDUCTANCE_LIMIT else None

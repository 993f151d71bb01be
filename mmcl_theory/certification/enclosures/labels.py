"""Enclose sizes and what the labels of pairs say (theory, section 1)."""

from flint import fmpq

from .exact_measurement import ExactMeasurement
from .registry import encloses


@encloses
def k(m: ExactMeasurement) -> int:
    """Return the encoder dimension."""
    return m.k


@encloses
def n_items(m: ExactMeasurement) -> int:
    """Return the number of images and texts."""
    return len(m.joint.row_labels) + len(m.joint.column_labels)


@encloses
def n_classes(m: ExactMeasurement) -> int:
    """Return the number of classes in use."""
    return len({*m.joint.row_labels, *m.joint.column_labels})


@encloses
def labeling_error(m: ExactMeasurement) -> fmpq:
    """Return α, the probability that the two labels of a pair differ."""
    return m.joint.disagreement(m.joint.row_labels, m.joint.column_labels)


@encloses
def bayes_labeling_error(m: ExactMeasurement) -> fmpq:
    """Return α*, the labeling error of the best labels of texts."""
    return m.joint.bayes_error()


@encloses
def largest_class(m: ExactMeasurement) -> fmpq:
    """Return the mass of the largest class of images."""
    return max(m.joint.class_masses)


@encloses
def class_collision(m: ExactMeasurement) -> fmpq:
    """Return π = Σ_i p_i², p_i the mass of a class of images."""
    return sum((mass**2 for mass in m.joint.class_masses), fmpq(0))

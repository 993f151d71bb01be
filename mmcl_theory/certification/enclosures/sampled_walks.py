"""Enclose the shares of drawn walks that end where labels differ: rational numbers (theory, section 10)."""

from flint import fmpq

from ..arithmetic.exact import Labels
from .exact_measurement import ExactMeasurement
from .registry import encloses_with


@encloses_with("walks")
def walk_sample_size(m: ExactMeasurement, walks: Labels) -> int:
    """Return N, the number of drawn walks."""
    return walks[0]


@encloses_with("walks")
def walk_sampled_last(m: ExactMeasurement, walks: Labels) -> fmpq:
    """Return the share of walks that are not in their class after the last step."""
    return fmpq(walks[0] - walks[-1], walks[0])


@encloses_with("walks")
def walk_sampled_before(m: ExactMeasurement, walks: Labels) -> fmpq:
    """Return the share of walks that are not in their class one step before the last."""
    return fmpq(walks[0] - walks[-2], walks[0])

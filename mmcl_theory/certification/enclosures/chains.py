"""Enclose products of singular values along a chain of three modalities (theory, section 14)."""

from functools import reduce

from ..arithmetic.ball import Ball
from ..arithmetic.pair_law import PairLaw
from .exact_measurement import ExactMeasurement
from .registry import encloses, encloses_with


@encloses
def sigma_product(m: ExactMeasurement) -> Ball:
    """Return σ_2 ⋯ σ_{k+1} of the joint."""
    return _product(m, m.joint)


@encloses_with("garbled")
def garbled_product(m: ExactMeasurement, law: PairLaw) -> Ball:
    """Return σ_2 ⋯ σ_{k+1} of the joint with garbled captions."""
    return _product(m, law)


@encloses_with("channel_pairs")
def channel_product(m: ExactMeasurement, law: PairLaw) -> Ball:
    """Return σ_2 ⋯ σ_{k+1} of the pairs of a text and its garbled caption."""
    return _product(m, law)


def _product(m: ExactMeasurement, law: PairLaw) -> Ball:
    """Multiply the singular values of a distribution from the second to the (k+1)-th."""
    return reduce(lambda product, j: product * m.sigma(j, law), range(2, m.k + 2), Ball(1))

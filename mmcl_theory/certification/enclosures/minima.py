"""Enclose what no encoders can go below (theory, section 14)."""

from flint import fmpq

from ..arithmetic.ball import Ball, total
from ..arithmetic.encoder_pair import EncoderPair
from .exact_measurement import ExactMeasurement
from .registry import encloses_with


@encloses_with("encoders")
def encoder_tail(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return Σ_{j>d}σ_j², d the dimension of the encoders."""
    return total(m.squared_sigmas()[pair.dimension :])


@encloses_with("encoders")
def given_linear_loss(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return the linear loss of the first k components of the features as they are."""
    return pair.given_linear_loss(m.k)


@encloses_with("encoders")
def unexplained_energy(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return the least energy of functions at distance 1 from affine functions of the image features."""
    return pair.unexplained_energy()


@encloses_with("encoders")
def sigma_affine_next(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return the singular value after as many as the image features and the constants have dimensions."""
    return m.sigma(len(pair.affine_columns) + 1)

"""Enclose the losses of any pair of encoders and what a probe on them leaves (theory, sections 1 and 2)."""

from flint import fmpq

from ..arithmetic.ball import Ball, total
from ..arithmetic.encoder_pair import EncoderPair
from .exact_measurement import ExactMeasurement
from .registry import encloses_with


@encloses_with("encoders")
def contrastive_loss(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return the spectral contrastive loss."""
    return pair.contrastive_loss()


@encloses_with("encoders")
def factorization_loss(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return the factorization loss ‖A − F_VF_Lᵀ‖²."""
    return pair.factorization_loss()


@encloses_with("encoders")
def best_text_loss(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return the factorization loss with the best text encoder."""
    return pair.best_text_loss()


@encloses_with("encoders")
def unexplained(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return Tr (I − Π)AAᵀ, Π the projection onto the image features."""
    return pair.unexplained()


@encloses_with("encoders")
def encoder_residual(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return the residual of the probe on the image features."""
    return pair.residual()


@encloses_with("encoders")
def excess_loss(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return ε = L_AMF − Σ_{j>d}σ_j², which is not negative (Eckart–Young–Mirsky)."""
    return pair.factorization_loss() - total(m.squared_sigmas()[pair.dimension :])


@encloses_with("encoders")
def intra_energy(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return the mean squared scores of two images and of two texts."""
    return pair.intra_energy()


@encloses_with("encoders")
def cross_energy(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return the mean squared score of an image and a text."""
    return pair.cross_energy()


@encloses_with("encoders")
def sigma_encoder_next(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return σ_{d+1}, d the dimension of the encoders."""
    return m.sigma(pair.dimension + 1)


@encloses_with("encoders")
def linear_loss(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return the loss of the best linear encoders on top of the features."""
    return pair.linear_loss(m.k)


@encloses_with("encoders")
def linear_optimum(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return −½ Σ_{j≤k} s_j², s_j the singular values of the covariance of the features."""
    return pair.linear_optimum(m.k)

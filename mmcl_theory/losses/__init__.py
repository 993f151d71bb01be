"""Compute losses: of a population, of a batch of pairs, guided by a multi-modal encoder, and across modalities."""

from .crossclr import crossclr
from .guided import GUIDED, guided_ntxent
from .minibatch import clip, ntxent, spectral, spectral_independent
from .population import (
    TRIPLES_LIMIT,
    cross_covariance,
    factorization,
    infonce_estimate,
    infonce_population,
    infonce_two,
    linear,
    pointwise_mutual_information,
    spectral_population,
)

__all__ = [
    "GUIDED",
    "TRIPLES_LIMIT",
    "clip",
    "cross_covariance",
    "crossclr",
    "factorization",
    "guided_ntxent",
    "infonce_estimate",
    "infonce_population",
    "infonce_two",
    "linear",
    "ntxent",
    "pointwise_mutual_information",
    "spectral",
    "spectral_independent",
    "spectral_population",
]

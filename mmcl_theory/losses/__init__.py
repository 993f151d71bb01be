"""Compute losses: of a population, of a batch of pairs, guided by a multi-modal encoder, and across modalities."""

from .crossclr import crossclr
from .enumeration import SETS_LIMIT, candidate_sets, infonce_information, n_candidate_numbers
from .guided import GUIDED, guided_ntxent
from .minibatch import clip, ntxent, spectral, spectral_independent
from .population import (
    cross_covariance,
    crossclr_population,
    factorization,
    infonce_estimate,
    infonce_gradient,
    infonce_population,
    infonce_two,
    linear,
    pointwise_mutual_information,
    spectral_population,
)

__all__ = [
    "GUIDED",
    "SETS_LIMIT",
    "candidate_sets",
    "clip",
    "cross_covariance",
    "crossclr",
    "crossclr_population",
    "factorization",
    "guided_ntxent",
    "infonce_estimate",
    "infonce_gradient",
    "infonce_information",
    "infonce_population",
    "infonce_two",
    "linear",
    "n_candidate_numbers",
    "ntxent",
    "pointwise_mutual_information",
    "spectral",
    "spectral_independent",
    "spectral_population",
]

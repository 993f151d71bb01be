"""Fit linear probes, and measure heads that answer by argmax or at random, under the marginal of the items."""

from .drawn import drawn, onto_simplex
from .errors import error, soft_error, undecided
from .linear import linear_probe, projection, range_and_share, range_basis, residual

__all__ = [
    "drawn",
    "error",
    "linear_probe",
    "onto_simplex",
    "projection",
    "range_and_share",
    "range_basis",
    "residual",
    "soft_error",
    "undecided",
]

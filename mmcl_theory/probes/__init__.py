"""Fit linear probes and count the errors of argmax heads, under the marginal that weighs the items."""

from .errors import error, soft_error, undecided
from .linear import linear_probe, range_and_share, range_basis, residual

__all__ = ["error", "linear_probe", "range_and_share", "range_basis", "residual", "soft_error", "undecided"]

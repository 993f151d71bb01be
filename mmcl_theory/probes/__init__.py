"""Linear probes and argmax heads, under the marginal that weighs the items."""

from .linear import error, linear_probe, range_basis, residual, undecided

__all__ = ["error", "linear_probe", "range_basis", "residual", "undecided"]

"""Compute with rationals and balls: numbers, eigenvalues, and the distributions of an exact instance."""

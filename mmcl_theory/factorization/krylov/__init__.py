"""Compute the largest singular triplets of an operator by a block Krylov method."""

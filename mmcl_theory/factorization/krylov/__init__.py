"""The first singular triplets of a matrix that only multiplies, by a block Krylov method."""

"""What the encoders learn: the asymmetric factorization of the normalized co-occurrence matrix."""

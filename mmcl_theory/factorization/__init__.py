"""Factorize the normalized co-occurrence matrix: the closed form of what the encoders learn."""

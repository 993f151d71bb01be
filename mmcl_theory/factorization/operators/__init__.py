"""Matrices as products with blocks of vectors."""

"""Represent matrices by their products with blocks of vectors."""

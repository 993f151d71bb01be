"""Enclose each quantity of an exact instance, in the file of its family and under its own name."""

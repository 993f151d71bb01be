"""Represent joint distributions of positive pairs, and what else a statement is about."""

"""Statements against instances: verify."""

"""Certify theorems on exact instances: verdicts that rounding cannot overturn."""

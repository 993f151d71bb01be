"""Enclosures: the quantities of an instance as exact rationals and balls that contain them, whatever rounding does."""

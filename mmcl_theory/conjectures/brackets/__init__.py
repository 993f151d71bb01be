"""Bracket the best constant of a bound at a size: certified from below, and proven for all joints from above."""

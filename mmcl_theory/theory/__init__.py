"""State the theorems, each written once: two scalar formulas of ``Quantities`` and the assumptions they need."""

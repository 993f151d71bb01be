"""Check statements on instances."""

"""Define the numbers that statements speak of, each with one home."""

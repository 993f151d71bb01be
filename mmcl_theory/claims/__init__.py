"""Decide the claims of the works that the toolkit covers: each with a verdict, what it rests on, and a control."""

"""Verify theorems on all cells of a grid of knobs, into a store that an interrupted run goes on with."""

"""Rigorous verdicts: a theorem proved or refuted on an exact instance, whatever rounding does."""

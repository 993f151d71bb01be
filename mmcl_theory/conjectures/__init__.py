"""Find theorems: the best coefficients of a form of bound, by a duel of a linear program and an adversary."""

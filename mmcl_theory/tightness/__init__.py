"""How tight each bound is: extremal families, mutants, and the table of worst cases."""

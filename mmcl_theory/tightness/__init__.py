"""Study how tight each bound is: mutants of theorems, and the table of worst cases."""

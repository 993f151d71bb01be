"""``conjecture`` prints coefficients with their limits, writes a table and a search, and refuses in a sentence."""

import mmcl_theory as mt

SMALL = ("--sizes", "3x2", "--budget", 2)
ERRORS = ("--lhs", "text_induced_error", "--terms", "labeling_error, labeling_error**2")


def test_the_command_prints_and_writes_what_it_found(command, tmp_path):
    table, search = tmp_path / "table.csv", tmp_path / "search.npz"
    code, out, _ = command("conjecture", *ERRORS, *SMALL, "--out", table, "--save", search)
    assert code == 0
    assert "α_T ≤ 2α−2α²" in out
    assert "Unproved. Nothing was found against it in 256 attacks up to 6 × 4." in out
    assert mt.tables.read(table).coefficient.astype(float).tolist() == [2, -2]
    assert mt.Conjecture.load(search).coefficients == (2, -2)


def test_the_command_looks_for_bounds_that_are_not_known(command):
    code, out, _ = command("conjecture", "--lhs", "text_induced_error", "--terms", "sigma_2", "--discover", 1, *SMALL)
    assert code == 3
    assert out.strip() == "no bound of this grammar says more than what is known"


def test_mistakes_name_the_option(command):
    for terms, message in (
        ("labelling_error", "--terms: there is no quantity 'labelling_error'; did you mean 'labeling_error'?"),
        ("labeling_error**3", "--terms: no coefficients make it true of all joints that were met"),
    ):
        code, _, error = command("conjecture", "--lhs", "text_induced_error", "--terms", terms, *SMALL)
        assert code == 2
        assert message in error
    code, _, error = command("conjecture", *ERRORS[:2], *SMALL)
    assert (code, error.strip()) == (2, "mmcl-theory: Missing option '--terms'.")
    code, _, error = command("conjecture", *ERRORS, "--sizes", "3x", "--budget", 1)
    assert (code, "--sizes: " in error) == (2, True)
    code, _, error = command("conjecture", *ERRORS, *SMALL, "--requires", "nothing")
    assert (code, "--requires: there is no" in error) == (2, True)

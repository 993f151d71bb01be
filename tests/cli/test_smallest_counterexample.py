"""``falsify`` prints the smallest counterexample, or what was tried."""

from false_theorem import FALSE_THEOREM


def test_the_command_prints_it_and_exits_with_1(command, tmp_path):
    (tmp_path / "mine.py").write_text(FALSE_THEOREM)
    code, out, _ = command("falsify", "mine.py", "--n-images", 2, "--n-texts", 2, "--budget", 1)
    assert code == 1
    assert "too-good: smallest counterexample found, certified: lhs = 1/3 > 1/4 = rhs" in out
    assert "P = 1/4 [ 0  1 ]  image of class 0" in out
    assert r"\begin{pmatrix} 0 & 1 \\ 1 & 2 \end{pmatrix}" in out


def test_the_command_says_that_nothing_found_is_no_proof(command):
    code, out, _ = command("falsify", "label-transfer", "--n-images", 2, "--n-texts", 2, "--budget", 1)
    assert code == 0
    assert "that is evidence, and not a proof" in out

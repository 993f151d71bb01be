"""What ``verify`` prints of bounds that imply each other, what it proves by itself, and ``list --tree``."""

import pandas as pd
import pytest

import mmcl_theory as mt


@pytest.fixture
def saved(tmp_path):
    mt.Joint([[4, 1, 0], [1, 4, 1], [0, 1, 4], [1, 0, 2]], [0, 1, 1, 0], [0, 1, 1]).save(tmp_path / "joint.npz")
    return ["--joint", str(tmp_path / "joint.npz"), "--k", "1,2"]


CHOSEN = ["--theorem", "probe-text-induced", "--theorem", "probe-mmcl", "--theorem", "label-transfer"]


def test_weaker_bounds_are_told_of_in_a_line_and_shown_with_all(command, saved):
    code, short, _ = command("verify", *saved, *CHOSEN)
    assert code == 0
    assert "│ probe-mmcl" not in short
    assert "not shown, 1 weaker bound that these imply (--all shows all): probe-mmcl" in short
    code, whole, _ = command("verify", *saved, *CHOSEN, "--all")
    assert code == 0
    assert "│ probe-mmcl" in whole
    assert "not shown" not in whole


def test_the_table_that_is_written_has_every_row(command, saved, tmp_path):
    command("verify", *saved, *CHOSEN, "--out", "table.csv")
    assert set(pd.read_csv(tmp_path / "table.csv").theorem) == {"probe-text-induced", "probe-mmcl", "label-transfer"}


def test_printed_tables_have_eighty_columns_where_there_is_no_terminal(command, saved):
    _, printed, _ = command("verify", *saved)
    lines = [line for line in printed.splitlines() if line[:1] in "┃│┏┡└" and line]
    assert len(lines) > 20
    assert max(map(len, lines)) <= 80


def test_equal_sides_of_a_small_joint_are_proven(command, tmp_path):
    pytest.importorskip("flint")
    mt.generators.isotropic_noise(4, 0.25).save(tmp_path / "noise.npz")
    code, printed, _ = command("verify", "--joint", "noise.npz", "--k", "1", "--theorem", "label-transfer-classes")
    assert code == 0
    assert "certified: the sides are equal, exactly: label-transfer-classes" in printed
    assert "1 holds ✓" in printed


FALSE = """
import mmcl_theory as mt
short = mt.Theorem("short", "", mt.Kind.UPPER_BOUND, "", "", lambda q: q.text_induced_error,
                   lambda q: q.text_induced_error - mt.rational(1, 10**16), per_k=False)
"""


def test_a_violation_that_rounding_hides_is_proven_too(command, tmp_path):
    pytest.importorskip("flint")
    (tmp_path / "short.py").write_text(FALSE)
    mt.generators.isotropic_noise(4, 0.25).save(tmp_path / "noise.npz")
    code, printed, _ = command("verify", "--joint", "noise.npz", "--k", "1", "--theorem", "short.py")
    assert code == 1
    assert "certified: by at least" in printed


def test_larger_joints_are_left_to_certify(command, tmp_path):
    mt.generators.isotropic_noise(9, 0.25).save(tmp_path / "noise.npz")
    code, printed, _ = command("verify", "--joint", "noise.npz", "--k", "1", "--theorem", "label-transfer-classes")
    assert code == 0
    assert "1 agrees ≈" in printed
    assert "certified" not in printed


def test_the_tree_has_every_statement_in_a_line(command):
    code, printed, _ = command("list", "--tree")
    assert code == 0
    assert max(map(len, printed.splitlines())) <= 80
    lines = [line for line in printed.splitlines() if "── " in line]  # not what is wrapped
    assert len(lines) == len(mt.theorems)
    (line,) = [line for line in lines if " probe-mmcl (" in line]
    assert line.endswith("probe-mmcl (with label-transfer)")
    above = lines[: lines.index(line)]
    assert any(one.endswith("── probe-text-induced") for one in above)

"""A narrow terminal cuts no slug and no number."""

import io

import pytest
from rich.console import Console

import mmcl_theory as mt
from mmcl_theory.reporting import catalogue, terminal


@pytest.fixture(params=[1, 20, 40, 80])
def out(request, monkeypatch):
    """A terminal of so many columns."""
    console = Console(width=request.param, file=io.StringIO(), highlight=False)
    for module in (terminal, catalogue):
        monkeypatch.setattr(module, "console", lambda: console)
    return console.file


def test_the_list_names_every_theorem_whole(out):
    catalogue.print_list(list(mt.theorems.values()))
    assert "…" not in out.getvalue()
    for slug, theorem in mt.theorems.items():
        assert f" {slug} " in out.getvalue()
        assert all(word in out.getvalue() for word in theorem.title.split())


@pytest.mark.parametrize("n_joints", [1, 2])
def test_no_number_is_cut(out, n_joints):
    joints = [mt.generators.isotropic_noise(4, noise) for noise in (0.3, 0.003)][:n_joints]
    table = mt.verify(joints, [1, 2, 3], ["probe-mmcl", "label-transfer", "probe-text-induced"])
    terminal.print_verification(table, "two joints")
    printed = out.getvalue()
    assert "…" not in printed
    if n_joints == 1:
        shown = table[table.verdict == "holds"]
        assert all(f"{side:.4g}" in printed for side in (*shown.lhs, *shown.rhs))
    else:
        assert all(f"{ratio:.6f}" in printed for ratio in table.groupby("theorem").ratio.max())

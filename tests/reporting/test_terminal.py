"""A narrow terminal cuts no slug and no number."""

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import mmcl_theory as mt
from mmcl_theory.reporting import catalogue, terminal
from mmcl_theory.theory.verdicts import AGREES, HOLDS, NOT_APPLICABLE, ORDER, VACUOUS


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


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of 80 columns."""
    file = io.StringIO()
    for module in (terminal, catalogue):
        monkeypatch.setattr(module, "console", lambda: Console(width=80, file=file, highlight=False))
    return file


def grid_lines(text):
    return [line for line in text.splitlines() if line[:1] in ("┃", "│", "┏", "┡", "└")]


def whole_table(n_joints: int) -> pd.DataFrame:
    """A row for each joint, statement and k, with long numbers and the verdicts that theorems have."""
    rows = [
        {"joint": joint, "theorem": slug, "kind": theorem.kind.value, "k": k}
        for joint in range(n_joints)
        for slug, theorem in mt.theorems.items()
        for k in ((1, 2, 3, 400) if theorem.per_k else (None,))
    ]
    table = pd.DataFrame(rows).astype({"k": "Int64"})
    orders = np.array([mt.theorems[slug].kind is mt.Kind.ORDER for slug in table.theorem])
    verdicts = np.resize([HOLDS, AGREES, VACUOUS, NOT_APPLICABLE], len(table))
    numbers = dict.fromkeys(("slack", "tolerance", "trivial", "labeling_error"), 0.1) | {"n_items": 8}
    numbers |= dict.fromkeys(("sigma_next", "marginal_distance", "sample_size", "failure_probability"), np.nan)
    return table.assign(
        lhs=np.resize([-0.1558, 0.003353, 1.0], len(table)),
        rhs=np.resize([-0.06172, 3.353e-06, np.inf, 0.25], len(table)),
        ratio=np.resize([0.9999999, -123.4567, np.nan], len(table)),
        verdict=np.where(orders, ORDER, verdicts),
        reason="",
        **numbers,
    )


def test_all_theorems_fit_into_80_columns(narrow):
    for n_joints in (1, 2):
        terminal.print_verification(whole_table(n_joints), "one joint or two", whole=True)
    catalogue.print_list(list(mt.theorems.values()))
    lines = grid_lines(narrow.getvalue())
    assert len(lines) > 100
    assert max(map(len, lines)) <= 80


def test_a_batch_has_no_empty_column_and_marks_where_words_are_too_wide(narrow):
    joints = [mt.generators.isotropic_noise(4, noise) for noise in (0.1, 0.25, 0.9)]
    slugs = ["probe-error-mmcl", "label-transfer"]
    terminal.print_verification(mt.verify(joints, 1, slugs), "short")
    head = grid_lines(narrow.getvalue())[1]
    assert [name.strip() for name in head.split("┃")[1:-1]] == [
        *("theorem", "holds", "vacuous", "largest ratio", "at joint, k"),
    ]
    narrow.truncate(0)
    terminal.print_verification(mt.verify(joints, [1, 2], [*slugs, "label-transfer-classes"]), "long", whole=True)
    head = next(line for line in grid_lines(narrow.getvalue()) if "theorem" in line)
    assert [name.strip() for name in head.split("┃")[2:6]] == ["✓", "≈", "○", "–"]


def test_worst_cases_fit_into_80_columns(narrow):
    row = {"theorem": "class-conductance-total", "kind": "upper bound", "n_images": 6, "n_texts": 6, "ratio": 0.9999999}
    more = {"lhs": -3.353e-06, "rhs": 3.353e-06, "verdict": "holds", "certified": 0.999999, "seconds": 117.0}
    last = {"tightness": "asymptotically tight", "certificate": "", "reason": ""}
    terminal.print_falsifications(pd.DataFrame([row | more | last]), "worst cases")
    shown = narrow.getvalue()
    assert max(map(len, grid_lines(shown))) <= 80
    assert all(number in shown for number in ("-3.353e-06", "0.9999999", "0.999999", "117"))

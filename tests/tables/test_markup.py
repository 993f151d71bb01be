"""Tables for papers: what is measured stands in them, and nothing of a name is markup."""

import html.parser
import re

import pandas as pd
import pytest

import mmcl_theory as mt

JOINT = mt.generators.isotropic_noise(4, 0.25)
ODD = ["a_b", "50 % & more", "cost $x_1$", "{\\x}", "#~^|<b>`*", "größe 猫", "α ≤ 2", 'two "words"\nin lines']
# The commands of LaTeX itself and of booktabs; a table needs no other package.
KNOWN = {
    *("begin", "end", "toprule", "midrule", "bottomrule", "usepackage", "le", "ge", "cdot", "circ", "times", "sim"),
    *("ensuremath", "alpha", "textbackslash", "textasciitilde", "textasciicircum", "textbar", "textless"),
    *("textgreater",),
}


def body(latex):
    """The rows of a LaTeX table, each a list of cells."""
    inside = latex.split("\\midrule\n")[1].split("\\bottomrule")[0]
    return [line.removesuffix(" \\\\").split(" & ") for line in inside.splitlines()]


def test_a_latex_table_has_both_sides_of_each_theorem_at_each_k():
    table = mt.verify(JOINT, [1, 2], ["probe-mmcl", "label-transfer", "label-transfer-lower", "probe-error-mmcl"])
    latex = mt.tables.to_latex(table)
    assert r"\begin{tabular}{lccc}" in latex
    assert r"theorem & every k & $k = 1$ & $k = 2$ \\" in latex
    # α = 3/16: (2α − α²)/(1 − σ₂²) = 87/112; k = 2 is not applicable, as σ₂ = σ₃.
    assert body(latex) == [
        ["probe-mmcl", "", r"$0.75 \le 0.7768 \circ$", "--"],
        ["label-transfer", r"$0.3281 \le 0.3398$", "", ""],
        ["label-transfer-lower", "$0.3281 \\ge 0.1875$", "", ""],
        ["probe-error-mmcl", "", r"$1 \le 1.554 \circ$", "--"],
    ]
    assert r"no mark: holds, \circ: vacuous" in latex
    assert set(re.findall(r"\\([a-z]+)", latex)) <= KNOWN


def test_a_table_of_several_joints_counts_verdicts_and_leaves_no_column_empty():
    joints = [mt.generators.isotropic_noise(4, noise) for noise in (0.1, 0.25, 0.9)]
    table = mt.verify(joints, 1, ["probe-mmcl", "probe-error-mmcl", "label-transfer"])
    latex = mt.tables.to_latex(table)
    assert r"theorem & holds & vacuous & largest ratio & at joint, k \\" in latex
    ratios = table.groupby("theorem").ratio.max()
    for slug, *counts, ratio, _ in body(latex):
        assert [int(count.strip() or 0) for count in counts] == [
            int(((table.theorem == slug) & (table.verdict == verdict)).sum()) for verdict in ("holds", "vacuous")
        ]
        assert float(ratio) == pytest.approx(ratios[slug], abs=1e-6)


def test_small_and_large_numbers_are_powers_of_ten():
    table = mt.verify(JOINT, 1, "chi-square").assign(lhs=1.5e-7, rhs=-2e20)
    assert body(mt.tables.to_latex(table))[0][1] == r"$1.5 \cdot 10^{-7} = -2 \cdot 10^{20}$"


@pytest.mark.parametrize("name", ODD)
def test_names_stand_as_they_are(name):
    table = pd.DataFrame({name: [name], "number": [0.5], "missing": [None]})
    latex = mt.tables.to_latex(table)
    assert set(re.findall(r"\\([a-zA-Z]+)", latex)) <= KNOWN
    ((cell, number, missing),) = (re.split(r"(?<!\\) *& *", row) for row in [" & ".join(body(latex)[0])])
    assert (number, missing.strip()) == ("0.5", "")
    plain = re.sub(r"\\([a-z]+)\{\}|\\ensuremath\{\\[a-z]+\}|\\[&%$#_{}]", "", cell)
    assert not set(plain) & set("&%$#_{}~^\\\n")
    rows = mt.tables.to_markdown(table).splitlines()
    assert len(rows) == 3
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    read = []

    class Reader(html.parser.HTMLParser):
        """Collect the text."""

        def handle_data(self, data):
            read.append(data)

    Reader().feed(mt.tables.to_html(table))
    assert [text for text in read if text.strip()] == [name, "number", "missing", name, "0.5"]


def test_every_format_is_written_by_its_ending(tmp_path):
    table = mt.verify(JOINT, 1, "probe-mmcl")
    for ending, writer in (
        (".tex", mt.tables.to_latex),
        (".md", mt.tables.to_markdown),
        (".HTML", mt.tables.to_html),
    ):
        path = tmp_path / f"new{ending}" / f"t{ending}"
        mt.tables.write(table, path)
        assert path.read_text(encoding="utf-8") == writer(table)
        with pytest.raises(ValueError, match=r"^path: a table's name must end in .parquet or .csv, got"):
            mt.tables.read(path)
    with pytest.raises(TypeError, match=r"^table: a DataFrame is needed"):
        mt.tables.to_latex([1])
    for empty in (table[:0], pd.DataFrame({"a": []})):
        assert "\\bottomrule" in mt.tables.to_latex(empty)


def test_worst_cases_are_laid_out_with_their_two_sides():
    row = {"theorem": "probe-mmcl", "kind": "upper bound", "n_images": 3, "n_texts": 4, "ratio": 0.9999999}
    more = {"lhs": 0.5, "rhs": 0.5, "verdict": "holds", "certified": 0.999999, "tightness": "tight", "seconds": 7.4}
    table = pd.DataFrame([row | more])
    assert body(mt.tables.to_latex(table)) == [["probe-mmcl", "0.9999999", "0.999999", r"$0.5 \le 0.5$", "tight", "7"]]
    several = pd.DataFrame([row | more, row | more | {"n_images": 5}])
    assert [cells[2] for cells in body(mt.tables.to_latex(several))] == [
        r"3 \ensuremath{\times} 4",
        r"5 \ensuremath{\times} 4",
    ]

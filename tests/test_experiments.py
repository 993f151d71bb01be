"""Experiments run as they stand, and notebooks are what their paired scripts say."""

import os
import pathlib
import runpy

import jupytext
import matplotlib
import pytest

import mmcl_theory as mt

matplotlib.use("Agg")
ROOT = pathlib.Path(__file__).parents[1]
WRITES = {
    "emoji_gap": ["emoji_gap.parquet", "emoji_gap.pdf", "emoji_gap.png", "emoji_spectrum.pdf", "emoji_spectrum.png"],
    "block_alpha_sigma": [
        *("block_alpha.pdf", "block_alpha.png", "block_alpha_sigma.parquet"),
        *("block_sigma.pdf", "block_sigma.png"),
    ],
}


def test_every_experiment_is_tested():
    assert {path.stem for path in (ROOT / "experiments").glob("*.py")} == set(WRITES)


@pytest.mark.parametrize("name", WRITES)
def test_experiment_writes_its_table_and_figures_and_finds_nothing_violated(name, tmp_path):
    runpy.run_path(str(ROOT / "experiments" / f"{name}.py"))["main"](tmp_path)
    assert sorted(os.listdir(tmp_path)) == WRITES[name]
    table = mt.tables.read(next(tmp_path.glob("*.parquet")))
    assert (table.verdict != "violated").all()
    assert (table.verdict == "holds").any()


@pytest.mark.parametrize("script", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_notebook_and_script_are_the_same(script):
    def cells(path):
        return [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]

    assert cells(script.with_suffix(".ipynb")) == cells(script)

"""``mmcl-theory sweep``: what a file may say, what is printed, and how two stores are compared."""

import json
import pathlib
import re
import tomllib

import pandas as pd
import pytest
from false_theorem import FALSE_THEOREM

import mmcl_theory as mt
from mmcl_theory.cli.sweep import EXAMPLE

DOCS = pathlib.Path(__file__).parents[2] / "docs" / "sweeps.md"

FILE = """
world = "isotropic"
theorems = "label-transfer"
k = [1, 2]
store = "rows"
[grid]
noise = {from = 0.1, to = 0.3, count = 3}
"""


def test_a_file_is_swept_gone_on_with_and_written(tmp_path, command):
    (tmp_path / "a.toml").write_text(FILE)
    code, out, err = command("sweep", "a.toml", "--out", "table.csv")
    assert (code, err) == (0, "")
    assert "a.toml: 3 cells" in out
    assert out.endswith("store: rows\ntable: table.csv\n")
    table = mt.tables.read(tmp_path / "rows")
    assert table.noise.tolist() == pytest.approx([0.1, 0.2, 0.3])
    direct = mt.sweep("isotropic", {"noise": table.noise.tolist()}, "label-transfer", tmp_path / "direct", k=[1, 2])
    pd.testing.assert_frame_equal(table, direct)
    assert command("sweep", "a.toml", "--store", "rows") == (0, out.replace("table: table.csv\n", ""), "")


def test_a_sweep_is_reported_and_a_comparison_is_not(tmp_path, command):
    (tmp_path / "a.toml").write_text(FILE)
    code, out, err = command("sweep", "a.toml", "--report", "page.html")
    assert (code, err) == (0, "")
    assert out.endswith("store: rows\nreport: page.html\n")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "mmcl-theory sweep a.toml --report page.html" in page
    assert json.loads((tmp_path / "rows" / "_sweep.json").read_text())["hash"] in page
    code, _, err = command("sweep", "--compare", "rows", "rows", "--report", "page.html")
    assert code == 2
    assert "--report: only for a sweep that FILE describes" in err


def test_the_example_of_the_docs_runs_and_that_of_the_help_says_the_same(tmp_path, command):
    (text,) = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    helped = EXAMPLE.partition("\n\n")[2].replace("\\[", "[")
    assert tomllib.loads(text) == tomllib.loads(helped)
    (tmp_path / "block.toml").write_text(text)
    code, out, err = command("sweep", "block.toml")
    assert (code, err) == (0, "")
    assert "block.toml: 99 cells" in out
    assert len(list((tmp_path / "results" / "block").glob("*.parquet"))) == 1


def test_a_false_theorem_makes_it_exit_1_and_cells_that_fail_are_told(tmp_path, command):
    (tmp_path / "mine.py").write_text(FALSE_THEOREM)
    text = FILE.replace('"label-transfer"', '["mine.py", "label-transfer"]').replace("0.3", "1.1")
    (tmp_path / "a.toml").write_text(text)
    code, out, _ = command("sweep", "a.toml")
    assert code == 1
    assert "1 of 3 cells cannot be made; the first, number 2: noise: must be in [0, 1], got 1.1" in out


def test_two_stores_are_compared(tmp_path, command):
    for name, seeds in (("one", 1), ("other", 2)):
        (tmp_path / "a.toml").write_text(f'seeds = {seeds}\nstore = "{name}"\n' + FILE.replace('store = "rows"', ""))
        assert command("sweep", "a.toml")[0] == 0
    assert command("sweep", "--compare", "one", "one") == (0, "no row differs\n", "")
    code, out, _ = command("sweep", "--compare", "one", "other", "--out", "differences.csv")
    assert code == 3
    assert "3 rows differ (3 only in second)" in out
    assert len(mt.tables.read(tmp_path / "differences.csv")) == 3


def edited(**keys):
    """Return the text of a file with these lines instead; None leaves one out."""
    lines = {"world": '"isotropic"', "k": "1", "store": '"rows"', "grid": "{noise = [0.1]}"} | keys
    return "\n".join(f"{key} = {value}" for key, value in lines.items() if value is not None)


BAD = {
    "no file": (None, "FILE: there is no file 'a.toml'"),
    "no toml": ("world = ", "FILE: 'a.toml' cannot be read as TOML"),
    "unknown key": (edited(colour="1"), "FILE: 'a.toml': there is no key 'colour'; there are world, grid"),
    "no world": (edited(world=None), "FILE: 'a.toml': the key 'world' is needed"),
    "no grid": (edited(grid=None), "FILE: 'a.toml': the key 'grid' is needed"),
    "world of another type": (edited(world="3"), "FILE: 'a.toml': world: the name of a world is needed, got 3"),
    "unknown world": (edited(world='"moon"'), "FILE: 'a.toml': world: must be one of emoji,"),
    "grid of another type": (edited(grid="3"), "FILE: 'a.toml': grid: a mapping of knobs"),
    "unknown knob": (edited(grid="{colour = [1]}"), "FILE: 'a.toml': grid: there is no knob 'colour'; there are"),
    "no values": (edited(grid="{noise = []}"), "FILE: 'a.toml': grid: noise: at least one value is needed"),
    "a date": (edited(grid="{noise = 2020-01-01}"), "FILE: 'a.toml': grid: noise: numbers, words, or lists of them"),
    "half a range": (edited(grid="{noise = {from = 1}}"), "FILE: 'a.toml': grid: noise: a list, or from, to, count"),
    "range of words": (edited(grid='{noise = {from = "a", to = 1, count = 2}}'), "grid: noise: from: a real number"),
    "range of none": (edited(grid="{noise = {from = 0, to = 1, count = 0}}"), "grid: noise: count: must be 1 …"),
    "k of another type": (edited(k='"1"'), "FILE: 'a.toml': k: an integer is needed, got '1'"),
    "no k": (edited(k=None), "FILE: 'a.toml': k: encoder dimensions are needed"),
    "seeds": (edited(seeds="0"), "FILE: 'a.toml': seeds: must be 1 … 1000000, got 0"),
    "theorems": (edited(theorems="[3]"), "FILE: 'a.toml': theorems: slugs or files are needed"),
    "unknown theorem": (edited(theorems='"moon"'), "FILE: 'a.toml': theorems: there is no 'moon'"),
    "no store": (edited(store=None), "FILE: 'a.toml': store: the name of a folder is needed there, or with --store"),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_one_line_that_names_it_and_the_key(text, words, tmp_path, command):
    if text is not None:
        (tmp_path / "a.toml").write_text(text)
    code, out, err = command("sweep", "a.toml")
    assert (code, out) == (2, "")
    assert err.startswith("mmcl-theory: ")
    assert err.count("\n") == 1
    assert words in err
    assert not (tmp_path / "rows").exists()


BAD_OPTIONS = {
    "nothing": ([], "FILE, --compare: exactly one of them is needed"),
    "both": (["a.toml", "--compare", "a", "b"], "FILE, --compare: exactly one of them is needed"),
    "workers": (["a.toml", "--workers", "0"], "--workers: must be 1 … 1024, got 0"),
    "workers of a comparison": (["--compare", "a", "b", "--workers", "2"], "only for a sweep that FILE describes"),
    "compared with nothing": (["--compare", ".", "b"], "--compare: the folder '.' is no store of a sweep"),
    "store": (["a.toml", "--store", "a.toml"], "--store: the name of a folder is needed"),
    "table": (["a.toml", "--out", "a.xls"], "--out: a table's name"),
}


@pytest.mark.parametrize(("arguments", "words"), BAD_OPTIONS.values(), ids=BAD_OPTIONS.keys())
def test_bad_options_are_one_line(arguments, words, tmp_path, command):
    (tmp_path / "a.toml").write_text(FILE)
    code, out, err = command("sweep", *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert words in err


def test_a_store_of_another_sweep_is_one_line(tmp_path, command):
    (tmp_path / "a.toml").write_text(FILE)
    assert command("sweep", "a.toml")[0] == 0
    (tmp_path / "a.toml").write_text(FILE.replace("[1, 2]", "1"))
    code, _, err = command("sweep", "a.toml")
    assert code == 2
    assert err == f"mmcl-theory: --store: '{tmp_path / 'rows'}' is of another sweep: its k is [1, 2], here [1]\n"
    assert json.loads((tmp_path / "rows" / "_sweep.json").read_text())["sweep"]["k"] == [1, 2]

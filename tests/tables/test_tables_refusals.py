"""Check that tables refuse bad files and bad rows, and that a written table is read back."""

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from refusals import TRAP, assert_accepted, assert_refused, bad, four, three, written

import mmcl_theory as mt


def read_back(frame: pd.DataFrame) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mt.tables.write(frame, Path(folder) / "new" / "a.csv")
        return mt.tables.read(Path(folder) / "new" / "a.csv").equals(frame)


BAD = [
    bad("table-suffix", ValueError, "path: .parquet .csv", lambda p: mt.tables.write(pd.DataFrame(), p / "a.pkl")),
    bad("table-no-suffix", ValueError, "path: .parquet .csv", lambda p: mt.tables.write(pd.DataFrame(), p / "a")),
    bad("table-list", TypeError, "table: list", lambda p: mt.tables.write([1], p / "a.csv")),
    bad("read-suffix", ValueError, "path: .parquet .csv", lambda p: mt.tables.read(written(p / "a.pkl", TRAP))),
    bad("read-missing", FileNotFoundError, "path: no file", lambda p: mt.tables.read(p / "a.parquet")),
    bad("read-folder", (FileNotFoundError, ValueError), "path:", lambda p: mt.tables.read(p)),
    bad("read-pickle-csv", ValueError, "path:", lambda p: mt.tables.read(written(p / "a.csv", TRAP))),
    bad("read-pickle-parquet", ValueError, "path:", lambda p: mt.tables.read(written(p / "a.parquet", TRAP))),
    bad("read-empty-csv", ValueError, "path:", lambda p: mt.tables.read(written(p / "a.csv", ""))),
    bad(
        "advantage-other-theorems",
        ValueError,
        "table: 'probe-walk' COMPARISON",
        lambda _: mt.advantage(mt.verify(three(), 1, "label-transfer")),
    ),
]

GOOD = {
    "csv-round-trip": lambda: read_back(mt.verify(four(), [1, 2], "amf-optimum")),
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)

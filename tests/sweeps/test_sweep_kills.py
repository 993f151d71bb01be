"""A sweep that is killed, run twice at once, or that fills the disk loses nothing and has nothing twice."""

import pathlib

import kills
import pytest

SCRIPT = pathlib.Path(__file__).with_name("sweep_kills.py")


@pytest.mark.parametrize("n_kills", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_kills_two_runs_and_a_full_disk_lose_nothing(n_kills, tmp_path):
    found = kills.found_by(SCRIPT, n_kills, tmp_path)
    assert found["kills"] == n_kills
    assert found["sweeps"] >= 1
    assert found["two"] == ["", f"store: another run is writing '{tmp_path / 'two'}'"]
    name = tmp_path / "two" / "block-000001.parquet"
    assert found["disk"] == f"store: '{name}' cannot be written (File too large)"

"""A sweep that is killed, run twice at once, or that fills the disk loses nothing and has nothing twice."""

import pytest
import sweep_kills
from forks import found_by


@pytest.mark.parametrize("n_kills", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_kills_two_runs_and_a_full_disk_lose_nothing(n_kills, tmp_path):
    found = found_by(sweep_kills.hurt, tmp_path, n_kills)
    assert found["kills"] == n_kills
    assert found["sweeps"] >= 1
    assert found["two"] == ["", f"store: another run is writing '{tmp_path / 'two'}'"]
    name = tmp_path / "two" / "block-000001.parquet"
    assert found["disk"] == f"store: '{name}' cannot be written (File too large)"

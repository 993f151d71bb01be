"""What several test files share: what is computed once, and the command line."""

import os
import pathlib
import signal
import subprocess
import sys

import pandas as pd
import pytest
from small_worlds import WORLDS, instances

import mmcl_theory as mt


@pytest.fixture(scope="session")
def world_tables() -> dict[str, pd.DataFrame]:
    """Every theorem on every world, verified once."""
    return {world: mt.verify(instances(world), k=[1, 2, 3, 4]) for world in WORLDS}


@pytest.fixture(scope="session")
def emoji() -> mt.Joint:
    """The bundled pairs, read once."""
    return mt.datasets.emoji()


@pytest.fixture
def by_programs(monkeypatch):
    """Measure by compiled programs however few instances there are, of which NumPy would measure these."""
    monkeypatch.setattr("mmcl_theory.quantities.quantities.MOST_AT_HAND", 0)


@pytest.fixture
def by_search(monkeypatch):
    """Search for the triplets of a joint that is not dense however small it is, which LAPACK would find all."""
    monkeypatch.setattr("mmcl_theory.factorization.operators.choose.SMALL", 0)


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """The command in this process, in a folder of its own: (exit code, standard output, standard error)."""
    from mmcl_theory.cli.app import main

    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["mmcl-theory", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return call


@pytest.fixture
def process(tmp_path):
    """The command as a process that was just started, in the same folder."""
    started = []

    def start(*arguments, stdout=subprocess.PIPE, before=":", **environment):
        """Start it in a shell that does something ``before``."""
        environment = os.environ | {"PYTHONPATH": str(pathlib.Path(mt.__file__).parents[1])} | environment
        shell = ["sh", "-c", f'{before}; exec "$0" "$@"', sys.executable, "-m", "mmcl_theory"]
        streams = {"stdout": stdout, "stderr": subprocess.PIPE}
        # Where the tests run in the background, interrupts are ignored, and a child would ignore them too.
        heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
        command = [*shell, *map(str, arguments)]
        started.append(subprocess.Popen(command, **streams, cwd=tmp_path, env=environment, preexec_fn=heed))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()

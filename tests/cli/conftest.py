"""The command line, in this process or in one of its own."""

import os
import pathlib
import subprocess
import sys

import pytest

import mmcl_theory as mt


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

    def start(*arguments, stdout=subprocess.PIPE, **more):
        environment = os.environ | {"PYTHONPATH": str(pathlib.Path(mt.__file__).parents[1])} | more.pop("env", {})
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "mmcl_theory", *map(str, arguments)],
                **(dict(stdout=stdout, stderr=subprocess.PIPE, cwd=tmp_path, env=environment) | more),
            )
        )
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()

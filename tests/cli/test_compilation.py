"""Compiled programs are kept in the user's cache folder, and whatever is wrong with it changes nothing but speed."""

import os
import pathlib
import subprocess
import sys

import pytest

import mmcl_theory as mt
from mmcl_theory.cli.compilation import VARIABLE, discard_oldest

# So many joints that they are measured by programs, which a few are not.
COMMAND = ("verify", "--data", "dirichlet", "--joints", "500", "--k", "1", "--theorem", "label-transfer")


def run(home, *arguments, **environment):
    """The command as a process of its own, with a home: (exit code, standard output, standard error)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    for name in ("XDG_CACHE_HOME", VARIABLE):
        kept.pop(name, None)
    source = str(pathlib.Path(mt.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "mmcl_theory", *(arguments or COMMAND)],
        env=kept | {"HOME": str(home), "PYTHONPATH": source} | environment,
        capture_output=True,
        cwd=home,
    )
    return done.returncode, done.stdout, done.stderr


def programs(folder):
    """The names of the programs in a folder, each with its bytes."""
    return {path.name: path.read_bytes() for path in pathlib.Path(folder).glob("jit_*-cache")}


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A home in which the command has run once, and what it printed."""
    home = tmp_path_factory.mktemp("home")
    return home, run(home)


def test_programs_are_kept_and_read_and_results_stay_the_same(warm):
    home, first = warm
    folder = home / ".cache" / "mmcl-theory"
    kept = programs(folder)
    assert first[0] == 0
    assert any(name.startswith("jit__measure_batch") for name in kept)
    assert folder.stat().st_mode & 0o077 == 0
    log = {"JAX_LOGGING_LEVEL": "DEBUG"}
    code, out, err = run(home, **log)
    assert (code, out) == first[:2]
    assert b"Persistent compilation cache hit for 'jit__measure_batch'" in err
    assert programs(folder) == kept


@pytest.mark.parametrize("switch", ["option", "variable"])
def test_it_is_turned_off(switch, warm, tmp_path):
    arguments = ("--no-cache", *COMMAND) if switch == "option" else COMMAND
    assert run(tmp_path, *arguments, **({} if switch == "option" else {VARIABLE: "off"})) == warm[1]
    assert not (tmp_path / ".cache").exists()


def test_the_folder_is_the_one_that_is_named(warm, tmp_path):
    assert run(tmp_path, **{VARIABLE: "mine"}) == warm[1]
    assert programs(tmp_path / "mine")
    assert run(tmp_path, **{VARIABLE: "mine", "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "of jax")}) == warm[1]
    assert not (tmp_path / ".cache").exists()


@pytest.mark.parametrize("trouble", ["garbage", "a file", "no home", "full"])
def test_trouble_changes_nothing(trouble, warm, tmp_path):
    home, expected = warm
    environment = {}
    if trouble == "garbage":
        folder = tmp_path / ".cache" / "mmcl-theory"
        folder.mkdir(parents=True)
        for number, (name, content) in enumerate(programs(home / ".cache" / "mmcl-theory").items()):
            (folder / name).write_bytes((b"", b"garbage", content[: len(content) // 2])[number % 3])
    elif trouble == "a file":
        (tmp_path / ".cache").write_text("not a folder")
    elif trouble == "no home":
        environment["XDG_CACHE_HOME"] = "/dev/null/nowhere"
    else:
        environment[VARIABLE] = "/dev/full/nowhere"
    assert run(tmp_path, **environment) == expected


def test_a_folder_that_cannot_be_written_changes_nothing(warm, tmp_path):
    folder = tmp_path / ".cache" / "mmcl-theory"
    folder.mkdir(parents=True)
    # Names that are taken by folders cannot be written, whoever asks, the superuser included.
    for name in programs(warm[0] / ".cache" / "mmcl-theory"):
        (folder / name).mkdir()
    assert run(tmp_path) == warm[1]


def test_two_processes_at_once_share_a_folder(warm, tmp_path):
    source = str(pathlib.Path(mt.__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    environment = kept | {VARIABLE: str(tmp_path / "shared"), "PYTHONPATH": source}
    command = [sys.executable, "-m", "mmcl_theory", *COMMAND]
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    assert [(one.communicate(), one.returncode) for one in both] == [(warm[1][1:], 0)] * 2


def test_the_programs_that_were_not_read_for_longest_are_discarded(tmp_path):
    for age in range(6):
        path = tmp_path / f"jit_{age}-cache"
        path.write_bytes(bytes(100))
        os.utime(path, (1e9 - age, 1e9))
    (tmp_path / "letter").write_bytes(bytes(1000))
    discard_oldest(tmp_path, 600)
    assert len(os.listdir(tmp_path)) == 7
    discard_oldest(tmp_path, 500)
    assert sorted(os.listdir(tmp_path)) == ["jit_0-cache", "jit_1-cache", "letter"]

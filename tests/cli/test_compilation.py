"""Compiled programs are kept in the user's cache folder, and whatever is wrong with it changes nothing but speed."""

import os
import pathlib
import subprocess
import sys
import warnings

import pytest

import mmcl_theory as mt
from mmcl_theory.cli.compilation import VARIABLE, discard_oldest, keep_programs

# The joint of which it prints numbers is drawn by programs, nine of them.
COMMAND = ("verify", "--data", "block", "--k", "1", "--theorem", "label-transfer")
OWN = "JAX_COMPILATION_CACHE_DIR"


def start(home, *arguments, **environment):
    """Start the command as a process of its own, with a home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    for name in ("XDG_CACHE_HOME", VARIABLE):
        kept.pop(name, None)
    source = str(pathlib.Path(mt.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "mmcl_theory", *(arguments or COMMAND)],
        env=kept | {"HOME": str(home), "PYTHONPATH": source} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=home,
    )


def end(running):
    """Wait for a process: (exit code, standard output, standard error)."""
    out, err = running.communicate()
    return running.returncode, out, err


def programs(folder):
    """The names of the programs in a folder, each with its bytes."""
    return {path.name: path.read_bytes() for path in pathlib.Path(folder).glob("jit_*-cache")}


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A folder of programs in a home where the command has run, twice at once; those; what it printed both times."""
    home = tmp_path_factory.mktemp("home")
    one, other = [end(running) for running in [start(home), start(home)]]
    assert one == other
    folder = home / ".cache" / "mmcl-theory"
    return folder, programs(folder), one


def test_programs_are_kept_for_the_user_alone(warm):
    folder, kept, (code, _, err) = warm
    assert (code, err) == (0, b"")
    assert any(name.startswith("jit__threefry_seed") for name in kept)
    assert folder.stat().st_mode & 0o077 == 0


def test_programs_are_kept_unless_told_otherwise(command, monkeypatch):
    """Where none is kept all are compiled anew, as in the first two processes, whose results are those of the third."""
    kept = []
    monkeypatch.setattr("mmcl_theory.cli.commands.keep_programs", lambda: kept.append(True))
    assert command("--no-cache", "show", "probe-mmcl")[0] == 0
    assert kept == []
    assert command("show", "probe-mmcl")[0] == 0
    assert kept == [True]


def test_programs_are_read_and_those_that_cannot_be_read_or_written_change_nothing(warm, tmp_path):
    """In the folder that is named, some are damaged, and the names of others are taken by folders, for any user.

    It is the folder in which they were written, as JAX looks for others in another one.
    """
    folder, kept, before = warm
    damaged = [name for name in kept if not name.startswith("jit__threefry_seed")]
    ways = (lambda _: b"", lambda _: b"garbage", lambda whole: whole[: len(whole) // 2], lambda _: None)
    damage = {name: ways[place % 4](kept[name]) for place, name in enumerate(damaged)}
    assert len(damage) >= 8  # each kind of damage twice
    for name, content in damage.items():
        if content is None:
            (folder / name).unlink()
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)
    code, out, err = end(start(tmp_path, **{VARIABLE: str(folder), "JAX_LOGGING_LEVEL": "DEBUG"}))
    assert (code, out) == before[:2]
    assert b"Persistent compilation cache hit for 'jit__threefry_seed'" in err
    assert b"PERSISTENT COMPILATION CACHE MISS for 'jit_unstack'" in err
    assert b"Warning" not in err
    assert b"Traceback" not in err
    assert all((folder / name).read_bytes() == content for name, content in kept.items() if name not in damage)
    assert not (tmp_path / ".cache").exists()


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What is told to JAX by a process with a home of its own: all that was set in its environment."""

    def tell(**environment):
        before = {"HOME": str(tmp_path)} | environment
        with monkeypatch.context() as changed, warnings.catch_warnings():
            changed.setattr(os, "environ", dict(before))
            changed.delitem(sys.modules, "jax")  # it is not yet imported
            filters = list(warnings.filters)
            keep_programs()
            after = os.environ
            assert before.items() <= after.items()
            assert (after == before) == (warnings.filters == filters)
        return {name: value for name, value in after.items() if name not in before}

    return tell


@pytest.mark.parametrize(
    "environment",
    [
        {VARIABLE: "off"},
        {VARIABLE: "mine", OWN: "of jax"},
        {"HOME": "/dev/null"},
        {"XDG_CACHE_HOME": "/dev/null/nowhere"},
        {VARIABLE: "/dev/full/nowhere"},
    ],
    ids=["off", "of jax", "no home", "no caches", "full"],
)
def test_jax_is_told_nothing(environment, told, tmp_path, monkeypatch):
    """So it compiles all anew, or does what the user's own setting says, and no folder is made."""
    monkeypatch.chdir(tmp_path)
    assert told(**environment) == {}
    assert os.listdir(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_changes_nothing(told, tmp_path):
    (tmp_path / ".cache").write_text("not a folder")
    assert told() == {}


def test_the_folder_is_the_one_that_is_named(told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    every = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    assert told() == every | {OWN: str(tmp_path / ".cache" / "mmcl-theory")}
    assert told(XDG_CACHE_HOME=str(tmp_path / "caches")) == every | {OWN: str(tmp_path / "caches" / "mmcl-theory")}
    assert told(**{VARIABLE: "mine"}) == every | {OWN: str(tmp_path / "mine")}
    assert sorted(os.listdir(tmp_path)) == [".cache", "caches", "mine"]


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

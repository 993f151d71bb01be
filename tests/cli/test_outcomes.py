"""Every outcome has an exit code of its own and at most one line on standard error, whatever becomes of the output."""

import errno
import io
import os
import signal
import sys
import time

import forks
import jax
import numpy as np
import pytest

from mmcl_theory.cli.options import seeded_key
from mmcl_theory.reporting import catalogue

VERIFY = ("verify", "--data", "isotropic", "--k", 1, "--theorem", "label-transfer")


def raising(error):
    """A function that raises an error of nobody's making in particular."""

    def fail(*_):
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        *(
            KeyError("k"),
            ZeroDivisionError("0"),
            AssertionError(),
            RecursionError("deep"),
            RuntimeError("out of order"),
        ),
        *(ValueError("no message of ours"), TypeError("'NoneType' object is not callable"), AttributeError("x")),
        *(SystemExit(0), SystemExit(1)),
    ],
    ids=repr,
)
def test_an_error_of_ours_is_one_line_and_exit_4(error, command, monkeypatch):
    monkeypatch.setattr(catalogue, "print_list", raising(error))
    code, out, err = command("list")
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert err.startswith(f"mmcl-theory: internal error ({type(error).__name__}: {error}); please report it")
    code, _, err = command("--debug", "list")
    assert code == 4
    assert err.startswith("Traceback")
    assert "internal error" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "does not fit into memory"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes."), "does not fit into memory"),
        (OSError(errno.ENOSPC, "No space left on device", "t.csv"), "t.csv: No space left on device"),
    ],
)
def test_what_the_machine_cannot_do_is_one_line_and_exit_2(error, words, command, monkeypatch):
    monkeypatch.setattr(catalogue, "print_list", raising(error))
    code, out, err = command("list")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_without_arguments_the_help_is_printed_and_nothing_else(command):
    code, out, err = command()
    assert (code, err) == (2, "")
    assert "falsify" in out
    assert "Exit codes: 0, nothing is violated; 1, something is; 2, " in out
    assert command("--help")[:2] == (0, out)


def test_a_message_is_short_and_moves_no_cursor(command):
    code, _, err = command("verify", "--data", "\x1b[8m\r" * 100_000)
    assert code == 2
    assert len(err) < 2500
    assert err.removesuffix("\n").isprintable()


def test_seeds_of_any_size_are_seeds(command):
    for seed in (0, 7, -1, 2**62, -(2**63)):
        assert (jax.random.key_data(seeded_key(seed)) == jax.random.key_data(jax.random.key(seed))).all()
    large = [2**63, 2**64, 2**64 + 1, -(2**63) - 1, -(2**64), 10**100]
    keys = [np.asarray(jax.random.key_data(seeded_key(seed))) for seed in (*large, 0, 1)]
    assert len({key.tobytes() for key in keys}) == len(keys)
    assert command(*VERIFY, "--seed", 10**100)[0] == 0


def test_files_are_written_although_nobody_reads_the_output(process, tmp_path):
    running = process("explore", "--out", "page.html")  # which begins in half of the time
    running.stdout.close()
    assert (running.stderr.read(), running.wait()) == (b"", 141)
    assert (tmp_path / "page.html").read_text().rstrip().endswith("</html>")


def test_files_are_written_although_the_output_is_a_full_disk(process, tmp_path):
    with open("/dev/full", "w") as full:
        running = process("explore", "--out", "page.html", stdout=full)
        assert running.stderr.read() == b"mmcl-theory: the output: No space left on device\n"
        assert running.wait() == 2
    assert (tmp_path / "page.html").read_text().rstrip().endswith("</html>")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_any_encoding_will_do(encoding, command, tmp_path, monkeypatch):
    printed = io.TextIOWrapper(io.BytesIO(), encoding=encoding)  # strict, as standard output is
    monkeypatch.setattr(sys, "stdout", printed)
    code, _, err = command(*VERIFY, "--out", "t.csv")
    assert (code, err) == (0, "")
    assert "\\u2264" in printed.buffer.getvalue().decode(encoding)
    assert (tmp_path / "t.csv").exists()


def test_a_closed_output_is_no_error(process):
    running = process("list", before="exec >&-")
    assert (running.stderr.read(), running.wait()) == (b"", 0)


SEARCH = ("falsify", "label-transfer", "--budget", 10**6)


@pytest.mark.parametrize("module", [b"typer.main", b"jax._src.core"])
def test_an_interrupt_in_the_imports_says_so(module, process):
    running = process(*SEARCH, PYTHONPROFILEIMPORTTIME="1")  # it says on standard error what it has imported
    assert any(line.split()[-1] == module for line in running.stderr)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 130
    assert err.decode().splitlines()[-1] == "mmcl-theory: interrupted"
    assert b"Traceback" not in err


def test_an_interrupt_says_so_where_programs_are_compiled(tmp_path):
    """What test_output_files.py interrupts searches."""
    running = forks.started(tmp_path, *SEARCH)
    while not (tmp_path / "err").exists():  # before, an interrupt would meet the process before the command
        time.sleep(0.01)
    time.sleep(1)
    os.kill(running.pid, signal.SIGINT)
    running.join(120)
    assert running.exitcode == 130
    said = (tmp_path / "err").read_text()
    assert said.splitlines()[-1] == "mmcl-theory: interrupted"
    assert "Traceback" not in said


def test_the_version_is_that_of_the_package(command):
    import mmcl_theory as mt

    assert command("--version") == (0, f"mmcl-theory {mt.__version__}\n", "")


def test_a_shell_is_told_what_could_follow(command, monkeypatch):
    monkeypatch.setenv("_MMCL_THEORY_COMPLETE", "complete_bash")
    for typed, follows in (("ve", ["verify"]), ("falsify --sa", ["--save"]), ("certify --k 1 --jo", ["--joint"])):
        monkeypatch.setenv("COMP_WORDS", f"mmcl-theory {typed}")
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split())))
        code, out, err = command()
        assert (code, out.split(), err) == (0, follows, "")

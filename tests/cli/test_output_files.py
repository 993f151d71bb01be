"""Files are tried before the work, written before anything is printed, and what was computed is never lost."""

import os
import signal
import sys
import time

import forks
import pytest
from false_theorem import FALSE_THEOREM
from kills import full_disk

import mmcl_theory as mt
from mmcl_theory import tables
from mmcl_theory.reporting import terminal

VERIFY = ("verify", "--data", "isotropic", "--k", 1, "--theorem", "label-transfer")
FALSIFY = ("falsify", "label-transfer", "--n-images", 2, "--n-texts", 2, "--budget", 2)


def failing(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("arguments", "work"),
    [
        ((*VERIFY, "--out"), "verification.verify.verify"),
        ((*VERIFY, "--figures"), "verification.verify.verify"),
        ((*VERIFY, "--report"), "verification.verify.verify"),
        ((*FALSIFY, "--out"), "falsification.falsify.falsify"),
        ((*FALSIFY, "--save"), "falsification.falsify.falsify"),
        ((*FALSIFY, "--report"), "falsification.falsify.falsify"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_the_work(arguments, work, command, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(f"mmcl_theory.{work}", failing)
    name = "t.html" if arguments[-1] == "--report" else "t.csv"
    code, out, err = command(*arguments, f"file/{name}")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"{arguments[-1]}: 'file/{name}' cannot be written" in err
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.html").mkdir()
    bad = {"--out": ("folder.csv",), "--report": ("folder.html", "report.txt", "")}
    for name in bad.get(arguments[-1], ("file", "")):
        code, out, err = command(*arguments, name)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"mmcl-theory: {arguments[-1]}: ")


@pytest.mark.parametrize(
    ("option", "name", "module"), [("--out", "t.parquet", "pyarrow"), ("--figures", "f", "matplotlib")]
)
def test_what_is_not_installed_is_said_before_the_work(option, name, module, command, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr("mmcl_theory.verification.verify.verify", failing)
    code, out, err = command(*VERIFY, option, name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"{option}: {module} is needed: pip install" in err


def test_a_report_is_not_the_table_too(command, monkeypatch):
    monkeypatch.setattr("mmcl_theory.verification.verify.verify", failing)
    code, out, err = command(*VERIFY, "--out", "t.html", "--report", "../" + os.path.basename(os.getcwd()) + "/t.html")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "t.html' is what --out writes" in err


def test_a_report_that_cannot_be_written_costs_nothing_else(command, tmp_path, monkeypatch):
    monkeypatch.setattr("mmcl_theory.reporting.runs.write_report", failing)
    code, out, err = command(*VERIFY, "--out", "t.csv", "--report", "r.html")
    assert (code, err.count("\n")) == (2, 1)
    assert "table: t.csv\n" in out
    assert "label-transfer" in out


def test_the_same_command_writes_the_same_report_and_says_so(command, tmp_path):
    (tmp_path / "mine.py").write_text(FALSE_THEOREM)
    mt.generators.isotropic_noise(3, 0.25).save(tmp_path / "joint.npz")
    proof = ("certify", "label-transfer", "--joint", "joint.npz", "--k", 1)
    for arguments, exit_code, words in (
        ((*VERIFY, "--theorem", "mine.py"), 1, "Something is violated: of 2 rows"),
        (("falsify", "mine.py", *FALSIFY[2:]), 1, "A counterexample is proven"),
        (proof, 0, "Proven: label-transfer"),
    ):
        path = tmp_path / "new" / f"{arguments[0]}.html"
        code, out, err = command(*arguments, "--report", path)
        assert (code, err) == (exit_code, "")
        assert f"report: {path}\n" in out
        first = path.read_bytes()
        assert words in first.decode()
        assert f"report: {path} (replaced)\n" in command(*arguments, "--report", path)[1]
        assert path.read_bytes() == first
    assert command("certify", "--check", "proof.json", "--report", "r.html")[0] == 2


def test_what_a_command_reads_it_does_not_replace(command, tmp_path):
    (tmp_path / "pairs.csv").write_text("image,text,label\na,b,c\nd,e,f\n")
    code, _, err = command("verify", "--pairs", "pairs.csv", "--out", tmp_path / "pairs.csv")
    assert code == 2
    assert "is what this command reads" in err


def test_files_are_written_first_and_a_replaced_one_and_a_full_disk_are_said(command, tmp_path, monkeypatch):
    monkeypatch.setattr(terminal, "print_verification", failing)
    assert command(*VERIFY, "--out", "t.csv")[0] == 2
    assert len(tables.read(tmp_path / "t.csv")) == 1
    monkeypatch.undo()
    # Figures are not drawn, which test_cli.py does: to write the bytes takes a hundredth of that.
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda _, file, **__: file.write(bytes(1000)))
    os.chdir(tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "isotropic_spectrum.png").touch()
    code, out, _ = command(*VERIFY, "--out", "t.csv", "--figures", "new")
    assert code == 0
    assert "table: t.csv (replaced)\n" in out
    assert "figure: new/isotropic_spectrum.pdf\n" in out
    assert "figure: new/isotropic_spectrum.png (replaced)\n" in out
    with full_disk(512):  # the cache of JAX is not cut off too, as all is compiled
        code, out, err = command(*VERIFY, "--figures", "newer")
    assert code == 2, err
    assert "label-transfer" in out
    assert err.splitlines()[-1].startswith("mmcl-theory: --figures: ")
    assert "Traceback" not in err


def test_a_table_that_cannot_be_written_is_still_printed(command, monkeypatch):
    monkeypatch.setattr(tables, "write", failing)
    code, out, err = command(*VERIFY, "--out", "t.csv")
    assert "label-transfer" in out
    assert (code, err.count("\n")) == (2, 1)
    assert "No space left on device" in err


def test_a_search_is_saved_as_it_goes_and_goes_on_after_an_interrupt(command, tmp_path):
    path = tmp_path / "found" / "label-transfer.npz"
    running = forks.started(tmp_path, *FALSIFY[:-1], 10**6, "--save", "found")
    for _ in range(1000):
        time.sleep(0.1)
        if path.exists():
            break
    os.kill(running.pid, signal.SIGINT)
    running.join(120)
    assert (running.exitcode, (tmp_path / "out").read_text()) == (130, "")
    said = (tmp_path / "err").read_text()
    assert said.splitlines()[-1] == "mmcl-theory: interrupted"
    assert "Traceback" not in said
    rounds = mt.Falsification.load(path).rounds
    code, out, err = command(*FALSIFY[:-1], rounds + 1, "--save", "found")
    assert (code, err) == (0, "")
    assert mt.Falsification.load(path).rounds == rounds + 1
    before = path.read_bytes()
    assert command(*FALSIFY[:-1], rounds + 1, "--save", "found")[0] == 0  # it is finished
    assert path.read_bytes() == before
    larger = [3 if before == "--n-images" else word for before, word in zip(("", *FALSIFY), FALSIFY, strict=False)]
    for arguments, words in (((*FALSIFY, "--seed", 1), "--seed"), (larger, "--save")):
        place = arguments.index("--budget") + 1
        code, out, err = command(*arguments[:place], rounds + 1, *arguments[place + 1 :], "--save", "found")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"mmcl-theory: {words}: ")
    assert path.read_bytes() == before


def test_a_search_whose_file_cannot_be_written_is_printed_and_then_the_error(command, monkeypatch, tmp_path):
    monkeypatch.setattr("mmcl_theory.falsification.state.State.write", failing)
    code, out, err = command(*FALSIFY, "--save", "found", "--out", "t.csv")
    assert "label-transfer" in out
    assert (code, err.count("\n")) == (2, 1)
    assert len(tables.read(tmp_path / "t.csv")) == 1


SECOND = FALSE_THEOREM.replace("too_good =", "other =").replace('"too-good"', '"other"')


@pytest.mark.parametrize("fault", ["of the user", "of ours"])
def test_a_search_that_fails_ends_no_other(fault, command, monkeypatch, tmp_path):
    """The first theorem's formula fails where a joint is drawn; the second is false, and refuted."""
    from mmcl_theory.falsification import falsify

    search = falsify.falsify

    def fails_first(theorem, *sizes, **more):
        if theorem.slug == "too-good":
            raise KeyError("k") if fault == "of ours" else ValueError("theorem: a mistake")
        return search(theorem, *sizes, **more)

    monkeypatch.setattr(falsify, "falsify", fails_first)
    (tmp_path / "mine.py").write_text(FALSE_THEOREM + SECOND)
    code, out, err = command("falsify", "mine.py", "--n-images", 2, "--n-texts", 2, "--budget", 2, "--save", "found")
    assert code == 4
    assert err.startswith("too-good: ")
    assert "other: certified violated" in out
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == ["other.json", "other.npz"]

"""Check the command that certifies and that checks certificates."""

import os
import pathlib
import subprocess
import sys

import jax
import pytest
from false_theorem import FALSE_THEOREM

import mmcl_theory as mt
from mmcl_theory.cli.app import main


def run(*arguments, cwd):
    """In a fresh process."""
    command = [sys.executable, "-m", "mmcl_theory", "certify", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(pathlib.Path(mt.__file__).parents[1])}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300)


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """The command in this process, in a folder of its own: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["mmcl-theory", "certify", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return call


def test_the_command_proves_and_a_fresh_process_confirms(command, tmp_path):
    mt.generators.random_dirichlet(key=jax.random.key(0)).save("joint.npz")
    code, out, _ = command("probe-mmcl", "--joint", "joint.npz", "--k", 2, "--out", "proof.json")
    assert (code, out.partition(",")[0]) == (0, "probe-mmcl")
    assert "k = 2: holds" in out
    confirmed = run("--check", "proof.json", cwd=tmp_path)
    assert (confirmed.returncode, confirmed.stdout.splitlines()[-1]) == (0, "confirmed")
    path = tmp_path / "proof.json"
    path.write_text(path.read_text().replace('"verdict": "holds"', '"verdict": "violated"'))
    code, out, _ = command("--check", "proof.json")
    assert code == 3
    assert "not confirmed" in out


def test_a_false_theorem_of_ones_own_is_refuted_and_the_proof_confirmed(command, tmp_path):
    (tmp_path / "mine.py").write_text(FALSE_THEOREM)
    mt.generators.isotropic_noise(3, 0.1).save("joint.npz")
    given = ("--joint", "joint.npz", "--k", 1)
    code, out, _ = command("too-good", "--theorem", "mine.py", *given, "--out", "proof.json")
    assert code == 1
    assert "violated" in out
    assert command("--check", "proof.json", "--theorem", "mine.py")[0] == 0
    assert command("--check", "proof.json")[0] == 2  # the registry has none of this name
    assert command("probe-mmcl-paper", *given)[0] == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a slug, --joint and --k"),
        (["probe-mmcl", "--check", "x.json"], "--check"),
        (["--check", "none.json"], "none.json"),
        (["probe-mmcl", "--joint", "none.npz", "--k", "1"], "none.npz"),
        (["moon", "--joint", "none.npz", "--k", "1"], "'moon'"),
        (["moon", "--theorem", "moon", "--joint", "none.npz", "--k", "1"], "--theorem"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(arguments, words, command):
    code, out, err = command(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err

"""What CONTRIBUTING shows works as it stands."""

import pathlib
import re

import jax
import pytest

import mmcl_theory as mt
from mmcl_theory.cli.app import app

TEXT = (pathlib.Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
(COMMAND,) = re.findall(r"^    mmcl-theory (verify .*my_theorem.py)$", TEXT, re.MULTILINE)


def defined(source):
    names = {}
    exec(source, names)
    return names["probe_linear"]


def test_the_worked_theorem_holds_and_its_wrong_form_is_violated():
    joints = [mt.generators.isotropic_noise(4, beta) for beta in (1e-3, 0.1, 0.5)]
    joints += [mt.generators.random_dirichlet(key=key) for key in jax.random.split(jax.random.key(0), 20)]
    table = mt.verify(joints, [1, 2], defined(EXAMPLE))
    assert set(table.verdict) <= {"holds", "vacuous", "not applicable"}
    assert (table.verdict == "holds").any()
    wrong = EXAMPLE.replace("2 * q.labeling_error", "q.labeling_error")
    assert wrong != EXAMPLE
    assert (mt.verify(joints, [1, 2], defined(wrong)).verdict == "violated").any()


def test_the_worked_command_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("my_theorem.py").write_text(EXAMPLE, encoding="utf-8")
    # As many joints as it says would take longer and show no more.
    words = COMMAND.replace("1000", "20").split()
    assert app(words, standalone_mode=False) == 0


@pytest.mark.parametrize("path", re.findall(r"`((?:theory|tests|docs|joints|plotting)/[\w/]+\.\w+)`", TEXT))
def test_files_it_names_exist(path):
    root = pathlib.Path(__file__).parents[1]
    assert (root / path).exists() or (root / "mmcl_theory" / path).exists()

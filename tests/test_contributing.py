"""What CONTRIBUTING shows works as it stands."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import jax
import pytest

import mmcl_theory as mt
from mmcl_theory.cli.commands import app

ROOT = pathlib.Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
(COMMAND,) = re.findall(r"^    mmcl-theory (verify .*my_theorem.py)$", TEXT, re.MULTILINE)
(DIFF,) = re.findall(r"```diff\n(.*?)```", TEXT, re.DOTALL)
((*TESTS,),) = [shlex.split(line) for line in re.findall(r"^    python -m pytest (.*)$", TEXT, re.MULTILINE)]
SLUG = "total-variation-chi-square"


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


def patched(text, diff):
    """The text with each hunk of the diff applied, at the place that is nearest to where the hunk says it is."""
    lines = text.split("\n")
    hunks = re.findall(r"^@@ -\d+(?:,\d+)? \+(\d+).*\n((?:[ +-].*\n|\n)*)", diff, re.MULTILINE)
    assert hunks
    for start, hunk in hunks:
        changes = hunk.splitlines()
        old = [line[1:] for line in changes if not line.startswith("+")]
        new = [line[1:] for line in changes if not line.startswith("-")]
        places = [i for i in range(len(lines)) if lines[i : i + len(old)] == old]
        place = min(places, key=lambda i: abs(i + 1 - int(start)))
        lines[place : place + len(old)] = new
    return "\n".join(lines)


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the package with the new theorem and its new quantity, as the diff says."""
    copy = tmp_path_factory.mktemp("extended")
    for name in ("mmcl_theory", "tests", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "conftest.py", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, copy)
    for part in re.split(r"^--- a/", DIFF, flags=re.MULTILINE)[1:]:
        path = copy / part.partition("\n")[0]
        path.write_text(patched(path.read_text(encoding="utf-8"), part), encoding="utf-8")
    return copy


def ran(copy, *arguments):
    """What a Python process that imports the copy prints; it must end well."""
    environment = os.environ | {"PYTHONPATH": str(copy)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_new_theorem_is_in_five_places():
    assert len(re.findall(r"^--- a/", DIFF, re.MULTILINE)) == 5


# Commands one after the other in one process, with a form feed after each.
COMMANDS = """
import sys
from mmcl_theory.cli.commands import app
for words in sys.argv[1:]:
    app(words.split(), standalone_mode=False)
    print("\f")
"""


def test_the_new_theorem_is_listed_shown_and_verified(extended):
    commands = ("list", f"show {SLUG}", f"verify --data dirichlet --theorem {SLUG}")
    listed, shown, verified, _ = ran(extended, "-c", COMMANDS, *commands).split("\f")
    assert SLUG in listed
    assert "total variation" in shown
    assert SLUG in verified


def test_the_new_theorem_passes_the_tests_that_contributing_names(extended):
    passed = ran(extended, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)
    assert re.search(r"^\d+ passed", passed, re.MULTILINE), passed


# Without its field, in the first place, there is no quantity of which another place could be missing.
@pytest.mark.parametrize("place", re.findall(r"^--- a/(.*)$", DIFF, re.MULTILINE)[1:])
def test_a_forgotten_place_is_named(extended, tmp_path, place):
    forgetful = tmp_path / "forgetful"
    shutil.copytree(extended, forgetful)
    shutil.copy(ROOT / place, forgetful / place)
    if place == "mmcl_theory/theory/catalogue/information.py":
        assert SLUG not in ran(forgetful, "-m", "mmcl_theory", "list")
        return
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    environment = os.environ | {"PYTHONPATH": str(forgetful)}
    failed = subprocess.run(command, cwd=forgetful, env=environment, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert place.removesuffix("/information.py") in failed.stdout

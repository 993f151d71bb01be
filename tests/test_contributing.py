"""What CONTRIBUTING shows works as it stands."""

import json
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
CATALOGUE = "mmcl_theory/theory/catalogue/information.py"


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
    # With their bytecode, but for what another process writes just now, as to compile all of it takes seconds; the site
    # is not needed.
    for name in ("mmcl_theory", "tests", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("*.pyc.*", "_build"))
    for name in ("pyproject.toml", "conftest.py", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, copy)
    for part in re.split(r"^--- a/", DIFF, flags=re.MULTILINE)[1:]:
        path = copy / part.partition("\n")[0]
        path.write_text(patched(path.read_text(encoding="utf-8"), part), encoding="utf-8")
    return copy


PLACES = re.findall(r"^--- a/(.*)$", DIFF, re.MULTILINE)


def test_the_new_theorem_is_in_five_places():
    assert len(PLACES) == 5


# Do some work in each of some folders, whose tests are imported, and tell how each ended.  The package is imported from
# the folder that is named, or from where the process is: there once, before it forks itself for each.  So is what the
# package itself imports; JAX has no threads before its first use.
FORKS = """
import json, os, sys
import equinox, flint, hypothesis.extra.numpy, jax, mpmath, optax, pandas, pytest, scipy.linalg, scipy.sparse
ends, own, others = {}, *map(json.loads, sys.argv[1:])
for folder, work in (own | others).items():
    if folder == next(iter(others)):
        import mmcl_theory.cli.commands, mmcl_theory.certification.certify, mmcl_theory.verification.verify
    child = os.fork()
    if child == 0:
        code = 4
        try:
            os.chdir(folder)
            sys.path.insert(0, folder)
            printed = os.open("printed", os.O_WRONLY | os.O_CREAT)
            os.dup2(printed, 1)
            os.dup2(printed, 2)
            names = {}
            exec(work, names)
            code = int(names.get("code", 0))
        finally:
            sys.stdout.flush()
            os._exit(code)
    ends[folder] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps(ends))
"""
COMMANDS = f"""
import sys
from mmcl_theory.cli.commands import app
for words in ("list", "show {SLUG}", "verify --data dirichlet --theorem {SLUG}"):
    app(words.split(), standalone_mode=False)
    print("\f", flush=True)
"""
PYTEST = f"""
import pytest
code = pytest.main(["-q", "-p", "no:cacheprovider", *{TESTS}])
"""
LIST = """
from mmcl_theory.cli.commands import app
app(["list"], standalone_mode=False)
"""


@pytest.fixture(scope="module")
def found(extended, tmp_path_factory):
    """How work ended, and what it printed: in the extended copies, and where one place is as it was."""
    pytest.importorskip("flint")
    work = {"commands": COMMANDS, "tests": PYTEST, **{place: PYTEST for place in PLACES[1:]}, CATALOGUE: LIST}
    folders = {}
    for name in work:
        folders[name] = tmp_path_factory.mktemp("copy") / "package"
        # Links, to files that nobody writes to: bytecode is written anew, and put in place.
        shutil.copytree(extended, folders[name], copy_function=os.link)
        if name in PLACES:
            (folders[name] / name).unlink()
            shutil.copy(ROOT / name, folders[name] / name)
    own = [name for name in folders if name.startswith("mmcl_theory/")]  # whose package is not that of the others
    groups = own, [name for name in folders if name not in own]
    asked = [json.dumps({str(folders[name]): work[name] for name in group}) for group in groups]
    command = [sys.executable, "-c", FORKS, *asked]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # whatever else is installed; these tests need none
    done = subprocess.run(command, cwd=extended, env=environment, stdout=subprocess.PIPE, check=True)
    ends = json.loads(done.stdout)
    return {
        name: (ends[str(folder)], (folder / "printed").read_text(encoding="utf-8")) for name, folder in folders.items()
    }


def test_the_new_theorem_is_listed_shown_and_verified(found):
    code, printed = found["commands"]
    assert code == 0, printed
    listed, shown, verified, _ = printed.split("\f")
    assert SLUG in listed
    assert "total variation" in shown
    assert SLUG in verified


def test_the_new_theorem_passes_the_tests_that_contributing_names(found):
    code, printed = found["tests"]
    assert code == 0, printed
    assert re.search(r"^\d+ passed", printed, re.MULTILINE), printed


# Without its field, in the first place, there is no quantity of which another place could be missing.
@pytest.mark.parametrize("place", PLACES[1:])
def test_a_forgotten_place_is_named(found, place):
    code, printed = found[place]
    if place == CATALOGUE:
        assert code == 0, printed
        assert "probe-mmcl" in printed
        assert SLUG not in printed
        return
    assert code == 1, printed
    assert place.removesuffix("/information.py") in printed

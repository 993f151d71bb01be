"""Check that what docs/generate.py writes is current, and that the glossary defines the words of the field."""

import importlib.util
import pathlib
import re

import pytest

import mmcl_theory as mt
from mmcl_theory.theory import verdicts

ROOT = pathlib.Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(generate)
SHARPER = (ROOT / "docs" / "sharper.md").read_text(encoding="utf-8")
INFORMATION = (ROOT / "docs" / "information.md").read_text(encoding="utf-8")
HEADS = (ROOT / "docs" / "heads.md").read_text(encoding="utf-8")
SHORTCUTS = (ROOT / "docs" / "shortcuts.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "notation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", generate.generated(), ids=lambda path: path.name)
def test_generated_files_are_current(path):
    assert path.read_text(encoding="utf-8") == generate.generated()[path], "write it again: python docs/generate.py"


@pytest.mark.parametrize(
    "word",
    [
        *("joint", "world", "labeling error", "text-induced pairs", "encoder dimension", "linear probe", "residual"),
        *("zero-shot head", "conductance", "order statement", "vacuous", "mutant", "certificate", "instance"),
    ],
)
def test_the_glossary_defines(word):
    assert re.search(rf"^- \*\*[^*]*\b{word}\b[^*]*\*\*: |\*\*{word}\*\*", PAGE, re.MULTILINE)


def test_the_glossary_has_every_verdict():
    words = {value for name, value in vars(verdicts).items() if name.isupper()}
    assert words == set(re.findall(r"^\| `([a-z ]+)` \| [A-Z]", PAGE, re.MULTILINE))


def test_every_proof_that_is_said_to_be_in_the_documentation_is_there():
    """A section of docs/sharper.md is headed by the slug and begins with the statement as the theorem has it."""
    sections = dict(re.findall(r"^## `([a-z-]+)`[^\n]*\n\n\$\$([^\n]+)\$\$$", SHARPER, re.MULTILINE))
    assert len(sections) == SHARPER.count("\n## ")
    assert {slug: mt.theorems[slug].statement for slug in sections} == sections
    told = {slug for slug, theorem in mt.theorems.items() if "docs/sharper.md" in theorem.proof}
    assert told <= set(sections)
    assert set(sections) - told == {"probe-mmcl-paper", "probe-error"}  # of these it has the best constant


def test_the_proofs_about_information_are_those_that_the_theorems_name():
    sections = dict(re.findall(r"^## `([a-z-]+)`\n\n\$\$([^\n]+)\$\$$", INFORMATION, re.MULTILINE))
    assert len(sections) == INFORMATION.count("\n## ")
    assert {slug: mt.theorems[slug].statement for slug in sections} == sections
    assert {slug for slug, theorem in mt.theorems.items() if "docs/information.md" in theorem.proof} == set(sections)


def test_every_proof_that_is_said_to_be_with_the_heads_is_there():
    headings = set(re.findall(r"`([a-z-]+)`", " ".join(re.findall(r"^## .*$", HEADS, re.MULTILINE))))
    told = {slug for slug, theorem in mt.theorems.items() if "docs/heads.md" in theorem.proof}
    assert told
    assert told <= headings <= set(mt.theorems)


def test_every_proof_that_is_said_to_be_with_the_shortcuts_is_there():
    told = {slug for slug, theorem in mt.theorems.items() if "docs/shortcuts.md" in theorem.proof}
    assert told
    assert all(f"`{slug}`" in SHORTCUTS for slug in told)


_PROSE = ["sharper", "information", "tightness", "mutants", "notation", "consistency", "walks", "heads", "samples"]
_PROSE += ["shortcuts"]


@pytest.mark.parametrize("name", _PROSE)
def test_formulas_are_such_as_github_shows(name):
    """Markdown eats a backslash before punctuation, and GitHub has no operatorname."""
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    prose = re.sub(r"`[^`]*`", "", text)
    assert all(line.count("$") % 2 == 0 for line in prose.splitlines())  # no formula is broken in two
    formulas = [display or inline for display, inline in re.findall(r"\$\$([^$]+)\$\$|\$([^$]+)\$", prose)]
    assert len(formulas) >= 20
    for formula in formulas:
        assert not re.search(r"\\[^a-zA-Z]|operatorname|\*", formula), formula
        assert formula == formula.strip(), formula
        assert formula.count("{") == formula.count("}"), formula
    for line in re.sub(r"\$[^$]*\$", "", prose).splitlines():
        assert not re.search(r"[αβσφλΔΠε‖√²]", line), line  # formulas outside of dollars

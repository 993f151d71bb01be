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


def test_every_section_of_a_statement_begins_with_it():
    """A section of docs/sharper.md or docs/information.md is headed by the slug, and then has the statement."""
    for page in (SHARPER, INFORMATION):
        headed = dict(re.findall(r"^## `([a-z-]+)`[^\n]*\n\n\$\$([^\n]+)\$\$$", page, re.MULTILINE))
        assert len(headed) == page.count("\n## ")
        assert {slug: mt.theorems[slug].statement for slug in headed} == headed


def anchored(page):
    """The sections of a page, each under the anchor that GitHub and MyST give its heading."""
    parts = re.split(r"^#+ (.*)$", page, flags=re.MULTILINE)
    anchors = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in parts[1::2]]
    assert len(set(anchors)) == len(anchors)  # else the later ones would get numbers
    return {anchor: heading + text for anchor, heading, text in zip(anchors, parts[1::2], parts[2::2], strict=True)}


PAGES = {path.name: anchored(path.read_text(encoding="utf-8")) for path in (ROOT / "docs").glob("*.md")}


def test_every_proof_that_is_said_to_be_in_the_documentation_is_there():
    for slug, theorem in mt.theorems.items():
        told = f"{theorem.proof} {theorem.extremal}"
        places = re.findall(r"docs/(\w+\.md)#([\w-]+)", told)
        assert len(places) == told.count("docs/"), slug
        for page, anchor in places:
            assert f"`{slug}`" in PAGES[page][anchor], slug


def test_every_proof_in_the_documentation_is_said_to_be_there():
    """The sketch of a statement that heads a section names that section."""
    headings = [
        (f"docs/{name}#{anchor}", text.partition("\n")[0]) for name in PAGES for anchor, text in PAGES[name].items()
    ]
    named = {(slug, place) for place, heading in headings for slug in re.findall(r"`([a-z-]+)`", heading)}
    of_statements = {(slug, place) for slug, place in named if slug in mt.theorems}
    assert len(of_statements) > 40
    assert not [(slug, place) for slug, place in of_statements if place not in mt.theorems[slug].proof]


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

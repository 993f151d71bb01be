"""Check that what docs/generate.py writes is current, and that the glossary defines the words of the field."""

import importlib.util
import pathlib
import re

import pytest

from mmcl_theory.theory import verdicts

ROOT = pathlib.Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(generate)
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

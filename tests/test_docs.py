"""Check that the documents name only files that exist."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {document.relative_to(ROOT).as_posix(): document.read_text(encoding="utf-8") for document in DOCUMENTS}

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
# What looks like a path: a known folder with what follows, or any name of a file of ours with folders before it or not.
FOLDERS = [entry.name for parent in (ROOT, ROOT / "mmcl_theory") for entry in parent.iterdir() if entry.is_dir()]
PATH = re.compile(rf"(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*|[\w-]+(?:/[\w.-]+)+\.\w+|(?!my_)\w+\.py")
SCRIPT = re.compile(r"^    python ([\w/]+\.py)", re.MULTILINE)
# Folders that commands make, which a fresh checkout has not.
MADE = tuple(line for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split() if line.endswith("/"))


@pytest.mark.parametrize("document", TEXTS)
def test_links_lead_to_files(document):
    folder = (ROOT / document).parent
    targets = {target.split("#")[0] for target in LINK.findall(TEXTS[document]) if not re.match(r"[a-z]+:", target)}
    missing = sorted(target for target in targets if target and not (folder / target).exists())
    assert not missing, f"{document} links to files that do not exist: {', '.join(missing)}"


@pytest.mark.parametrize("document", TEXTS)
def test_named_files_exist(document):
    prose = re.sub(r"```.*?```", "", TEXTS[document], flags=re.DOTALL)
    named = [code for code in CODE.findall(prose) if PATH.fullmatch(code)] + SCRIPT.findall(prose)
    missing = sorted({path for path in named if not _exists(path)})
    assert not missing, f"{document} names files that do not exist: {', '.join(missing)}"


def _exists(path):
    """Return whether a path is one of ours; the end of a name may be left out (`notebooks/02`), or all folders."""
    if path.startswith(MADE):
        return True
    if "/" not in path:
        return any(any((ROOT / folder).rglob(path)) for folder in ("mmcl_theory", "tests", "experiments", "benchmarks"))
    complete = pathlib.Path(path).suffix or path.endswith("/")
    return any(
        (parent / path).exists() or (not complete and any(parent.glob(f"{path}_*")))
        for parent in (ROOT, ROOT / "mmcl_theory")
    )


def test_both_checks_find_something():
    links = sum(len(LINK.findall(text)) for text in TEXTS.values())
    paths = sum(bool(PATH.fullmatch(code)) for text in TEXTS.values() for code in CODE.findall(text))
    assert links >= 20
    assert paths >= 20

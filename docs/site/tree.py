"""Lay out the tree that Sphinx reads, docs/_build/source: the documents, the notebooks and what the package knows.

    python docs/site/tree.py

It mirrors the repository, so that the links between documents lead where they lead there: the pages of
``docs/site/pages``, README and the documents as they are, the notebooks with their outputs, and pages that are made
from the registries (statements, gallery, reference, bibliography).
"""

import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests"))  # for the small worlds

from gallery import gallery_pages
from reference import reference_pages
from statements import statement_pages

from mmcl_theory import _archive

SITE = pathlib.Path(__file__).parent
ROOT = SITE.parents[1]
COPIED = ("*.md", "*.cff", "docs/*.md", "docs/*.png", "docs/*.svg", "docs/*.bib", "benchmarks/*.md", "benchmarks/*.svg")


def lay_out(source: pathlib.Path) -> None:
    """Write the tree that Sphinx reads, anew."""
    shutil.rmtree(source, ignore_errors=True)
    for pattern in (*COPIED, "notebooks/*.ipynb", "notebooks/*.md", "experiments/*.py"):
        for path in ROOT.glob(pattern):
            _copy(path, source / path.relative_to(ROOT))
    for path in (SITE / "pages").rglob("*.*"):
        _copy(path, source / path.relative_to(SITE / "pages"))
    for pages in (reference_pages, gallery_pages, statement_pages):
        for name, text in pages(source).items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            _archive.write_text(source / name, text)


def _copy(path: pathlib.Path, target: pathlib.Path) -> None:
    """Copy a file, and make the folder that it is copied into."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


if __name__ == "__main__":
    begun = time.monotonic()
    lay_out(ROOT / "docs" / "_build" / "source")
    print(f"laid out in {time.monotonic() - begun:.0f} s")

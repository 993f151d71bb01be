"""Build the site into docs/_build/html, from the documents, the notebooks and what the package knows of itself.

    python docs/site/build.py

It lays out a tree that mirrors the repository, so that the links between documents lead where they lead there: the
pages of ``docs/site/pages``, README and the documents as they are, the notebooks with their outputs, and pages that are
made from the registries (statements, gallery, reference, bibliography).  Sphinx then builds it.  The build fails on a
warning, on a link that leads nowhere, and on a page that would load something from another host; it needs no network.
"""

import argparse
import gc
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests"))  # for the small worlds

from gallery import gallery_pages
from links import faults
from reference import reference_pages
from sphinx.cmd.build import build_main
from statements import statement_pages

from mmcl_theory import _archive
from mmcl_theory.reporting.explore import explore_page

SITE = pathlib.Path(__file__).parent
ROOT = SITE.parents[1]
BUILD = ROOT / "docs" / "_build"
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


def main() -> int:
    """Build the site; return the exit code."""
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    begun = time.monotonic()
    lay_out(BUILD / "source")
    print(f"laid out in {time.monotonic() - begun:.0f} s", flush=True)
    shutil.rmtree(BUILD / "html", ignore_errors=True)
    gc.disable()  # trees of documents are large, and seldom garbage: looking for it takes a fifth of Sphinx's time
    options = ["-W", "--keep-going", "-q", "-c", SITE, "-d", BUILD / "trees"]
    code = build_main([*map(str, options), str(BUILD / "source"), str(BUILD / "html")])
    _archive.write_text(BUILD / "html" / "explore.html", explore_page())
    wrong = list(faults(BUILD / "html"))
    for fault in wrong:
        print(fault, file=sys.stderr)
    pages = sum(1 for _ in (BUILD / "html").rglob("*.html"))
    print(f"{pages} pages in {(BUILD / 'html').relative_to(ROOT)}, built in {time.monotonic() - begun:.0f} s")
    return code or bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

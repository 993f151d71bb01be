"""Build the site into docs/_build/html, from the tree that ``tree.py`` has laid out.

    python docs/site/build.py

The build fails on a warning, on a link that leads nowhere, and on a page that would load something from another host;
it needs no network.
"""

import argparse
import gc
import pathlib
import shutil
import sys
import time

from links import faults
from sphinx.cmd.build import build_main

from mmcl_theory import _archive
from mmcl_theory.reporting.explore import explore_page

SITE = pathlib.Path(__file__).parent
ROOT = SITE.parents[1]
BUILD = ROOT / "docs" / "_build"


def main() -> int:
    """Build the site; return the exit code."""
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    begun = time.monotonic()
    pages, unfinished = BUILD / "html", BUILD / "unfinished"
    for folder in (pages, unfinished):
        shutil.rmtree(folder, ignore_errors=True)
    gc.disable()  # trees of documents are large, and seldom garbage: looking for it takes a fifth of Sphinx's time
    options = ["-W", "--keep-going", "-q", "-c", SITE, "-d", BUILD / "trees"]
    code = build_main([*map(str, options), str(BUILD / "source"), str(unfinished)])
    _archive.write_text(unfinished / "explore.html", explore_page())
    wrong = list(faults(unfinished))
    for fault in wrong:
        print(fault, file=sys.stderr)
    unfinished.rename(pages)  # the whole site or none, so that the tests of its pages may run beside
    n_pages = sum(1 for _ in pages.rglob("*.html"))
    print(f"{n_pages} pages in {pages.relative_to(ROOT)}, built in {time.monotonic() - begun:.0f} s")
    return code or bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

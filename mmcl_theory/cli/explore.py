"""Define ``mmcl-theory explore``."""

import os
import sys
import tempfile
from typing import Annotated

import typer

from .files import Files


def explore(
    out: Annotated[
        str | None, typer.Option(help="Write the page to this .html file; by default it is opened in a browser.")
    ] = None,
) -> None:
    """Open a page on which a table of pairs is changed, and what is learned from it is seen."""
    from .._archive import write_text
    from ..reporting.explore import explore_page

    files = Files()
    files.try_file(out)
    path = out if out is not None else os.path.join(tempfile.mkdtemp(prefix="mmcl-theory-"), "explore.html")
    with files.writing("--out"):
        write_text(path, explore_page())
        files.tell("page", path)
    files.report()
    if out is None and not _opened(path):
        print("No browser could be opened here; open the page where there is a screen. It needs no network.")


def _opened(path: str) -> bool:
    """Open a page in a browser with a screen, and say whether there is one; a browser in a terminal runs no scripts."""
    import pathlib
    import webbrowser

    has_screen = sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return has_screen and webbrowser.open(pathlib.Path(path).as_uri())

"""Write the page on which a reader changes a table of pairs and sees what is learned from it: one file, no network."""

from pathlib import Path

_SCRIPTS = ("linear_algebra", "walks", "quantities", "presets", "drawing", "controls")


def explore_page() -> str:
    """Return the page as HTML, with its style and scripts inside.

    It needs no server and loads nothing.  Its numbers are those of ``measure``, by the same names; the bounds of walks
    are exact there, where ``measure`` knows them from moments in double precision.

    Examples
    --------
    >>> page = explore_page()
    >>> page[:15], len(page.encode()) < 100_000, "src=" in page
    ('<!doctype html>', True, False)
    """
    here = Path(__file__).parent
    scripts = "\n".join((here / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    page = (here / "page.html").read_text(encoding="utf-8")
    page = page.replace("/* style.css */", (here / "style.css").read_text(encoding="utf-8"))
    return page.replace("/* scripts */", f'"use strict";\n{scripts}')

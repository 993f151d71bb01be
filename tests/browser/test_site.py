"""The site as it is built by ``make docs``: its pages are set, load from no host, and fit a phone."""

import os
import pathlib

import pytest

SITE = pathlib.Path(__file__).parents[2] / "docs" / "_build" / "html"
PAGES = {  # with how many formulas at least are set
    "index.html": 0,
    "statements/index.html": 100,
    "statements/probe-text-induced.html": 5,
    "gallery.html": 0,
    "docs/walks.html": 100,
    "docs/notation.html": 100,
    "reference/verification.html": 0,
    "bibliography.html": 0,
}


@pytest.fixture(scope="module", autouse=True)
def _site_is_built():
    if not SITE.exists():
        if os.environ.get("MMCL_BROWSER") == "required":
            pytest.fail("the site is not built: make docs", pytrace=False)
        pytest.skip("the site is not built: make docs")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_set_and_fit(browser, page, width):
    browser.open(SITE / page, width=width)
    assert browser.run("return document.querySelectorAll('math').length") >= PAGES[page]
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run("return [...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert browser.run("return [...document.images].every(image => image.alt || image.closest('a'))")


def test_no_formula_is_left_as_it_was_written(browser):
    for page in sorted(SITE.glob("statements/*.html")) + sorted(SITE.glob("docs/*.html")):
        text = page.read_text(encoding="utf-8")
        assert "merror" not in text
        assert "$$" not in text, page

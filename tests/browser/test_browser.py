"""The browser of the other tests sees what it is there to see: errors, and whatever is asked of a host."""

import pytest

PAGE = "<!doctype html><meta charset=utf-8><title>page</title>{}"
FAULTY = {
    "a picture of a host": ('<img src="http://example.org/a.png">', "loads http://example.org/a.png"),
    "a style of a host": ("<style>@import url(https://example.org/a.css)</style>", "loads https://example.org/a.css"),
    "an error": ("<script>throw new Error('as expected')</script>", "as expected"),
    "a file that is not there": ('<img src="nowhere.png">', "nowhere.png"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_faults_are_seen(browser, tmp_path, case):
    part, fault = FAULTY[case]
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(part))
    browser.open(page)
    assert any(fault in seen for seen in browser.faults())
    page.write_text(PAGE.format("<p>in order</p>"))
    browser.open(page)
    assert browser.faults() == []


def test_the_window_is_as_asked(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(""))
    for width, dark in ((360, False), (1280, True)):
        browser.open(page, "#place", width=width, dark=dark)
        read = "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, location.hash]"
        assert browser.run(read) == [width, dark, "#place"]

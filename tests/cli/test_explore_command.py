"""``mmcl-theory explore`` writes the page, and opens it where there is a screen."""

import pathlib
import webbrowser

import pytest

from mmcl_theory.reporting.explore import explore_page


def test_the_page_is_written_and_not_opened(command, tmp_path, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda *_: pytest.fail("the page was opened"))
    code, out, err = command("explore", "--out", "page.html")
    assert (code, out, err) == (0, "page: page.html\n", "")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == explore_page()
    assert command("explore", "--out", "page.html")[1] == "page: page.html (replaced)\n"


def test_a_page_that_cannot_be_written_is_refused(command, tmp_path):
    (tmp_path / "file").touch()
    code, out, err = command("explore", "--out", "file/page.html")
    assert (code, out) == (2, "")
    assert err.startswith("mmcl-theory: --out: 'file/page.html' cannot be written")


@pytest.mark.parametrize("opens", [True, False])
def test_the_page_is_opened_where_there_is_a_screen(command, monkeypatch, opens):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or opens)
    monkeypatch.setenv("DISPLAY", ":0")
    code, out, _ = command("explore")
    path = pathlib.Path(out.splitlines()[0].removeprefix("page: "))
    assert code == 0
    assert opened == [path.as_uri()]
    assert path.read_text(encoding="utf-8") == explore_page()
    assert ("No browser could be opened" in out) == (not opens)


def test_without_a_screen_no_browser_of_the_terminal_is_started(command, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda *_: pytest.fail("a browser was started"))
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    code, out, _ = command("explore")
    assert code == 0
    assert "open the page where there is a screen" in out

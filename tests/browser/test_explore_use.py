"""The page that moves is used by keyboard and screen reader, at any width, light and dark, and keeps its state."""

import re
import time

import pytest
from selenium.webdriver.common.keys import Keys

from mmcl_theory.reporting.explore import explore_page

NAMED = {"button", "textbox", "combobox", "slider", "spinbutton", "checkbox", "img", "image", "table", "heading"}
READABLE = 4.5  # the contrast that WCAG asks of text


def value(browser, name):
    return browser.run("return document.querySelector(`[data-value=${arguments[0]}]`).textContent", name)


def until(browser, script, seconds=5):
    """Wait for what a page does once a slider rests."""
    end = time.monotonic() + seconds
    while not (found := browser.run(script)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def test_one_small_file_that_names_no_other():
    page = explore_page()
    assert len(page.encode()) < 100_000
    assert not re.search(r"https?://|src=|@import|url\(", page)
    assert '<html lang="en"' in page


@pytest.mark.parametrize("width", [360, 800, 1280, 1920])
def test_it_is_as_wide_as_the_window(browser, explore, width):
    browser.open(explore, "#preset=captions", width=width)
    assert browser.run("return document.documentElement.scrollWidth") == width


def test_charts_are_legible_when_projected(browser, explore):
    """Letters of charts in pixels, on a screen of 1280 × 720: of 12, and of 20 in large type."""
    size = """return [...document.querySelectorAll('svg')].map((chart) =>
        chart.getBoundingClientRect().width / chart.viewBox.baseVal.width *
        parseFloat(getComputedStyle(chart.querySelector('text')).fontSize))"""
    browser.open(explore)
    assert min(browser.run(size)) >= 12
    browser.driver.find_element("id", "large").click()
    assert min(browser.run(size)) >= 20


def test_everything_has_a_name_for_a_screen_reader(browser, explore):
    browser.open(explore)
    nodes = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    assert {role for role, _ in roles} >= {"slider", "combobox", "spinbutton", "button"}
    assert [role for role, name in roles if role in NAMED - {"table"} and not name.strip()] == []
    charts = [name for role, name in roles if role in ("img", "image")]
    assert len(charts) == 4
    assert all(re.search(r"\d\.\d\d", chart) for chart in charts)  # its numbers in words


def test_it_is_used_by_keyboard_alone(browser, explore):
    browser.open(explore)
    active = browser.driver.switch_to.active_element
    order = []
    for _ in range(9):
        active.send_keys(Keys.TAB)
        active = browser.driver.switch_to.active_element
        order.append(active.get_attribute("id") or active.get_attribute("aria-label"))
        if order[-1] == "k":
            active.send_keys(Keys.ARROW_LEFT)
    assert order == ["theme", "large", "noise", "garbling", "augmentation", "k", "steps", "preset", "Name of caption 1"]
    assert browser.run("return document.getElementById('k-value').textContent") == "2"
    told = f"The MMCL encoder of dimension 2 leaves the residual {value(browser, 'probe_residual')}"
    assert until(browser, f"return document.getElementById('said').textContent.startsWith({told!r})")  # a live region


def test_the_table_is_edited(browser, explore):
    browser.open(explore, "#preset=isotropic")
    cell = browser.driver.find_element("css selector", "[data-row='0'][data-column='1']")
    assert cell.get_attribute("aria-label") == "first with two"
    before = value(browser, "labeling_error")
    cell.send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.BACKSPACE)
    assert "from 0 to 9999" in browser.run("return document.getElementById('told').textContent")
    assert cell.get_attribute("aria-invalid") == "true"
    assert value(browser, "labeling_error") == before
    cell.send_keys("18")
    assert value(browser, "labeling_error") == f"{29 / 97:.4f}"
    browser.driver.find_element("css selector", "[aria-label='Name of caption 2']").send_keys("!")
    assert cell.get_attribute("aria-label") == "first with two!"
    for _ in range(4):
        browser.driver.find_element("id", "add-image").click()
    assert not browser.driver.find_element("id", "add-image").is_enabled()
    for _ in range(7):
        browser.driver.find_element("css selector", "[data-remove='images']").click()
    assert browser.run("return setting.counts") == [[1, 1, 1, 1]]
    assert not browser.driver.find_element("css selector", "[data-remove='images']").is_enabled()


def test_the_address_holds_the_setting(browser, explore):
    browser.open(explore, "#preset=shortcut&noise=0.25&garbling=0.5&augmentation=0.75&k=3&steps=7")
    given = browser.run(
        "return [preset, setting.noise, setting.garbling, setting.augmentation, setting.k, setting.steps]"
    )
    assert given == ["shortcut", 0.25, 0.5, 0.75, 3, 7]
    browser.run("setting.counts[0][0] = 2.5; setting.images[0].name = 'été, & <b>|#'; setting.texts[1].label = 7;")
    browser.run("preset = ''; render();")
    address = until(browser, "return location.hash.includes('2.5') && location.hash")
    kept = browser.run("return [setting, measure(setting).values]")
    browser.open(explore, address)
    kept[0]["images"][0]["name"] = "été, & <b> #"
    assert browser.run("return [setting, measure(setting).values]") == kept


@pytest.mark.parametrize(
    "fragment",
    [
        "#counts=1,x;2&classes=0",
        "#counts=1;1&classes=0,9;0&looks=0,0",
        "#preset=toString&k=99&noise=-1&steps=2.4",
        "#=",
    ],
)
def test_an_address_that_is_no_setting_does_no_harm(browser, explore, fragment):
    browser.open(explore, fragment)
    assert browser.run("return setting.counts.length") == 6
    assert re.fullmatch(r"\d\.\d{4}", value(browser, "labeling_error"))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("dark", "theme"), [(False, "system"), (True, "system"), (False, "dark"), (True, "light")])
def test_text_is_readable_light_and_dark(browser, explore, dark, theme):
    browser.open(explore, dark=dark)
    browser.run("byId('theme').value = arguments[0]; byId('theme').dispatchEvent(new Event('change'));", theme)
    read = "return getComputedStyle(document.documentElement).getPropertyValue(`--${arguments[0]}`)"
    names = ("paper", "ground", "ink", "faint", "text-pairs", "views", "on-dark")
    light = {name: luminance(browser.run(read, name).strip()) for name in names}
    assert (light["paper"] < 0.1) == (theme == "dark" or (theme == "system" and dark))
    pairs = [(text, on) for text in ("ink", "faint") for on in ("paper", "ground")]
    for text, on in [*pairs, ("text-pairs", "paper"), ("views", "paper"), ("on-dark", "text-pairs")]:
        low, high = sorted((light[text], light[on]))
        assert (high + 0.05) / (low + 0.05) >= READABLE, (text, on)

"""Reports in a browser, offline: figures are drawn, rows are filtered by the keyboard, and a phone and paper do."""

import base64
import time

import jax
import pytest
from false_theorem import FALSE_THEOREM

import mmcl_theory as mt
from mmcl_theory.joints.digest import digest
from mmcl_theory.reporting.html import Run
from mmcl_theory.reporting.runs import report_certificate, report_searches, report_verdicts, report_verification
from mmcl_theory.tightness.tightness import tightness

SLUGS = ("probe-mmcl", "probe-text-induced", "label-transfer")
HOSTILE = "<script>window.harmed = 1</script><img src=http://a.example onerror='window.harmed = 1'>"
MADE = ("verify", "falsify", "certify", "sweep")
DRAWN = {"verify": 4, "falsify": 2, "certify": 1, "sweep": 3}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """A report of each command, by its name; the data have a hostile name."""
    folder = tmp_path_factory.mktemp("reports")
    paths = {name: folder / f"{name}.html" for name in MADE}
    matrix = [[9, 1, 0, 1], [1, 5, 1, 0], [0, 2, 6, 1], [3, 0, 1, 4]]
    names = mt.Names([HOSTILE] * 4, [HOSTILE] * 4, [HOSTILE] * 3)
    joint = mt.Joint(matrix, image_labels=[0, 1, 2, 2], names=names)
    theorems = [mt.theorems[slug] for slug in SLUGS]
    run = Run(HOSTILE, ["verify", HOSTILE], {HOSTILE: digest(joint)}, [HOSTILE], 0)
    report_verification(paths["verify"], mt.verify(joint, [1, 2, 3], SLUGS), [mt.Instance(joint)], theorems, run)
    mine = {}
    exec(FALSE_THEOREM, mine)
    worst = mt.falsify(mine["too_good"], 2, 2, key=jax.random.key(0), budget=1)
    report_searches(paths["falsify"], tightness([(worst, 1.0)]), [worst], [worst.smallest], run)
    report_certificate(paths["certify"], mt.certify(SLUGS[0], joint, 1), theorems[0], run)
    table = mt.verify([joint, mt.generators.isotropic_noise(4, 0.2)], [1, 2], SLUGS).assign(knob=HOSTILE)
    report_verdicts(paths["sweep"], table, theorems, run)
    return paths


def drawn(browser, path, **window):
    """Open a report, and wait until its figures are drawn."""
    browser.open(path, **window)
    end = time.monotonic() + 20
    while browser.run("return document.documentElement.dataset.drawn") != "all":
        assert time.monotonic() < end, browser.faults()
        time.sleep(0.05)


def check_figures_and_heading(browser, name):
    """Check that the figures are drawn, offline, and that nothing hostile ran."""
    assert browser.run("return document.querySelectorAll('.plot svg.main-svg').length") >= DRAWN[name]
    assert browser.run("return document.querySelectorAll('figure').length") == DRAWN[name]
    assert browser.run("return [window.harmed, document.images.length, document.querySelector('h1').textContent]") == [
        *(None, 0, HOSTILE)
    ]
    # Each figure is told in words, which are those below it.
    assert browser.run(
        "return [...document.querySelectorAll('figure')].every(one => one.querySelector('.plot').ariaLabel.length > 20"
        " && one.querySelector('.plot').ariaLabel === one.querySelector('figcaption').textContent)"
    )


@pytest.mark.parametrize("name", MADE)
def test_figures_are_drawn_offline_on_a_phone_and_on_a_dark_page(browser, reports, name):
    """In a window of the usual size the next tests open two of the reports; figures of one kind go to paper alike."""
    assert reports[name].stat().st_size < 6_000_000
    drawn(browser, reports[name], width=360, dark=True)
    check_figures_and_heading(browser, name)
    assert browser.run("return document.documentElement.scrollWidth") == 360
    if name == "verify":
        check_paper(browser)


def check_paper(browser):
    """Check that figures are printed in the colours of a light page, and are dark again afterwards."""
    ink = "return getComputedStyle(document.querySelector('.plot .xtitle')).fill"
    dark = browser.run(ink)
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run(ink) != dark
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.run(ink) == dark
    paper = browser.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    assert base64.b64decode(paper["data"]).startswith(b"%PDF")


def test_rows_are_filtered_by_the_keyboard_and_their_number_is_told(browser, reports):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    drawn(browser, reports["verify"])
    shown = "return [...document.querySelectorAll('#table tbody tr')].filter(row => row.offsetHeight > 0).length"
    assert (browser.run(shown), browser.run("return told.textContent")) == (7, "7 of 7 rows are shown")
    statement, k = (browser.driver.find_element(By.NAME, name) for name in ("theorem", "k"))
    statement.send_keys(Keys.DOWN)
    assert (browser.run(shown), browser.run("return told.textContent")) == (3, "3 of 7 rows are shown")
    k.send_keys(Keys.END)
    assert browser.run(shown) == 1
    browser.driver.find_element(By.ID, "reset").send_keys(Keys.ENTER)
    assert browser.run(shown) == 7
    k.send_keys("every")
    assert browser.run(shown) == 1
    assert browser.run("return told.getAttribute('role')") == "status"


def test_another_view_of_a_figure_is_chosen(browser, reports):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    drawn(browser, reports["falsify"])
    words = "return document.querySelector('figure:has(select) figcaption').textContent"
    assert browser.run(words).startswith("too-good, smallest counterexample: 2 images × 2 texts, 3 pairs")
    browser.driver.find_element(By.CSS_SELECTOR, "figure select").send_keys(Keys.DOWN)
    assert browser.run(words).startswith("too-good: 2 images × 2 texts, 4 pairs")

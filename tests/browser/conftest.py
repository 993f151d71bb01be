"""A real browser for the tests of pages: headless, offline, and with an eye on errors and requests."""

import base64
import json
import os
import pathlib
import shutil

import pytest

# What these begin needs no network; those of Chromium's own are asked by its start page, if it is slow to go.
HOSTLESS = ("file:", "data:", "blob:", "about:", "chrome:", "chrome-untrusted:")
PATIENCE = 60  # seconds, for a page to be there on a machine that is busy
OPTIONS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--force-color-profile=srgb"),
    *("--disable-quic", "--proxy-server=127.0.0.1:9"),  # where nothing listens, so that what is asked of a host fails
]


class Browser:
    """Chromium, with what the page that is open has logged and loaded since it was opened.

    Attributes
    ----------
    driver
        Selenium's driver, for whatever is not offered here.
    """

    def __init__(self, driver):
        self.driver = driver
        self.requests, self.errors = [], []

    def open(self, page: pathlib.Path, fragment: str = "", *, width: int = 1280, height: int = 720, dark: bool = False):
        """Open a file in a window of this many pixels, anew also where it is open with another fragment."""
        self.collect()
        self.requests, self.errors = [], []
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        self.driver.get(page.resolve().as_uri() + fragment)
        self.wait_for(page.resolve())

    def wait_for(self, page: pathlib.Path):
        """Wait until a file is open and complete, as ``get`` of a busy machine may return before it is."""
        from selenium.webdriver.support.wait import WebDriverWait

        state = "return [document.readyState, decodeURIComponent(location.pathname)]"
        there = ["complete", page.as_posix()]
        WebDriverWait(self.driver, PATIENCE).until(lambda _: self.run(state) == there, f"{page} does not open")

    def run(self, script: str, *arguments):
        """Run the body of a JavaScript function on the page, and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def picture(self, path: pathlib.Path, *, whole: bool = False) -> pathlib.Path:
        """Write what the window shows, or the whole page, as PNG."""
        shown = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": whole})
        path.write_bytes(base64.b64decode(shown["data"]))
        return path

    def collect(self):
        """Read what was logged: the addresses of all requests, and errors and warnings of the console."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        self.errors += [entry["message"] for entry in self.driver.get_log("browser")]

    def faults(self) -> list[str]:
        """Tell what no page of ours may do: log an error or a warning, or load something from a host."""
        self.collect()
        return [*self.errors, *(f"loads {url[:200]}" for url in self.requests if not url.startswith(HOSTLESS))]


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """One browser for all pages; without one the test is skipped, or fails where MMCL_BROWSER is ``required``."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver_program = shutil.which("chromedriver")
    if not (chromium and driver_program):
        missing = "needs Chromium and its driver (apt-get install chromium chromium-driver)"
        if os.environ.get("MMCL_BROWSER") == "required":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "WARNING"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(driver_program))
    yield Browser(driver)
    driver.quit()


@pytest.fixture(autouse=True)
def _no_page_has_faults(request):
    """Whatever is tested, no page that was open logs an error or asks a host for anything."""
    yield
    if "browser" in request.fixturenames:
        assert request.getfixturevalue("browser").faults() == []


@pytest.fixture(scope="session")
def explore(tmp_path_factory):
    """The page that moves, as a file."""
    from mmcl_theory.reporting.explore import explore_page

    path = tmp_path_factory.mktemp("page") / "explore.html"
    path.write_text(explore_page(), encoding="utf-8")
    return path

"""The wheel carries the bundled data sets as they are, with their licences, and the parts of pages."""

import pathlib
import re
import subprocess
import sys
import zipfile
from importlib import resources

DATA = resources.files("mmcl_theory.worlds").joinpath("data")
REPORTING = pathlib.Path(__file__).parents[2] / "mmcl_theory" / "reporting"
LICENCES = {
    "emoji": {
        f"LICENSE-{name}.txt"
        for name in (
            "Unicode-3.0",
            "emojibase-MIT",
            "emoji-datasource-MIT",
            "Noto-Emoji-Apache-2.0",
            "Twemoji-CC-BY-4.0",
        )
    },
    "icons": {"LICENSE-tabler", "LICENSE-phosphor"},
}


def test_links_of_the_index_lead_to_the_repository_where_its_address_is_known(monkeypatch):
    monkeypatch.syspath_prepend(str(pathlib.Path(__file__).parents[2]))
    from hatch_build import readme_of_index

    text = "![a figure](docs/a.png) and [a page](docs/a.md), [elsewhere](https://example.org)"
    assert readme_of_index(text, "https://example.org/r") == (
        "![a figure](https://example.org/r/raw/main/docs/a.png) and "
        "[a page](https://example.org/r/blob/main/docs/a.md), [elsewhere](https://example.org)"
    )
    assert readme_of_index(text, None) == (
        "*Figure (`docs/a.png` in the repository): a figure.* and a page (`docs/a.md` in the repository), "
        "[elsewhere](https://example.org)"
    )


def test_the_wheel_has_the_data_and_its_licences(tmp_path):
    root = pathlib.Path(__file__).parents[2]
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    (path,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        for folder, licences in LICENCES.items():
            names = {entry.name for entry in DATA.joinpath(folder).iterdir()}
            assert licences <= names
            assert "README.md" in names  # it names the sources
            for name in names:
                carried = wheel.read(f"mmcl_theory/worlds/data/{folder}/{name}")
                assert carried == DATA.joinpath(folder, name).read_bytes()
        (metadata,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        readme = wheel.read(metadata).decode()
        assert "# mmcl-theory" in readme
        assert not re.search(r"\]\((?!\w+:)", readme)  # links to files lead nowhere on a package index
        parts = [path for folder in ("explore", "report") for path in (REPORTING / folder).glob("*.*")]
        parts = [path for path in parts if path.suffix in (".html", ".css", ".js")]
        assert len(parts) == 11
        for path in parts:
            assert wheel.read(f"mmcl_theory/reporting/{path.parent.name}/{path.name}") == path.read_bytes()
        listed = {name.rsplit("/", 1)[-1] for name in wheel.namelist() if ".dist-info/licenses/" in name}
    assert listed == {"LICENSE"}.union(*LICENCES.values())
    attribution = DATA.joinpath("emoji", "LICENSE-Twemoji-CC-BY-4.0.txt").read_text(encoding="utf-8")
    assert "Copyright Twitter, Inc and other contributors" in attribution
    assert "https://creativecommons.org/licenses/by/4.0/" in attribution

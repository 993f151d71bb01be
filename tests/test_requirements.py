"""What `make` installs is pinned: from no address, by its hash, and what computes in one version for every Python."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PINNED = {path.name: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("requirements*.txt"))}


@pytest.mark.parametrize("name", PINNED)
def test_each_package_has_its_hash_and_no_address(name):
    assert "//" not in PINNED[name]
    packages = re.split(r"\n(?=\S)", PINNED[name].strip())
    assert packages
    for package in packages:
        assert re.match(r"[\w.-]+==\S+( ; [^\\]+)? \\\n    --hash=sha256:", package), package


@pytest.mark.parametrize("name", [name for name in PINNED if "\njax==" in PINNED[name]])
def test_a_newer_python_has_no_other_jax(name):
    """XLA ends a process that gives it a flag it does not know, as the Makefile would to another version's."""
    for package in ("jax", "jaxlib", "numpy"):
        (condition,) = re.findall(rf"^{package}==[\w.]+(.*) \\$", PINNED[name], re.MULTILINE)
        assert condition == "", package

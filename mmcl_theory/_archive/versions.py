"""Name the versions of what computed the numbers of a file."""

import importlib.metadata
import platform
from contextlib import suppress
from typing import Any

from .. import _checks

_PACKAGES = ("mmcl-theory", "jax", "equinox", "optax", "python-flint")


def versions(*further: str) -> dict[str, str]:
    """Return the versions of Python and of the packages that numbers depend on, and of ``further`` ones, if installed.

    Files say the former.
    """
    found = {"python": platform.python_version()}
    for name in (*_PACKAGES, *further):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def other_versions(stored: Any) -> str:
    """Say with which other versions a file was written, as the end of a sentence; nothing where they are the same."""
    ours = versions()
    if not isinstance(stored, dict) or stored == ours:
        return ""
    other = [name for name in ours if stored.get(name) != ours[name]]
    theirs, here = (", ".join(f"{name} {of.get(name)}" for name in other) for of in (stored, ours))
    return f"; it was written with {_checks.quoted(theirs)}, here are {here}"

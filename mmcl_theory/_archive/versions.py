"""Tell the versions of what computes the numbers of a file."""

import importlib.metadata
from contextlib import suppress
from typing import Any

from .. import _checks


def versions() -> dict[str, str]:
    """Return the versions of what computes the numbers of a file, of those that are installed."""
    found = {}
    for name in ("mmcl-theory", "jax", "python-flint"):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def other_versions(stored: Any) -> str:
    """Say with which other versions a file was written, as the end of a sentence; nothing where they are the same."""
    if not isinstance(stored, dict) or stored == versions():
        return ""
    theirs, ours = (", ".join(f"{name} {of.get(name)}" for name in versions()) for of in (stored, versions()))
    return f"; it was written with {_checks.quoted(theirs)}, here are {ours}"

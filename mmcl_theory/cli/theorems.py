"""Find the theorems that a command is about: by slug, or in the user's Python files."""

import os
from typing import TYPE_CHECKING

from .mistakes import naming_options

if TYPE_CHECKING:
    from ..theory.theorem import Theorem


def chosen_theorems(names: list[str], option: str = "--theorem") -> list["Theorem"]:
    """Find theorems by their slugs, and those that the user's Python files define."""
    from ..theory.registry import select

    chosen: list[Theorem] = []
    for name in names:
        if name.endswith(".py"):
            chosen += defined_theorems(name, option)
        else:
            with naming_options(theorems=option):
                chosen += select(name)
    return chosen


def defined_theorems(path: str, option: str = "--theorem") -> list["Theorem"]:
    """Run a user's Python file and collect the theorems that it defines."""
    import runpy

    from ..theory.theorem import Theorem

    if not os.path.isfile(path):
        raise FileNotFoundError(f"{option}: there is no file {path!r}")
    try:
        defined = runpy.run_path(path)
    except Exception as error:
        raise ValueError(f"{option}: {path!r} does not run ({type(error).__name__}: {error})") from error
    found = [value for value in defined.values() if isinstance(value, Theorem)]
    if not found:
        raise ValueError(f"{option}: {path!r} defines no Theorem")
    return found

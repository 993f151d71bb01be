"""Find the theorems that a command is about: by slug, or in the user's Python files."""

import os
from typing import TYPE_CHECKING

from .mistakes import naming_options, running_formulas

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
    from ..theory.trial import check_formula

    if not os.path.isfile(path):
        raise FileNotFoundError(f"{option}: there is no file {path!r}")
    _check_compiles(path, option)
    with running_formulas(option, [path]):
        defined = runpy.run_path(path)
    found = [value for value in defined.values() if isinstance(value, Theorem)]
    if not found:
        raise ValueError(f"{option}: {path!r} defines no Theorem")
    for theorem in found:
        for formula in theorem.formulas:
            line = getattr(getattr(formula, "__code__", None), "co_firstlineno", "?")
            with running_formulas(option, [path]):
                check_formula(f"{option}: line {line} of {path!r}", formula)
    return found


def _check_compiles(path: str, option: str) -> None:
    """Refuse a file that is no Python, before any of it runs."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        compile(content, path, "exec")
    except Exception as error:  # mostly a SyntaxError; of bytes and of nesting there are others
        line = getattr(error, "lineno", None)
        place = f"line {line} of {path!r}" if line else repr(path)
        reason = f"{type(error).__name__}: {getattr(error, 'msg', error)}"
        raise ValueError(f"{option}: {place} is no Python ({reason})") from error

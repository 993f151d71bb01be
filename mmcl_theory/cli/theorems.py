"""Find the theorems that a command is about: by slug, or in the user's Python files."""

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .mistakes import naming_options, running_formulas

if TYPE_CHECKING:
    from ..theory.theorem import Formula, Theorem


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
    _check_compiles(path, option)
    with running_formulas(option, [path]):
        defined = runpy.run_path(path)
    found = [value for value in defined.values() if isinstance(value, Theorem)]
    if not found:
        raise ValueError(f"{option}: {path!r} defines no Theorem")
    for theorem in found:
        for formula in theorem.formulas:
            _check_result(formula, option, path)
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


class _Trial:
    """Stand for quantities, each with the values one half and one quarter."""

    def __getattr__(self, name: str) -> Any:
        """Return the values, as an array such as ``verify`` gives to formulas."""
        import numpy as np

        return np.array([[0.5, 0.25]])


def _check_result(formula: "Formula", option: str, path: str) -> None:
    """Refuse a formula that does not make numbers of numbers, in whichever command; what overflows may still be exact.

    An ``if`` or ``max`` would pass wherever there is a single number to compare.
    """
    import numpy as np

    result: Any = 0
    with running_formulas(option, [path]), np.errstate(all="ignore"), suppress(ArithmeticError):
        result = formula(_Trial())
    try:
        if result is None or isinstance(result, str) or np.asarray(result, float).shape not in ((), (1, 2)):
            raise TypeError
    except (TypeError, ValueError) as error:
        line = getattr(getattr(formula, "__code__", None), "co_firstlineno", "?")
        raise ValueError(f"{option}: line {line} of {path!r} gives {result!r}, and not a real number") from error

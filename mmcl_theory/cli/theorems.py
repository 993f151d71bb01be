"""Find the theorems that a command is about: by slug, or in the user's Python files."""

import os
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
    try:
        with running_formulas(option, [path]):
            defined = runpy.run_path(path)
    except SyntaxError as error:
        place = f"line {error.lineno} of {path!r}" if error.lineno else repr(path)
        raise ValueError(f"{option}: {place} is no Python ({type(error).__name__}: {error.msg})") from error
    found = [value for value in defined.values() if isinstance(value, Theorem)]
    if not found:
        raise ValueError(f"{option}: {path!r} defines no Theorem")
    for theorem in found:
        for formula in theorem.formulas:
            _check_result(formula, option, path)
    return found


class _Halves:
    """Stand for quantities that are all one half."""

    def __getattr__(self, name: str) -> Any:
        """Return one half, as a number of NumPy's, which divides by zero in silence."""
        import numpy as np

        return np.float64(0.5)


def _check_result(formula: "Formula", option: str, path: str) -> None:
    """Refuse a formula that makes no number of numbers; where it fails on these, the command itself will say so."""
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            result = formula(_Halves())
    except (Exception, SystemExit):
        return
    try:
        if isinstance(result, str | bytes):
            raise TypeError
        float(result)
    except (TypeError, ValueError) as error:
        line = getattr(getattr(formula, "__code__", None), "co_firstlineno", "?")
        raise ValueError(f"{option}: line {line} of {path!r} gives {result!r}, and not a real number") from error

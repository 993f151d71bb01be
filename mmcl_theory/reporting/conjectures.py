"""Print what a duel found: the bound, its coefficients with their limits, and the joints that nearly meet it."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .terminal import console, print_grid
from .unicode_math import to_unicode

if TYPE_CHECKING:
    from ..conjectures.conjecture import Conjecture


def print_conjecture(found: "Conjecture") -> None:
    """Print a bound that is conjectured, with its evidence."""
    out = console()
    out.print(Text(to_unicode(found.theorem.statement), style="bold"), soft_wrap=True)
    out.print(Text(found.evidence), soft_wrap=True)
    grid = Table()
    for name, justify in (("term", "left"), ("coefficient", "right"), ("optimum", "right"), ("limit", "right")):
        grid.add_column(name, justify=justify)  # type: ignore[arg-type]
    for one, c, best, limit in zip(
        found.state.setting.form.terms, found.coefficients, found.optimum, found.limits, strict=True
    ):
        grid.add_row(one.text, str(c), f"{best:.7g}", "" if limit is None else f"{float(limit.value):.7g}")
    print_grid(out, grid)
    for described in found.structures:
        out.print(Text(described), soft_wrap=True)

"""Print what a duel found: the bound, its coefficients with their limits, and the joints that nearly meet it."""

from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

from .terminal import console, print_grid
from .unicode_math import in_unicode

if TYPE_CHECKING:
    from ..conjectures.conjecture import Conjecture


def print_conjecture(found: "Conjecture") -> None:
    """Print a bound that is conjectured, with its evidence."""
    out = console()
    out.print(Text(in_unicode(found.theorem.statement), style="bold"), soft_wrap=True)
    out.print(Text(found.evidence), soft_wrap=True)
    grid = Table()
    for name, justify in (("term", "left"), ("coefficient", "right"), ("optimum", "right"), ("limit", "right")):
        grid.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in found.table.itertuples():
        limit = "" if np.isnan(row.limit) else f"{row.limit:.7g}"
        grid.add_row(row.term, row.coefficient, f"{row.optimum:.7g}", limit)
    print_grid(out, grid)
    for described in found.structures:
        out.print(Text(described), soft_wrap=True)

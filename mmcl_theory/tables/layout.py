"""Lay out tables for people: rows of text under a header, for the terminal and for files alike."""

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..theory.verdicts import AGREES, EXCEEDED, HOLDS, NOT_APPLICABLE, ORDER, VACUOUS, VIOLATED

if TYPE_CHECKING:
    import pandas as pd

SIGNS = {"identity": "=", "upper bound": "≤", "lower bound": "≥", "probable bound": "≤", "decision": "⇔"}
# So that the verdict does not hang on colour; in the order of columns.
MARKS = {
    **{HOLDS: "✓", AGREES: "≈", VIOLATED: "✗", EXCEEDED: "~", VACUOUS: "○"},
    **{NOT_APPLICABLE: "–", ORDER: "c ≥"},
}


class Cell(NamedTuple):
    """Hold a cell: its text, and the verdict that it is about, empty where it is about none."""

    text: str
    verdict: str = ""


class Grid(NamedTuple):
    """Hold a table for people: the header, rows as long as it, and a letter for each column, l, c or r."""

    header: list[str]
    rows: list[list[Cell]]
    places: str

    def columns(self, first: int, last: int) -> "Grid":
        """Return the names of the rows, which stand in column 0, with the columns from the first to before the last."""
        rows = [[row[0], *row[first:last]] for row in self.rows]
        return Grid([self.header[0], *self.header[first:last]], rows, self.places[0] + self.places[first:last])


def laid_out(table: "pd.DataFrame") -> Grid:
    """Lay out any table of the package, by the columns that it has.

    A table of ``verify`` has a row for each theorem: on one joint the two sides with a column for each k, on several
    how often each verdict came.  Of worst cases the ratios are laid out, and any other table as it is.  A theorem that
    ``table.attrs["notes"]`` has a note on, such as "on random encoders", has it under its name.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> grid = laid_out(mt.verify(mt.generators.isotropic_noise(4, 0.25), [1, 2], "probe-text-induced"))
    >>> grid.header, grid.rows[0][1].text
    (['theorem', 'k = 1', 'k = 2'], '0.75 ≤ 0.75 ○')
    """
    columns = set(table.columns)
    if {"joint", "theorem", "kind", "k", "lhs", "rhs", "ratio", "verdict"} <= columns:
        return both_sides(table) if table.joint.nunique() == 1 else counted(table)
    if {"theorem", "kind", "ratio", "n_images", "n_texts", "certified", "tightness", "seconds"} <= columns:
        return worst_cases(table)
    return _as_it_is(table)


def both_sides(table: "pd.DataFrame") -> Grid:
    """Lay out both sides of each theorem on one joint, with a column for each k, the first for all that have none."""
    found: dict[str, dict[int, Cell]] = {}  # for each theorem its cells, that of every k at 0
    for row, name, k in zip(table.itertuples(index=False), table.theorem, table.k.fillna(0), strict=True):
        found.setdefault(str(name), {}).setdefault(int(k), sides(row))
    columns = sorted({k for cells in found.values() for k in cells})
    rows = [[_named(table, name), *(cells.get(k, Cell("")) for k in columns)] for name, cells in found.items()]
    return Grid(["theorem", *(f"k = {k}" if k else "every k" for k in columns)], rows, "l" + "c" * len(columns))


def _named(table: "pd.DataFrame", theorem: str) -> Cell:
    """Write the name of a theorem, and on what it was checked below it, where ``table.attrs`` has a note of that."""
    note = table.attrs.get("notes", {}).get(theorem)
    return Cell(f"{theorem}\n({note})" if note else str(theorem))


def sides(row: Any) -> Cell:
    """Write the two sides of a row with its verdict."""
    if row.verdict == NOT_APPLICABLE:
        return Cell(MARKS[NOT_APPLICABLE], NOT_APPLICABLE)
    if row.verdict == ORDER:
        return Cell(f"{MARKS[ORDER]} {row.ratio:.4g}", ORDER)
    return Cell(f"{row.lhs:.4g} {SIGNS[row.kind]} {row.rhs:.4g} {MARKS[row.verdict]}", row.verdict)


def counted(table: "pd.DataFrame") -> Grid:
    """Lay out how often each verdict came for each theorem over several joints, and its largest ratio.

    Verdicts that never came have no column.
    """
    verdicts = [name for name in MARKS if (table.verdict == name).any()]
    lines = []
    for theorem in dict.fromkeys(table.theorem):
        of_one = table[table.theorem == theorem]
        counts = Counter(of_one.verdict)
        worst = [Cell("–"), Cell("–")]
        if of_one.ratio.notna().any():
            row = of_one.iloc[int(np.nanargmax(of_one.ratio))]
            k = "any" if row.isna().k else int(row.k)
            worst = [Cell(f"{row.ratio:.6f}"), Cell(f"{row.joint}, {k}")]
        lines.append([_named(table, theorem), *(Cell(str(counts[name] or ""), name) for name in verdicts), *worst])
    return Grid(["theorem", *verdicts, "largest ratio", "at joint, k"], lines, "l" + "r" * (len(verdicts) + 2))


def worst_cases(table: "pd.DataFrame") -> Grid:
    """Lay out the worst cases that searches found; their size only where there are several."""
    size = [f"{row.n_images} × {row.n_texts}" for row in table.itertuples()]
    several = len(set(size)) > 1
    rows = []
    for (_, row), of_size in zip(table.iterrows(), size, strict=True):
        cells = [Cell(str(row.theorem)), Cell(f"{row.ratio:.7g}", VIOLATED if row.verdict == VIOLATED else "")]
        cells += [Cell(of_size)] * several
        # the digits that a certified share has
        cells += [Cell("" if np.isnan(row.certified) else f"{row.certified:.6g}"), sides(row)]
        rows.append([*cells, Cell(row.tightness), Cell(f"{row.seconds:.0f}")])
    names = ["theorem", "largest ratio", *["size"] * several, "certified", "there", "the bound is", "time, s"]
    return Grid(names, rows, "lrrrclr" if several else "lrrclr")


def _as_it_is(table: "pd.DataFrame") -> Grid:
    """Lay out every column; floats with four digits, and nothing where a value is missing."""
    rows = [[Cell(_text(value)) for value in row] for row in table.itertuples(index=False, name=None)]
    places = "".join("r" if column.dtype.kind in "iuf" else "l" for _, column in table.items())
    return Grid([str(name) for name in table.columns], rows, places)


def _text(value: Any) -> str:
    """Write one value."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""Print tables in the terminal, to be read at a glance."""

from collections import Counter
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ..certification.settle import SETTLED
from ..tables.advantage import COMPARISON, advantage
from ..tables.layout import MARKS, Grid, both_sides, counted, laid_out, worst_cases
from ..tables.strength import outdone
from ..theory.verdicts import AGREES, EXCEEDED, HOLDS, NOT_APPLICABLE, ORDER, VACUOUS, VIOLATED
from ..verification.frequencies import failure_rates

if TYPE_CHECKING:
    import pandas as pd

_STYLES = {
    HOLDS: "green",
    AGREES: "blue",
    VIOLATED: "bold white on red",
    EXCEEDED: "magenta",
    VACUOUS: "yellow",
    NOT_APPLICABLE: "bright_black",
    ORDER: "cyan",
}
_CELL = 22  # columns that a cell such as "0.1558 ≥ -0.06172 ✓" may take with its frame; a longer one is folded
_FRAME = 3  # columns that the frame of a cell takes
_LONGEST_SLUG = 30  # with its frame
_JUSTIFIED: dict[str, Literal["left", "center", "right"]] = {"l": "left", "c": "center", "r": "right"}


def console() -> Console:
    """Open standard output; give tables 80 columns where it is not a terminal."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=80)


def print_grid(out: Console, grid: Table) -> None:
    """Print a table, close together or wider than the terminal where it has to be: no word or number in it is cut."""
    wide = out.options.update(width=10_000)
    least, most = [], []
    for column in grid.columns:
        sizes = [Measurement.get(out, wide, cell) for cell in (column.header, *column.cells)]
        most.append(max(size.maximum for size in sizes))
        least.append(most[-1] if column.no_wrap else max(size.minimum for size in sizes))
    frame = _FRAME * len(least) + 1
    if frame + sum(least) > out.width >= len(least) + 1 + sum(least):
        grid.padding = (0, 0)
        frame = len(least) + 1
    # Rich itself narrows the widest columns first, whatever their words.
    spare, wanted = max(0, out.width - frame - sum(least)), sum(most) - sum(least)
    for column, low, high in zip(grid.columns, least, most, strict=True):
        column.width = low + (high - low) * min(spare, wanted) // max(wanted, 1)
    out.width = max(out.width, frame + sum(column.width or 0 for column in grid.columns))
    out.print(grid, crop=False)


def print_verification(table: "pd.DataFrame", title: str, *, whole: bool = False) -> None:
    """Print the table of ``verify``: both sides for one joint, counts and the largest ratio for several.

    Bounds that others in the table imply are told of in a line, unless the ``whole`` table is asked for.
    """
    out = console()
    out.print(Text(title, style="bold"), soft_wrap=True)
    applicable = table.verdict != NOT_APPLICABLE
    folded = [] if whole else outdone(table)
    # The others are told of below, by reason.
    shown = table[table.theorem.isin(set(table.theorem[applicable]) - set(folded))]
    if table.joint.nunique() == 1:
        for part in (shown[shown.k.isna()], shown[shown.k.notna()]):
            _print_in_width(out, both_sides(part))
    elif not shown.empty:
        print_grid(out, _drawn(_with_marks(counted(shown), out.width)))
    verdicts = Counter(table.verdict)
    parts = [
        Text(f"{verdicts[name]} {name} {MARKS[name]}", style=style) for name, style in _STYLES.items() if verdicts[name]
    ]
    out.print(Text(", ").join(parts))
    if folded:
        out.print(Text(_told_of_folded(folded), style="bright_black"), soft_wrap=True)
    proven = table[table.reason.str.startswith(SETTLED)]
    for reason, rows in proven.groupby("reason", sort=False):
        out.print(Text(f"{reason}: {', '.join(dict.fromkeys(rows.theorem))}"), soft_wrap=True)
    for line in _comparison(table) + _frequencies(table):
        out.print(Text(line), soft_wrap=True)
    for reason, rows in table[~applicable].groupby("reason", sort=False):
        slugs = ", ".join(dict.fromkeys(rows.theorem))
        out.print(Text(f"not applicable, {reason}: {slugs}", style="bright_black"), soft_wrap=True)


def _told_of_folded(slugs: list[str]) -> str:
    """Say that weaker bounds are not shown, and how to see them."""
    many = f"{len(slugs)} weaker bounds that these imply" if len(slugs) > 1 else "1 weaker bound that these imply"
    return f"not shown, {many} (--all shows all): {', '.join(slugs)}"


def _comparison(table: "pd.DataFrame") -> list[str]:
    """Say which of MMCL and SSCL is provably better, where there are augmentation pairs."""
    if not set(COMPARISON) <= set(table.theorem) or table.marginal_distance.isna().all():
        return []
    report = advantage(table)
    if table.joint.nunique() == 1:
        told = ", ".join(f"k = {row.k}: {row.verdict}" for row in report.itertuples())
    else:
        told = ", ".join(f"{name} {count}" for name, count in report.verdict.value_counts().items())
    return [f"provably better of MMCL and SSCL: {told}"]


def _frequencies(table: "pd.DataFrame") -> list[str]:
    """Say how often probable bounds failed, over several draws."""
    if table.joint.nunique() == 1:
        return []
    lines = []
    for rate in failure_rates(table).to_dict("records"):
        at = "" if table.k[table.theorem == rate["theorem"]].isna().all() else f" at k = {rate['k']}"
        lines.append(
            f"{rate['theorem']}{at}: {rate['failures']} of {rate['draws']} draws exceed the bound, a probability "
            f"in [{rate['low']:.3g}, {rate['high']:.3g}]; {rate['failure_probability']:g} is allowed"
        )
    return lines


def _print_in_width(out: Console, grid: Grid) -> None:
    """Print a grid, as several where it has more columns than fit beside the names of the rows."""
    columns = zip(grid.header, *([cell.text for cell in row] for row in grid.rows), strict=True)
    names, *widths = [max(cell_len(line) for text in texts for line in text.split("\n")) + _FRAME for texts in columns]
    widths = [min(width, _CELL) for width in widths]
    first = 1
    while grid.rows and first < len(grid.header):
        last = first + 1
        while last < len(grid.header) and 1 + names + sum(widths[first - 1 : last]) <= out.width:
            last += 1
        print_grid(out, _drawn(grid.columns(first, last)))
        first = last


def _drawn(grid: Grid) -> Table:
    """Draw a grid, with verdicts in their colours and notes dim."""
    drawn = Table()
    for i, (name, place) in enumerate(zip(grid.header, grid.places, strict=True)):
        drawn.add_column(name, justify=_JUSTIFIED[place], no_wrap=i == 0)
    for row in grid.rows:
        texts = [Text(cell.text, style=_STYLES.get(cell.verdict, "")) for cell in row]
        texts[0].highlight_regex(r"\n.*", "bright_black")
        drawn.add_row(*texts)
    return drawn


def _with_marks(grid: Grid, width: int) -> Grid:
    """Name the columns of verdicts by their marks where the words are too wide."""
    if sum(cell_len(name) + _FRAME for name in grid.header[1:]) + _LONGEST_SLUG <= width:
        return grid
    return grid._replace(header=[MARKS.get(name, name) for name in grid.header])


def print_falsifications(table: "pd.DataFrame", title: str) -> None:
    """Print the table of ``tightness``: the largest ratio found for each theorem and size, and the two sides there."""
    out = console()
    out.print(Text(title, style="bold"), soft_wrap=True)
    print_grid(out, _drawn(worst_cases(table)))
    for _, row in table[(table.verdict == VIOLATED) | (table.certificate != "")].iterrows():
        certified = "certified " if row.certificate == row.verdict else ""
        out.print(Text(f"{row.theorem}: {certified}{row.verdict}, {row.reason}"), soft_wrap=True)


def print_brackets(table: "pd.DataFrame", title: str) -> None:
    """Print the table of ``bracket``."""
    out = console()
    out.print(Text(title, style="bold"), soft_wrap=True)
    shown = table.assign(certified=[f"{share:.6f}" for share in table.certified], proven=table.constant)
    print_grid(out, _drawn(laid_out(shown.drop(columns="constant"))))

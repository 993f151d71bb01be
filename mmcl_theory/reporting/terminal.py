"""Print tables in the terminal, to be read at a glance."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..tables.advantage import COMPARISON, advantage
from ..theory.verdicts import EXCEEDED, HOLDS, NOT_APPLICABLE, ORDER, VACUOUS, VIOLATED
from ..verification.frequencies import failure_rates

if TYPE_CHECKING:
    import pandas as pd

_STYLES = {
    HOLDS: "green",
    VIOLATED: "bold white on red",
    EXCEEDED: "magenta",
    VACUOUS: "yellow",
    NOT_APPLICABLE: "bright_black",
    ORDER: "cyan",
}
_SIGNS = {"identity": "=", "upper bound": "≤", "lower bound": "≥", "probable bound": "≤"}
_MARKS = {HOLDS: "✓", VIOLATED: "✗", EXCEEDED: "~", VACUOUS: "○"}  # so that the verdict does not hang on colour
_CELL = 22  # columns that a cell such as "0.1558 ≥ -0.06172 ✓" takes with its frame


def console() -> Console:
    """Open standard output; give tables 140 columns where it is not a terminal."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=140)


def print_verification(table: "pd.DataFrame", title: str) -> None:
    """Print the table of ``verify``: both sides for one joint, counts and the largest ratio for several."""
    out = console()
    out.print(Text(title, style="bold"), soft_wrap=True)
    applicable = table.verdict != NOT_APPLICABLE
    shown = table[table.theorem.isin(table.theorem[applicable])]  # the others are told of below, by reason
    if table.joint.nunique() == 1:
        _print_single(shown, out)
    elif not shown.empty:
        out.print(_batch(shown))
    verdicts = Counter(table.verdict)
    parts = [
        Text(f"{verdicts[name]} {name} {_MARKS.get(name, '')}".rstrip(), style=style)
        for name, style in _STYLES.items()
        if verdicts[name]
    ]
    out.print(Text(", ").join(parts))
    for line in _comparison(table) + _frequencies(table):
        out.print(Text(line), soft_wrap=True)
    for reason, rows in table[~applicable].groupby("reason", sort=False):
        slugs = ", ".join(dict.fromkeys(rows.theorem))
        out.print(Text(f"not applicable, {reason}: {slugs}", style="bright_black"), soft_wrap=True)


def _comparison(table: "pd.DataFrame") -> list[str]:
    """Say which of MMCL and SSCL is provably better, where there are augmentation pairs."""
    if not set(COMPARISON) <= set(table.theorem) or table.marginal_distance.isna().all():
        return []
    report = advantage(table)
    if table.joint.nunique() == 1:
        told = ", ".join(f"k = {row.k}: {row.verdict}" for row in report.itertuples())
    else:
        told = ", ".join(f"{name} {count}" for name, count in report.verdict.value_counts().items())
    note = f" ({report.note.max()})" if report.note.any() else ""
    return [f"provably better of MMCL and SSCL: {told}{note}"]


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


def _print_single(table: "pd.DataFrame", out: Console) -> None:
    """Print both sides of each theorem on one joint, over k in as many columns as fit."""
    free = table[table.k.isna()]
    if not free.empty:
        out.print(_pivot(free, [None]))
    ks = sorted({int(k) for k in table.k.dropna()})
    per_table = max(1, (out.width - 26) // _CELL)
    for start in range(0, len(ks), per_table):
        out.print(_pivot(table[table.k.notna()], ks[start : start + per_table]))


def _pivot(table: "pd.DataFrame", ks: list) -> Table:
    """Arrange rows as a grid with a line for each theorem and a column for each k."""
    grid = Table()
    grid.add_column("theorem", no_wrap=True)
    for k in ks:
        grid.add_column("every k" if k is None else f"k = {k}", justify="center")
    for theorem, rows in table.groupby("theorem", sort=False):
        cells = [rows if k is None else rows[rows.k == k] for k in ks]
        grid.add_row(str(theorem), *(_cell(cell.iloc[0]) for cell in cells))
    return grid


def _cell(row: Any) -> Text:
    """Write the two sides of a row with its verdict."""
    style = _STYLES[row.verdict]
    if row.verdict == NOT_APPLICABLE:
        return Text("–", style=style)
    if row.verdict == ORDER:
        return Text(f"c ≥ {row.ratio:.4g}", style=style)
    return Text(f"{row.lhs:.4g} {_SIGNS[row.kind]} {row.rhs:.4g} {_MARKS[row.verdict]}", style=style)


def _batch(table: "pd.DataFrame") -> Table:
    """Count the verdicts of each theorem over several joints, and give its largest ratio."""
    grid = Table()
    grid.add_column("theorem", no_wrap=True)
    for name, style in _STYLES.items():
        grid.add_column(name, justify="right", style=style)
    grid.add_column("largest ratio", justify="right")
    grid.add_column("at joint, k", justify="right")
    for theorem, rows in table.groupby("theorem", sort=False):
        counts = Counter(rows.verdict)
        cells = [str(counts[name] or "") for name in _STYLES]
        if rows.ratio.notna().any():
            worst = rows.iloc[int(np.nanargmax(rows.ratio))]
            k = "any" if worst.isna().k else int(worst.k)
            cells += [f"{worst.ratio:.6f}", f"{worst.joint}, {k}"]
        else:
            cells += ["–", "–"]
        grid.add_row(str(theorem), *cells)
    return grid


def print_falsifications(table: "pd.DataFrame", title: str) -> None:
    """Print the table of ``tightness``: the largest ratio found for each theorem and size, and the two sides there."""
    out = console()
    out.print(Text(title, style="bold"), soft_wrap=True)
    grid = Table()
    grid.add_column("theorem", no_wrap=True)
    grid.add_column("largest ratio", justify="right")
    grid.add_column("size", justify="right")
    grid.add_column("certified", justify="right")
    grid.add_column("there", justify="center", no_wrap=True)
    grid.add_column("the bound is", no_wrap=True)
    grid.add_column("seconds", justify="right")
    for _, row in table.iterrows():
        ratio = Text(f"{row.ratio:.7g}", style=_STYLES[VIOLATED] if row.verdict == VIOLATED else "")
        certified = "" if np.isnan(row.certified) else f"{row.certified:.6g}"  # the digits that it has
        size = f"{row.n_images} × {row.n_texts}"
        grid.add_row(row.theorem, ratio, size, certified, _cell(row), row.tightness, f"{row.seconds:.0f}")
    out.print(grid)
    for _, row in table[(table.verdict == VIOLATED) | (table.certificate != "")].iterrows():
        certified = "certified " if row.certificate == row.verdict else ""
        out.print(Text(f"{row.theorem}: {certified}{row.verdict}, {row.reason}"), soft_wrap=True)

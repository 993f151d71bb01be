"""Define the one style of all figures: a colour-blind safe palette (Okabe and Ito), and embedded fonts."""

import io
import os
import pathlib
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from .. import _archive, _checks
from ..theory.theorem import Kind
from ..theory.verdicts import NOT_APPLICABLE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MEASURED = "#000000"
SHARP, LOOSE, LOWER, OTHER = "#0072B2", "#56B4E9", "#009E73", "#D55E00"
MARKERS = "os^Dv<>P*X"  # shapes of the points of up to ten data sets

_STYLE: dict[str, Any] = {
    "figure.figsize": (4.4, 3.0),
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "legend.handlelength": 2.6,
    "lines.markersize": 3.5,
    "figure.constrained_layout.use": True,
    "figure.dpi": 150,
    "pdf.fonttype": 42,  # TrueType fonts are embedded, as journals ask for
    "ps.fonttype": 42,
}

# Fonts that have letters which DejaVu Sans has not, of which those are used that are installed.
_FURTHER_FONTS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans JP", "Source Han Sans", "IPAexGothic", "IPAGothic"),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "PingFang SC", "Hiragino Sans"),
    *("Apple SD Gothic Neo", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Arial Unicode MS", "Noto Emoji"),
)


def styled(draw: Callable[..., "Axes"]) -> Callable[..., "Axes"]:
    """Wrap a figure function: it draws in our style, on the axes given as ``ax`` or on those of a new figure."""

    @_checks.reads_tables
    @wraps(draw)
    def in_style(*args: Any, ax: "Axes | None" = None, **options: Any) -> "Axes":
        _checks.installed("plotting", "matplotlib")
        import matplotlib.pyplot as plt

        with plt.rc_context(_STYLE | {"font.family": list(_families())}):  # type: ignore[arg-type]
            drawn = draw(*args, ax=plt.subplots()[1] if ax is None else ax, **options)
            interactive = plt.isinteractive()
        # A notebook turns interactive mode on with the first figure; with it off it would show no second figure.
        plt.interactive(interactive)
        return drawn

    return in_style


@cache
def _families() -> tuple[str, ...]:
    """Return the names of the fonts that text is written in: of each letter, the first that has it."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in _FURTHER_FONTS if name in installed))


@cache
def _can_be_written(letter: str) -> bool:
    """Say whether one of the fonts has a letter."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    fonts = (get_font(findfont(FontProperties(family=name))) for name in _families())
    return letter.isprintable() and any(font.get_char_index(ord(letter)) for font in fonts)


def plain(name: Any, longest: int = 36) -> str:
    r"""Write a name that a user gave as text of a figure: nothing in it is a formula, and it is not long.

    A letter that no font has is written by its number, so that two names stay two, and a name of more than ``longest``
    letters without its middle.

    Examples
    --------
    >>> plain("price_in_$"), plain("cost $x_1$")
    ('price_in_\\$', 'cost \\$x_1\\$')
    >>> plain("a" * 100)
    'aaaaaaaaaaaaaaaaaa…aaaaaaaaaaaaaaaaa'
    """
    letters = [letter if _can_be_written(letter) else ascii(letter)[1:-1] for letter in " ".join(str(name).split())]
    while sum(map(len, letters)) > longest:
        shown = [letter for letter in letters if letter != "…"]
        middle = len(shown) // 2
        letters = [*shown[:middle], "…", *shown[middle + 1 :]]
    text = "".join(letters).replace("$", r"\$")
    return f"\u200b{text}" if text.startswith("_") else text  # matplotlib leaves what begins so out of legends


def legend_above(ax: "Axes", n_columns: int, **options: Any) -> None:
    """Put the legend above the axes, in at most so many columns, and in no more than its words leave room for."""
    longest = max((len(str(text)) for text in ax.get_legend_handles_labels()[1]), default=0)
    room = max(1, 60 // (longest + 6))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(n_columns, room), **options)


def save(ax: "Axes", path: str | os.PathLike[str]) -> list[pathlib.Path]:
    """Write the figure of these axes as PDF (vector) and PNG, whatever the ending of ``path``; return both paths.

    The same figure gives the same bytes, as no date is written.

    Raises
    ------
    TypeError, ValueError
        If ``ax`` are no axes, or ``path`` is no path.
    OSError
        If a file cannot be written; the old one is still there.
    """
    _checks.installed("plotting", "matplotlib")
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes

    figure = ax.get_figure(root=True) if isinstance(ax, Axes) else None
    if figure is None:
        raise TypeError(f"ax: axes of a figure are needed, got {_checks.quoted(ax)}")
    given = pathlib.Path(_checks.file_name("path", path))
    if not given.name:
        raise ValueError(f"path: the name of a file is needed, got {_checks.quoted(str(given))}")
    stem = given.with_suffix("")
    written = []
    with plt.rc_context(_STYLE):  # type: ignore[arg-type]
        for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {"Software": None})):
            written.append(stem.with_name(stem.name + suffix))
            drawn = io.BytesIO()  # drawn before the file is opened, so that what fails then is the file
            figure.savefig(drawn, format=suffix[1:], dpi=200, metadata=metadata)
            with _archive.writing(written[-1]) as file:
                file.write(drawn.getbuffer())
    return written


def rows(table: "pd.DataFrame", theorem: str, joint: int | None = None) -> "pd.DataFrame":
    """Select the rows of one theorem where it is applicable, in order of k."""
    chosen = table[(table.theorem == theorem) & (table.verdict != NOT_APPLICABLE)]
    return (chosen if joint is None else chosen[chosen.joint == joint]).sort_values(["joint", "k"])


def data_sets(table: "pd.DataFrame", by: str | None) -> "list[tuple[Any, pd.DataFrame]]":
    """Split a table by the column that tells data sets apart, in their order; without one it is all of one."""
    if by is None:
        return [("", table)]
    if by not in table:
        raise ValueError(f"by: must be a column of the table, got {_checks.quoted(by)}")
    return list(table.groupby(by, sort=False))


def trivial_level(part: "pd.DataFrame") -> float:
    """Return the value above which every upper bound of these rows is vacuous; 1 in a table that does not tell.

    There is none (infinity) where a row is of a lower bound.
    """
    if "trivial" not in part or part.trivial.isna().all():
        return 1.0
    return float("inf") if (part.kind == Kind.LOWER_BOUND.value).any() else float(part.trivial.max())


def shade_vacuous(ax: "Axes", level: float = 1.0, *, told: bool = True, of: str = "") -> None:
    """Mark the values above ``level``, where a bound (``of`` what) is vacuous; say so above the axes where ``told``."""
    low, high = ax.get_ylim()
    if high > level:
        ax.axhspan(level, high, color="0.5", alpha=0.12, linewidth=0, zorder=0)
        if told:
            ax.text(1, 1.02, f"shaded: vacuous{of}", ha="right", va="bottom", color="0.4", transform=ax.transAxes)
        ax.set_ylim(low, high)


def panels(ax: "Axes", n_rows: int, n_columns: int, size: tuple[float, float] | None = None) -> "list[Axes]":
    """Put panels in the place of ``ax``, a subplot, row by row; ``size`` is that of the figure if it has no other."""
    figure, place = ax.get_figure(root=True), ax.get_subplotspec()
    assert figure is not None
    if place is None:
        raise ValueError("ax: axes of a subplot are needed, to be divided into panels")
    if size is not None and len(figure.axes) == 1:
        figure.set_size_inches(*size)
    ax.remove()
    grid = place.subgridspec(n_rows, n_columns)
    return [figure.add_subplot(grid[row, column]) for row in range(n_rows) for column in range(n_columns)]

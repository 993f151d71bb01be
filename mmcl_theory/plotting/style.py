"""Define the one style of all figures: a colour-blind safe palette (Okabe and Ito), and embedded fonts."""

import inspect
import io
import os
import pathlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from .. import _archive, _checks
from ..theory.theorem import Kind
from ..theory.verdicts import NOT_APPLICABLE
from .arrangement import WIDTHS, arrange

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEASURED = "#000000"
SHARP, LOOSE, LOWER, OTHER = "#0072B2", "#56B4E9", "#009E73", "#D55E00"

# Kinds of lines, and of bars, that differ by more than their colour, and in grey.
LINES = ((OTHER, "o-"), (SHARP, "s--"), (LOWER, "^-."), (MEASURED, "D:"))
BARS = (SHARP, LOOSE, "#F0E442", MEASURED, OTHER)
MARKERS = "os^Dv<>P*X"  # shapes of the points of up to ten data sets

_STYLE: dict[str, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.columnspacing": 1.2,
    "axes.prop_cycle": f"cycler(color={[SHARP, OTHER, LOWER, LOOSE, '#CC79A7', '#E69F00']})",
    "figure.constrained_layout.use": True,
    "figure.dpi": 150,
}
_IN_POINTS = {  # by the size of type
    "font.size": 1.0,
    "axes.titlesize": 1.0,
    "legend.fontsize": 0.92,
    "xtick.labelsize": 0.92,
    "ytick.labelsize": 0.92,
    "lines.linewidth": 0.16,
    "lines.markersize": 0.42,
    "hatch.linewidth": 0.08,
}
_AS_FILE: dict[str, Any] = {  # what Matplotlib reads only as it draws
    "pdf.fonttype": 42,  # fonts are embedded as TrueType, as journals ask for
    "ps.fonttype": 42,
    "axes.formatter.min_exponent": 1,  # 0.6 is written so, and not as 6 × 10⁻¹
}

# What the docstring of every figure says of the options of all figures.
_OPTIONS = """\
width
    Width of a new figure, in which everything has the size at which it is printed: "column" (3.25 inches), "text"
    (6.75; the default, as panels need it) or "slide" (10, with larger type).  Axes that are given have their own.
serif
    Whether letters and formulas are of a serif font, STIX."""

# Fonts that have letters which DejaVu Sans has not, of which those are used that are installed.
_FURTHER_FONTS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans JP", "Source Han Sans", "IPAexGothic", "IPAGothic"),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "PingFang SC", "Hiragino Sans"),
    *("Apple SD Gothic Neo", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Arial Unicode MS", "Noto Emoji"),
)


def styled(draw: Callable[..., "Axes"]) -> Callable[..., "Axes"]:
    """Wrap a figure function: it draws in our style, on the axes given as ``ax`` or on those of a new figure.

    The function labels what it draws, and the legend is put here.  It takes the options of all figures, ``width`` and
    ``serif``, which its docstring need not tell.
    """

    @wraps(draw)
    def in_style(
        *args: Any, ax: "Axes | None" = None, width: str | None = None, serif: bool = False, **options: Any
    ) -> "Axes":
        _checks.installed("plotting", "matplotlib")
        import matplotlib.pyplot as plt

        if ax is not None and width is not None:
            raise ValueError("width: is that of a new figure; axes that are given have their own")
        if (width := width or "text") not in WIDTHS:
            raise ValueError(f"width: must be one of {', '.join(WIDTHS)}, got {_checks.quoted(width)}")
        inches, points, *_ = WIDTHS[width]
        fonts = {"font.family": list(_families(serif)), "mathtext.fontset": "stix" if serif else "dejavusans"}
        sizes = {name: share * points for name, share in _IN_POINTS.items()}
        with plt.rc_context(_STYLE | _AS_FILE | fonts | sizes | {"figure.figsize": (inches, inches)}):  # type: ignore[arg-type]
            place = plt.subplots()[1] if ax is None else ax
            figure: Any = place.get_figure(root=True)
            before = [other for other in figure.axes if other is not place]
            drawn = draw(*args, ax=place, **options)
            arrange([one for one in figure.axes if one not in before], width if ax is None else None)
            interactive = plt.isinteractive()
        # A notebook turns interactive mode on with the first figure; with it off it would show no second figure.
        plt.interactive(interactive)
        return drawn

    told, *examples = re.split(r"\n\n(?=Returns\n|Raises\n|Examples\n)", inspect.getdoc(draw) or "", maxsplit=1)
    in_style.__doc__ = "\n\n".join([f"{told}\n{_OPTIONS}", *examples])
    own = [one for one in inspect.signature(draw).parameters.values() if one.name != "ax"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, default, annotation in (
            ("ax", None, "Axes | None"),
            ("width", None, "str | None"),
            ("serif", False, "bool"),
        )
    ]
    in_style.__signature__ = inspect.Signature([*own, *shared], return_annotation="Axes")  # type: ignore[attr-defined]
    return _checks.reads_tables(in_style)


@cache
def _families(serif: bool = False) -> tuple[str, ...]:
    """Return the names of the fonts that text is written in: of each letter, the first that has it."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    first = ("STIXGeneral", "DejaVu Serif") if serif else ()
    return (*first, "DejaVu Sans", *(name for name in _FURTHER_FONTS if name in installed))


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
    with plt.rc_context(_AS_FILE), _laid_out(figure):  # type: ignore[arg-type]
        for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {"Software": None})):
            written.append(stem.with_name(stem.name + suffix))
            drawn = io.BytesIO()  # drawn before the file is opened, so that what fails then is the file
            figure.savefig(drawn, format=suffix[1:], dpi=200, metadata=metadata)
            with _archive.writing(written[-1]) as file:
                file.write(drawn.getbuffer())
    return written


@contextmanager
def _laid_out(figure: "Figure") -> Iterator[None]:
    """Lay a figure out once: with an engine Matplotlib draws it twice for each file, and lays it out each time."""
    import matplotlib as mpl

    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    with mpl.rc_context({"figure.constrained_layout.use": False, "figure.autolayout": False}):
        figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_layout_engine(engine)


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


def shade_vacuous(ax: "Axes", level: float = 1.0, *, of: str = "") -> None:
    """Mark the values above ``level``, where a bound (``of`` what) is vacuous."""
    low, high = ax.get_ylim()
    if high > level:
        label = f"vacuous{of}"
        ax.axhspan(level, high, facecolor="0.5", alpha=0.12, linewidth=0, zorder=0, label=label)
        ax.set_ylim(low, high)

"""The one style: a colour-blind safe palette (Okabe and Ito), fonts embedded, nothing that carries no information."""

import os
import pathlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MEASURED = "#000000"
SHARP, LOOSE, LOWER, OTHER = "#0072B2", "#56B4E9", "#009E73", "#D55E00"

_STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "lines.markersize": 3.5,
    "figure.constrained_layout.use": True,
    "figure.dpi": 150,
    "pdf.fonttype": 42,  # TrueType, embedded: what journals ask for
    "ps.fonttype": 42,
}


def new_axes(ax: "Axes | None", width: float = 5.2, height: float = 3.4) -> "Axes":
    """The given axes, or those of a new figure of ``width`` × ``height`` inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    with plt.rc_context(_STYLE):  # type: ignore[arg-type]
        return plt.subplots(figsize=(width, height))[1]


def save(ax: "Axes", path: str | os.PathLike[str]) -> list[pathlib.Path]:
    """Write the figure of these axes as PDF (vector) and PNG, whatever the ending of ``path``; returns both paths.

    The same figure gives the same bytes: no date is written.
    """
    import matplotlib.pyplot as plt

    stem = pathlib.Path(path).with_suffix("")
    stem.parent.mkdir(parents=True, exist_ok=True)
    figure = ax.get_figure(root=True)
    assert figure is not None
    written = []
    with plt.rc_context(_STYLE):  # type: ignore[arg-type]
        for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {"Software": None})):
            written.append(stem.with_name(stem.name + suffix))
            figure.savefig(written[-1], dpi=200, metadata=metadata)
    return written


def rows(table: "pd.DataFrame", theorem: str, joint: int | None = None) -> "pd.DataFrame":
    """The rows of one theorem where it is applicable, in order of k."""
    chosen = table[(table.theorem == theorem) & (table.verdict != "not applicable")]
    return (chosen if joint is None else chosen[chosen.joint == joint]).sort_values(["joint", "k"])


def vacuous_above(ax: "Axes", level: float = 1.0) -> None:
    """Shade where a bound says nothing."""
    low, high = ax.get_ylim()
    if high > level:
        ax.axhspan(level, high, color="0.5", alpha=0.12, linewidth=0, zorder=0)
        ax.text(
            0.985,
            high,
            "vacuous",
            ha="right",
            va="top",
            fontsize=8,
            color="0.4",
            transform=ax.get_yaxis_transform(),
        )
        ax.set_ylim(low, high)

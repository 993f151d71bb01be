"""Draw what text walks prove of the linear-probe residual: over their length, and of both kinds of pairs over k."""

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from .style import LOWER, OTHER, SHARP, data_sets, panels, plain, shade_vacuous, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_COLOURS = (OTHER, SHARP, LOWER, "#CC79A7", "#E69F00")  # of Okabe and Ito, one for each k
_KINDS = (("mmcl", SHARP, "-", "MMCL: text pairs"), ("sscl", OTHER, "--", "SSCL: augmentation pairs"))
_PROVED = {"mmcl": ("#DCE9F2", "MMCL"), "sscl": ("#F7E3D6", "SSCL")}  # tints of the colours of both


@styled
def walks(table: "pd.DataFrame", by: str = "data", *, ax: "Axes") -> "Axes":
    """Draw the bounds of the linear-probe residual over the steps of text walks, a colour for each k.

    Parameters
    ----------
    table
        Columns ``k``, ``steps``, ``lower``, ``residual`` and ``upper``, and ``trivial``, the value 1 − π that no
        residual exceeds.
    by
        Name of the column that tells data sets apart: each has a panel in the place of ``ax``, which must be a subplot.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the first panel.

    Raises
    ------
    ValueError
        If a column is missing, or there is no row.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> rows = [
    ...     {"data": "some", "k": 2, "steps": m, "lower": 0.2 - 0.2 / m, "residual": 0.2, "upper": 0.2 + 0.4 / m}
    ...     for m in (1, 2, 4)
    ... ]
    >>> ax = mt.plotting.walks(pd.DataFrame(rows).assign(trivial=0.6))
    >>> ax.get_xlabel(), ax.get_title(loc="left")
    ('steps of the walk, $M$', 'some')
    """
    from matplotlib.lines import Line2D

    table["k"], table["steps"], table["lower"], table["residual"], table["upper"], table["trivial"]  # what is read
    parts = data_sets(table, by)
    if not parts:
        raise ValueError("table: has no row")
    places = panels(ax, 1, len(parts), (2.3 * len(parts) + 0.4, 3.0))
    colours = dict(zip(sorted(table.k.unique()), cycle(_COLOURS), strict=False))
    ticks = sorted(table.steps.unique())
    for place, (name, part) in zip(places, parts, strict=True):
        for k, curve in part.sort_values("steps").groupby("k"):
            colour = colours[k]
            place.fill_between(curve.steps, curve.lower, curve.upper, color=colour, alpha=0.18, linewidth=0)
            place.plot(curve.steps, curve.upper, color=colour, marker="v", label=f"bounds, $k = {k}$")
            place.plot(curve.steps, curve.lower, color=colour, marker="^")
            place.axhline(curve.residual.iloc[0], color=colour, linestyle=":", linewidth=1.6)
        place.set_xscale("log", base=2)
        place.set_xticks(ticks, [str(m) if m & (m - 1) == 0 else "" for m in ticks])
        place.minorticks_off()
        place.set_ylim(0, 1)
        shade_vacuous(place, float(part.trivial.iloc[0]), told=place is places[-1])
        place.set_title(plain(name), loc="left", fontsize=8)
        place.set_xlabel("steps of the walk, $M$")
        if place is not places[0]:
            place.tick_params(labelleft=False)
    _legend(places, [Line2D([], [], color="0.4", linestyle=":", linewidth=1.6)], ["measured"])
    places[0].set_ylabel("residual $r_k$ and its bounds")
    return places[0]


@styled
def advantage_curves(report: "pd.DataFrame", by: str = "data", *, ax: "Axes") -> "Axes":
    """Draw the residuals of MMCL and SSCL over k between their bounds, and shade where an advantage is proved.

    Parameters
    ----------
    report
        The columns of ``mt.advantage``: ``k``, the residuals ``mmcl_residual`` and ``sscl_residual`` between their
        bounds ``…_lower`` and ``…_upper``, and ``verdict``.
    by
        Name of the column that tells worlds apart: each has a panel in the place of ``ax``, which must be a subplot.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the first panel.

    Raises
    ------
    ValueError
        If a column is missing, or there is no row.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> world = mt.worlds.content_style(6, 9, 3, 1, 0.3, 0.01, 0.8, "view")
    >>> instance = mt.Instance(world.joint, augmentation=world.augmentation)
    >>> report = mt.advantage(mt.verify(instance, [1, 3], mt.COMPARISON)).assign(data="captions of the view")
    >>> mt.plotting.advantage_curves(report).get_title(loc="left")
    'captions of the view'
    """
    from matplotlib.patches import Patch

    needed = ["k", "verdict", *(f"{kind}_{what}" for kind, *_ in _KINDS for what in ("residual", "lower", "upper"))]
    report[needed]  # what is read
    parts = data_sets(report, by)
    if not parts:
        raise ValueError("report: has no row")
    places = panels(ax, 1, len(parts), (2.9 * len(parts) + 0.6, 3.2))
    for place, (name, part) in zip(places, parts, strict=True):
        part = part.sort_values("k").astype({"k": float})
        _shade_proved(place, part)
        for kind, colour, line, label in _KINDS:
            defined = part[part[f"{kind}_residual"].notna()]
            lower, upper = defined[f"{kind}_lower"], defined[f"{kind}_upper"]
            place.fill_between(defined.k, lower, upper, color=colour, alpha=0.3, linewidth=0)
            place.plot(defined.k, defined[f"{kind}_residual"], line, color=colour, marker="o", label=label)
        place.set_xscale("log")
        place.set_ylim(0, None)
        place.set_title(plain(name), loc="left", fontsize=8)
        place.set_xlabel("encoder dimension $k$")
    handles, labels = [Patch(color="0.5", alpha=0.3, linewidth=0)], ["bands: proved"]
    for winner, (colour, name) in _PROVED.items():
        if (report.verdict == winner).any():
            handles.append(Patch(facecolor=colour, linewidth=0))
            labels.append(f"{name} provably better")
    _legend(places, handles, labels)
    places[0].set_ylabel("residual of the linear probe")
    return places[0]


def _legend(places: "list[Axes]", handles: "Sequence[Artist]", labels: Sequence[str]) -> None:
    """Put one legend above all panels: the lines that have a label in any of them, and more."""
    figure = places[0].get_figure(root=True)
    assert figure is not None
    drawn = {label: line for place in places for line, label in zip(*place.get_legend_handles_labels(), strict=True)}
    loc: Any = "outside upper center" if figure.get_layout_engine() is not None else "upper center"
    figure.legend([*drawn.values(), *handles], [*drawn, *labels], loc=loc, ncols=4, fontsize=7)


def _shade_proved(ax: "Axes", part: "pd.DataFrame") -> None:
    """Shade the stretches of k in which an advantage is proved, up to half way to the next k."""
    k = part.k.to_numpy()
    edges = np.concatenate([k[:1], np.sqrt(k[1:] * k[:-1]), k[-1:]])
    for left, right, verdict in zip(edges[:-1], edges[1:], part.verdict, strict=True):
        if verdict in _PROVED:
            ax.axvspan(left, right, facecolor=_PROVED[verdict][0], linewidth=0, zorder=0)

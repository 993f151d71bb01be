"""Draw what text walks prove of the linear-probe residual: over their length, and of both kinds of pairs over k."""

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from .arrangement import panels
from .style import LOWER, OTHER, SHARP, data_sets, plain, shade_vacuous, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# One for each k, of Okabe and Ito.
_LINES = ((OTHER, "-"), (SHARP, "--"), (LOWER, "-."), ("#CC79A7", (0, (1, 1))), ("#E69F00", (0, (5, 1, 1, 1, 1, 1))))
_KINDS = (("mmcl", SHARP, "o-", "MMCL: text pairs"), ("sscl", OTHER, "s--", "SSCL: augmentation pairs"))
_PROVED = {"mmcl": ("#DCE9F2", "MMCL"), "sscl": ("#F0CDB5", "SSCL")}  # tints of the colours of both


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
    table["k"], table["steps"], table["lower"], table["residual"], table["upper"], table["trivial"]  # what is read
    parts = data_sets(table, by)
    if not parts:
        raise ValueError("table: has no row")
    places = panels(ax, len(parts))
    lines = dict(zip(sorted(table.k.unique()), cycle(_LINES), strict=False))
    ticks = sorted(table.steps.unique())
    for place, (name, part) in zip(places, parts, strict=True):
        for k, curve in part.sort_values("steps").groupby("k"):
            colour, dashes = lines[k]
            place.fill_between(curve.steps, curve.lower, curve.upper, color=colour, alpha=0.18, linewidth=0)
            place.plot(curve.steps, curve.upper, "v", color=colour, linestyle=dashes, label=f"bounds, $k = {k}$")
            place.plot(curve.steps, curve.lower, "^", color=colour, linestyle=dashes)
            place.axhline(curve.residual.iloc[0], color=colour, linestyle=":")
        place.plot([], [], ":", color="0.4", label="measured")
        place.set_xscale("log", base=2)
        place.set_xticks(ticks, [str(m) if m & (m - 1) == 0 else "" for m in ticks])
        place.minorticks_off()
        place.set_ylim(0, 1)
        shade_vacuous(place, float(part.trivial.iloc[0]))
        place.set_title(plain(name), loc="left")
        place.set_xlabel("steps of the walk, $M$")
        place.set_ylabel("residual $r_k$ and its bounds")
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
    needed = ["k", "verdict", *(f"{kind}_{what}" for kind, *_ in _KINDS for what in ("residual", "lower", "upper"))]
    report[needed]  # what is read
    parts = data_sets(report, by)
    if not parts:
        raise ValueError("report: has no row")
    places = panels(ax, len(parts))
    for place, (name, part) in zip(places, parts, strict=True):
        part = part.sort_values("k").astype({"k": float})
        for kind, colour, line, label in _KINDS:
            defined = part[part[f"{kind}_residual"].notna()]
            lower, upper = defined[f"{kind}_lower"], defined[f"{kind}_upper"]
            place.fill_between(defined.k, lower, upper, color=colour, alpha=0.3, linewidth=0)
            place.plot(defined.k, defined[f"{kind}_residual"], line, color=colour, label=label)
        place.set_xscale("log")
        place.set_ylim(0, None)
        place.fill_between([], [], color="0.5", alpha=0.5, linewidth=0, label="bands: proved")
        _shade_proved(place, part)
        place.set_title(plain(name), loc="left")
        place.set_xlabel("encoder dimension $k$")
        place.set_ylabel("residual of the linear probe")
    return places[0]


def _shade_proved(ax: "Axes", part: "pd.DataFrame") -> None:
    """Shade the stretches of k in which an advantage is proved, up to half way to the next k."""
    k = part.k.to_numpy()
    edges = np.concatenate([k[:1], np.sqrt(k[1:] * k[:-1]), k[-1:]])
    for left, right, verdict in zip(edges[:-1], edges[1:], part.verdict, strict=True):
        if verdict in _PROVED:
            colour, name = _PROVED[verdict]
            ax.axvspan(left, right, facecolor=colour, linewidth=0, zorder=0, label=f"{name} provably better")

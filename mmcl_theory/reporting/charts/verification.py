"""Draw a verification for a report."""

from typing import TYPE_CHECKING

import numpy as np

from ...tables.nearest import nearest
from ...theory.theorem import Kind
from ...theory.verdicts import AGREES, EXCEEDED, HOLDS, NOT_APPLICABLE, VACUOUS, VIOLATED
from .chart import MEASURED, Chart, View, axes, curve, from_to, logarithmic, plain, ticks, whole

if TYPE_CHECKING:
    import pandas as pd

K = "encoder dimension k"
# theorem, side that is drawn, what it is, and how
_OF_PROBE: tuple[tuple[str, str, str, dict[str, str], str], ...] = (
    ("probe-error-mmcl", "rhs", "bound on the error eₖ", {"color": "@orange", "dash": "dash"}, "diamond-open"),
    ("probe-mmcl", "rhs", "bound on the residual rₖ by α", {"color": "@sky", "dash": "dash"}, "square-open"),
    ("probe-text-induced", "rhs", "bound on rₖ by α_T", {"color": "@blue", "dash": "dash"}, "triangle-down-open"),
    ("probe-walk", "rhs", "bound on rₖ by walks", {"color": "@blue", "dash": "dot"}, "triangle-down"),
    ("probe-text-induced", "lhs", "measured residual rₖ", MEASURED, "circle"),
    ("probe-error", "lhs", "measured error eₖ", {"color": "@orange", "dash": "solid"}, "diamond"),
    ("probe-walk-lower", "rhs", "lower bound on rₖ by walks", {"color": "@green", "dash": "dot"}, "triangle-up"),
    ("probe-mmcl-lower", "rhs", "lower bound on rₖ", {"color": "@green", "dash": "dash"}, "triangle-up-open"),
)
_OF_VERDICT = {HOLDS: "@green", AGREES: "@blue", VIOLATED: "@orange", EXCEEDED: "@orange", VACUOUS: "@muted"}
_OF_KIND = {Kind.UPPER_BOUND.value: "circle", Kind.LOWER_BOUND.value: "triangle-up", Kind.PROBABILISTIC.value: "square"}


_POINTS = 2000  # bounds of which both sides are drawn
_CROWDED = 300  # bounds from which on each point is small
_VALUES = 1000  # singular values that are drawn


def verification_charts(table: "pd.DataFrame", spectrum: "pd.DataFrame | None" = None) -> list[Chart]:
    """Draw a verification: probe and bounds over k, each statement over k, both sides, and the spectrum.

    What the table has no rows for is left out.

    Parameters
    ----------
    table
        Table from ``verify``.
    spectrum
        Table from ``class_spectrum``, of a single joint.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.random_dirichlet(key=jax.random.key(0))
    >>> table = mt.verify(joint, [1, 2, 3], ["probe-mmcl", "label-transfer"])
    >>> [chart.title for chart in verification_charts(table)]
    ['The linear probe and its bounds', 'Both sides of each bound', 'Each statement over the encoder dimension']
    """
    judged = table[table.verdict != NOT_APPLICABLE]
    charts = [_gap(judged), _both_sides(judged), _over_k(judged)]
    if spectrum is not None:
        charts.append(_spectrum(spectrum))
    return [chart for chart in charts if chart is not None and chart.views]


def _gap(judged: "pd.DataFrame") -> Chart | None:
    """Draw what the linear probe leaves and its bounds over k, the median of several joints."""
    lines = []
    for slug, side, label, line, symbol in _OF_PROBE:
        rows = judged[
            (judged.theorem == slug) & judged.k.notna() & (judged[side] > judged.tolerance) & np.isfinite(judged[side])
        ]
        middle = rows.groupby("k")[side].median()
        if len(middle):
            marker = {"symbol": symbol, "color": line["color"], "size": 8}
            lines.append(curve(label, [int(k) for k in middle.index], middle.tolist(), line=line, marker=marker))
    if not lines:
        return None
    layout = axes(K, "residual rₖ, error eₖ", height=470)
    layout["xaxis"] |= ticks(sorted({k for line in lines for k in line["x"]}))
    layout["yaxis"] |= logarithmic(*(value for line in lines for value in line["y"]))
    words = "; ".join(f"{line['name']} {from_to(line['x'], line['y'])}" for line in lines)
    several = judged.joint.nunique() > 1
    caption = (
        "Measured values of the linear probe (solid) between their lower and upper bounds (dashed and dotted).  What "
        "is not above 0 by more than rounding is left out."
    )
    caption += f"  Medians over {judged.joint.nunique()} joints." if several else ""
    return Chart("The linear probe and its bounds", caption, [View("", {"data": lines, "layout": layout}, f"{words}.")])


def _over_k(judged: "pd.DataFrame") -> Chart | None:
    """Draw both sides of each statement that depends on k, the median of several joints."""
    views = []
    for slug, rows in judged[judged.k.notna()].groupby("theorem", sort=False):
        middle = rows.groupby("k")[["lhs", "rhs", "tolerance"]].median().replace([np.inf, -np.inf], np.nan).dropna()
        if len(middle) < 2:
            continue
        ks = [int(k) for k in middle.index]
        bound = {"color": "@blue", "dash": "dash"}
        lines = [
            curve("left side", ks, middle.lhs.tolist(), line=MEASURED, marker={"symbol": "circle", "size": 8}),
            curve("right side", ks, middle.rhs.tolist(), line=bound, marker={"symbol": "square-open", "size": 8}),
        ]
        layout = axes(K, "left and right side")
        layout["xaxis"] |= ticks(ks)
        if (middle[["lhs", "rhs"]].min(axis=1) > middle.tolerance).all():
            layout["yaxis"] |= logarithmic(*middle.lhs, *middle.rhs)
        words = "; ".join(f"{line['name']} {from_to(ks, line['y'])}" for line in lines)
        views.append(View(str(slug), {"data": lines, "layout": layout}, f"{slug}: {words}."))
    caption = "The left side, solid, and the right side, dashed, of one statement."
    if judged.joint.nunique() > 1:
        caption += f"  Medians over {judged.joint.nunique()} joints."
    return Chart("Each statement over the encoder dimension", caption, views)


def _both_sides(judged: "pd.DataFrame") -> Chart | None:
    """Draw the left side of each bound over its right side."""
    bounds = judged[judged.kind.isin([*_OF_KIND]) & np.isfinite(judged.lhs) & np.isfinite(judged.rhs)]
    positive = bounds[(bounds.lhs > bounds.tolerance) & (bounds.rhs > bounds.tolerance)]
    drawn = nearest(positive, _POINTS)
    if drawn.empty:
        return None
    traces = []
    for (verdict, kind), rows in drawn.groupby(["verdict", "kind"], sort=True):
        at = [f"{slug}{'' if k is None else f', k = {k}'}" for slug, k in zip(rows.theorem, whole(rows.k), strict=True)]
        if judged.joint.nunique() > 1:
            at = [f"{place}, joint {joint}" for place, joint in zip(at, rows.joint, strict=True)]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"{kind}, {verdict}",
                "x": rows.rhs.tolist(),
                "y": rows.lhs.tolist(),
                "text": [plain(place) for place in at],
                "hovertemplate": "%{text}<br>bound %{x:.4g}, measured %{y:.4g}<extra></extra>",
                "marker": {
                    "symbol": _OF_KIND[str(kind)],
                    "color": _OF_VERDICT.get(str(verdict), "@muted"),
                    "size": 8 if len(drawn) < _CROWDED else 5,
                }
                | ({"size": 13, "line": {"color": "@ink", "width": 2}} if verdict == VIOLATED else {}),
            }
        )
    ends = [float(min(drawn.lhs.min(), drawn.rhs.min())), float(max(drawn.lhs.max(), drawn.rhs.max()))]
    diagonal = {"type": "scatter", "mode": "lines", "name": "measured = bound", "x": ends, "y": ends}
    traces.append(diagonal | {"line": {"color": "@ink", "width": 1}, "hoverinfo": "skip"})
    layout = axes("bound (right side)", "measured value (left side)", height=520)
    for axis in ("xaxis", "yaxis"):  # of one kind, or equal sides would lie on no line
        layout[axis] |= logarithmic(*drawn.rhs, *drawn.lhs)
    left_out = len(bounds) - len(positive)
    caption = (
        "Each point is one bound at one k.  An upper bound holds where its point is not above the line, a lower bound "
        "where it is not below; the nearer the line, the tighter the bound."
    )
    caption += (
        f"  {left_out} rows with a side that is not above 0 by more than rounding have no place here."
        if left_out
        else ""
    )
    if len(drawn) < len(positive):
        caption += (
            f"  The {len(drawn)} points of {len(positive)} that are nearest to the line, or beyond it, are drawn."
        )
    counts = ", ".join(f"{len(trace['x'])} × {trace['name']}" for trace in traces[:-1])
    return Chart(
        "Both sides of each bound", caption, [View("", {"data": traces, "layout": layout}, f"Points: {counts}.")]
    )


def _spectrum(table: "pd.DataFrame") -> Chart:
    """Draw the singular values, and how much of the labels the first of them explain."""
    table, complete = table.head(_VALUES), len(table)
    js, explained = table.j.tolist(), np.cumsum(table.image_share).tolist()
    marker = {"symbol": "circle", "color": "@blue", "size": 7}
    values = {"type": "scatter", "mode": "markers", "name": "singular value σⱼ", "x": js, "y": table.sigma.tolist()}
    labels = curve("labels explained, 1 − rⱼ", js, explained, line=MEASURED)
    layout = axes("j, from the largest singular value on", "σⱼ, share of labels")
    layout["xaxis"] |= ticks(js)
    layout["yaxis"] |= {"range": [-0.03, 1.07]}
    words = (
        f"singular value {from_to(js, table.sigma.tolist(), 'j')}; share of the labels {from_to(js, explained, 'j')}."
    )
    return Chart(
        "The spectrum of the joint",
        "Singular values of the normalized co-occurrence matrix, and the share of the label matrix that lies in the "
        "first j of their directions." + (f"  The first {len(table)} of {complete}." if len(table) < complete else ""),
        [View("", {"data": [values | {"marker": marker}, labels | {"mode": "lines"}], "layout": layout}, words)],
    )

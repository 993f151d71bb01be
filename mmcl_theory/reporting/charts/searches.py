"""Draw searches for counterexamples, and certificates, for a report."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ...joints.joint import Joint
from ...joints.shown import shown_number
from ...theory.theorem import BOUNDS
from ..unicode_math import prettify
from .chart import MEASURED, Chart, View, axes, curve, from_to, line_at_one, plain

if TYPE_CHECKING:
    import pandas as pd

    from ...certification.certificate import Certificate

_LARGEST = 64  # images or texts of a joint that is drawn
_NAMED = 24  # of which each has its name on the axis
_SHORT = 12  # letters of an enclosure that is written beside its point as it is
_WRITTEN = 8  # of which each cell has its number in it
_MOST = 40  # statements of which the largest ratio is drawn


def search_charts(
    table: "pd.DataFrame", trajectories: "Mapping[str, pd.DataFrame]", worst: Mapping[str, Joint]
) -> list[Chart]:
    """Draw searches: how much of each bound is used up, the best ratio round by round, and the worst joints.

    Parameters
    ----------
    table
        Table from ``tightness``, a row for each search.
    trajectories, worst
        ``trajectory`` and ``joint`` of each falsification, by the name of the search.
    """
    bounds = table[np.isfinite(table.ratio) & table.kind.isin([kind.value for kind in BOUNDS])]
    charts = [_used_up(bounds)] if len(bounds) > 1 else []
    charts.append(
        Chart(
            "The search, round by round",
            "The largest ratio of the two sides found so far: the share of the bound that is used up, where the "
            "statement is a bound.  Above the line at 1 it would be violated.",
            [_rounds(name, rows) for name, rows in trajectories.items() if len(rows)],
        )
    )
    small = {name: joint for name, joint in worst.items() if max(joint.law.shape) <= _LARGEST}
    charts.append(
        Chart(
            "The worst joint that was found",
            "The probability P(x, l) of each pair of an image x (row) and a text l (column), with their classes.",
            [_joint(name, joint) for name, joint in small.items()],
            "joint",
        )
    )
    return [chart for chart in charts if chart.views]


def enclosure_chart(certificate: "Certificate") -> Chart:
    """Draw the enclosures of a certificate: both sides, and the margin of each assumption.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> proof = mt.certify("probe-mmcl", mt.generators.isotropic_noise(4, 0.25), 1)
    >>> enclosure_chart(proof).views[0].words
    'left side = 3/4; right side = 87/112; margin of σₖ₊₁ < 1 = 7/16; margin of σₖ > σₖ₊₁ = 1/4.'
    """
    named = [("left side", certificate.lhs), ("right side", certificate.rhs)]
    named += [(f"margin of {prettify(name)}", margin) for name, margin in certificate.margins]
    known = [(name, text, interval(text)) for name, text in named if text is not None]
    known = [(name, text, ends) for name, text, ends in known if all(map(np.isfinite, ends))]
    names = [name for name, _, _ in known][::-1]
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [ends[0] for _, _, ends in known][::-1],
        "y": [plain(name) for name in names],
        "error_x": {"type": "data", "array": [ends[1] for _, _, ends in known][::-1], "color": "@ink"},
        "text": [text if len(text) <= _SHORT else f"≈ {ends[0]:.6g}" for _, text, ends in known][::-1],
        "textposition": "top center",
        "marker": {"color": "@blue", "size": 9, "symbol": "diamond"},
        "cliponaxis": False,
    }
    layout = axes("value", "", height=140 + 56 * len(known)) | {"showlegend": False}
    middles = [0.0, *(ends[0] for _, _, ends in known)]
    room = (max(middles) - min(middles)) / 5 or 1.0  # for the numbers beside the points
    ends = [min(middles) - room, max(middles) + room]
    layout["xaxis"] |= {"zeroline": True, "zerolinecolor": "@muted", "range": ends}
    layout["yaxis"] |= {"automargin": True, "range": [-0.6, len(known) - 0.2]}
    words = "; ".join(f"{name} {'in' if '+/-' in text else '='} {shown_number(text)}" for name, text, _ in known)
    return Chart(
        "The two sides and the margins, enclosed",
        "Each number lies in an interval that is proven, mostly far too narrow to be seen, or is known exactly.  An "
        "assumption holds where its margin is above 0.",
        [View("", {"data": [trace], "layout": layout}, f"{words}.")] if known else [],
    )


def interval(text: str) -> tuple[float, float]:
    """Return the middle and the radius of an enclosure: a fraction, a number, or a ball such as [0.75 +/- 1e-36].

    Examples
    --------
    >>> interval("3/4"), interval("[0.75 +/- 1e-36]"), interval("[+/- inf]")
    ((0.75, 0.0), (0.75, 1e-36), (0.0, inf))
    """
    if "/" in text and "+/-" not in text:
        return float(Fraction(text)), 0.0
    middle, _, radius = text.strip("[]").partition("+/-")
    return float(middle or 0), float(radius or 0)


def _used_up(table: "pd.DataFrame") -> Chart:
    """Draw the largest ratio found for each statement, and how much of it is certified."""
    finite = table.sort_values("ratio", kind="stable").tail(_MOST)
    several = finite.theorem.duplicated().any()
    names = [
        f"{row.theorem}, {row.n_images} × {row.n_texts}" if several else str(row.theorem) for row in finite.itertuples()
    ]
    shared = {"type": "scatter", "mode": "markers", "y": [plain(name) for name in names]}
    found = {"name": "largest ratio found", "marker": {"symbol": "circle-open", "color": "@blue", "size": 10}}
    proven = {"name": "certified share", "marker": {"symbol": "line-ns-open", "color": "@ink", "size": 10}}
    traces = [shared | found | {"x": finite.ratio.tolist()}]
    certified = [None if np.isnan(share) else share for share in finite.certified]
    traces.append(shared | proven | {"x": certified})
    layout = axes("share of the bound that is used up", "", height=150 + 18 * len(names))
    layout["xaxis"] |= {"rangemode": "tozero"}
    layout["yaxis"] |= {"automargin": True, "range": [-0.7, len(names) - 0.3]}
    layout["shapes"] = [line_at_one("x")]
    best = finite.iloc[::-1].head(3)
    words = "; ".join(f"{row.theorem} {row.ratio:.7g}" for row in best.itertuples())
    caption = f"At the line a bound is tight; beyond it, violated.  The {len(names)} largest of {len(table)} are drawn."
    return Chart(
        "How much of each bound is used up",
        caption,
        [View("", {"data": traces, "layout": layout}, f"The largest: {words}.")],
    )


def _rounds(name: str, rows: "pd.DataFrame") -> View:
    """Draw the best ratio after each round."""
    turns, ratios = rows["round"].tolist(), [float(ratio) for ratio in rows.ratio]
    shown = [ratio if np.isfinite(ratio) else None for ratio in ratios]
    line = curve("largest ratio so far", turns, shown, line=MEASURED, marker={"symbol": "circle", "size": 6})
    layout = axes("round of the search", "largest ratio of the two sides")
    layout["shapes"] = [line_at_one("y")]
    layout["yaxis"] |= {"rangemode": "tozero"}
    layout["xaxis"] |= {"dtick": -(-len(turns) // 10)}  # whole rounds, ten of them at most
    layout["showlegend"] = False
    words = f"{name}: the largest ratio {from_to(turns, ratios, 'round')}."
    return View(name, {"data": [line], "layout": layout}, words)


def _joint(name: str, joint: Joint) -> View:
    """Draw a joint as a heat map."""
    matrix = np.asarray(joint.law.to_dense())
    classes = [str(i) for i in range(joint.n_classes)] if joint.names is None else [*joint.names.classes]
    images = [f"image {i}, class {classes[label]}" for i, label in enumerate(np.asarray(joint.image_labels))]
    texts = [f"text {i}, class {classes[label]}" for i, label in enumerate(np.asarray(joint.text_labels))]
    small = max(matrix.shape) <= _WRITTEN
    heat = {
        "type": "heatmap",
        "z": matrix.tolist(),
        "colorscale": "Viridis",
        "reversescale": True,
        "colorbar": {"title": {"text": "probability P(x, l)", "side": "right"}},
        "customdata": [[plain(f"{image}; {text}") for text in texts] for image in images],
        "hovertemplate": "%{customdata}<br>P = %{z:.6g}<extra></extra>",
        "xgap": 1,
        "ygap": 1,
    } | ({"texttemplate": "%{z:.3f}"} if small else {})
    layout = axes("text l, and its class", "image x, and its class", height=430)
    for axis, names, at in (("xaxis", texts, joint.text_labels), ("yaxis", images, joint.image_labels)):
        layout[axis] |= {"showgrid": False, "automargin": True, "zeroline": False}
        if len(names) <= _NAMED:
            short = [plain(f"{i} ({classes[label]})") for i, label in enumerate(np.asarray(at))]
            layout[axis] |= {"tickvals": [*range(len(names))], "ticktext": short}
    layout["yaxis"] |= {"autorange": "reversed"}
    x, text = np.unravel_index(int(matrix.argmax()), matrix.shape)
    words = (
        f"{name}: {matrix.shape[0]} images × {matrix.shape[1]} texts, {int((matrix > 0).sum())} pairs of positive "
        f"probability, the largest {matrix.max():.4g} of {images[x]} with {texts[text]}."
    )
    return View(name, {"data": [heat], "layout": layout}, words)

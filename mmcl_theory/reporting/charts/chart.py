"""Hold the interactive figures of a report: what Plotly is to draw, as plain data, with what it shows in words.

A colour is one of the page's by its name, such as ``@ink``, so that a figure suits a dark page, and paper.
"""

import dataclasses
import html
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MEASURED = {"color": "@ink", "dash": "solid"}


@dataclasses.dataclass(frozen=True)
class View:
    """Hold one drawing: its name among others, ``data`` and ``layout`` of Plotly, and what it shows in words."""

    name: str
    figure: dict[str, Any]
    words: str


@dataclasses.dataclass(frozen=True)
class Chart:
    """Hold a figure: its title, how to read it in a sentence, and its views, of which the reader chooses one."""

    title: str
    caption: str
    views: list[View]
    choose: str = "statement"


def axes(x: str, y: str, height: int = 400) -> dict[str, Any]:
    """Return the layout of a figure with these words along its axes."""
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}, "height": height}


def curve(name: str, x: list[Any], y: list[Any], **how: Any) -> dict[str, Any]:
    """Return a line with its points."""
    return {"type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": y, **how}


def line_at_one(axis: str) -> dict[str, Any]:
    """Return a line across the figure where an axis is 1."""
    across = "y" if axis == "x" else "x"
    ends = {f"{axis}0": 1, f"{axis}1": 1, f"{across}0": 0, f"{across}1": 1, f"{across}ref": "paper"}
    return {"type": "line", "line": {"color": "@muted", "dash": "dot", "width": 1.5}, **ends}


_FEW_MARKS = 0.7  # decades, in which 1, 2, 5, 10 … put two marks at least


def ticks(values: list[int]) -> dict[str, Any]:
    """Mark each of a few values on a logarithmic axis, of many those such as 1, 2, 5, 10, 20."""
    round_ones = [first * 10**zeros for zeros in range(7) for first in (1, 2, 5)]
    marked = values if len(values) <= 8 else [one for one in round_ones if min(values) <= one <= max(values)]
    return {"type": "log", "tickvals": marked, "ticktext": [str(value) for value in marked]}


def logarithmic(*values: float) -> dict[str, Any]:
    """Make an axis logarithmic: marked at 1, 2, 5, 10, 20 … where these positive values are near, else at powers.

    Where they are so near that few marks would lie between them, it stays linear.
    """
    decades = math.log10(max(values) / min(values))
    if decades < _FEW_MARKS:
        return {"type": "linear"}
    return {"type": "log", "dtick": "D2" if decades < 2 else max(1, round(decades / 6))}


def from_to(x: list[Any], y: list[Any], name: str = "k") -> str:
    """Say where a line begins and ends."""
    if len(x) == 1:
        return f"{y[0]:.4g} at {name} = {x[0]}"
    return f"from {y[0]:.4g} at {name} = {x[0]} to {y[-1]:.4g} at {name} = {x[-1]}"


def whole(ks: "pd.Series") -> list[int | None]:
    """Return whole numbers, None where one is missing."""
    return [None if missing else int(k) for k, missing in zip(ks, ks.isna(), strict=True)]


def plain(text: str) -> str:
    """Write a text of a user's for Plotly, which reads some tags: nothing in it is one, and it is not long."""
    words = re.sub(r"\s+", " ", text)
    return html.escape(words if len(words) <= 60 else f"{words[:40]}…{words[-18:]}")

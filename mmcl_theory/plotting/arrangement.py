"""Lay a figure out at the width at which it is printed: panels, legend and labels, none over another."""

import re
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# By name: inches; the size of type in points, for a slide the 18 that are advised on one of 13⅓ inches; and the height
# in inches of one row of panels, and of all rows together, which leaves room for a legend and a caption.
WIDTHS: dict[str, tuple[float, float, float, float]] = {
    "column": (3.25, 8, 2.2, 6.8),
    "text": (6.75, 8, 2.7, 6.0),
    "slide": (10.0, 14, 4.4, 5.2),
}

_ASPECT = 0.95  # the largest ratio of height to width of a panel with its labels
_PANEL = 0.18  # the least width of a panel's axes, in inches for each point of the size of type: about 25 letters


def panels(ax: "Axes", n: int) -> "list[Axes]":
    """Put n panels in the place of ``ax``, a subplot, row by row, as many side by side as there is room for."""
    import matplotlib as mpl

    figure, place = ax.get_figure(root=True), ax.get_subplotspec()
    assert figure is not None
    if place is None:
        raise ValueError("ax: axes of a subplot are needed, to be divided into panels")
    room = place.get_position(figure).width * figure.get_figwidth()
    n_rows = -(-n // max(1, int(room / (_PANEL * mpl.rcParams["font.size"]))))
    ax.remove()
    grid = place.subgridspec(n_rows, -(-n // n_rows))
    return [figure.add_subplot(grid[i]) for i in range(n)]


def arrange(places: "list[Axes]", width: str | None) -> None:
    """Put the legend, give a new figure of this width its height, and mend labels that repeat or would overlap.

    The legend has an entry for each label of what is drawn in any of the axes; it stands above a new figure, or above
    the first of the axes in a figure of the user's.
    """
    figure = places[0].get_figure(root=True)
    assert figure is not None
    for one, other in permutations(places, 2):  # what panels above each other, or side by side, share is written once
        first, then = one.get_subplotspec(), other.get_subplotspec()
        if first is None or then is None:
            continue
        if first.colspan == then.colspan and first.rowspan.start < then.rowspan.start:
            one.set_xlabel(one.get_xlabel() if one.get_xlabel() != other.get_xlabel() else "")
        if first.rowspan == then.rowspan and first.colspan.start < then.colspan.start:
            other.set_ylabel(other.get_ylabel() if one.get_ylabel() != other.get_ylabel() else "")
    above = _put_legend(figure, places, own=width is not None)
    if width is not None:
        inches, _, tallest, all_rows = WIDTHS[width]
        spec = places[0].get_subplotspec()
        n_rows, n_columns = spec.get_gridspec().get_geometry() if spec else (1, 1)
        figure.set_figheight(n_rows * min(_ASPECT * inches / n_columns, tallest, all_rows / n_rows) + above)
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    for place in figure.axes if width is not None else places:  # those of colour bars too
        box = place.get_window_extent()
        for axis, room in ((place.xaxis, box.width), (place.yaxis, box.height)):
            _fold(axis.label, room)
            _thin(axis)


def _put_legend(figure: "Figure", places: "list[Axes]", *, own: bool) -> float:
    """Put one legend, in as many columns as there is room for; return its height in inches."""
    shown = {label: line for place in places for line, label in zip(*place.get_legend_handles_labels(), strict=True)}
    if not shown:
        return 0.0
    put: Any
    where: dict[str, Any]
    if own:
        put, room, where = figure.legend, figure.bbox.width, {"loc": "outside upper center"}
    else:
        put, room = places[0].legend, places[0].bbox.width
        above = 2.0 if places[0].get_title(loc="left") else 0.3  # lines, above the title if there is one
        where = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": above}
    legend = put(shown.values(), shown.keys(), **where)
    scale = legend.prop.get_size_in_points() * figure.dpi / 72
    handle = scale * (legend.handlelength + legend.handletextpad)
    widths = [handle + text.get_window_extent().width for text in legend.get_texts()]

    def needed(n_columns: int) -> float:
        columns = np.array_split(widths, n_columns)
        return sum(map(max, columns)) + scale * ((n_columns - 1) * legend.columnspacing + 2)

    fitting = max((n for n in range(1, len(widths) + 1) if needed(n) <= room), default=1)
    n_rows = -(-len(widths) // fitting)
    legend.remove()
    legend = put(shown.values(), shown.keys(), ncols=-(-len(widths) // n_rows), **where)
    return legend.get_window_extent().height / figure.dpi


def _fold(label: "Text", room: float) -> None:
    """Split the label of an axis that is longer than its axis at the space, outside of formulas, next to its middle."""
    text, box = label.get_text(), label.get_window_extent()
    spaces = [space.start() for space in re.finditer(r" (?=(?:[^$]*\$[^$]*\$)*[^$]*$)", text)]
    if max(box.width, box.height) > room and spaces and "\n" not in text:
        middle = min(spaces, key=lambda place: abs(place - len(text) / 2))
        label.set_text(f"{text[:middle]}\n{text[middle + 1 :]}")


def _thin(axis: "Axis") -> None:
    """Turn names at the ticks of an axis, and hide numbers, where two come nearer than half a letter.

    Numbers of major ticks are kept before those of minor ones.
    """
    shown: list[np.ndarray] = []
    figure: Any = axis.label.get_figure(root=True)
    gap = float(axis.label.get_fontsize()) / 72 * figure.dpi / 2
    for label in (*axis.get_majorticklabels(), *axis.get_minorticklabels()):
        if not (label.get_visible() and label.get_text()):
            continue
        ends = np.array(label.get_window_extent().extents).reshape(2, 2)
        if not any((ends[0] < other[1] + gap).all() and (other[0] < ends[1] + gap).all() for other in shown):
            shown.append(ends)
        elif label.get_text()[-1:].isalpha():
            return axis.set_tick_params(rotation=90)
        else:
            label.set_visible(False)

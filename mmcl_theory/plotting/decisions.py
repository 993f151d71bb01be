"""Show which of several things is learned over a plane of worlds, with the exact boundary between them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _checks
from .arrangement import panels
from .style import LOOSE, MEASURED, OTHER, plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLOURS = (LOOSE, OTHER, "0.88", "0.35")  # which differ in grey too


@styled
def decisions(
    table: "pd.DataFrame",
    x: str,
    y: str,
    answers: dict[str, str],
    *,
    boundaries: "pd.DataFrame | None" = None,
    panel: str | None = None,
    x_label: str | None = None,
    y_label: str | None = None,
    ax: "Axes",
) -> "Axes":
    """Draw what was measured in each cell of a plane as its colour, and predicted boundaries as lines over it.

    Parameters
    ----------
    table
        A row for each cell, on a grid: the coordinates, and ``answer``, a key of ``answers``.
    x, y
        The names of the columns of the coordinates.
    answers
        At most four answers, each with its words in the legend.
    boundaries
        The points of the boundary in order, in columns of the same names; in ``panel`` too.  By default none is drawn.
    panel
        The name of a column of both tables by which the plane is drawn several times; by default once.
    x_label, y_label
        Labels of the axes; by default the names.
    ax
        A subplot, in whose place the panels are put; by default that of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Axes of the first panel.

    Raises
    ------
    ValueError
        If a column is missing, an answer is unknown, or there are more than four.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> cells = pd.DataFrame([(a, b, "digit" if a > b else "colour") for a in (0.3, 0.6) for b in (0.2, 0.5)])
    >>> cells.columns = ["a", "b", "answer"]
    >>> diagonal = pd.DataFrame({"a": [0.2, 0.6], "b": [0.2, 0.6]})
    >>> ax = mt.plotting.decisions(cells, "a", "b", {"digit": "the digit", "colour": "the colour"}, boundaries=diagonal)
    >>> [text.get_text() for text in ax.get_figure().legends[0].get_texts()]
    ['the digit', 'the colour', 'predicted boundary']
    """
    from matplotlib.colors import ListedColormap, Normalize

    for name in (x, y, "answer", *([panel] if panel else [])):
        if name not in table:
            raise ValueError(f"table: there is no column {_checks.quoted(name)}")
    unknown = sorted(set(table.answer) - set(answers))
    if unknown or not 1 <= len(answers) <= len(COLOURS):
        raise ValueError(f"answers: one to four, that of every cell among them, are needed, got {list(answers)}")
    parts: list[tuple[Any, pd.DataFrame]] = list(table.groupby(panel, sort=False)) if panel else [("", table)]
    places = panels(ax, len(parts))
    numbers = {answer: place for place, answer in enumerate(answers)}
    cmap, norm = ListedColormap(COLOURS), Normalize(-0.5, len(COLOURS) - 0.5)
    for place, (name, part) in zip(places, parts, strict=True):
        grid = part.assign(number=part.answer.map(numbers)).pivot_table("number", y, x)
        across, up = (np.asarray(axis, dtype=float) for axis in (grid.columns, grid.index))
        place.pcolormesh(across, up, grid, cmap=cmap, norm=norm, shading="nearest", rasterized=True)
        if boundaries is not None:
            line = boundaries[boundaries[panel] == name] if panel else boundaries
            place.plot(line[x], line[y], color=MEASURED)
        place.grid(False)
        place.set_title(plain(name), loc="left")
        place.set(xlabel=x_label or plain(x), ylabel=y_label or plain(y), xlim=_edges(across), ylim=_edges(up))
    for answer, words in answers.items():
        if answer in set(table.answer):
            places[0].fill_between([], [], color=COLOURS[numbers[answer]], label=words)
    if boundaries is not None:
        places[0].plot([], [], color=MEASURED, label="predicted boundary")
    return places[0]


def _edges(values: np.ndarray) -> tuple[float, float]:
    """Return where the first and the last cell around these values end."""
    steps = np.diff(values)[[0, -1]] / 2 if len(values) > 1 else np.array([0.5, 0.5])
    return float(values[0] - steps[0]), float(values[-1] + steps[1])

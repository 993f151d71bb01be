"""Draw the two sides of a theorem over a batch of joints, against a quantity or against what was varied."""

from itertools import cycle
from typing import TYPE_CHECKING

from .. import _checks
from .style import MARKERS, MEASURED, SHARP, data_sets, plain, rows, shade_vacuous, styled, trivial_level

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

AXIS_LABELS = {"labeling_error": r"labeling error $\alpha$", "sigma_next": r"singular value $\sigma_{k+1}$"}


@styled
def against(
    table: "pd.DataFrame",
    x: str = "labeling_error",
    *,
    theorem: str = "probe-mmcl",
    k: int | None = None,
    by: str | None = None,
    ax: "Axes",
) -> "Axes":
    r"""Draw measured value and bound of one theorem, two points for each joint and k, over any column of the table.

    Parameters
    ----------
    table
        Table from ``verify`` on a batch of joints.
    x
        Name of a column of numbers, such as "labeling_error" or "sigma_next", or of one that was joined to the table.
    theorem
        Slug of a theorem in the table.
    k
        Encoder dimension; by default all in the table are drawn.
    by
        Name of a column that tells data sets apart: each has a shape of points of its own.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If there is no such column, of numbers for ``x``, or the theorem is nowhere applicable (at this k).

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joints = [mt.generators.isotropic_noise(4, noise / 10) for noise in range(1, 10)]
    >>> ax = mt.plotting.against(mt.verify(joints, 1, "probe-mmcl"), "labeling_error")
    >>> ax.get_xlabel()
    'labeling error $\\alpha$'
    """
    from pandas.api.types import is_integer_dtype, is_numeric_dtype

    if x not in table or not is_numeric_dtype(table[x]):
        numbers = ", ".join(table.select_dtypes("number").columns)
        raise ValueError(f"x: must be a column of numbers, one of {numbers}, got {_checks.quoted(x)}")
    part = rows(table if k is None else table[table.k == k], theorem).dropna(subset=[x]).sort_values(x)
    if part.empty:
        raise ValueError(f"theorem: the table has no applicable row of {_checks.quoted(theorem)}")
    ax.vlines(part[x], part.lhs, part.rhs, color="0.6", linewidth=0.4, zorder=1)
    for marker, (name, some) in zip(cycle(MARKERS), data_sets(part, by), strict=False):
        for side, colour, fill, word in (("rhs", SHARP, "none", "bound"), ("lhs", MEASURED, None, "measured")):
            label = word if by is None else f"{word}, {plain(name)}"
            ax.plot(some[x], some[side], marker, color=colour, markerfacecolor=fill, alpha=0.7, label=label)
    if part.rhs.min() > 0 and part.lhs.min() > 0:
        ax.set_yscale("log")
    if is_integer_dtype(part[x]):
        ax.set_xticks(sorted(part[x].unique()))
    ax.set_xlabel(AXIS_LABELS.get(x) or plain(x.replace("_", " ")))
    sides = f"both sides of {plain(theorem)}"
    ax.set_ylabel(sides if k is None else f"{sides}, $k = {k}$")
    shade_vacuous(ax, trivial_level(part))
    return ax

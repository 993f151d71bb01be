"""Show the two sides of one statement against each other, over many joints."""

from itertools import cycle
from typing import TYPE_CHECKING

from .. import _checks
from ..theory.theorem import Kind
from .style import LOWER, MARKERS, MEASURED, OTHER, SHARP, data_sets, legend_above, plain, rows, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_FAR = 20  # a bound that is this many times above all that is measured needs logarithmic axes
_COLOURS = (SHARP, OTHER, LOWER, MEASURED)


@styled
def sides(table: "pd.DataFrame", theorem: str, *, by: str | None = None, ax: "Axes") -> "Axes":
    """Draw the left side of a statement over its right side, a point for each joint and k.

    On the line both sides are equal: the points of an upper bound lie below it, those of a lower bound above, those of
    an identity on it.  The points of a decision lie in two opposite quarters.  Where a bound is far above what is
    measured the axes are logarithmic, and values below a thousandth of the largest stand at the lower edge.

    Parameters
    ----------
    table
        Table from ``verify``.
    theorem
        Slug of a theorem in the table.
    by
        Name of a column that tells data sets apart: each has a shape and a colour of its own.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If the theorem is nowhere applicable, or there is no such column.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joints = [mt.generators.isotropic_noise(4, noise / 10) for noise in range(1, 10)]
    >>> ax = mt.plotting.sides(mt.verify(joints, 1, "probe-mmcl"), "probe-mmcl")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('bound (right side)', 'measured (left side)')
    """
    part = rows(table, theorem)
    if part.empty:
        raise ValueError(f"theorem: the table has no applicable row of {_checks.quoted(theorem)}")
    kind = Kind(part.kind.iloc[0])
    if kind is Kind.DECISION:
        ax.axhline(0, color="0.5", linewidth=0.8)
        ax.axvline(0, color="0.5", linewidth=0.8)
    elif part.lhs.min() > 0 and part.rhs.min() > 0 and part.rhs.max() > _FAR * part.lhs.max():
        ax.set_xscale("log")
        ax.set_yscale("log")
        part = part.assign(lhs=part.lhs.clip(lower=part.lhs.max() / 1000))  # the log of rounding is drawn nowhere else
    for marker, colour, (name, some) in zip(cycle(MARKERS), cycle(_COLOURS), data_sets(part, by), strict=False):
        label = plain(name) if by is not None else None
        ax.plot(some.rhs, some.lhs, marker, color=colour, alpha=0.7, markeredgewidth=0, label=label, linestyle="none")
    if kind is not Kind.DECISION:
        low, high = max(ax.get_xlim()[0], ax.get_ylim()[0]), min(ax.get_xlim()[1], ax.get_ylim()[1])
        if low < high:
            ax.plot([low, high], [low, high], "-", color="0.5", linewidth=0.8, zorder=1)
    is_bound = kind not in (Kind.IDENTITY, Kind.DECISION)
    ax.set_xlabel("bound (right side)" if is_bound else "right side")
    ax.set_ylabel("measured (left side)" if is_bound else "left side")
    if by is not None:
        legend_above(ax, 4)
    return ax

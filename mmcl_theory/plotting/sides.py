"""Show the two sides of one statement against each other, over many joints."""

from itertools import cycle
from typing import TYPE_CHECKING

from .. import _checks
from ..theory.theorem import Kind
from .style import LOWER, MARKERS, MEASURED, OTHER, SHARP, data_sets, plain, rows, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_FAR = 3  # a bound that is this many times beyond all that is measured would leave no room for the others
_COLOURS = (SHARP, OTHER, LOWER, MEASURED)


@styled
def sides(table: "pd.DataFrame", theorem: str, *, by: str | None = None, ax: "Axes") -> "Axes":
    """Draw the left side of a statement over its right side, a point for each joint and k.

    On the line both sides are equal: the points of an upper bound lie below it, those of a lower bound above, those of
    an identity on it.  The points of a decision lie in two opposite quarters.  A bound of more than three times the
    largest measured value stands at the edge.

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
    edge = _FAR * part.lhs.abs().max()
    is_bound = kind not in (Kind.IDENTITY, Kind.DECISION)
    is_cut = is_bound and part.rhs.abs().max() > edge > 0
    if is_cut:
        part = part.assign(rhs=part.rhs.clip(-edge, edge))
    for marker, colour, (name, some) in zip(cycle(MARKERS), cycle(_COLOURS), data_sets(part, by), strict=False):
        label = plain(name) if by is not None else None
        ax.plot(some.rhs, some.lhs, marker, color=colour, alpha=0.7, markeredgewidth=0, label=label, linestyle="none")
    if kind is not Kind.DECISION:
        low, high = max(ax.get_xlim()[0], ax.get_ylim()[0]), min(ax.get_xlim()[1], ax.get_ylim()[1])
        if low < high:
            ax.plot([low, high], [low, high], "-", color="0.5", linewidth=0.8, zorder=1)
    ax.set_xlabel("bound (right side" + ("; at the edge: beyond)" if is_cut else ")") if is_bound else "right side")
    ax.set_ylabel("measured (left side)" if is_bound else "left side")
    return ax

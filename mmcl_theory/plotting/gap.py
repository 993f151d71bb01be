"""Show the gap between measured values and proved bounds, over k."""

from typing import TYPE_CHECKING

from .. import _checks
from .arrangement import panels
from .style import LOOSE, LOWER, MEASURED, OTHER, SHARP, data_sets, plain, rows, shade_vacuous, styled, trivial_level

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# theorem, side that is drawn, label, colour and style of each line
_CURVES: tuple[tuple[str, str, str, str, str], ...] = (
    ("probe-error-mmcl", "rhs", r"$e_k \leq 2(2\alpha-\alpha^2)/(1-\sigma_{k+1}^2)$", OTHER, "s--"),
    ("probe-mmcl", "rhs", r"$r_k \leq (2\alpha-\alpha^2)/(1-\sigma_{k+1}^2)$", LOOSE, "v--"),
    ("probe-text-induced", "rhs", r"$r_k \leq \alpha_T/(1-\sigma_{k+1}^2)$", SHARP, "D--"),
    ("probe-walk", "rhs", r"$r_k \leq$ text walks", SHARP, "v:"),
    ("probe-text-induced", "lhs", "residual $r_k$, measured", MEASURED, "o-"),
    ("probe-error", "lhs", "error $e_k$, measured", OTHER, "s-"),
    ("probe-walk-lower", "rhs", r"$r_k \geq$ text walks", LOWER, "^:"),
    ("probe-mmcl-lower", "rhs", r"$r_k \geq$ one step", LOWER, "^--"),
)

# Those of r_k, above whose trivial value the figure is shaded.
_RESIDUAL_BOUNDS = ("probe-mmcl", "probe-text-induced", "probe-walk")


@styled
def gap(table: "pd.DataFrame", *, joint: int = 0, by: str | None = None, ax: "Axes") -> "Axes":
    """Draw the measured linear-probe residual and error, with their upper and lower bounds, over k.

    Parameters
    ----------
    table
        Table from ``verify``, at several k.
    joint
        Position of the joint in the batch, or within each data set.
    by
        Name of a column that tells data sets apart, if the table is of several: each has a panel in the place of
        ``ax``, which must then be a subplot.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, those of the first panel if there are several.

    Raises
    ------
    ValueError
        If the table has no row to draw for this joint, or several where there must be one.

    Examples
    --------
    >>> import jax, pandas as pd, mmcl_theory as mt
    >>> joint = mt.generators.block_joint(key=jax.random.key(0))
    >>> table = mt.verify(joint, [2, 4, 8], ["probe-text-induced", "probe-mmcl", "probe-error"])
    >>> ax = mt.plotting.gap(table)
    >>> ax.get_xlabel()
    'encoder dimension $k$'
    >>> both = pd.concat([table.assign(data="mine"), table.assign(data="yours")])
    >>> mt.plotting.gap(both, by="data").get_title(loc="left")
    'mine'
    """
    parts = [
        (name, [rows(part, theorem, _number(part, joint)) for theorem, *_ in _CURVES])
        for name, part in data_sets(table, by)
    ]
    for _, curves in parts:
        for (theorem, *_), curve in zip(_CURVES, curves, strict=True):
            if curve.k.duplicated().any():
                found = f"{_checks.quoted(theorem)} several times at one k"
                raise ValueError(f"table: has {found}; name with by the column that tells data sets apart")
        if all(_positive(curve, side).empty for curve, (_, side, *_) in zip(curves, _CURVES, strict=True)):
            found = "no applicable row of a linear-probe theorem that is above 0 by more than rounding"
            raise ValueError(f"table: joint {joint} has {found}")
    places = [ax] if by is None else panels(ax, len(parts))
    for place, (name, curves) in zip(places, parts, strict=True):
        if place is not places[0]:
            place.sharey(places[0])
        _draw(place, curves)
        if by is not None:
            place.set_title(plain(name), loc="left")
        place.set_ylabel("residual or error of the probe")
    for place, (_, curves) in zip(places, parts, strict=True):
        bounds = [curve for curve, (slug, *_) in zip(curves, _CURVES, strict=True) if slug in _RESIDUAL_BOUNDS]
        level = max((trivial_level(curve) for curve in bounds if not curve.empty), default=1.0)
        shade_vacuous(place, level, of=" for $r_k$")
    return places[0]


def _number(table: "pd.DataFrame", position: int) -> int:
    """Return the number of the joint at a position; those of a part of a sweep do not begin with 0."""
    numbers = sorted(table["joint"].unique())
    return int(numbers[position]) if 0 <= position < len(numbers) else position


def _positive(part: "pd.DataFrame", side: str) -> "pd.DataFrame":
    """Select what has a place on a logarithmic axis; a lower bound that is not above 0 is vacuous."""
    return part[part[side] > part.tolerance]


def _draw(ax: "Axes", curves: "list[pd.DataFrame]") -> None:
    """Draw the curves of one joint."""
    for part, (_, side, label, colour, line) in zip(curves, _CURVES, strict=True):
        positive = _positive(part, side)
        if not positive.empty:
            k = positive.k.astype(int)
            ax.plot(k, positive[side], line, color=colour, label=label)
    ax.set_yscale("log")
    ax.set_xscale("log")
    ticks = sorted({int(k) for part in curves for k in part.k})
    if len(ticks) <= 8:
        ax.set_xticks(ticks, [str(k) for k in ticks])
        ax.xaxis.minorticks_off()
    ax.set_xlabel("encoder dimension $k$")

"""Show a bound and the worst case that a search finds under it."""

from typing import TYPE_CHECKING

from .. import _checks
from .against import AXIS_LABELS
from .style import MEASURED, SHARP, shade_vacuous, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@styled
def worst_case(table: "pd.DataFrame", x: str = "labeling_error", *, ax: "Axes") -> "Axes":
    r"""Draw the largest residual found for given labeling error and singular value, and the bound `probe-mmcl`.

    Parameters
    ----------
    table
        Table with a row for each search: ``labeling_error`` and ``sigma_next``, which the joints were not to exceed,
        ``worst``, the largest residual r_k found, ``bound``, (2α−α²)/(1−σ²), and ``trivial``, what no residual exceeds:
        1 − 1/r for r classes, the most that 1 − π is.
    x
        Name of the column that varies, "labeling_error" or "sigma_next"; the other must be the same in all rows.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If x is neither, or the other one varies.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> table = pd.DataFrame({"labeling_error": [0.1, 0.2], "sigma_next": 0.5, "trivial": 0.5})
    >>> ax = mt.plotting.worst_case(table.assign(worst=[0.2, 0.4], bound=[0.253, 0.48]))
    >>> ax.get_ylabel()
    'residual $r_k$ of the probe'
    """
    if x not in AXIS_LABELS:
        raise ValueError(f"x: must be one of {', '.join(AXIS_LABELS)}, got {_checks.quoted(x)}")
    (other,) = set(AXIS_LABELS) - {x}
    if table[other].nunique() != 1:
        raise ValueError(f"table: one value of {other!r} is needed, got {table[other].nunique()}")
    part = table.sort_values(x)
    ax.fill_between(part[x], part.worst, part.bound, color="0.6", alpha=0.25, linewidth=0)
    ax.plot(part[x], part.bound, "-", color=SHARP, label="bound of probe-mmcl")
    ax.plot(part[x], part.worst, "o--", color=MEASURED, label="worst case found")
    symbol = {"labeling_error": r"\alpha", "sigma_next": r"\sigma_{k+1}"}[other]
    ax.set_title(rf"${symbol} \leq {part[other].iloc[0]:g}$", loc="left")
    ax.set_ylim(bottom=0)
    ax.set_xlabel(AXIS_LABELS[x])
    ax.set_ylabel("residual $r_k$ of the probe")
    shade_vacuous(ax, float(part.trivial.max()))
    return ax

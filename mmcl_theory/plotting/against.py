"""Draw the two sides of a theorem over a batch of joints, against a quantity or against what was varied."""

from typing import TYPE_CHECKING

from .. import _checks
from .style import MEASURED, SHARP, rows, shade_vacuous, styled

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
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If there is no such column, or the theorem is nowhere applicable (at this k).

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joints = [mt.generators.isotropic_noise(4, noise / 10) for noise in range(1, 10)]
    >>> ax = mt.plotting.against(mt.verify(joints, k=1), "labeling_error")
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
    ax.plot(part[x], part.rhs, "o", color=SHARP, alpha=0.6, markeredgewidth=0, label="bound")
    ax.plot(part[x], part.lhs, "o", color=MEASURED, alpha=0.6, markeredgewidth=0, label="measured")
    if part.rhs.min() > 0 and part.lhs.min() > 0:
        ax.set_yscale("log")
    if is_integer_dtype(part[x]):
        ax.set_xticks(sorted(part[x].unique()))
    ax.set_xlabel(AXIS_LABELS.get(x, x.replace("_", " ")))
    ax.set_ylabel(theorem if k is None else f"{theorem}, $k = {k}$")
    shade_vacuous(ax)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax

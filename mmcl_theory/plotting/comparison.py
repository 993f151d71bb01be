"""Show which kind of positive pairs leaves the smaller residual over a plane of worlds, measured and proved."""

from typing import TYPE_CHECKING

import numpy as np

from .. import _checks
from .style import plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_REGIONS = (("mmcl", "////", "MMCL provably better"), ("sscl", r"\\\\", "SSCL provably better"))


@styled
def advantage_plane(
    report: "pd.DataFrame",
    x: str,
    y: str,
    *,
    x_label: str | None = None,
    y_label: str | None = None,
    ax: "Axes",
) -> "Axes":
    """Draw the measured difference of the residuals of MMCL and SSCL, where it is 0, and where either provably wins.

    Where several worlds lie at one point of the plane, their mean difference is shown.  Regions where more than half of
    them have a proof are hatched, so that elsewhere the comparison is mostly undecided.

    Parameters
    ----------
    report
        Table from ``advantage`` at one k, with two more columns: the coordinates of each world, on a grid.
    x, y
        Names of these columns.
    x_label, y_label
        Labels of the axes; by default the names.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If the grid has less than two columns or rows, or no world has both residuals.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> knobs = [(change, error) for change in (0.01, 0.3) for error in (0.0, 0.3)]
    >>> worlds = [mt.worlds.content_style(6, 9, 3, 1, change, error, 0.8) for change, error in knobs]
    >>> instances = [mt.Instance(world.joint, augmentation=world.augmentation) for world in worlds]
    >>> report = mt.advantage(mt.verify(instances, 3, mt.COMPARISON))
    >>> report[["change", "error"]] = knobs
    >>> ax = mt.plotting.advantage_plane(report, "change", "error", y_label="caption error")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('change', 'caption error')
    """
    grid = report.assign(difference=report.mmcl_residual - report.sscl_residual)
    difference = grid.pivot_table("difference", y, x, aggfunc="mean", dropna=False)
    if min(difference.shape) < 2:
        named = f"{_checks.quoted(x)} and of {_checks.quoted(y)}"
        raise ValueError(f"report: at least two values of {named} are needed, got {difference.shape[::-1]}")
    if difference.isna().all(axis=None):
        raise ValueError("report: there is no world in which both residuals are defined")
    columns, lines = difference.columns.to_numpy(dtype=float), difference.index.to_numpy(dtype=float)
    limit = np.nanmax(np.abs(difference))
    cells = ax.pcolormesh(
        columns, lines, difference, cmap="RdBu_r", vmin=-limit, vmax=limit, shading="nearest", rasterized=True
    )
    for verdict, hatch, label in _REGIONS:
        share = grid.assign(proved=grid.verdict == verdict).pivot_table("proved", y, x, aggfunc="mean", dropna=False)
        if share.to_numpy().max() > 0.5:
            ax.contourf(columns, lines, share, levels=[0.5, 2.0], colors="none", hatches=[hatch])
            ax.contour(columns, lines, share, levels=[0.5], colors="black", linewidths=0.7)
            ax.fill_between([], [], facecolor="none", edgecolor="black", hatch=hatch, linewidth=0.7, label=label)
    # Differences that are rounding only are set to 0: they would draw a line of their own.
    ax.contour(columns, lines, difference.where(difference.abs() > 1e-9, 0), levels=[0.0], colors="black", linewidths=2)
    ax.plot([], [], color="black", linewidth=2, label="equal residuals")
    ax.grid(False)
    ax.set_xlabel(x_label or plain(x))
    ax.set_ylabel(y_label or plain(y))
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.colorbar(cells, ax=ax, label="residual of MMCL less that of SSCL, $r_k - r_k^A$")
    return ax

"""Show the singular values of a joint, and how much of the labels each direction carries."""

from typing import TYPE_CHECKING

import numpy as np

from .style import MEASURED, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@styled
def spectrum(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    r"""Draw singular values σ_j, coloured by their share of the label matrix, and the share that the first j explain.

    Parameters
    ----------
    table
        Table from ``class_spectrum``.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If the table is of several data sets, which ``spectra`` draws.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> ax = mt.plotting.spectrum(mt.class_spectrum(mt.generators.hierarchical_classes()))
    >>> ax.get_ylabel()
    'singular value $\\sigma_j$'
    """
    from matplotlib.colors import LogNorm

    if table.j.duplicated().any():
        raise ValueError("table: is of several data sets; draw them with spectra, by the column that tells them apart")

    share = np.maximum(table.image_share, 1e-6)
    points = ax.scatter(table.j, table.sigma, c=share, cmap="viridis_r", norm=LogNorm(1e-6, 1), zorder=3)
    points.set(edgecolor="0.5", linewidth=0.3)
    explained = np.cumsum(table.image_share)
    ax.plot(table.j, explained, "-", color=MEASURED, label=r"labels explained by the first $j$: $1-r_j$", zorder=4)
    ax.set_xscale("log")
    ax.set_ylim(-0.02, 1.05)
    ax.set_xlabel("position $j$")
    ax.set_ylabel(r"singular value $\sigma_j$")
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.colorbar(points, ax=ax, label=r"share of the labels $\|u_j^\top Y\|^2$")
    return ax

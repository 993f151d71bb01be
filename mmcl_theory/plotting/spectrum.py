"""The singular values, and how much of the labels each direction carries."""

from typing import TYPE_CHECKING

import numpy as np

from .style import MEASURED, new_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def spectrum(table: "pd.DataFrame", *, ax: "Axes | None" = None) -> "Axes":
    r"""Singular values σ_j, each coloured by its share of the label matrix, with what the first k of them explain.

    Parameters
    ----------
    table
        From ``class_spectrum``.
    ax
        Axes to draw on; by default those of a new figure.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> ax = mt.plotting.spectrum(mt.class_spectrum(mt.generators.hierarchical_classes()))
    >>> ax.get_ylabel()
    'singular value $\\sigma_j$'
    """
    from matplotlib.colors import LogNorm

    ax = new_axes(ax)
    share = np.maximum(table.image_share, 1e-6)
    points = ax.scatter(
        table.j, table.sigma, c=share, s=8 + 90 * share, cmap="viridis_r", norm=LogNorm(1e-6, 1), zorder=3
    )
    ax.plot(
        table.j,
        np.cumsum(table.image_share),
        "-",
        color=MEASURED,
        label=r"explained by the first $j$: $1-r_j$",
    )
    ax.set_xscale("log")
    ax.set_ylim(-0.02, 1.05)
    ax.set_xlabel("$j$")
    ax.set_ylabel(r"singular value $\sigma_j$")
    ax.legend(fontsize=8, loc="lower left")
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.colorbar(points, ax=ax, label=r"share of the labels $\|u_j^\top Y\|^2$")
    return ax

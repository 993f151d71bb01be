"""Show how tight the bound `probe-mmcl` is, over the plane of the two quantities that it reads."""

from typing import TYPE_CHECKING

import numpy as np

from .style import rows, styled, trivial_level

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@styled
def tightness_map(table: "pd.DataFrame", *, cells: int = 20, ax: "Axes") -> "Axes":
    r"""Draw the ratio of bound to measured value of `probe-mmcl`, its median in each cell of the (α, σ_{k+1}) plane.

    The line is σ_{k+1} = 1 − α: since 2α − α² = 1 − (1−α)², the bound (2α−α²)/(1−σ²_{k+1}) is 1 there, above vacuous.

    Parameters
    ----------
    table
        Table from ``verify`` on many joints; those whose residual is 0 within rounding are left out.
    cells
        Number of cells across the width.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If no joint has a residual above 0 to which the theorem applies.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joints = [mt.generators.isotropic_noise(m, noise / 10) for m in (2, 3, 4) for noise in range(1, 10)]
    >>> ax = mt.plotting.tightness_map(mt.verify(joints, 1, "probe-mmcl"))
    >>> ax.get_ylabel()
    'singular value $\\sigma_{k+1}$'
    """
    from matplotlib.colors import LogNorm

    part = rows(table, "probe-mmcl")
    part = part[part.lhs > part.tolerance]
    if part.empty:
        raise ValueError("table: has no row of 'probe-mmcl' with a residual above 0")
    hexagons = ax.hexbin(
        part.labeling_error,
        part.sigma_next,
        C=part.rhs / part.lhs,
        reduce_C_function=np.median,
        gridsize=cells,
        norm=LogNorm(vmin=1),
        cmap="viridis",
        linewidths=0.2,
    )
    # Where (2α − α²)/(1 − σ²) is the trivial value, the largest of those of the joints.
    level, lowest = trivial_level(part), part.sigma_next.min()
    alpha = np.linspace(0, 1 - np.sqrt(1 - level * (1 - lowest**2)), 200)
    ax.plot(
        alpha, np.sqrt(np.maximum(0, 1 - (2 * alpha - alpha**2) / level)), "-", color="black", label="vacuous above"
    )
    ax.set_xlim(left=0)
    ax.grid(False)
    ax.set_xlabel(r"labeling error $\alpha$")
    ax.set_ylabel(r"singular value $\sigma_{k+1}$")
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.colorbar(hexagons, ax=ax, label="bound / measured")
    return ax

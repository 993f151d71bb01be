"""Show where either kind of training learns the signal, over n·SNR² and ‖μ̃‖/‖μ‖, beside what is claimed."""

from typing import TYPE_CHECKING

import numpy as np

from .arrangement import panels
from .style import OTHER, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TRANSITION = 0.75  # accuracy half-way between chance and no error
CLAIMED_RATIO, CLAIMED_STRENGTH = 2.66, 1.0  # the source claims ‖μ̃‖ ≥ 2.66‖μ‖, and n·SNR² = Θ(1)


@styled
def phase_diagram(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    r"""Draw mean test accuracy, single- and multi-modal, the measured transition (accuracy ¾) and the claimed one.

    Parameters
    ----------
    table
        Table from ``dynamics.phase_diagram``, with at least two values of each coordinate.
    ax
        A subplot, in whose place two panels are put; by default that of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Axes of the first panel, the single-modal one.

    Raises
    ------
    ValueError
        If the plane has less than two columns or rows.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> config = mt.dynamics.Config(dimension=50, n_samples=8, n_neurons=5, n_steps=10)
    >>> keys = jax.random.split(jax.random.key(0), 2)
    >>> table = mt.dynamics.phase_diagram(config, [0.1, 1.0, 10.0], [1.0, 2.0, 4.0], keys)
    >>> ax = mt.plotting.phase_diagram(table)
    >>> ax.get_xlabel()
    'strength of the signal, $n\\cdot\\mathrm{SNR}^2$'
    """
    left, right = panels(ax, 2)
    for place, column, title in (
        (left, "single_accuracy", "single-modal"),
        (right, "multi_accuracy", "multi-modal"),
    ):
        grid = table.pivot_table(column, "ratio", "n_snr_squared", aggfunc="mean")
        if min(grid.shape) < 2:
            raise ValueError(f"table: at least two values of each coordinate are needed, got {grid.shape[::-1]}")
        x, y = grid.columns.to_numpy(dtype=float), grid.index.to_numpy(dtype=float)
        cells = place.pcolormesh(x, y, grid, cmap="cividis", vmin=0.5, vmax=1, shading="nearest", rasterized=True)
        if np.unique(grid > TRANSITION).size == 2:
            place.contour(x, y, grid, levels=[TRANSITION], colors=OTHER, linewidths=2)
        place.axhline(CLAIMED_RATIO, color="white", linestyle="--")
        place.axvline(CLAIMED_STRENGTH, color="white", linestyle=":")
        place.set_xscale("log")
        place.set_yscale("log")
        ticks = [tick for tick in (0.5, 1, CLAIMED_RATIO, 5, 10) if y[0] <= tick <= y[-1]]
        place.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        place.yaxis.minorticks_off()
        place.grid(False)
        place.set_title(title, loc="left")
        place.set_xlabel(r"strength of the signal, $n\cdot\mathrm{SNR}^2$")
        place.set_ylabel(r"ratio of the signals, $\|\tilde\mu\|/\|\mu\|$")
    figure = left.get_figure(root=True)
    assert figure is not None
    figure.colorbar(cells, ax=[left, right], label="test accuracy")
    left.plot([], [], color=OTHER, linewidth=2, label="measured: accuracy ¾")
    left.plot([], [], "--", color="0.5", label=rf"claimed: $\|\tilde\mu\| \geq {CLAIMED_RATIO}\|\mu\|$")
    left.plot([], [], ":", color="0.5", label=r"claimed: $n\cdot\mathrm{SNR}^2 = \Theta(1)$, drawn at 1")
    return left

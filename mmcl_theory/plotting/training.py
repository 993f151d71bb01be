"""Show training on signal–noise data: loss, test accuracy, learned signal and memorized noise over the steps."""

from typing import TYPE_CHECKING

from .arrangement import panels
from .style import LINES, plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_PANELS = {
    "loss": "training loss",
    "test_accuracy": "test accuracy",
    "signal": r"signal $\max_r |\gamma_r|$",
    "memorization": r"noise $\max_{r,i} |\rho_{r,i}|$",
}


@styled
def training(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    r"""Draw four panels over the steps: the mean over runs, with a band of one standard deviation on either side.

    Parameters
    ----------
    table
        Table from ``Trajectory.table``, with a column ``training`` that names one or two kinds of runs, such as
        "single-modal" and "multi-modal".
    ax
        A subplot, in whose place the panels are put; by default that of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Axes of the first panel, the loss.

    Raises
    ------
    ValueError
        If the column ``training`` is missing, or has more than two values.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> config = mt.dynamics.Config(dimension=50, n_samples=8, n_neurons=5, n_steps=10)
    >>> runs = mt.dynamics.simulate(config, jax.random.split(jax.random.key(0), 3))
    >>> ax = mt.plotting.training(runs.table(training="multi-modal"))
    >>> ax.get_ylabel()
    'training loss'
    """
    if "training" not in table or table.training.nunique() > 2:
        raise ValueError("table: a column 'training' of one or two kinds of runs is needed")
    places = panels(ax, 4)
    for place, (column, label) in zip(places, _PANELS.items(), strict=True):
        for (colour, line), (kind, part) in zip(LINES, table.groupby("training", sort=False), strict=False):
            by_step = part.groupby("step")[column]
            mean, spread = by_step.mean(), by_step.std().fillna(0)
            place.plot(mean.index, mean, line, color=colour, markevery=0.1, label=plain(kind))
            place.fill_between(mean.index, mean - spread, mean + spread, color=colour, alpha=0.25, linewidth=0)
        place.set_ylabel(label)
        place.set_xlabel("step")
    places[1].axhline(0.5, color="0.5", linewidth=0.7, linestyle=":")
    return places[0]

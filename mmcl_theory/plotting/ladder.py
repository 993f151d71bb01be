"""Show what each step from the spectral optimum to a trained network costs."""

from typing import TYPE_CHECKING

from .style import BARS, OTHER, plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_BARS = {"probe_error": "probe error", "probe_residual": "probe residual", "zero_shot_error": "zero-shot error"}


@styled
def ladder(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    """Draw the errors of each rung as means over seeds with bars of one standard error, and the bound as a line.

    A rung is an encoder between the spectral optimum and a trained network.

    Parameters
    ----------
    table
        Table with columns ``rung``, ``seed``, ``probe_error``, ``probe_residual``, ``zero_shot_error`` and ``bound``,
        the bound on the residual.
    ax
        Axes to draw on; by default those of a new figure.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> row = {"probe_error": 0.1, "probe_residual": 0.2, "zero_shot_error": 0.2, "bound": 0.8}
    >>> mt.plotting.ladder(pd.DataFrame([{"rung": "optimum", "seed": 0} | row])).get_ylabel()
    'error or residual'
    """
    by_rung = table.groupby("rung", sort=False)
    width = 0.27
    for i, (column, name) in enumerate(_BARS.items()):
        mean, error = by_rung[column].mean(), by_rung[column].sem().fillna(0)
        places = [place + width * (i - 1) for place in range(len(mean))]
        ax.bar(places, mean, width, yerr=error, color=BARS[i], label=name, error_kw={"linewidth": 1})
    bound = by_rung.bound.mean()
    shown = bound[bound <= 1]
    places = [list(bound.index).index(rung) for rung in shown.index]
    ax.hlines(
        shown,
        [place - 0.4 for place in places],
        [place + 0.4 for place in places],
        color=OTHER,
        label="bound on the residual",
    )
    ax.set_xticks(range(len(bound)), ["\n".join(plain(word, 14) for word in str(rung).split()) for rung in bound.index])
    ax.set_xlabel("encoder")
    ax.set_ylabel("error or residual")
    ax.grid(False, axis="x")
    return ax

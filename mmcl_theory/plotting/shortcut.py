"""Show test accuracy of several kinds of training over the strength of a shortcut, or over anything else."""

from typing import TYPE_CHECKING

from .style import LINES, plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@styled
def shortcut(
    table: "pd.DataFrame",
    x: str,
    kind: str = "training",
    *,
    x_label: str | None = None,
    mark: float | None = None,
    log: bool = False,
    ax: "Axes",
) -> "Axes":
    """Draw the mean test accuracy over seeds, with a band of one standard deviation on either side, for each kind.

    Parameters
    ----------
    table
        Table with columns ``x``, ``kind`` and ``test_accuracy``, and a row for each seed.
    x, kind
        Names of the columns for the horizontal axis and for the curves, of which there are at most four.
    x_label
        Label of the axis; by default the name.
    mark
        Place of a vertical line, such as a published setting.
    log
        Whether the horizontal axis is logarithmic.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If there are more kinds than colours.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> table = pd.DataFrame({"p": [0.1, 0.9], "training": "single-modal", "test_accuracy": [0.8, 0.2]})
    >>> mt.plotting.shortcut(table, "p").get_ylabel()
    'test accuracy'
    """
    if table[kind].nunique() > len(LINES):
        raise ValueError(f"table: at most {len(LINES)} values of {kind!r} are possible, got {table[kind].nunique()}")
    for (colour, line), (name, part) in zip(LINES, table.groupby(kind, sort=False), strict=False):
        by_x = part.groupby(x).test_accuracy
        mean, spread = by_x.mean(), by_x.std().fillna(0)
        ax.plot(mean.index, mean, line, color=colour, label=plain(name))
        ax.fill_between(mean.index, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
    if mark is not None:
        ax.axvline(mark, color="0.5", linestyle=":", linewidth=1)
    if log:
        ax.set_xscale("log")
        values = sorted(table[x].unique())
        ax.set_xticks(values, [f"{value:g}" for value in values])
        ax.minorticks_off()
    ax.set_ylim(0, 1)
    ax.set_xlabel(x_label or plain(x))
    ax.set_ylabel("test accuracy")
    return ax

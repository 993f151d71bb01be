"""Show how the least constant of an order statement changes with the size of the instances."""

from itertools import cycle
from typing import TYPE_CHECKING

from .style import MARKERS, plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@styled
def constants(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    r"""Draw the least constant that is consistent with the instances of each size, a line for each statement.

    Parameters
    ----------
    table
        Table from ``order_constants``.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If the table is empty.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joints = [mt.generators.isotropic_noise(m, 0.3) for m in (2, 4, 8)]
    >>> ax = mt.plotting.constants(mt.order_constants(mt.verify(joints, 1, "probe-mmcl-paper")))
    >>> ax.get_xlabel()
    'number of images and texts, $n_V+n_L$'
    """
    if table.empty:
        raise ValueError("table: has no statement of an order")
    for marker, (theorem, part) in zip(cycle(MARKERS), table.groupby("theorem"), strict=False):
        ax.plot(part.n_items, part.constant, f"{marker}-", label=plain(theorem))
    ax.set_xscale("log")
    ax.set_yscale("log")
    sizes = sorted(table.n_items.unique())
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.xaxis.minorticks_off()
    ax.set_xlabel("number of images and texts, $n_V+n_L$")
    ax.set_ylabel("least constant that holds")
    return ax

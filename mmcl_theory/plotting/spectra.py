"""Show the singular values of several joints side by side."""

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from .. import _checks
from .style import MARKERS, plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@styled
def spectra(table: "pd.DataFrame", by: str, *, ax: "Axes") -> "Axes":
    r"""Draw singular values σ_j over j, a line for each value of what was varied.

    Parameters
    ----------
    table
        Tables of ``class_spectrum`` on top of each other, with a column that tells them apart.
    by
        Name of this column.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If there is no such column.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> tables = {noise: mt.class_spectrum(mt.generators.isotropic_noise(4, noise)) for noise in (0.1, 0.5)}
    >>> ax = mt.plotting.spectra(pd.concat(tables, names=["noise"]).reset_index("noise"), "noise")
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()]
    ['noise', '0.1', '0.5']
    """
    import matplotlib.pyplot as plt

    if by not in table:
        have = _checks.quoted(list(table.columns))
        raise ValueError(f"by: must be a column of the table, one of {have}, got {_checks.quoted(by)}")
    groups = list(table.groupby(by))
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(groups)))
    ax.plot([], [], " ", label=plain(by.replace("_", " ")))  # heads the legend
    for (value, part), colour, marker in zip(groups, colours, cycle(MARKERS), strict=False):
        ax.plot(part.j, part.sigma, f"{marker}-", color=colour, markevery=0.1, label=plain(value))
    ax.set_xscale("log")
    ax.set_ylim(-0.02, 1.05)
    ax.set_xlabel("position $j$")
    ax.set_ylabel(r"singular value $\sigma_j$")
    return ax

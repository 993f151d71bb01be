"""Show what the quality of the guide is worth in guided resampling, and what each method gains in training."""

import re
from typing import TYPE_CHECKING

import numpy as np

from .arrangement import panels
from .style import BARS, LOOSE, LOWER, MEASURED, OTHER, SHARP, plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_METHODS = {
    "none": (MEASURED, "o-", "no guide"),
    "add_new_positive": (SHARP, "s--", "AddNewPositive"),
    "drop_false_positive": (LOOSE, "v-.", "DropFalsePositive"),
    "drop_false_negative": (OTHER, "D:", "DropFalseNegative"),
    "drop_easy_negative": (LOWER, "^--", "DropEasyNegative"),
}
_PANELS = {
    "labeling_error": r"labeling error $\alpha_A$",
    "upper": "bound on the residual",
    "residual": "residual of the probe",
    "error": "error of the probe",
}


@styled
def guide_quality(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    r"""Draw four panels over the quality of the guide: means over worlds, with a band of one standard error.

    Parameters
    ----------
    table
        Table from ``resampling.compare``, with two more columns, ``quality`` and ``seed``.
    ax
        A subplot, in whose place the panels are put; by default that of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Axes of the first panel.

    Raises
    ------
    ValueError
        If a method is unknown.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> world = mt.worlds.content_style(4, 5, 2, content_change=0.1)
    >>> guide = mt.resampling.cosine(mt.factorize(world.joint, 4).image_features)
    >>> table = mt.resampling.compare(world.augmentation, guide, 2, key=jax.random.key(0))
    >>> mt.plotting.guide_quality(table.assign(quality=1.0, seed=0)).get_ylabel()
    'labeling error $\\alpha_A$'
    """
    if unknown := set(table.method) - set(_METHODS):
        raise ValueError(f"table: no method is called {sorted(unknown)[0]!r}; there are {', '.join(_METHODS)}")
    places = panels(ax, 4)
    for place, (column, label) in zip(places, _PANELS.items(), strict=True):
        for method, (colour, line, name) in _METHODS.items():
            by_quality = table[table.method == method].groupby("quality")[column]
            mean, error = by_quality.mean(), by_quality.sem().fillna(0)
            place.plot(mean.index, mean, line, color=colour, label=name, zorder=3 if method == "none" else 2)
            place.fill_between(mean.index, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
        place.set_ylabel(label)
        place.set_xlabel("quality of the guide")
        place.set_ylim(bottom=0)
    places[1].axhline(1, color="0.5", linewidth=0.7, linestyle=":")
    return places[0]


@styled
def gains(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    """Draw the gain in accuracy over the baseline, in points, with its standard error, by data and method.

    Parameters
    ----------
    table
        Table with columns ``data``, ``method``, ``gain`` and ``standard_error``, the last NaN where it is unknown.
    ax
        Axes to draw on; by default those of a new figure.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> row = {"data": "emoji", "method": "add_new_positive", "gain": 1.0, "standard_error": 0.2}
    >>> mt.plotting.gains(pd.DataFrame([row])).get_xlabel()
    'method of resampling'
    """
    kinds = list(dict.fromkeys(table.data))
    methods = list(dict.fromkeys(table.method))
    width = 0.8 / len(kinds)
    for i, kind in enumerate(kinds):
        of_kind = table[table.data == kind].set_index("method").reindex(methods)
        places = np.arange(len(methods)) + width * (i - (len(kinds) - 1) / 2)
        errors = of_kind.standard_error.fillna(0)
        ax.bar(
            places, of_kind.gain, width, yerr=errors, color=BARS[i % 5], label=plain(kind), error_kw={"linewidth": 1}
        )
    ax.axhline(0, color="black", linewidth=0.8)
    names = [_METHODS[method][-1] if method in _METHODS else plain(method, 16) for method in methods]
    ax.set_xticks(range(len(methods)), [re.sub("(?<=[a-z])(?=[A-Z])", "\n", name) for name in names])
    ax.grid(False, axis="x")
    ax.set_xlabel("method of resampling")
    ax.set_ylabel("gain in accuracy, percentage points")
    return ax

"""Show what the quality of the guide is worth in guided resampling, and what each method gains in training."""

import re
from typing import TYPE_CHECKING

import numpy as np

from .style import LOOSE, LOWER, MEASURED, OTHER, SHARP, legend_above, panels, plain, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_METHODS = {
    "none": (MEASURED, "no guide"),
    "add_new_positive": (SHARP, "AddNewPositive"),
    "drop_false_positive": (LOOSE, "DropFalsePositive"),
    "drop_false_negative": (OTHER, "DropFalseNegative"),
    "drop_easy_negative": (LOWER, "DropEasyNegative"),
}
_PANELS = {
    "labeling_error": r"labeling error $\alpha_A$",
    "upper": r"bound on the probe residual",
    "residual": r"probe residual",
    "error": "probe error",
}


@styled
def guide_quality(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    """Draw four panels over the quality of the guide: means over worlds, with a band of one standard error.

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
    >>> mt.plotting.guide_quality(table.assign(quality=1.0, seed=0)).get_xlabel()
    'quality of the guide'
    """
    if unknown := set(table.method) - set(_METHODS):
        raise ValueError(f"table: no method is called {sorted(unknown)[0]!r}; there are {', '.join(_METHODS)}")
    places = panels(ax, 2, 2, (6.6, 5.0))
    for place, (column, label) in zip(places, _PANELS.items(), strict=True):
        for method, (colour, name) in _METHODS.items():
            by_quality = table[table.method == method].groupby("quality")[column]
            mean, error = by_quality.mean(), by_quality.sem().fillna(0)
            place.plot(mean.index, mean, "o-", color=colour, label=name, zorder=3 if method == "none" else 2)
            place.fill_between(mean.index, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
        place.set_ylabel(label)
        place.set_xlabel("quality of the guide")
        place.set_ylim(bottom=0)
    places[1].axhline(1, color="0.5", linewidth=0.7, linestyle=":")
    handles, names = places[0].get_legend_handles_labels()
    figure = places[0].get_figure(root=True)
    assert figure is not None
    figure.legend(handles, names, loc="outside upper center", ncols=5, columnspacing=1.0, handlelength=1.6)
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
    >>> mt.plotting.gains(pd.DataFrame([row])).get_ylabel()
    'gain in accuracy, points'
    """
    kinds = list(dict.fromkeys(table.data))
    colours = (SHARP, LOOSE, LOWER, OTHER, MEASURED)
    methods = [method for method in dict.fromkeys(table.method)]
    width = 0.8 / len(kinds)
    for i, kind in enumerate(kinds):
        of_kind = table[table.data == kind].set_index("method").reindex(methods)
        places = np.arange(len(methods)) + width * (i - (len(kinds) - 1) / 2)
        errors = of_kind.standard_error.fillna(0)
        ax.bar(
            places, of_kind.gain, width, yerr=errors, color=colours[i % 5], label=plain(kind), error_kw={"linewidth": 1}
        )
    ax.axhline(0, color="black", linewidth=0.8)
    names = [_METHODS[method][1] if method in _METHODS else plain(method, 16) for method in methods]
    ax.set_xticks(range(len(methods)), [re.sub("(?<=[a-z])(?=[A-Z])", "\n", name) for name in names])
    ax.tick_params("x", labelsize=7.5)
    ax.grid(False, axis="x")
    ax.set_ylabel("gain in accuracy, points")
    legend_above(ax, 4, columnspacing=1.0, handlelength=1.2)
    return ax

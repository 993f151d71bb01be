"""Compare training with the closed form: what full batches reach, and how fast sampled pairs approach it."""

from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrangement import panels
from .style import LOOSE, LOWER, MEASURED, OTHER, SHARP, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_KINDS: dict[Any, tuple[str, str]] = {  # of negatives: colour and marker
    "independent": (SHARP, "s"),
    "in-batch": (LOWER, "^"),
    "in-batch with the own pair": (OTHER, "D"),
    "CLIP": (MEASURED, "o"),
}
_LINES = ("-", "--", ":")  # styles for up to three batch sizes


@styled
def closed_form(full: "pd.DataFrame", values: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    r"""Draw three panels: excess loss and subspace angle over the steps, a line a start, and learned singular values.

    Parameters
    ----------
    full
        Table with columns ``seed``, ``step``, ``excess_loss`` and ``subspace_angle``.
    values
        Table with columns ``seed``, ``j``, ``sigma`` (σ_j of A) and ``learned`` (σ_j of :math:`F_V F_L^\top`).
    ax
        A subplot, in whose place the panels are put; by default that of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Axes of the first panel.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> full = pd.DataFrame({"seed": 0, "step": [0, 1], "excess_loss": [1.0, 0.1], "subspace_angle": [1.0, 0.5]})
    >>> values = pd.DataFrame({"seed": 0, "j": [1, 2], "sigma": [1.0, 0.5], "learned": [1.0, 0.0]})
    >>> mt.plotting.closed_form(full, values).get_ylabel()
    'loss − optimum'
    """
    places = panels(ax, 3)
    names = {"excess_loss": "loss − optimum", "subspace_angle": "angle to the closed form"}
    for place, (column, name) in zip(places[:2], names.items(), strict=True):
        for _, run in full.groupby("seed"):
            # Below 1e-16 the difference of two losses is rounding.
            place.plot(run.step, np.maximum(run[column], 1e-16), color=SHARP, linewidth=0.9)
        place.set_yscale("log")
        place.set_xlabel("step, full batch")
        place.set_ylabel(name)
    sigma = values.groupby("j").sigma.first()
    places[2].plot(sigma.index, sigma, "o", color=LOOSE, label=r"singular values $\sigma_j$ of $A$")
    places[2].plot(values.j, values.learned, "x", color=MEASURED, label=r"those learned, of $F_V F_L^\top$")
    places[2].set_xlabel("position $j$")
    places[2].set_ylabel("singular value")
    return places[0]


@styled
def rates(sampled: "pd.DataFrame", constant: "pd.DataFrame", bias: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    """Draw three panels: excess loss over the pairs drawn, its level at constant steps, and the bias of gradients.

    Lines and points are means over seeds, with a band or bar of one standard error on either side.

    Parameters
    ----------
    sampled
        Table with columns ``kind`` ("independent", "in-batch", "in-batch with the own pair"), ``batch``, ``seed``,
        ``pairs`` and ``excess_loss``; and ``expected``, the limit predicted for it, drawn in grey over the last pairs.
    constant
        Table with columns ``batch``, ``step``, ``seed``, ``excess_loss`` and ``expected``.
    bias
        Table with columns ``kind`` (as above, or "CLIP"), ``batch``, ``squared_bias`` and ``standard_error``.
    ax
        A subplot, in whose place the panels are put; by default that of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Axes of the first panel.

    Raises
    ------
    ValueError
        If a kind is unknown.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> kind = {"kind": "in-batch", "batch": 8, "seed": 0}
    >>> sampled = pd.DataFrame(kind | {"pairs": [10, 100], "excess_loss": [1.0, 0.1], "expected": 0.1})
    >>> constant = pd.DataFrame(kind | {"step": [0.1, 0.2], "excess_loss": [0.1, 0.2], "expected": [0.1, 0.2]})
    >>> bias = pd.DataFrame(kind | {"squared_bias": [0.1], "standard_error": 0.01})
    >>> mt.plotting.rates(sampled, constant, bias).get_xlabel()
    'pairs drawn'
    """
    _check_kinds(sampled=sampled, bias=bias)
    left, middle, right = panels(ax, 3)
    sizes = sorted({*sampled.batch, *constant.batch})
    lines = dict(zip(sizes, cycle(_LINES), strict=False))
    for (kind, batch), part in sampled[sampled.pairs > 0].groupby(["kind", "batch"], sort=False):
        colour, marker = _KINDS[kind]
        by_pairs = part.groupby("pairs").excess_loss
        mean, error = by_pairs.mean(), by_pairs.sem().fillna(0)
        left.plot(mean.index, mean, lines[batch], color=colour, marker=marker, markevery=[-1])
        left.fill_between(mean.index, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
        late = part[(part.seed == part.seed.min()) & (part.pairs >= part.pairs.max() / 8)]
        left.plot(late.pairs, late.expected, color="0.4", linewidth=0.8)
    left.set_xlabel("pairs drawn")
    left.set_ylabel("loss − optimum")

    for batch, part in constant.groupby("batch"):
        by_ratio = part.assign(ratio=part.step / part.batch).groupby("ratio")
        mean, error = by_ratio.excess_loss.mean(), by_ratio.excess_loss.sem().fillna(0)
        colour, marker = _KINDS["in-batch"]
        middle.errorbar(mean.index, mean, error, linestyle=lines[batch], marker=marker, color=colour)
        middle.plot(mean.index, by_ratio.expected.first(), color="0.4", linewidth=0.8)
    middle.set_xlabel("constant step / batch")
    middle.set_ylabel("loss − optimum, stationary")

    for kind, part in bias.groupby("kind", sort=False):
        colour, marker = _KINDS[kind]
        low = part.squared_bias - part.standard_error
        # The estimate for an unbiased gradient is around 0: its upper limit, two standard errors above, is drawn.
        seen = low > part.standard_error
        root = np.sqrt(np.where(seen, part.squared_bias, np.maximum(part.squared_bias, 0) + 2 * part.standard_error))
        right.plot(part.batch, root, color=colour, marker=marker, fillstyle="full" if seen.any() else "none")
    right.set_xlabel("size of the batch")
    right.set_ylabel("relative bias of the gradient")
    for place in (left, middle, right):
        place.set_xscale("log")
        place.set_yscale("log")
    right.set_xticks(sorted(bias.batch.unique()), [str(batch) for batch in sorted(bias.batch.unique())])
    right.xaxis.minorticks_off()
    _tell(left, [kind for kind in _KINDS if kind in {*sampled.kind, *bias.kind}], lines)
    return left


def _tell(ax: "Axes", kinds: list[str], lines: dict[int, str]) -> None:
    """Write the legend: colours and markers of the kinds of negatives, dashes of the sizes of batches."""
    ax.plot([], [], " ", label="negatives:")
    for kind in kinds:
        colour, marker = _KINDS[kind]
        ax.plot([], [], color=colour, marker=marker, label=kind)
    for batch, dashes in lines.items():
        ax.plot([], [], dashes, color="0.2", label=f"batches of {batch}")
    ax.plot([], [], color="0.4", linewidth=0.8, label="expected")
    ax.plot([], [], "o", color="0.2", fillstyle="none", label="at most")


def _check_kinds(**tables: "pd.DataFrame") -> None:
    """Refuse a kind of negatives that has no colour."""
    for name, table in tables.items():
        if unknown := set(table.kind) - set(_KINDS):
            raise ValueError(f"{name}: no kind is called {sorted(unknown)[0]!r}; there are {', '.join(_KINDS)}")

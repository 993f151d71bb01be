"""Show the gap between measured values and proved bounds, over k."""

from typing import TYPE_CHECKING

from .style import LOOSE, LOWER, MEASURED, OTHER, SHARP, rows, shade_vacuous, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# theorem, side that is drawn, label, colour and style of each line
_CURVES: tuple[tuple[str, str, str, str, str], ...] = (
    ("probe-error-mmcl", "rhs", r"bound on $e_k$: $2(2\alpha-\alpha^2)/(1-\sigma_{k+1}^2)$", OTHER, "--"),
    ("probe-mmcl", "rhs", r"bound on $r_k$: $(2\alpha-\alpha^2)/(1-\sigma_{k+1}^2)$", LOOSE, "--"),
    ("probe-text-induced", "rhs", r"bound on $r_k$: $\alpha_T/(1-\sigma_{k+1}^2)$", SHARP, "--"),
    ("probe-text-induced", "lhs", r"measured residual $r_k$", MEASURED, "-"),
    ("probe-error", "lhs", r"measured error $e_k$", OTHER, "-"),
    ("probe-mmcl-lower", "rhs", r"lower bound on $r_k$", LOWER, "--"),
)


@styled
def gap(table: "pd.DataFrame", *, joint: int = 0, ax: "Axes") -> "Axes":
    """Draw the measured linear-probe residual and error, with their upper and lower bounds, over k.

    Parameters
    ----------
    table
        Table from ``verify``, at several k.
    joint
        Position of the joint in the batch.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If the table has no row to draw for this joint.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> table = mt.verify(mt.generators.block_joint(key=jax.random.key(0)), k=[2, 4, 8])
    >>> ax = mt.plotting.gap(table)
    >>> ax.get_xlabel()
    'encoder dimension $k$'
    """
    parts = [rows(table, theorem, joint) for theorem, *_ in _CURVES]
    if all(part.empty for part in parts):
        raise ValueError(f"table: joint {joint} has no applicable row of a linear-probe theorem")
    for part, (_, side, label, colour, line) in zip(parts, _CURVES, strict=True):
        positive = part[part[side] > 0]  # the axis is logarithmic; a lower bound below 0 is vacuous
        if not positive.empty:
            k = positive.k.astype(int)
            ax.plot(k, positive[side], line, color=colour, marker="o", label=label)
    ax.set_yscale("log")
    ax.set_xscale("log")
    ticks = sorted({int(k) for part in parts for k in part.k})
    if len(ticks) <= 8:
        ax.set_xticks(ticks, [str(k) for k in ticks])
        ax.minorticks_off()
    ax.set_xlabel("encoder dimension $k$")
    ax.set_ylabel("residual, error")
    shade_vacuous(ax)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax

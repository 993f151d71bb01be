"""Show how the encoder learned from a sample approaches the population's, and what is proved of it."""

from typing import TYPE_CHECKING

from .style import LOOSE, LOWER, MEASURED, OTHER, SHARP, rows, shade_vacuous, styled, trivial_level

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# theorem, column that is drawn, label, colour and style of each line
_CURVES: tuple[tuple[str, str, str, str, str], ...] = (
    ("finite-sample-apriori", "rhs", "bound a priori", LOOSE, "v--"),
    ("finite-sample", "rhs", "bound a posteriori", SHARP, "s--"),
    ("probe-text-induced", "rhs", "bound, population", LOWER, "-."),
    ("finite-sample", "sample_residual", "measured", MEASURED, "o-"),
    ("finite-sample", "practical_residual", "measured, own marginals", OTHER, "D:"),
    ("probe-text-induced", "lhs", "measured, population", LOWER, "-"),
)


@styled
def finite_sample(table: "pd.DataFrame", *, ax: "Axes") -> "Axes":
    r"""Draw the linear-probe residual of the learned encoder over the number N of pairs, with its two bounds.

    The a-priori bound holds before the sample is seen, the a-posteriori bound reads the sample.  For several samples of
    one size the median is drawn, with a band from the lowest tenth to the highest.

    Parameters
    ----------
    table
        Table from ``verify`` at one k on one joint with samples of several sizes, on at least one of the theorems
        `finite-sample`, `finite-sample-apriori` and `probe-text-induced`; the last gives the limit for N → ∞.  The
        residual is read from `finite-sample` where that applies, or from columns ``sample_residual`` and
        ``practical_residual`` (with the sample's own marginals in the place of the population's) if there are any.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If none of the theorems applies to a sample, or the table is of several joints.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(3, 0.3)
    >>> samples = [joint.draw(n, key=key) for n in (300, 3000) for key in jax.random.split(jax.random.key(n), 5)]
    >>> table = mt.verify([mt.Instance(joint, sample=counts) for counts in samples], 1, "finite-sample")
    >>> ax = mt.plotting.finite_sample(table)
    >>> ax.get_xlabel()
    'number of pairs $N$'
    """
    if all(rows(table, theorem).sample_size.isna().all() for theorem, *_ in _CURVES):
        raise ValueError("table: has no row of a sample to which 'finite-sample' or 'finite-sample-apriori' applies")
    if table.labeling_error.round(9).nunique() > 1:
        raise ValueError("table: is of several joints; draw each in a figure of its own")
    if "sample_residual" not in table:
        table = table.assign(sample_residual=table.lhs)
    for theorem, column, label, colour, line in _CURVES:
        if column not in table:
            continue
        part = table[table.theorem == theorem].dropna(subset=[column, "sample_size"])
        if part.empty:
            continue
        by_size = part.groupby("sample_size")[column]
        low, median, high = (by_size.quantile(share) for share in (0.1, 0.5, 0.9))
        ax.plot(median.index, median, line, color=colour, label=label)
        ax.fill_between(median.index, low, high, color=colour, alpha=0.2, linewidth=0)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("number of pairs $N$")
    ax.set_ylabel("residual of the linear probe")
    bounds = [rows(table, theorem) for theorem, column, *_ in _CURVES if column == "rhs"]
    shade_vacuous(ax, max(trivial_level(part) for part in bounds if not part.empty))
    return ax

"""Compare two tables of the same cells, such as those of two sweeps."""

from typing import TYPE_CHECKING

import numpy as np

from .. import _checks

if TYPE_CHECKING:
    import pandas as pd

_SIDES = ("lhs", "rhs")
# What a row says, so that any other column tells which cell it is about; ``joint`` is a place in one of the tables.
_SAID = {"joint", "kind", "slack", "ratio", "tolerance", "trivial", "verdict", "reason", *_SIDES}
_SAID |= {"labeling_error", "sigma_next", "n_items", "marginal_distance", "sample_size"}


@_checks.reads_tables
def differences(first: "pd.DataFrame", second: "pd.DataFrame", tolerance: float | None = None) -> "pd.DataFrame":
    """Find the rows in which two tables differ: in the verdict, or in a side by more than rounding.

    Rows are the same where knobs, seed, theorem and k are, whatever their order.

    Parameters
    ----------
    first, second
        Tables of ``sweep``, or of ``verify`` on a single joint.
    tolerance
        How much a side may differ; by default what both rows' ``tolerance`` add up to.

    Returns
    -------
    pandas.DataFrame
        A row for each: what it is about, ``difference`` ("verdict", "lhs", "rhs", "only in first" or "only in
        second"), and the ``verdict``, ``lhs`` and ``rhs`` of both with the endings ``_first`` and ``_second``.

    Raises
    ------
    ValueError
        If a table has no such columns, the two have other knobs, or a table has two rows about the same.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> one, other = (mt.verify(mt.generators.isotropic_noise(4, noise), 2, "label-transfer") for noise in (0.1, 0.2))
    >>> mt.tables.differences(one, other)[["theorem", "difference", "lhs_first", "lhs_second"]].round(4)
              theorem difference  lhs_first  lhs_second
    0  label-transfer        lhs     0.1425        0.27
    >>> len(mt.tables.differences(one, one))
    0
    """
    about = [name for name in first.columns if name not in _SAID]
    if set(about) != {name for name in second.columns if name not in _SAID}:
        raise ValueError(f"second: its rows are told apart by other columns than those of first, {', '.join(about)}")
    for name, table in (("first", first), ("second", second)):
        if table.duplicated(about).any():
            raise ValueError(f"{name}: has two rows about the same {', '.join(about)}")
    kept = [*about, "verdict", *_SIDES, "tolerance"]
    both = first[kept].merge(second[kept], "outer", about, suffixes=("_first", "_second"), indicator="there")
    allowed = both.tolerance_first + both.tolerance_second if tolerance is None else tolerance
    apart = {side: ~_agree(both[f"{side}_first"], both[f"{side}_second"], allowed) for side in _SIDES}
    both["difference"] = np.select(
        [
            both.there == "left_only",
            both.there == "right_only",
            both.verdict_first != both.verdict_second,
            *apart.values(),
        ],
        ["only in first", "only in second", "verdict", *_SIDES],
        default="",
    )
    shown = [f"{name}_{of}" for name in ("verdict", *_SIDES) for of in ("first", "second")]
    return both.loc[both.difference != "", [*about, "difference", *shown]].reset_index(drop=True)


def _agree(one: "pd.Series", other: "pd.Series", allowed: "pd.Series | float") -> "pd.Series":
    """Say in which rows two numbers are equal, near enough, or both missing."""
    return (one == other) | ((one - other).abs() <= allowed) | (one.isna() & other.isna())

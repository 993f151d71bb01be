"""Derive the least constants of order statements from a verification, and how they change with the size."""

from typing import TYPE_CHECKING

from .. import _checks
from ..theory.theorem import Kind

if TYPE_CHECKING:
    import pandas as pd


@_checks.reads_tables
def order_constants(table: "pd.DataFrame") -> "pd.DataFrame":
    """Find the least constant that is consistent with all instances of each size, for each order statement.

    An order statement says lhs ≤ c·rhs for some universal constant c.  A constant that keeps growing with the size
    speaks against the statement; one that levels off proves nothing.

    Parameters
    ----------
    table
        Table from ``verify``, on instances of several sizes.

    Returns
    -------
    pandas.DataFrame
        A row for each order statement and size: ``theorem``, ``n_items`` (images and texts), ``rows`` (instances times
        k), ``constant`` (the largest lhs/rhs at this size) and ``so_far`` (at this size or a smaller one).

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joints = [mt.generators.isotropic_noise(m, 0.3) for m in (2, 4, 8)]
    >>> mt.order_constants(mt.verify(joints, 1, "probe-mmcl-paper"))[["theorem", "n_items", "constant"]].round(3)
                theorem  n_items  constant
    0  probe-mmcl-paper        4     3.400
    1  probe-mmcl-paper        8     2.267
    2  probe-mmcl-paper       16     1.943
    """
    order = table[(table.kind == Kind.ORDER.value) & table.ratio.notna()]
    sizes = order.groupby(["theorem", "n_items"], sort=False).ratio.agg(rows="size", constant="max").reset_index()
    sizes = sizes.sort_values(["theorem", "n_items"], ignore_index=True).astype({"n_items": int})
    sizes["so_far"] = sizes.groupby("theorem").constant.cummax()
    return sizes

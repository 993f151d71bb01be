"""Decide which kind of positive pairs provably leaves the smaller linear-probe residual: MMCL, SSCL or neither."""

from typing import TYPE_CHECKING

import numpy as np

from .. import _checks
from ..factorization.precision import rounding
from ..theory.verdicts import NOT_APPLICABLE, UNDECIDED

if TYPE_CHECKING:
    import pandas as pd

# each column of the report, with the theorem and the side of it where the table has the number
_SIDES = {
    "mmcl_residual": ("probe-text-induced", "lhs"),
    "mmcl_upper": ("probe-text-induced", "rhs"),
    "mmcl_lower": ("probe-mmcl-lower", "rhs"),
    "sscl_residual": ("probe-sscl", "lhs"),
    "sscl_upper": ("probe-sscl", "rhs"),
    "sscl_lower": ("probe-sscl-lower", "rhs"),
}
_PROOFS = {"mmcl": "mmcl-advantage", "sscl": "sscl-advantage"}

# The theorems that the report reads; ``verify(worlds, k, COMPARISON)`` checks just these.
COMPARISON = tuple(dict.fromkeys([theorem for theorem, _ in _SIDES.values()] + list(_PROOFS.values())))


@_checks.reads_tables
def advantage(table: "pd.DataFrame") -> "pd.DataFrame":
    """Decide which of MMCL and SSCL is provably better, for each joint and k of a verification (`mmcl-advantage`).

    Parameters
    ----------
    table
        Table from ``verify`` on instances with augmentation pairs; the theorems in ``COMPARISON`` are enough.

    Returns
    -------
    pandas.DataFrame
        A row for each joint and k: the measured residuals ``mmcl_residual`` and ``sscl_residual`` between their bounds
        ``…_lower`` and ``…_upper``, missing where these do not apply; ``verdict``, "mmcl" or "sscl" where the upper
        bound of the one lies below the lower bound of the other, otherwise "undecided"; ``marginal_distance``, the
        total variation distance of the two image marginals, and a ``note`` where it is not zero: each residual is then
        taken under its own marginal, and the verdict compares two different averages.

    Raises
    ------
    ValueError
        If the table lacks one of these theorems.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> world = mt.worlds.content_style(caption_error=0.0, caption_omission=1.0, content_change=0.3, n_styles=5)
    >>> instance = mt.Instance(world.joint, augmentation=world.augmentation)
    >>> mt.advantage(mt.verify(instance, 2, mt.COMPARISON))[["k", "verdict"]]
       k    verdict
    0  2  undecided
    """
    import pandas as pd

    missing = [theorem for theorem in COMPARISON if theorem not in set(table.theorem)]
    if missing:
        raise ValueError(f"table: has no row of {missing[0]!r}; verify with theorems=COMPARISON")
    by_theorem = table.set_index(["joint", "k", "theorem"])
    report = pd.DataFrame({name: by_theorem[side].xs(theorem, level=2) for name, (theorem, side) in _SIDES.items()})
    proved = {
        winner: (by_theorem.verdict.xs(theorem, level=2) != NOT_APPLICABLE).reindex(report.index)
        for winner, theorem in _PROOFS.items()
    }
    report["verdict"] = np.select(list(proved.values()), list(proved), default=UNDECIDED)
    report["marginal_distance"] = by_theorem.marginal_distance.xs("probe-sscl", level=2)
    apart = report.marginal_distance > rounding()
    report["note"] = np.where(apart, "each residual under its own image marginal", "")
    return report.reset_index()

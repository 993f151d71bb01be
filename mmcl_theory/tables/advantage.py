"""Decide which kind of positive pairs provably leaves the smaller linear-probe residual: MMCL, SSCL or neither."""

from typing import TYPE_CHECKING

import numpy as np

from .. import _checks
from ..factorization.precision import rounding
from ..theory.verdicts import NOT_APPLICABLE, UNDECIDED

if TYPE_CHECKING:
    import pandas as pd

# Each column of the report: the theorems that have the number on a side, and which of their numbers it is.
_SIDES = {
    "mmcl_residual": (("probe-walk", "probe-text-induced"), "lhs", "max"),
    "mmcl_upper": (("probe-walk", "probe-text-induced"), "rhs", "min"),
    "mmcl_lower": (("probe-walk-lower",), "rhs", "max"),
    "sscl_residual": (("probe-sscl-walk", "probe-sscl"), "lhs", "max"),
    "sscl_upper": (("probe-sscl-walk", "probe-sscl"), "rhs", "min"),
    "sscl_lower": (("probe-sscl-walk-lower", "probe-sscl-lower-classes"), "rhs", "max"),
}
_PROOFS = {"mmcl": "mmcl-advantage", "sscl": "sscl-advantage"}
DIFFERENT_MARGINALS = "different marginals"  # a verdict of this report alone

# The theorems that the report reads; ``verify(worlds, k, COMPARISON)`` checks just these.
COMPARISON = tuple(dict.fromkeys([slug for slugs, _, _ in _SIDES.values() for slug in slugs] + list(_PROOFS.values())))


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
        A row for each joint and k: the measured residuals ``mmcl_residual`` and ``sscl_residual`` between their best
        bounds ``…_lower`` and ``…_upper``, missing where these do not apply; ``marginal_distance``, the total variation
        distance of the two image marginals; and ``verdict``: "mmcl" or "sscl" where the upper bound of the one lies
        below the lower bound of the other, "different marginals" where each residual is under its own marginal of
        images, so that their difference says nothing of the pairs, and else "undecided".

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
    report = pd.DataFrame({name: _best(by_theorem[side], slugs, how) for name, (slugs, side, how) in _SIDES.items()})
    report["marginal_distance"] = by_theorem.marginal_distance.xs("probe-sscl", level=2)
    proved = {
        winner: (by_theorem.verdict.xs(theorem, level=2) != NOT_APPLICABLE).reindex(report.index)
        for winner, theorem in _PROOFS.items()
    }
    report["verdict"] = np.select(
        [*proved.values(), report.marginal_distance > rounding()], [*proved, DIFFERENT_MARGINALS], default=UNDECIDED
    )
    return report.reset_index()


def _best(numbers: "pd.Series", slugs: tuple[str, ...], how: str) -> "pd.Series":
    """Return the least or the greatest of the numbers of several theorems, of those that apply."""
    import pandas as pd

    return pd.DataFrame({slug: numbers.xs(slug, level=2) for slug in slugs}).agg(how, axis=1)

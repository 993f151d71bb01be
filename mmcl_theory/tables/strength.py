"""Tell the bounds of a verification that say no more than others there, which imply them."""

from typing import TYPE_CHECKING

import numpy as np

from ..theory.strength import stronger
from ..theory.verdicts import AGREES, HOLDS, NOT_APPLICABLE, VACUOUS

if TYPE_CHECKING:
    import pandas as pd


def outdone(table: "pd.DataFrame") -> list[str]:
    """List the bounds that need not be shown: wherever one applies, another of the table implies it and says as much.

    A bound that is violated, or that says more somewhere than what implies it, beyond rounding, is none of them.

    Parameters
    ----------
    table
        From ``verify``.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> outdone(mt.verify(joint, 1, ["probe-text-induced", "probe-mmcl", "label-transfer"]))
    ['probe-mmcl']
    """
    applicable = table[table.verdict != NOT_APPLICABLE]
    parts = {str(slug): part for slug, part in applicable.groupby("theorem", sort=False)}
    return [
        slug
        for slug, part in parts.items()
        if part.verdict.isin([HOLDS, AGREES, VACUOUS]).all()
        and any(_says_as_much(parts[above], part) for above in stronger(slug) if above in parts)
    ]


def _says_as_much(above: "pd.DataFrame", below: "pd.DataFrame") -> bool:
    """Say whether one bound applies wherever another does, and allows no more there, beyond rounding."""
    columns = ["joint", "k", "rhs", "tolerance"]
    both = below[columns].merge(above[columns], on=["joint", "k"], how="left", suffixes=("", "_above"))
    if both.rhs_above.isna().any():
        return False
    sign = -1 if (below.kind == "lower bound").all() else 1
    return bool(np.all(sign * (both.rhs_above - both.rhs) <= both.tolerance + both.tolerance_above))

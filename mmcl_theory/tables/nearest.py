"""Choose the rows of a long table that matter most."""

from typing import TYPE_CHECKING

from ..theory.verdicts import VIOLATED

if TYPE_CHECKING:
    import pandas as pd


def nearest(table: "pd.DataFrame", most: int) -> "pd.DataFrame":
    """Keep at most so many rows, violated ones first, then of each statement in turn those of the largest ratio.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"theorem": list("aaab"), "ratio": [0.1, 0.3, 0.2, 0.1], "verdict": "holds"})
    >>> nearest(table, 2).index.tolist(), nearest(table.assign(verdict=["violated", *["holds"] * 3]), 1).index.tolist()
    ([1, 3], [0])
    """
    violated = table.verdict == VIOLATED
    first = table.assign(_turn=0)[violated]
    others = table[~violated]
    if len(table) > most and "ratio" in table:
        others = others.sort_values("ratio", ascending=False, kind="stable")
        others = others.assign(_turn=others.groupby("theorem", sort=False).cumcount())
        kept = others.sort_values("_turn", kind="stable").index[: max(0, most - len(first))]
        others = table.loc[sorted(kept)]
    return table.loc[[*first.index[:most], *others.index[: max(0, most - len(first))]]]

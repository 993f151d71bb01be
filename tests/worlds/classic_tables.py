"""Hold the classic tables of correspondence analysis, with the inertias that were published of them."""

from typing import NamedTuple

import numpy as np


class ClassicTable(NamedTuple):
    """Hold counts, the published total inertia χ²/N, and the published principal inertias, to their printed digits."""

    counts: np.ndarray
    inertia: str
    principal: tuple[str, ...]


def _table(text: str, inertia: str, *principal: str) -> ClassicTable:
    rows = [[int(count) for count in row.split()] for row in text.split("\n")]
    return ClassicTable(np.array(rows), inertia, principal)


TABLES = {
    # Greenacre, Theory and Applications of Correspondence Analysis (1984): staff of a firm by their smoking.
    "smoking": _table(
        "4 2 3 2\n4 3 7 4\n25 10 12 4\n18 24 33 13\n10 6 7 2", "0.08519", "0.074759", "0.010017", "0.000414"
    ),
    # Fisher (1940): eye and hair colour of the children of Caithness; `caith` of the R package MASS.
    "hair-and-eyes-caithness": _table(
        "326 38 241 110 3\n688 116 584 188 4\n343 84 909 412 26\n98 48 403 681 85",
        "0.230191",
        *("0.199245", "0.030087", "0.000859"),
    ),
    # Snee (1974): hair and eye colour of students; `HairEyeColor` of R, men and women together.
    "hair-and-eyes-delaware": _table(
        "68 20 15 5\n119 84 54 29\n26 17 14 14\n7 94 10 16", "0.233598", "0.208773", "0.022227", "0.002598"
    ),
    # Who does the tasks of a house; `housetasks` of the R package factoextra.
    "housetasks": _table(
        "156 14 2 4\n124 20 5 4\n77 11 7 13\n82 36 15 7\n53 11 1 57\n32 24 4 53\n33 23 9 55\n12 46 23 15\n10 51 75 3\n"
        "13 13 21 66\n8 1 53 77\n0 3 160 2\n0 1 6 153",
        "1.11494",
        *("0.5428893", "0.4450028", "0.1270484"),
    ),
    # Ph.D.s awarded in the United States, 1973 to 1978, by science; the example of SAS's procedure CORRESP.
    "doctorates": _table(
        "4489 4303 4402 4350 4266 4361\n4101 3800 3749 3572 3410 3234\n3354 3286 3344 3278 3137 3008\n"
        "2444 2587 2749 2878 2960 3049\n3338 3144 2959 2791 2641 2432\n1222 1196 1149 1003 959 959",
        "0.00356",
        *("0.00342", "0.00007", "0.00005", "0.00002", "0.00000"),
    ),
    # Greenacre (2007): grants of researchers by science.
    "funding": _table(
        "3 19 39 14 10\n1 2 13 1 12\n6 25 49 21 29\n3 15 41 35 26\n10 22 47 9 26\n3 11 25 15 34\n1 6 14 5 11\n"
        "0 12 34 17 23\n2 5 11 4 7\n2 11 37 8 20",
        "0.0829",
        *("0.0391", "0.0304", "0.0109", "0.0025"),
    ),
}

"""Measure the gap between bound and residual on real pairs: 1,906 emoji and their English tags.

    python experiments/emoji_gap.py [FOLDER]

It writes emoji_gap.parquet, the figure emoji_gap (PDF, PNG) over twenty encoder dimensions, and emoji_spectrum, into
FOLDER (by default results/).  It takes about half a minute; nothing in it is random.
"""

import pathlib
import sys

import numpy as np

import mmcl_theory as mt

THEOREMS = ["probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"]


def main(folder: pathlib.Path) -> None:
    joint = mt.datasets.emoji(language="en", labels="group")
    # The first 39 singular values are 1, one for each connected component: no bound applies below k = 39.
    ks = sorted({int(k) for k in np.geomspace(39, 1600, 20).round()})
    table = mt.verify(joint, k=ks, theorems=THEOREMS)

    mt.tables.write(table, folder / "emoji_gap.parquet")
    mt.plotting.save(mt.plotting.gap(table), folder / "emoji_gap.pdf")
    mt.plotting.save(mt.plotting.spectrum(mt.class_spectrum(joint)), folder / "emoji_spectrum.pdf")
    print(table[["theorem", "k", "lhs", "rhs", "ratio", "verdict"]].to_string(index=False))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))

"""Measure the gap between bounds and measured values on real pairs: 1,906 emoji and their English tags.

    python experiments/emoji_gap.py [FOLDER]

The script checks the bounds on the linear probe at twenty encoder dimensions.  It writes emoji_gap.parquet and the
figures emoji_gap_over_k and emoji_spectrum (PDF, PNG) into FOLDER (by default results/).  It takes about half a minute;
nothing in it is random.  The figure emoji_gap, at five dimensions and with the bounds from walks, is that of
``make verify``.
"""

import pathlib
import sys

import numpy as np

import mmcl_theory as mt

THEOREMS = ["probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"]


def main(folder: pathlib.Path, n_dimensions: int = 20, least_images: int = 1) -> None:
    joint = mt.datasets.emoji(language="en", labels="group")
    if least_images > 1:  # tags of so many emoji only, to be quick
        joint = mt.datasets.reworded(joint, "captions", least_images=least_images)
    # The first 39 singular values are 1, one for each connected component: no bound applies below k = 39.
    ks = sorted({int(k) for k in np.geomspace(39, min(1600, joint.n_texts - 1), n_dimensions).round()})
    table = mt.verify(joint, k=ks, theorems=THEOREMS)

    mt.tables.write(table, folder / "emoji_gap.parquet")
    mt.plotting.save(mt.plotting.gap(table), folder / "emoji_gap_over_k.pdf")
    mt.plotting.save(mt.plotting.spectrum(mt.class_spectrum(joint)), folder / "emoji_spectrum.pdf")
    print(table[["theorem", "k", "lhs", "rhs", "ratio", "verdict"]].to_string(index=False))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))

"""Map how tight the bound `probe-mmcl` is over the plane of labeling error α and singular value σ_{k+1}.

    python experiments/alpha_sigma_map.py [FOLDER] [WORKERS]

The joints are samples of block joints, over a grid of label noise and contrast: in the block joint itself the first K
directions are the classes, and no residual is left.  The script keeps the rows of the sweep in FOLDER/alpha_sigma_map
(by default results/) and draws the figure alpha_sigma_map (PDF, PNG) beside it.  It takes a quarter of a minute, by one
process unless WORKERS says otherwise; where it was stopped, it goes on.
"""

import pathlib
import sys

import numpy as np

import mmcl_theory as mt

K = 4  # the number of classes


def main(folder: pathlib.Path, workers: int = 1, size: int = 142) -> None:
    grid = {"label_noise": np.linspace(0.01, 0.7, size), "contrast": np.linspace(0.01, 1, size), "pairs": 2000}
    table = mt.sweep("block", grid, "probe-mmcl", folder / "alpha_sigma_map", k=K, workers=workers)
    mt.plotting.save(mt.plotting.tightness_map(table), folder / "alpha_sigma_map.pdf")
    looseness = (table.rhs / table.lhs).groupby([table.verdict, np.ceil(table.labeling_error * 10) / 10])
    print("bound over measured residual, by verdict and labeling error up to")
    print(looseness.describe()[["count", "min", "50%", "max"]].rename(columns={"50%": "median"}).round(2))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"), *map(int, sys.argv[2:]))

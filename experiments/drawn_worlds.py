"""Compare MMCL with SSCL on drawings of emoji and of Phosphor's icons, with all that text walks prove of either.

    python experiments/drawn_worlds.py [FOLDER]

In both worlds a view is a drawing, redrawn and moved, and a caption is a tag of what was viewed, so view and text are
independent given the natural image: text pairs are never the more consistent ones, and always the better connected ones
(theorem `consistency-or-diversity`).  Each residual of a linear probe is bounded on both sides by walks of 32 steps
(theorem `probe-walk`), text walks for MMCL and steps of the augmentation graph for SSCL.  An advantage is proved where
the upper bound of the one lies below the lower bound of the other.

It writes drawn_worlds.parquet (residuals, bounds and verdicts), drawn_worlds_pairs.parquet (consistency and
connectivity) and the figure drawn_worlds (PDF, PNG) into FOLDER (by default results/).  It takes a minute; nothing
in it is random.
"""

import pathlib
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

import mmcl_theory as mt

DATA: dict[str, Callable[[], mt.worlds.World]] = {
    "emoji": mt.worlds.emoji_drawings,
    "Phosphor": mt.worlds.phosphor_drawings,
}
KS = (10, 15, 20, 25, 50, 75, 100, 150, 200, 300, 400, 600, 800)
STEPS = 32
ROUNDING = 1e-9  # of a residual that is 1 less a sum of a thousand squares, and of moments of 32 products


def residuals(joint: mt.Joint, ks: list[int]) -> np.ndarray:
    return 1 - np.cumsum(mt.class_spectrum(joint).image_share)[np.array(ks) - 1].to_numpy()


def compared(world: mt.worlds.World, ks: list[int], steps: int) -> pd.DataFrame:
    """Bound and measure both residuals; a proved advantage must be a true one, or the verdict is "violated"."""
    joint, pairs = world.joint, world.augmentation
    instance = mt.Instance(joint, augmentation=pairs)
    # P_A is positive semidefinite, so that its eigenvalues are the singular values of a joint.
    of_pairs = mt.Joint(pairs.matrix, pairs.labels, pairs.labels, n_classes=pairs.n_classes)
    report = pd.DataFrame({"k": ks})
    for kind, law, residual in (("mmcl", joint, "probe"), ("sscl", of_pairs, "single-modal")):
        report[f"{kind}_lower"], report[f"{kind}_upper"] = mt.walk_bounds(instance, ks, steps, residual=residual)
        # Where two values are equal the encoder is not unique, and no bound is given.
        report[f"{kind}_residual"] = np.where(report[f"{kind}_lower"].isna(), np.nan, residuals(law, ks))
    better = report.mmcl_residual < report.sscl_residual
    report["verdict"] = np.select(
        [report.mmcl_upper < report.sscl_lower, report.sscl_upper < report.mmcl_lower], ["mmcl", "sscl"], "undecided"
    )
    outside = [
        (report[f"{kind}_residual"] > report[f"{kind}_upper"] + ROUNDING)
        | (report[f"{kind}_residual"] < report[f"{kind}_lower"] - ROUNDING)
        for kind in ("mmcl", "sscl")
    ]
    false = outside[0] | outside[1] | ((report.verdict == "mmcl") & ~better) | ((report.verdict == "sscl") & better)
    report.loc[false, "verdict"] = "violated"
    return report


def main(
    folder: pathlib.Path, data: tuple[str, ...] = tuple(DATA), ks: tuple[int, ...] = KS, steps: int = STEPS
) -> None:
    worlds = {name: DATA[name]() for name in data}
    report = pd.concat([compared(world, list(ks), steps).assign(data=name) for name, world in worlds.items()])
    graphs = [
        {"data": name, "pairs": kind, "consistency": float(graph.consistency), "second": float(second)}
        for name, world in worlds.items()
        for kind, graph in (("text", world.joint.text_induced()), ("augmentation", world.augmentation))
        for second in [np.linalg.eigvalsh(np.asarray(graph.normalized))[-2]]
    ]
    mt.tables.write(report, folder / "drawn_worlds.parquet")
    mt.tables.write(pd.DataFrame(graphs), folder / "drawn_worlds_pairs.parquet")
    mt.plotting.save(mt.plotting.advantage_curves(report), folder / "drawn_worlds.pdf")
    print(pd.DataFrame(graphs).round(4).to_string(index=False), "\n")
    print(report.round(4).to_string(index=False))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))

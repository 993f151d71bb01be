"""Compare multi-modal (MMCL) with single-modal learning (SSCL) over augmentation strength and caption noise.

    python experiments/mmcl_against_sscl.py [FOLDER] [WORKERS]

The question is which of them leaves the smaller residual of the linear probe, and where the bounds prove it.  Each
image is one of 3 contents, its class, in one of 27 styles.  An image comes with two captions, drawn once and for all.
They are captions of the view (``caption_of="view"``): with those of what was viewed, text pairs are never the more
consistent ones (`consistency-or-diversity`).  Augmentations can be drawn at will, so the distribution of their pairs is
the exact one.  Both distributions have the same image marginal.  One axis of the plane is the caption error.  The other
is, in one sweep, the probability that an augmentation changes the content (its radius in style is 4), and in another
sweep the radius (that probability is 0.1).

The script keeps the rows of the two sweeps in FOLDER/mmcl_against_sscl_content_change and …_radius (by default
results/), and writes mmcl_against_sscl_advantage.parquet (the verdicts), mmcl_against_sscl_reasons.parquet (consistency
and diversity) and a figure (PDF, PNG) for each sweep.  It takes about a minute and a half, by one process unless
WORKERS says otherwise; where it was stopped, it goes on.
"""

import functools
import pathlib
import sys

import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt

K = 3  # the number of classes
CAPTIONS = 2  # for each image
LABELS = {"content_change": "probability of a change of content", "radius": "radius of the change of style"}
draw_counts = jax.jit(jax.random.multinomial)


@functools.cache
def captioned(caption_error: float, draw: int) -> mt.Joint:
    """Draw a few captions for each image and return their empirical joint."""
    world = mt.worlds.content_style(3, 27, 3, caption_error=caption_error, caption_omission=0.5, caption_of="view")
    population, key = world.joint, jax.random.key(draw)
    captions = draw_counts(key, float(CAPTIONS), population.matrix / population.image_marginal[:, None])
    return mt.Joint(captions, population.image_labels, population.text_labels)


@functools.cache
def augmented(content_change: float, radius: int) -> mt.PairGraph:
    """Return the exact distribution of augmentation pairs."""
    return mt.worlds.content_style(3, 27, 3, radius=radius, content_change=content_change).augmentation


def both(caption_error: float, draw: int, content_change: float, radius: int) -> mt.Instance:
    """Put both kinds of pairs together."""
    return mt.Instance(captioned(caption_error, draw), augmentation=augmented(content_change, radius))


def reasons(pairs: dict[str, list[mt.PairGraph]]) -> pd.DataFrame:
    """Average the paper's two reasons, labels that agree and variety within classes, for each kind of pairs."""
    means = {
        name: {
            "labeling_error": np.mean([float(graph.labeling_error) for graph in graphs]),
            "consistency": np.mean([float(graph.consistency) for graph in graphs]),
            "diversity": np.mean([float(graph.diversity) for graph in graphs]),
        }
        for name, graphs in pairs.items()
    }
    return pd.DataFrame(means).T.rename_axis("pairs").reset_index()


def main(folder: pathlib.Path, workers: int = 1, n_draws: int = 8, n_errors: int = 50, n_strengths: int = 84) -> None:
    errors = {"caption_error": np.linspace(0, 0.6, n_errors), "draw": range(n_draws)}
    sweeps = {
        "content_change": {"content_change": np.linspace(0, 0.6, n_strengths), "radius": 4, **errors},
        "radius": {"radius": np.unique(np.linspace(0, 13, n_strengths).astype(int)), "content_change": 0.1, **errors},
    }
    reports = []
    pairs = {
        f"text-induced, caption error {error:.2f}": [captioned(error, draw).text_induced() for draw in range(n_draws)]
        for error in errors["caption_error"].tolist()
    }
    for sweep, grid in sweeps.items():
        name = f"mmcl_against_sscl_{sweep}"
        table = mt.sweep(both, grid, mt.COMPARISON, folder / name, k=K, workers=workers)
        cells = table.groupby("joint")[[sweep, "caption_error"]].first().rename(columns={sweep: "strength"})
        reports.append(mt.advantage(table).join(cells, on="joint").assign(sweep=sweep))
        ax = mt.plotting.advantage_plane(
            reports[-1], "strength", "caption_error", x_label=LABELS[sweep], y_label="caption error"
        )
        mt.plotting.save(ax, folder / f"{name}.pdf")
        for strength in np.unique(cells.strength).tolist():
            given = {"content_change": 0.1, "radius": 4} | {sweep: strength}
            pairs[f"augmentation, {sweep} {strength:.4g}"] = [augmented(**given)]

    report, why = pd.concat(reports, ignore_index=True), reasons(pairs)
    mt.tables.write(report, folder / "mmcl_against_sscl_advantage.parquet")
    mt.tables.write(why, folder / "mmcl_against_sscl_reasons.parquet")
    print("worlds by verdict, and in how many of them the residual of MMCL is indeed the smaller")
    smaller = report.mmcl_residual < report.sscl_residual
    print(report.assign(mmcl_smaller=smaller).groupby(["sweep", "verdict"]).mmcl_smaller.agg(["size", "sum"]))
    print("\nlabels that agree, and connectivity within classes, of both kinds of pairs")
    print(why.iloc[:: max(1, len(why) // 12)].to_string(index=False, float_format=lambda x: f"{round(x, 3) + 0:.3f}"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"), *map(int, sys.argv[2:]))

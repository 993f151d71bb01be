"""Measure what guided resampling of pair graphs does to α, λ, the bounds and the error, as the guide gets better.

    python experiments/resampling_guide_quality.py [FOLDER]

Each image is one of 6 contents, two to a class, in one of 8 styles.  A world's augmentation pairs are those of
``worlds.content_style``, which change the content with probability 0.15, times random weights.  The guide is the closed
form of MMCL on three captions for each image, and its quality is one minus the probability that a caption names a
random content; "labels" is the guide that knows the classes.

It writes resampling_guide_quality.parquet (a row for each quality, world and method) and the figure
resampling_guide_quality (PDF, PNG) into FOLDER (by default results/).  It takes about two minutes.
"""

import pathlib
import sys

import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt

CONTENTS, STYLES, CLASSES = 6, 8, 3
K = CONTENTS
CAPTIONS = 3  # for each image

draw_counts = jax.jit(jax.random.multinomial)


def augmentation(key: jax.Array) -> mt.PairGraph:
    graph = mt.worlds.content_style(CONTENTS, STYLES, CLASSES, 1, content_change=0.15).augmentation
    weights = np.asarray(jax.random.exponential(key, graph.matrix.shape))
    return mt.PairGraph(graph.matrix * (weights + weights.T), graph.labels)


def guide(quality: float, key: jax.Array) -> np.ndarray:
    # A uniformly random other content with probability e is a uniformly random one with probability e·m/(m−1).
    error = (1 - quality) * (CONTENTS - 1) / CONTENTS
    population = mt.worlds.content_style(CONTENTS, STYLES, CLASSES, caption_error=error, caption_of="view").joint
    captions = np.asarray(draw_counts(key, CAPTIONS, population.matrix / population.image_marginal[:, None]))
    joint = mt.Joint(captions[:, captions.any(axis=0)], population.image_labels)
    return mt.resampling.cosine(mt.factorize(joint, K).image_features)


def main(folder: pathlib.Path, n_worlds: int = 20, n_qualities: int = 6) -> None:
    tables = []
    for seed, key in enumerate(jax.random.split(jax.random.key(0), n_worlds)):
        world_key, guide_key, start_key = jax.random.split(key, 3)
        graph = augmentation(world_key)
        # One key for all qualities of a world, so that guides differ by their quality alone.
        guides = {quality: guide(quality, guide_key) for quality in np.linspace(0, 1, n_qualities)}
        guides |= {np.nan: 1.0 * (graph.labels[:, None] == graph.labels[None, :])}
        for quality, similarity in guides.items():
            table = mt.resampling.compare(graph, similarity, K, key=start_key)
            knows = "labels" if np.isnan(quality) else "captions"
            tables.append(table.assign(quality=quality, guide=knows, seed=seed))
    table = pd.concat(tables, ignore_index=True)
    mt.tables.write(table, folder / "resampling_guide_quality.parquet")
    mt.plotting.save(mt.plotting.guide_quality(table), folder / "resampling_guide_quality.pdf")

    table["quality"] = table.quality.map("{:.1f}".format).replace("nan", "labels")
    for column in ("labeling_error", "lambda_next", "upper", "residual", "error"):
        print(f"\n{column}: mean over {n_worlds} worlds, and standard error")
        by_quality = table.groupby(["quality", "method"], sort=False)[column]
        shown = by_quality.mean().map("{:.3f}".format) + " ± " + by_quality.sem().map("{:.3f}".format)
        print(shown.unstack("method").to_string())
    masked = table[table.margin.notna()]
    print(
        f"\nmasked problems: largest gradient {masked.gradient_norm.max():.1e}, "
        f"least curvature {masked.curvature.min():.1e}, "
        f"global by the certificate {(masked.margin >= -1e-9).sum()} of {len(masked)}"
    )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))

"""Compare multi-modal (MMCL) with single-modal learning (SSCL) over augmentation strength and caption noise.

    python experiments/mmcl_against_sscl.py [FOLDER]

The question is which of them leaves the smaller residual of the linear probe, and where the bounds prove it.  Each
image is one of 3 contents, its class, in one of 27 styles.  An image comes with two captions, drawn once and for all.
They are captions of the view (``caption_of="view"``): with those of what was viewed, text pairs are never the more
consistent ones (`consistency-or-diversity`).  Augmentations can be drawn at will, so the distribution of their pairs is
the exact one.  Both distributions have the same image marginal.  One axis of the plane is the caption error.  The other
is, in one sweep, the probability that an augmentation changes the content (its radius in style is 4), and in another
sweep the radius (that probability is 0.1).

The script writes mmcl_against_sscl.parquet (every bound), mmcl_against_sscl_advantage.parquet (the verdicts),
mmcl_against_sscl_reasons.parquet (consistency and diversity) and the figures mmcl_against_sscl_content_change and
mmcl_against_sscl_radius (PDF, PNG) into FOLDER (by default results/).  It takes about two minutes.
"""

import pathlib
import sys

import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt

K = 3  # the number of classes
CAPTIONS = 2  # for each image
LABELS = {"content_change": "probability of a change of content", "radius": "radius of the change of style"}


def captioned(caption_error: float, key: jax.Array) -> mt.Joint:
    """Draw a few captions for each image and return their empirical joint."""
    world = mt.worlds.content_style(3, 27, 3, caption_error=caption_error, caption_omission=0.5, caption_of="view")
    population = world.joint
    captions = jax.random.multinomial(key, CAPTIONS, population.matrix / population.image_marginal[:, None])
    return mt.Joint(captions, population.image_labels, population.text_labels)


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


def main(folder: pathlib.Path, n_draws: int = 4, n_errors: int = 25, n_strengths: int = 25) -> None:
    keys = jax.random.split(jax.random.key(0), (n_errors, n_draws))
    errors = np.linspace(0, 0.6, n_errors)
    joints = {error: [captioned(error, key) for key in row] for error, row in zip(errors, keys, strict=True)}
    changes = np.linspace(0, 0.6, n_strengths)
    radii = np.unique(np.linspace(0, 13, n_strengths).astype(int))
    strengths = {
        "content_change": {change: {"radius": 4, "content_change": change} for change in changes},
        "radius": {radius: {"radius": int(radius), "content_change": 0.1} for radius in radii},
    }
    tables, reports = [], []
    pairs = {f"text-induced, caption error {error:.2f}": [j.text_induced() for j in joints[error]] for error in errors}
    for sweep, knobs in strengths.items():
        graphs = {x: mt.worlds.content_style(3, 27, 3, **knob).augmentation for x, knob in knobs.items()}
        pairs |= {f"augmentation, {sweep} {x:.4g}": [graph] for x, graph in graphs.items()}
        points = [(x, error, joint) for x in graphs for error in errors for joint in joints[error]]
        places = pd.DataFrame([(sweep, *point[:2]) for point in points], columns=["sweep", "strength", "caption_error"])
        table = mt.verify([mt.Instance(joint, augmentation=graphs[x]) for x, _, joint in points], K, mt.COMPARISON)
        tables.append(table.join(places, on="joint"))
        reports.append(mt.advantage(table).join(places, on="joint"))
        ax = mt.plotting.advantage_plane(
            reports[-1], "strength", "caption_error", x_label=LABELS[sweep], y_label="caption error"
        )
        mt.plotting.save(ax, folder / f"mmcl_against_sscl_{sweep}.pdf")

    report, why = pd.concat(reports, ignore_index=True), reasons(pairs)
    mt.tables.write(pd.concat(tables, ignore_index=True), folder / "mmcl_against_sscl.parquet")
    mt.tables.write(report, folder / "mmcl_against_sscl_advantage.parquet")
    mt.tables.write(why, folder / "mmcl_against_sscl_reasons.parquet")
    print("worlds by verdict, and in how many of them the residual of MMCL is indeed the smaller")
    smaller = report.mmcl_residual < report.sscl_residual
    print(report.assign(mmcl_smaller=smaller).groupby(["sweep", "verdict"]).mmcl_smaller.agg(["size", "sum"]))
    print("\nlabels that agree, and connectivity within classes, of both kinds of pairs")
    print(why.iloc[:: max(1, len(why) // 12)].to_string(index=False, float_format=lambda x: f"{round(x, 3) + 0:.3f}"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))

"""Train MMCL on real images: how near to the spectral optimum training comes, and where the gap comes from.

    python experiments/emoji_training.py [FOLDER]

1,683 emoji as drawn by Google (32 × 32 pixels) and the 213 tags that at least eight of them have; classes are the nine
groups, which training does not see.  Each rung of the ladder changes one thing, at k = 32:

- optimum: the truncated singular value decomposition;
- full batches: tabular encoders, L-BFGS on the spectral loss; shows what optimization costs;
- sampled: the same encoders, Adam on batches of 256 pairs; shows what sampling costs;
- convolution: a small convolutional network as image encoder; shows what architecture and slower training cost;
- convolution, longer: four times as many steps; shows how much of that is due to slower training;
- CLIP, sampled, and CLIP, convolution: the same with the CLIP loss and its temperature learned.

Probe and zero-shot head are those of the theory, on the whole population; nothing is held out.  The bound is
`suboptimal-encoder` for the image encoder with the text encoder that is best for it, the least over k'.

It writes emoji_training.parquet, emoji_training_groups.parquet, emoji_training.md and the figure emoji_training (PDF,
PNG) into FOLDER (by default results/).  It took four minutes.
"""

import functools
import pathlib
import sys
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

import mmcl_theory as mt
from mmcl_theory import _archive
from mmcl_theory._progress import progress_bar

LEAST = 8  # the least number of emoji that share a tag
BATCH, WIDTH, STEP, LONGER = 256, 8, 3e-3, 4
RUNGS = ("full batches", "sampled", "convolution", "convolution, longer", "CLIP, sampled", "CLIP, convolution")
COLUMNS = {
    "excess_loss": ("loss − optimum", ".3g"),
    "image_excess": ("with the best texts", ".3g"),
    "probe_residual": ("probe residual", ".3f"),
    "bound": ("bound", ".2f"),
    "probe_error": ("probe error", ".3f"),
    "zero_shot_error": ("zero-shot error", ".3f"),
}


class Unit(eqx.Module):
    """Divide an encoder's embeddings by their norm, as CLIP takes them."""

    encoder: Any

    def __call__(self, inputs: jax.Array) -> jax.Array:
        """Return the encoder's embeddings, each divided by its norm."""
        rows = self.encoder(inputs)
        return rows / jnp.linalg.norm(rows, axis=1, keepdims=True)


encoded = eqx.filter_jit(lambda encoder, things: encoder(things))


def tagged_drawings(least: int) -> tuple[mt.Joint, jax.Array]:
    """Return the joint of emoji and the tags of at least so many, and the ink of the drawings of its emoji."""
    emoji = mt.datasets.emoji()
    tags = np.asarray(emoji.matrix) > 0
    tags = tags[:, tags.sum(axis=0) >= least]
    some = tags.any(axis=1)
    joint = mt.Joint(tags[some], np.asarray(emoji.image_labels)[some], n_classes=emoji.n_classes)
    return joint, jnp.asarray(1 - mt.datasets.drawings()[np.asarray(emoji.image_ids)[some]] / 255, np.float32)


def measured(joint: mt.Joint, images: jax.Array, texts: jax.Array) -> tuple[dict[str, float], pd.DataFrame]:
    """Measure features: the columns of the table, and each group's share of images that are classified correctly."""
    images, texts = (np.asarray(side, float) for side in (images, texts))
    instance = mt.Instance(joint, encoders=(images, texts))
    found = mt.datasets.imperfections(instance)
    best = mt.datasets.with_best_texts(instance)
    table = mt.verify(best, range(1, images.shape[1] + 1), "suboptimal-encoder")
    assert (table.verdict != "violated").all()
    factors = np.sqrt(joint.image_marginal)[:, None] * images
    scores = {
        "probe": mt.probes.linear_probe(factors, joint.image_label_matrix),
        "zero_shot": factors @ (texts.T @ (np.sqrt(joint.text_marginal)[:, None] * joint.text_label_matrix)),
    }
    labels, p = np.asarray(joint.image_labels), np.asarray(joint.image_marginal)
    groups = pd.DataFrame({"group": labels, "mass": p})
    for head, score in scores.items():
        groups[head] = p * (np.argmax(np.asarray(score), axis=1) == labels)
    by_group = groups.groupby("group").sum()
    row = {
        "excess_loss": found.excess_loss,
        "image_excess": found.of_images,
        "probe_residual": found.probe_residual,
        "bound": float(table.rhs.min()),
        "probe_error": 1 - float(by_group.probe.sum()),
        "zero_shot_error": 1 - float(by_group.zero_shot.sum()),
    }
    return row, by_group[["probe", "zero_shot"]].div(by_group.mass, axis=0).reset_index()


@functools.cache  # one optimizer, and so one compiled program, for all seeds
def optimizer_for(steps: int) -> optax.GradientTransformation:
    return optax.adam(optax.cosine_decay_schedule(STEP, steps))


def trained(joint: mt.Joint, drawings: jax.Array, rung: str, k: int, steps: int, key: jax.Array) -> tuple:
    """Train the encoders of a rung; return the features of all images and texts."""
    image_key, text_key, key = jax.random.split(key, 3)
    p, q = joint.image_marginal, joint.text_marginal
    images = mt.training.Tabular(len(p), k, marginal=p, key=image_key)
    inputs = (jnp.arange(len(p)), jnp.arange(len(q)))
    steps *= LONGER if "longer" in rung else 1
    if "convolution" in rung:
        images, inputs = mt.training.Convolutional(k, width=WIDTH, key=image_key), (drawings, inputs[1])
    encoder = (images, mt.training.Tabular(len(q), k, marginal=q, key=text_key))
    if rung == "full batches":
        run = mt.train(joint, encoder, mt.losses.spectral_population, steps=steps, every=steps, inputs=inputs, key=key)
    else:
        loss = mt.losses.spectral
        if "CLIP" in rung:
            encoder, loss = tuple(Unit(side) for side in encoder), mt.training.Clip(0.2)
        run = mt.train(
            joint, encoder, loss, steps=steps, every=steps, batch=BATCH, inputs=inputs,
            optimizer=optimizer_for(steps), key=key,
        )  # fmt: skip
    return tuple(encoded(side, things) for side, things in zip(run.encoder, inputs, strict=True))


def markdown(table: pd.DataFrame) -> str:
    names = [name for name, _ in COLUMNS.values()]
    lines = [f"| rung | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for rung, part in table.groupby("rung", sort=False):
        cells = []
        for column, (_, form) in COLUMNS.items():
            error = f" ± {part[column].sem():.1g}" if len(part) > 1 else ""
            cells.append(f"{part[column].mean():{form}}{error}")
        lines.append(f"| {rung} | {' | '.join(cells)} |")
    return "\n".join(lines)


def by_group(groups: pd.DataFrame, head: str) -> str:
    shares = groups.groupby(["group", "rung"], sort=False)[head].agg(["mean", "sem"])
    cells = shares["mean"].map("{:.2f}".format) + shares["sem"].map(lambda e: "" if np.isnan(e) else f" ± {e:.2f}")
    rows = cells.unstack("rung", sort=False)
    lines = [f"| {head} | {' | '.join(rows.columns)} |", "|---" * (len(rows.columns) + 1) + "|"]
    return "\n".join([*lines, *(f"| {group} | {' | '.join(row)} |" for group, row in rows.iterrows())]) + "\n"


def main(
    folder: pathlib.Path,
    n_seeds: int = 5,
    steps: int = 500,
    k: int = 32,
    least: int = LEAST,
    rungs: tuple[str, ...] = RUNGS,
) -> None:
    joint, drawings = tagged_drawings(least)
    fact = mt.factorize(joint, k)
    found = [("optimum", 0, measured(joint, fact.image_features, fact.text_features))]
    with progress_bar("Training on emoji", len(rungs) * n_seeds) as advance:
        for rung in rungs:
            for seed in range(n_seeds):
                features = trained(joint, drawings, rung, k, steps, jax.random.key(seed))
                found.append((rung, seed, measured(joint, *features)))
                advance()
    table = pd.DataFrame([{"rung": rung, "seed": seed, **row} for rung, seed, (row, _) in found])
    names = mt.datasets.emoji().names.classes
    groups = pd.concat([part.assign(rung=rung, seed=seed) for rung, seed, (_, part) in found], ignore_index=True)
    groups["group"] = [names[group] for group in groups.group]
    mt.tables.write(table, folder / "emoji_training.parquet")
    mt.tables.write(groups, folder / "emoji_training_groups.parquet")
    report = f"{markdown(table)}\n\nShare of each group that is classified correctly, {n_seeds} seeds:\n\n"
    report += "\n".join(by_group(groups, head) for head in ("probe", "zero_shot"))
    _archive.write_text(folder / "emoji_training.md", report)
    mt.plotting.save(mt.plotting.ladder(table), folder / "emoji_training.pdf")
    print(f"{joint}, k = {k}, {n_seeds} seeds, {steps} steps; ± one standard error\n{report}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))

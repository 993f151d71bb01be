"""Train with guided resampling: NT-Xent and the four methods on three kinds of data, beside the published gains.

    python experiments/resampling.py [FOLDER]

The encoder is a network with layers of 128, 64 (the representation) and 32 units, trained with Adam at the temperature
of the released code, τ = 0.1, and at 0.5, and the score is the accuracy of a linear probe.  All methods of a seed have
the same start and the same batches, so that the standard error of a gain is that of paired differences.

- content-style: the pairs are those of ``worlds.content_style``, the guide is the closed form of MMCL on three captions
  for each image, some of them wrong, and the encoder a table; the probe is that of the population.
- emoji: two drawings of each emoji, moved, mirrored and in changed colours; the guide is trained with CLIP on drawings
  and tags.  The classes are the nine groups, which the guide does not see; 1,500 emoji train everything, 406 test.
- digits: 5,000 digits, each in one of nine places of a larger picture; the guide is trained with CLIP on captions that
  name digit, stroke and place; 4,000 train everything, 1,000 test.  At τ = 0.1 they are also trained on positive pairs
  of which a fifth are false, of two different digits.

Where there are captions, the guide is also trained with CrossCLR in the place of CLIP, as released and in full, from
the same start on the same batches.

It writes resampling.parquet (a row for each run), resampling_summary.parquet (gains over NT-Xent and, of CrossCLR, over
CLIP), resampling.md (both tables) and the figures resampling (τ = 0.5) and resampling_cold (τ = 0.1) (PDF, PNG) into
FOLDER (by default results/).  It took 21 minutes on two cores, beside other work.
"""

import functools
import pathlib
import sys

import equinox as eqx
import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt
from mmcl_theory import _archive
from mmcl_theory._progress import progress_bar

SIZES = (128, 64, 32)
EMOJI = {"shift": 3, "jitter": 0.4, "noise": 0.05, "mirror": True}
DIGITS = {"shift": 3, "jitter": 0.3, "noise": 0.1, "mirror": False}
GUIDES = {"guide": "clip", "crossclr": "crossclr", "crossclr_in_full": "crossclr_in_full"}
TEMPERATURES = (0.5, 0.1)  # the second is that of the released code
FALSE = 0.2  # the share of positive pairs that are false, in one more training
CAPTIONS = 3  # for each image of the content–style world

draw_counts = jax.jit(jax.random.multinomial)
encoded = eqx.filter_jit(lambda encoder, images: encoder(images))


# By condition of training and method.
Accuracies = dict[str, dict[str, float]]


def condition(temperature: float, false: float = 0.0) -> str:
    """Name a condition of training; the first temperature has no name."""
    named = "" if temperature == TEMPERATURES[0] else f", τ = {temperature}"
    return f"{named}, {false:.0%} false" if false else named


def content_style(temperatures: tuple[float, ...], steps: int, batch: int, key: jax.Array) -> Accuracies:
    world = mt.worlds.content_style(6, 8, 3, 1, content_change=0.15, caption_error=0.15, caption_of="view")
    graph, joint = world.augmentation, world.joint
    caption_key, start_key, train_key = jax.random.split(key, 3)
    counts = np.asarray(draw_counts(caption_key, CAPTIONS, joint.matrix / joint.image_marginal[:, None]))
    sample = mt.Joint(counts[:, counts.any(axis=0)], joint.image_labels)
    guide = mt.resampling.Lookup(mt.factorize(sample, 6).image_features)
    start = mt.training.Tabular(joint.n_images, 6, key=start_key)
    sampler = mt.resampling.GraphViews(graph, batch)
    images = np.arange(joint.n_images)
    measured = {}
    for temperature in temperatures:
        trained = mt.resampling.train_guided(sampler, start, guide, steps=steps, temperature=temperature, key=train_key)
        encoders = trained if measured else trained | {"guide": guide}  # which is that of every condition
        measured[condition(temperature)] = {
            method: 1 - mt.resampling.population_error(graph, encoded(encoder, images))
            for method, encoder in encoders.items()
        }
    return measured


def pictures(
    data: mt.resampling.Pictures,
    n_training: int,
    views: dict,
    conditions: list[tuple[float, float]],
    steps: int,
    batch: int,
    key: jax.Array,
) -> Accuracies:
    split_key, guide_key, clip_key, start_key, train_key = jax.random.split(key, 5)
    order = jax.random.permutation(split_key, len(data.labels))
    training, test = data[order[:n_training]], data[order[n_training:]]
    sizes = (training.drawings[0, 0].size, *SIZES)
    sampler = mt.resampling.Views(training.drawings, batch, **views)
    guide, start = (mt.training.MLP(sizes, dtype=np.float32, key=one) for one in (guide_key, start_key))
    guides = {
        name: mt.resampling.train_guide(sampler, training.captions, guide, loss, steps=2 * steps, key=clip_key)
        for name, loss in GUIDES.items()
    }
    measured = {}
    for temperature, false in conditions:
        drawn = mt.resampling.Views(training.drawings, batch, **views, false=false)
        trained = mt.resampling.train_guided(
            drawn, start, guides["guide"], steps=steps, temperature=temperature, key=train_key
        )
        encoders = trained if measured else trained | guides | {"no training": start}  # those of every condition
        measured[condition(temperature, false)] = {
            name: mt.resampling.probe_accuracy(encoder, training, test) for name, encoder in encoders.items()
        }
    return measured


def markdown(table: pd.DataFrame) -> str:
    lines = ["| data | method | accuracy | gain over | gain | published | verdict |", "|---|---|---|---|---|---|---|"]
    for row in table.itertuples():
        accuracy = f"{100 * row.accuracy:.1f} ± {100 * row.accuracy_error:.1f}"
        published = "" if np.isnan(row.published) else f"{row.published:+.1f}"
        gain = f"{row.gain:+.1f} ± {row.standard_error:.1f} | {published} | {row.verdict}"
        against = " | | | " if row.method == row.baseline else f"{row.baseline} | {gain}"
        lines.append(f"| {row.data} | {row.method} | {accuracy} | {against} |")
    return "\n".join(lines)


def summaries(table: pd.DataFrame) -> pd.DataFrame:
    """Summarize the gains of single-modal training over NT-Xent, and of multi-modal training over CLIP."""
    of_guides = table.method.isin(GUIDES)
    parts = {"none": table[~of_guides], "guide": table[of_guides]}
    reports = [mt.resampling.summary(part, baseline).assign(baseline=baseline) for baseline, part in parts.items()]
    return pd.concat(reports, ignore_index=True)


def main(
    folder: pathlib.Path,
    n_seeds: int = 5,
    steps: int = 600,
    batch: int = 192,
    temperatures: tuple[float, ...] = TEMPERATURES,
    only: tuple[str, ...] = (),
) -> None:
    emoji = functools.cache(mt.resampling.emoji_pictures)
    digits = functools.cache(lambda: mt.resampling.digit_pictures(jax.random.key(1)))
    plain = [(temperature, 0.0) for temperature in temperatures]
    runs = {
        "content-style": lambda key: content_style(temperatures, steps, batch, key),
        "emoji": lambda key: pictures(emoji(), 1500, EMOJI, plain, steps, batch, key),
        "digits": lambda key: pictures(digits(), 4000, DIGITS, [*plain, (temperatures[-1], FALSE)], steps, batch, key),
    }
    runs = {data: run for data, run in runs.items() if data in (only or runs)}
    rows = []
    with progress_bar("Training with a guide", len(runs) * n_seeds) as advance:
        for data, run in runs.items():
            for seed, key in enumerate(jax.random.split(jax.random.key(0), n_seeds)):
                rows += [
                    {"data": data + named, "method": method, "seed": seed, "accuracy": accuracy}
                    for named, accuracies in run(key).items()
                    for method, accuracy in accuracies.items()
                ]
                advance()
    table = pd.DataFrame(rows)
    report = summaries(table)
    mt.tables.write(table, folder / "resampling.parquet")
    mt.tables.write(report, folder / "resampling_summary.parquet")
    _archive.write_text(folder / "resampling.md", markdown(report) + "\n")
    methods = list(mt.resampling.PUBLISHED)
    published = [{"data": "published", "method": method, "gain": mt.resampling.PUBLISHED[method]} for method in methods]
    cold = report.data.str.contains(condition(TEMPERATURES[1]), regex=False)
    for name, part in (("resampling", report[~cold]), ("resampling_cold", report[cold])):
        drawn = pd.concat([part[part.method.isin(methods)], pd.DataFrame(published)], ignore_index=True)
        mt.plotting.save(mt.plotting.gains(drawn), folder / f"{name}.pdf")
    print(f"linear-probe accuracy in percent, mean and standard error over {n_seeds} seeds, and paired gains")
    print(markdown(report))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))

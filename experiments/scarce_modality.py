"""Compare two-stage alignment of a scarce modality with supervision and one-stage training, under a shortcut.

    python experiments/scarce_modality.py [FOLDER] [full]

It writes scarce_modality.parquet (a row for each number of examples, strength of the shortcut, method and seed) and the
figures scarce_modality_examples and scarce_modality_shortcut (PDF, PNG) into FOLDER (by default results/).  It takes
two minutes; with ``full``, which means more of everything, it takes far longer.
"""

import pathlib
import sys

import jax
import pandas as pd

import mmcl_theory as mt


def nearest(table: pd.DataFrame, column: str, value: float) -> pd.DataFrame:
    values = table[column].unique()
    return table[table[column] == min(values, key=lambda one: abs(one - value))]


def main(
    folder: pathlib.Path,
    n_examples: tuple[int, ...] = (25, 50, 100, 200, 400),
    followings: tuple[float, ...] = (0.0, 0.5, 0.9, 1.0),
    n_steps: int = 500,
    n_seeds: int = 5,
) -> None:
    table = mt.dynamics.scarce_transfer(n_examples, followings, n_steps, jax.random.split(jax.random.key(0), n_seeds))
    mt.tables.write(table, folder / "scarce_modality.parquet")
    draw = mt.plotting.shortcut
    examples = draw(nearest(table, "following", 0.9), "n_examples", x_label="examples, shortcut 0.9", log=True)
    mt.plotting.save(examples, folder / "scarce_modality_examples.pdf")
    strength = draw(nearest(table, "n_examples", 100), "following", x_label="strength of the shortcut, 100 examples")
    mt.plotting.save(strength, folder / "scarce_modality_shortcut.pdf")
    for statistic in ("mean", "std"):
        print(f"test accuracy, {statistic} over the seeds")
        print(table.pivot_table("test_accuracy", ["following", "n_examples"], "training", aggfunc=statistic).round(3))


if __name__ == "__main__":
    words = sys.argv[1:]
    full = {
        "n_examples": (25, 50, 100, 200, 400, 800, 1600),
        "followings": (0.0, 0.25, 0.5, 0.75, 0.9, 1.0),
        "n_steps": 2000,
        "n_seeds": 10,
    }
    folders = [word for word in words if word != "full"]
    main(pathlib.Path(folders[0] if folders else "results"), **(full if "full" in words else {}))

"""Simulate training on signal–noise data: single-modal it memorizes noise, multi-modal it learns the signal.

    python experiments/signal_noise_dynamics.py [FOLDER]

It writes signal_noise_dynamics.parquet (`signal-noise-recursion` along the run and `single-vs-multi` over the seeds),
signal_noise_training.parquet (a row for each run and step) and the figure signal_noise_training (PDF, PNG) into FOLDER
(by default results/).  It takes half a minute.
"""

import dataclasses
import pathlib
import sys

import jax
import pandas as pd

import mmcl_theory as mt

PUBLISHED = mt.dynamics.Config()


def main(folder: pathlib.Path, n_seeds: int = 20, config: mt.dynamics.Config = PUBLISHED) -> None:
    keys = jax.random.split(jax.random.key(0), n_seeds)
    configs = {
        f"{name}-modal": dataclasses.replace(config, multi_modal=name == "multi") for name in ("single", "multi")
    }
    identity = [
        mt.dynamics.signal_noise_recursion(config, keys[0]).assign(training=name) for name, config in configs.items()
    ]
    checks = pd.concat([*identity, mt.dynamics.single_vs_multi(config, keys)], ignore_index=True)
    runs = [mt.dynamics.simulate(config, keys).table(training=name) for name, config in configs.items()]
    table = pd.concat(runs, ignore_index=True)
    mt.tables.write(checks, folder / "signal_noise_dynamics.parquet")
    mt.tables.write(table, folder / "signal_noise_training.parquet")
    mt.plotting.save(mt.plotting.training(table), folder / "signal_noise_training.pdf")
    columns = ["theorem", "training", "encoder", "quantity", "lhs", "rhs", "standard_error", "verdict"]
    print(checks[columns].to_string(index=False, na_rep=""))
    print("\nat the end of training, mean over the seeds")
    print(
        table[table.step == config.n_steps]
        .groupby("training", sort=False)
        .mean()
        .drop(columns=["run", "step"])
        .round(4)
    )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))

"""Map where single- and multi-modal training learn the signal: test accuracy over n·SNR² and ‖μ̃‖/‖μ‖.

    python experiments/signal_noise_phases.py [FOLDER] [full]

By default dimension and samples are half those of the published setting, so that σ²d/n is the same, with 20 neurons at
the same step size for each, and twice the steps; with ``full`` the sizes are the published ones.  It writes
signal_noise_phases.parquet (a row for each cell and seed) and the figure signal_noise_phases (PDF, PNG) into FOLDER (by
default results/).  It takes two minutes, with ``full`` far longer.
"""

import pathlib
import sys
import time

import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt

REDUCED = mt.dynamics.Config(dimension=1000, n_samples=50, n_neurons=20, n_steps=400, step_size=0.2)
TRANSITION = 0.75


def crossing(accuracy: pd.Series) -> float:
    """Find where the accuracy first reaches ¾ as the index grows, interpolated in its logarithm; nan if nowhere."""
    above = np.flatnonzero(accuracy.to_numpy() >= TRANSITION)
    if not above.size or above[0] == 0:
        return float(accuracy.index[0]) if above.size else np.nan
    low, high = accuracy.iloc[above[0] - 1], accuracy.iloc[above[0]]
    share = (TRANSITION - low) / (high - low)
    start, end = np.log(accuracy.index[above[0] - 1 : above[0] + 1].to_numpy(dtype=float))
    return float(np.exp(start + share * (end - start)))


def main(
    folder: pathlib.Path,
    config: mt.dynamics.Config = REDUCED,
    n_seeds: int = 10,
    n_strengths: int = 20,
    n_ratios: int = 20,
) -> None:
    start = time.perf_counter()
    strengths, ratios = np.geomspace(0.1, 30, n_strengths), np.geomspace(0.5, 8, n_ratios)
    table = mt.dynamics.phase_diagram(config, strengths, ratios, jax.random.split(jax.random.key(0), n_seeds))
    took = time.perf_counter() - start
    mt.tables.write(table, folder / "signal_noise_phases.parquet")
    mt.plotting.save(mt.plotting.phase_diagram(table), folder / "signal_noise_phases.pdf")
    print(f"{n_strengths} × {n_ratios} cells × {n_seeds} seeds in {took:.0f} s")
    single = table.groupby("n_snr_squared").single_accuracy.mean()
    print(f"single-modal accuracy reaches {TRANSITION} at n·SNR² = {crossing(single):.3g}")
    multi = table.pivot_table("multi_accuracy", "ratio", "n_snr_squared")
    print(f"multi-modal accuracy reaches {TRANSITION} at ‖μ̃‖/‖μ‖, for each n·SNR²")
    reached = multi.apply(crossing).rename("ratio")
    losses = table.groupby("n_snr_squared")[["single_loss", "multi_loss"]].mean()
    print(pd.concat([reached, single, losses], axis=1).round(4).to_string())


if __name__ == "__main__":
    words = sys.argv[1:]
    sizes = {"config": mt.dynamics.Config()} if "full" in words else {}
    folders = [word for word in words if word != "full"]
    main(pathlib.Path(folders[0] if folders else "results"), **sizes)

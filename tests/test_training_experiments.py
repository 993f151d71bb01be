"""Run the experiments on training at a small size, and check their figures."""

import os

import matplotlib
import numpy as np
import pandas as pd
import pytest
from experiment_runs import run_experiment

import mmcl_theory as mt

matplotlib.use("Agg")


def drawn(*names: str) -> list[str]:
    return [f"{name}.{ending}" for name in names for ending in ("pdf", "png")]


@pytest.mark.slow
def test_training_finds_the_svd(tmp_path):
    sizes = {"n_seeds": 2, "n_pairs": 2**18, "n_steps": 4000, "batches": (64,), "n_batches": 512}
    run_experiment("training_finds_the_svd", tmp_path, **sizes, constants=(0.01,))
    names = ("full", "values", "sampled", "constant", "bias")
    written = [f"training_finds_the_svd_{name}.parquet" for name in names]
    assert sorted(os.listdir(tmp_path)) == sorted(written + drawn("training_finds_the_svd", "training_rates"))
    full, values, sampled, constant, bias = (mt.tables.read(tmp_path / name) for name in written)
    last = full.groupby("seed").last()
    assert (last.excess_loss <= 1e-8).all()
    assert (last.subspace_angle <= 1e-4).all()
    first = values[values.j <= 3]
    np.testing.assert_allclose(first.learned, first.sigma, atol=1e-4)  # a quadratic minimum: the root of 1e-8
    assert values[values.j > 3].learned.max() < 1e-12
    # The steps that count are 29 times 1/(ηh) of the slowest of a hundred directions: the mean is within a third.
    ratio = constant.groupby("step").excess_loss.mean() / constant.groupby("step").expected.first()
    np.testing.assert_allclose(ratio, 1, atol=1 / 3)
    known = bias[bias.expected.notna()]
    assert (np.abs(known.squared_bias - known.expected) < 5 * known.standard_error).all()
    assert sampled.groupby("kind").excess_loss.last().max() < 0.1


@pytest.mark.slow
def test_emoji_training(tmp_path):
    # What a rung changes, each at least once: batches, the architecture, the number of steps, and the loss.
    rungs = ("full batches", "convolution, longer", "CLIP, sampled")
    run_experiment("emoji_training", tmp_path, n_seeds=2, steps=2, k=8, least=40, rungs=rungs)
    tables = ["emoji_training.parquet", "emoji_training_groups.parquet"]
    assert sorted(os.listdir(tmp_path)) == sorted([*tables, "emoji_training.md", *drawn("emoji_training")])
    table, groups = (mt.tables.read(tmp_path / name) for name in tables)
    optimum = table[table.rung == "optimum"].iloc[0]
    assert optimum.excess_loss == pytest.approx(0, abs=1e-9)
    assert optimum.image_excess == pytest.approx(0, abs=1e-9)
    assert (table.probe_residual <= table.bound).all()
    assert (table.image_excess <= table.excess_loss + 1e-9).all()  # the best texts are not worse
    assert (
        table.groupby("rung").seed.nunique() == np.where(table.rung.drop_duplicates().sort_values() == "optimum", 1, 2)
    ).all()
    assert groups.groupby(["rung", "seed"]).size().eq(9).all()
    assert groups[["probe", "zero_shot"]].stack().between(0, 1).all()


def test_the_ladder_draws_means_and_bounds():
    row = {"probe_error": [0.1, 0.2], "probe_residual": [0.3, 0.4], "zero_shot_error": 0.5, "bound": [0.6, 0.8]}
    axes = mt.plotting.ladder(pd.DataFrame({"rung": "optimum", "seed": [0, 1]} | row))
    assert [bar.get_height() for bar in axes.patches] == pytest.approx([0.15, 0.35, 0.5])
    (segment,) = axes.collections[-1].get_segments()
    assert segment[0, 1] == pytest.approx(0.7)


def test_rates_draw_means_over_seeds():
    pairs = {"pairs": [10, 100, 10, 100], "seed": [0, 0, 1, 1]}
    sampled = pd.DataFrame(
        {"kind": "in-batch", "batch": 8} | pairs | {"excess_loss": [1.0, 0.1, 3.0, 0.3], "expected": 0.2}
    )
    level = {"seed": [0, 1], "excess_loss": [0.1, 0.3], "expected": 0.25}
    constant = pd.DataFrame({"batch": 8, "step": 0.1} | level)
    bias = pd.DataFrame({"kind": "CLIP", "batch": [8], "squared_bias": 0.09, "standard_error": 0.01})
    left, middle, right = mt.plotting.rates(sampled, constant, bias).get_figure().axes
    np.testing.assert_allclose(left.get_lines()[0].get_ydata(), [2.0, 0.2])
    assert middle.containers[0].lines[0].get_ydata()[0] == pytest.approx(0.2)
    assert right.get_lines()[0].get_ydata()[0] == pytest.approx(0.3)

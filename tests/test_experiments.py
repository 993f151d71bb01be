"""Experiments run as they stand.

Those that compile for seconds are slow, as other tests run what they call of the package; of all of them it is looked
up here whether that is there.
"""

import os
import runpy

import matplotlib
import numpy as np
import pytest
from experiment_runs import ROOT, run_experiment
from package_names import assert_there

import mmcl_theory as mt

matplotlib.use("Agg")
# What each experiment writes, tables and the stores of sweeps first, and the sizes at which it is quick.
WRITES = {
    "alpha_sigma_map": (["alpha_sigma_map"], ["alpha_sigma_map"], {"size": 8}),
    "block_alpha_sigma": (["block_alpha_sigma.parquet"], ["block_alpha", "block_sigma"], {}),
    "caption_detail": (
        ["caption_detail.parquet", "caption_detail_spectrum.parquet"],
        ["caption_detail_bound", "caption_detail_spectrum"],
        {"n_images": 40, "longest": 3},
    ),
    "emoji_gap": (
        ["emoji_gap.parquet"],
        ["emoji_gap_over_k", "emoji_spectrum"],
        {"n_dimensions": 4, "least_images": 10},
    ),
    "finite_sample": (
        ["finite_sample.parquet", "finite_sample_frequencies.parquet"],
        ["finite_sample"],
        {"n_draws": 4, "n_sizes": 4, "n_frequency_draws": 20},
    ),
    "mmcl_against_sscl": (
        [
            *("mmcl_against_sscl_content_change", "mmcl_against_sscl_radius"),
            *(f"mmcl_against_sscl_{what}.parquet" for what in ("advantage", "reasons")),
        ],
        ["mmcl_against_sscl_content_change", "mmcl_against_sscl_radius"],
        {"n_draws": 1, "n_errors": 4, "n_strengths": 4},
    ),
    "walks_on_data": (
        ["walks_on_data.parquet", "walks_on_data.md"],
        ["walks_on_data"],
        {"data": ("Phosphor",), "ks": (100, 400), "steps": (1, 2, 8), "shown": (100,)},
    ),
    "drawn_worlds": (
        ["drawn_worlds.parquet", "drawn_worlds_pairs.parquet"],
        ["drawn_worlds"],
        {"data": ("Phosphor",), "ks": (100, 400), "steps": 8},
    ),
    "signal_noise_dynamics": (
        ["signal_noise_dynamics.parquet", "signal_noise_training.parquet"],
        ["signal_noise_training"],
        # A quarter of the published size, with the same ratio of signal and noise.
        {
            "n_seeds": 2,
            "config": mt.dynamics.Config(dimension=500, n_samples=25, n_neurons=20, n_steps=50, n_test=250),
        },
    ),
    "resampling_guide_quality": (
        ["resampling_guide_quality.parquet"],
        ["resampling_guide_quality"],
        {"n_worlds": 2, "n_qualities": 2},
    ),
    "tightness": (
        ["tightness.parquet", "worst_cases.parquet"],
        ["worst_alpha", "worst_sigma"],
        {"theorems": ["label-transfer"], "sizes": [4], "budget": 1, "points": 1},
    ),
    "order_constants": (
        ["order_constants.parquet", "order_constants_by_size.parquet"],
        ["order_constants"],
        {"largest": 8, "n_draws": 2},
    ),
}
SLOW = {
    *("drawn_worlds", "finite_sample", "order_constants"),
    *("resampling_guide_quality", "signal_noise_dynamics", "tightness"),
}
# What has no verdicts: tested in test_shortcuts.py.
SHORTCUTS = {"signal_noise_phases", "coloured_digits", "scarce_modality"}
# Tested in test_guided_training.py and test_training_experiments.py.
TRAININGS = {"resampling", "training_finds_the_svd", "emoji_training"}
EXPERIMENTS = sorted((ROOT / "experiments").glob("*.py"))


def test_every_experiment_is_tested():
    assert {path.stem for path in EXPERIMENTS} == set(WRITES) | {
        *("mutants", "shortcut_phases", "rediscoveries")
    } | SHORTCUTS | TRAININGS


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_what_an_experiment_uses_of_the_package_is_there(path):
    """Also of those that are not run here."""
    assert_there(path.read_text(encoding="utf-8"), runpy.run_path(str(path)))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in WRITES]
)
def test_experiment_writes_its_tables_and_figures_and_finds_nothing_violated(name, tmp_path):
    tables, figures, sizes = WRITES[name]
    run_experiment(name, tmp_path, **sizes)
    drawn = [f"{figure}.{ending}" for figure in figures for ending in ("pdf", "png")]
    assert sorted(os.listdir(tmp_path)) == sorted(tables + drawn)
    # The first table is that of the verdicts.
    table = mt.tables.read(tmp_path / tables[0])
    assert (table.verdict != "violated").all()
    assert table.verdict.isin(["holds", "order", "mmcl"]).any()


def test_phase_diagrams_show_what_is_predicted(tmp_path):
    run_experiment("shortcut_phases", tmp_path, n=4)
    names = ["class_or_colour", "content_threshold", "digit_against_style", "two_stages"]
    written = [f"{name}.parquet" for name in names]
    drawn = [f"shortcut_{name}.{ending}" for name in names for ending in ("pdf", "png")]
    assert sorted(os.listdir(tmp_path)) == sorted(written + drawn)
    colour, content, digit, stages = (mt.tables.read(tmp_path / name) for name in written)
    expected = {1: "digit", -1: "colour", 0: "tie"}
    assert [expected[sign] for sign in np.sign(colour.a - colour.b)] == colour.answer.tolist()
    assert (content.answer == content.predicted).all()
    assert (digit.answer == digit.predicted)[digit.predicted != ""].all()
    # Over 50 draws of 2,000 a share that is far from one half is decided, on the side of the boundary of the limit.
    far = stages[(stages.kappa - 0.5).abs() > 0.1]
    assert (far.answer == np.where(far.kappa > 0.5, "right", "wrong")).all()


@pytest.mark.slow
def test_a_known_theorem_is_found_again(tmp_path):
    run_experiment("rediscoveries", tmp_path, slugs=["label-transfer-classes"], budget=8)
    (row,) = mt.tables.read(tmp_path / "rediscoveries.parquet").to_dict("records")
    assert (row["coefficients"], row["settled"], row["false"]) == ("2, -3/2", True, False)
    assert row["error"] < 1e-3


def test_the_mutants_of_a_theorem_are_refuted_and_the_certificates_kept(tmp_path):
    run_experiment("mutants", tmp_path, theorems=["label-transfer-lower"])
    (row,) = mt.tables.read(tmp_path / "mutants.parquet").to_dict("records")
    assert (row["mutant"], row["true"], row["refuted"]) == ("label-transfer-lower~constant", "", True)
    (mutant,) = mt.mutants(mt.theorems["label-transfer-lower"])
    proof = mt.Certificate.load(tmp_path / "certificates" / f"{mutant.slug}.json")
    assert proof.verdict == "violated"
    assert proof.check(mutant) == []

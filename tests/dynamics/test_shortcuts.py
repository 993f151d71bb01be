"""Check the data of coloured digits and of the scarce modality, and the trainings on them."""

import os
import pathlib
import runpy

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.dynamics.shortcuts import coloured_digits as digits
from mmcl_theory.dynamics.shortcuts import scarce
from mmcl_theory.losses.minibatch import symmetric_infonce
from mmcl_theory.worlds.digits import grey_digits

matplotlib.use("Agg")
EXPERIMENTS = pathlib.Path(__file__).parents[2] / "experiments"
KEY = jax.random.key(0)


def test_infonce_and_its_gradient_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    one, other, tau = rng.standard_normal((6, 3)), rng.standard_normal((6, 3)), 0.7

    def plain(a, b):
        scores = np.exp(a @ b.T / tau)
        return -np.mean([np.log(scores[i, i] ** 2 / scores[i].sum() / scores[:, i].sum()) / 2 for i in range(6)])

    for loss in (digits.infonce, lambda a, b, tau: symmetric_infonce(a @ b.T / tau)):
        value, slope = jax.value_and_grad(loss)(jnp.asarray(one), jnp.asarray(other), tau)
        assert float(value) == pytest.approx(plain(one, other), rel=1e-13)
        step = rng.standard_normal(one.shape)
        h = 1e-6
        difference = (plain(one + h * step, other) - plain(one - h * step, other)) / (2 * h)
        assert float(np.sum(slope * step)) == pytest.approx(difference, rel=1e-7)


@pytest.fixture(scope="module")
def coloured():
    images, classes = grey_digits()
    assert images.shape == (5000, 14, 14)
    # Each image carries its class, so that the label noise can be seen.
    tagged = np.zeros_like(images)
    tagged[:, 0, 0] = classes
    return digits.coloured_digits(tagged, classes, key=KEY)


def test_labels_and_colours_have_the_frequencies_said(coloured):
    true, labels, colours = coloured.images[:, 0, 0].astype(int), coloured.labels, coloured.colours
    train, test = slice(None, digits.N_TRAIN), slice(digits.N_TRAIN, None)

    def near(events, probability):  # within four standard deviations of a frequency
        return abs(events.mean() - probability) < 4 * np.sqrt(probability * (1 - probability) / events.size)

    assert near(labels != true, 0.1)
    assert near(colours[train] == labels[train], 0.775)
    assert near(colours[test] == labels[test] ^ 1, 0.775)  # exchanged with the partner
    assert near(colours[test] == labels[test], 0.225 / 9)
    assert set(np.unique(colours)) == set(range(10))


def test_a_painted_digit_has_its_colour():
    picture = digits.painted(jnp.full((2, 14, 14), 0.5), jnp.array([0, 7])).reshape(2, 14, 14, 3)
    np.testing.assert_allclose(picture[1, 3, 4], 0.5 * digits.palette()[7], rtol=1e-15)
    assert len({tuple(colour) for colour in digits.palette()}) == 10


def test_the_shortcut_follows_the_label_in_training_and_nothing_at_test():
    data = scarce.scarce_modality(1500, jnp.asarray(0.6), KEY)
    hinted, at_test = (np.asarray(x[:, scarce.CORE :]).argmax(axis=1) for x in (data.examples, data.tests))
    chance = 1 / scarce.N_CLASSES
    assert np.mean(hinted == data.labels) == pytest.approx(0.6 + 0.4 * chance, abs=4 * 0.5 / np.sqrt(1500))
    assert np.mean(at_test == data.test_labels) == pytest.approx(chance, abs=4 * 0.4 / np.sqrt(2000))
    assert data.examples.shape == (1500, scarce.CORE + scarce.N_CLASSES)


def test_experiments_write_their_tables_and_figures(tmp_path):
    small = {
        "signal_noise_phases": {"config": mt.dynamics.Config(dimension=50, n_samples=8, n_neurons=5, n_steps=10)}
        | {"n_seeds": 1, "n_strengths": 3, "n_ratios": 3},
        "coloured_digits": {"followings": (0.1, 0.9), "n_steps": 100, "n_seeds": 1},
        "scarce_modality": {"n_examples": (100,), "followings": (0.0, 1.0), "n_steps": 200, "n_seeds": 2},
    }
    for name, sizes in small.items():
        runpy.run_path(str(EXPERIMENTS / f"{name}.py"))["main"](tmp_path, **sizes)
    figures = ["signal_noise_phases", "coloured_digits", "scarce_modality_examples", "scarce_modality_shortcut"]
    drawn = [f"{figure}.{ending}" for figure in figures for ending in ("pdf", "png")]
    assert sorted(os.listdir(tmp_path)) == sorted([*drawn, *(f"{name}.parquet" for name in small)])

    colours = mt.tables.read(tmp_path / "coloured_digits.parquet").set_index(["following", "training"])
    # Where the colour says nothing captions teach the shape; where it says nearly all, single-modal follows it.
    assert colours.test_accuracy[0.1, "multi-modal"] > 0.5
    assert colours.by_colour[0.9, "single-modal"] > 0.5
    accuracy = mt.tables.read(tmp_path / "scarce_modality.parquet").groupby(["following", "training"]).test_accuracy
    assert (accuracy.mean()[0.0] > accuracy.mean()[1.0]).all()


def test_figures_draw_the_numbers_of_the_table():
    config = mt.dynamics.Config(dimension=50, n_samples=8, n_neurons=5, n_steps=10)
    table = mt.dynamics.simulate(config, jax.random.split(KEY, 3)).table(training="multi-modal")
    ax = mt.plotting.training(table)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), table.groupby("step").loss.mean())
    assert len(ax.figure.axes) == 4
    with pytest.raises(ValueError, match=r"^table: a column 'training'"):
        mt.plotting.training(table.drop(columns="training"))
    plane = mt.dynamics.phase_diagram(config, [0.1, 10.0], [1.0, 3.0], jax.random.split(KEY, 2))
    _, right, _ = mt.plotting.phase_diagram(plane).figure.axes
    drawn = np.asarray(right.collections[0].get_array()).reshape(2, 2)
    np.testing.assert_allclose(drawn, plane.pivot_table("multi_accuracy", "ratio", "n_snr_squared"))
    with pytest.raises(ValueError, match=r"^table: at least two values"):
        mt.plotting.phase_diagram(plane[plane.ratio == 1])

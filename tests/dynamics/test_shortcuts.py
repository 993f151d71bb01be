"""Check the data of coloured digits and of the scarce modality, and the trainings on them."""

import os
from colorsys import rgb_to_hsv

import jax
import matplotlib
import numpy as np
import pandas as pd
import pytest
import scipy.ndimage
from experiment_runs import run_experiment
from refusals import assert_refused

import mmcl_theory as mt
from mmcl_theory.dynamics.shortcuts import colour_training, scarce
from mmcl_theory.dynamics.shortcuts import coloured_digits as digits
from mmcl_theory.losses.minibatch import symmetric_infonce
from mmcl_theory.worlds.digits import grey_digits

matplotlib.use("Agg")
KEY = jax.random.key(0)
DRAW_SCARCE = jax.jit(scarce.scarce_modality, static_argnums=0)
COLOURED = (
    mt.dynamics.ColourSetting(0.1, "digit", "perceptron", "near", 64),
    mt.dynamics.ColourSetting(0.9, "none", "convolutional", "far", 20),
)
SCARCE = tuple(
    mt.dynamics.ScarceSetting(300, 300, followed, 0.9, texts=told)
    for followed, told in ((1.0, "meaning"), (1.0, "class"), (0.0, "meaning"))
)


def test_infonce_and_its_gradient_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    one, other, tau = rng.standard_normal((6, 3)), rng.standard_normal((6, 3)), 0.7

    def plain(a, b):
        scores = np.exp(a @ b.T / tau)
        return -np.mean([np.log(scores[i, i] ** 2 / scores[i].sum() / scores[:, i].sum()) / 2 for i in range(6)])

    losses = (colour_training.infonce, lambda a, b, tau: symmetric_infonce(a @ b.T / tau))
    for value, slope in jax.jit(lambda *given: [jax.value_and_grad(loss)(*given) for loss in losses])(one, other, tau):
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
    return jax.device_get(jax.jit(digits.coloured_digits)(tagged, classes, key=KEY))


def test_labels_and_colours_have_the_frequencies_said(coloured):
    true, labels, colours = coloured.images[:, 0, 0].astype(int), coloured.labels, coloured.colours
    train, test = slice(None, digits.N_TRAIN), slice(digits.N_TRAIN, None)

    def near(events, probability):  # within four standard deviations of a frequency
        return abs(events.mean() - probability) < 4 * np.sqrt(probability * (1 - probability) / events.size)

    assert near(labels != true, 0.1)
    assert near(colours[train] == labels[train], 0.775)
    assert near(colours[test] == labels[test] ^ 1, 0.775)  # exchanged with the partner
    assert near(colours[test] == labels[test], 0.225 / 9)
    assert near(coloured.random_colours[test] == labels[test], 0.1)
    assert set(np.unique(colours)) == set(np.unique(coloured.random_colours)) == set(range(10))
    assert (coloured.classes == true).all()


def test_a_painted_digit_has_its_colour():
    hues = digits.palette("near")
    picture = jax.jit(digits.painted)(np.full((2, 14, 14), 0.5), np.array([0, 7]), hues)
    np.testing.assert_allclose(np.asarray(picture)[1, 3, 4], 0.5 * hues[7], rtol=1e-15)


def test_partners_are_neighbours_in_hue_or_opposite():
    for name, apart in (("near", 0.1), ("far", 0.5)):
        hues = np.array([rgb_to_hsv(*colour)[0] for colour in digits.palette(name)])
        np.testing.assert_allclose(sorted(hues), np.arange(10) / 10, atol=1e-12)
        np.testing.assert_allclose(np.diff(hues.reshape(5, 2))[:, 0], apart, atol=1e-12)


def test_moved_images_are_those_of_scipy():
    rng = np.random.default_rng(0)
    images = rng.random((4, 16, 16))
    matrices, shifts = np.eye(2) + 0.2 * rng.standard_normal((4, 2, 2)), rng.standard_normal((4, 2))
    found = np.asarray(jax.jit(digits.moved)(images, matrices, shifts))
    for image, matrix, shift, moved in zip(images, matrices, shifts, found, strict=True):
        offset = 7.5 - matrix @ [7.5, 7.5] + shift
        # With an edge of zeros, towards which SciPy interpolates too.
        expected = scipy.ndimage.affine_transform(image, matrix, offset, order=1, mode="grid-constant")
        np.testing.assert_allclose(moved, expected, atol=1e-12)


def test_deformations_are_within_their_limits():
    """Read where three pixels come from off images whose values are linear in the place."""
    line = np.arange(16) - 7.5
    row, column = np.meshgrid(line, line, indexing="ij")
    n = 400
    deformed = jax.jit(digits.deformed)
    read = [np.asarray(deformed(np.tile(one, (n, 1, 1)), KEY)) for one in (row, column)]
    at = lambda i, j: np.stack([one[:, i, j] for one in read], axis=1)  # noqa: E731
    matrices = np.stack([at(9, 8) - at(8, 8), at(8, 9) - at(8, 8)], axis=2)
    shifts = at(8, 8) - matrices.sum(axis=2) / 2
    # A = s · turn · lean: the second column is s (−sin, cos), and the determinant s².
    scale, angle = np.sqrt(np.linalg.det(matrices)), np.arctan2(-matrices[:, 0, 1], matrices[:, 1, 1])
    shear = np.sum(matrices[:, :, 0] * matrices[:, :, 1], axis=1) / scale**2
    for found, limit in ((angle, 0.21), (scale - 1, 0.1), (shear, 0.14), (shifts[:, 0], 0.7), (shifts[:, 1], 0.7)):
        assert np.abs(found).max() <= limit + 1e-9
        # Uniform, so the standard deviation of the variance is √(4/45n) of the limit squared.
        assert np.mean(found**2) == pytest.approx(limit**2 / 3, abs=4 * limit**2 * np.sqrt(4 / 45 / n))
    assert np.abs(np.corrcoef([angle, scale, shear, *shifts.T]) - np.eye(5)).max() < 4 / np.sqrt(n)


def test_the_shortcut_follows_the_label_in_training_and_nothing_at_test():
    data = DRAW_SCARCE(1500, 0.6, 0.5, False, KEY)
    hinted, at_test = (np.asarray(x[:, scarce.CORE :]).argmax(axis=1) for x in (data.examples, data.tests))
    chance = 1 / scarce.N_CLASSES
    assert np.mean(hinted == data.labels) == pytest.approx(0.6 + 0.4 * chance, abs=4 * 0.5 / np.sqrt(1500))
    assert np.mean(at_test == data.test_labels) == pytest.approx(chance, abs=4 * 0.4 / np.sqrt(2000))
    assert data.examples.shape == (1500, scarce.CORE + scarce.N_CLASSES)


def within(rows, labels):
    """Return the rows less the mean of their class."""
    codes = np.eye(scarce.N_CLASSES)[np.asarray(labels)]
    return np.asarray(rows) - codes @ (codes.T @ np.asarray(rows) / codes.sum(axis=0)[:, None])


def explained(rows, by):
    """Return the share of the variance of each column of the rows that is linear in ``by``, without the fit's luck."""
    left = rows - by @ np.linalg.lstsq(by, rows, rcond=None)[0]
    return 1 - left.var(axis=0) / rows.var(axis=0) * len(rows) / (len(rows) - by.shape[1])


@pytest.mark.parametrize("kappa", [0.3, 0.9])
def test_kappa_is_the_share_of_the_variation_that_texts_tell(kappa):
    data, collapsed = (DRAW_SCARCE(1500, 0.0, kappa, collapsed, KEY) for collapsed in (False, True))
    core = within(data.examples[:, : scarce.CORE], data.labels)
    # All variances are 1, whatever κ: examples alone do not show it.
    np.testing.assert_allclose(np.linalg.eigvalsh(np.cov(core.T)), 1, atol=0.5)  # 60 directions of 1,500 examples
    assert core.var() == pytest.approx(1, abs=4 * np.sqrt(2 / 60 / 1500))
    # The meaning takes ten directions.  Texts tell κ of the variance there, but for their own small noise.
    texts = within(data.texts, data.labels)
    _, axes = np.linalg.eigh(core.T @ texts @ texts.T @ core)
    shown = core @ axes[:, -scarce.MEANING :]
    directions = np.linalg.svd(texts, full_matrices=False)[0][:, : scarce.MEANING]
    assert explained(shown, directions).mean() == pytest.approx(kappa, abs=0.05)
    # Collapsed, they tell the class alone.
    gone = np.linalg.svd(within(collapsed.texts, data.labels), full_matrices=False)[0][:, : scarce.MEANING]
    assert explained(shown, gone).mean() == pytest.approx(0, abs=0.05)
    assert (collapsed.labels == data.labels).all()


def test_captions_teach_the_shape_and_without_them_the_colour_is_followed():
    settings = [mt.dynamics.ColourSetting(0.1, net="perceptron"), mt.dynamics.ColourSetting(0.95, "none", "perceptron")]
    told, alone = mt.dynamics.colour_shortcut(settings, 8, jax.random.split(KEY, 1)).itertuples()
    assert (told.training, alone.training) == ("multi-modal", "single-modal")
    # Where the colour says nothing captions teach the shape; where it says nearly all, single-modal follows it.
    assert told.test_accuracy > 0.5
    assert alone.by_colour > 0.5
    assert alone.random_accuracy < 0.5


@pytest.mark.slow
def test_experiments_write_their_tables_and_figures(tmp_path):
    small = {
        "signal_noise_phases": {"config": mt.dynamics.Config(dimension=50, n_samples=8, n_neurons=5, n_steps=10)}
        | {"n_seeds": 1, "n_strengths": 3, "n_ratios": 3},
        "coloured_digits": {"settings": COLOURED, "n_steps": 8, "n_seeds": 2},
        "scarce_modality": {"settings": SCARCE, "n_steps": 50, "n_seeds": 2},
    }
    for name, sizes in small.items():
        run_experiment(name, tmp_path, **sizes)
    figures = ["signal_noise_phases", "coloured_digits", "scarce_modality_kappa", "scarce_modality_labels"]
    drawn = [f"{figure}.{ending}" for figure in figures for ending in ("pdf", "png")]
    tables = ["coloured_digits.md", "scarce_modality.md", *(f"{name}.parquet" for name in small)]
    assert sorted(os.listdir(tmp_path)) == sorted(drawn + tables)

    colours = mt.tables.read(tmp_path / "coloured_digits.parquet").set_index(["following", "captions", "net"])
    accuracy = colours.groupby(level=[0, 1, 2])[["test_accuracy", "by_colour"]].mean()
    # Where the colour says nothing captions teach the shape; where it says nearly all, single-modal follows it.
    assert accuracy.test_accuracy[0.1, "digit", "perceptron"] > 0.5
    assert accuracy.by_colour[0.9, "none", "convolutional"] > 0.5
    assert (colours.loc[0.9, "none", "convolutional"].random_accuracy < 0.5).all()
    written = (tmp_path / "coloured_digits.md").read_text().splitlines()
    assert len(written) == 2 + len(COLOURED)
    mean = accuracy.test_accuracy[0.1, "digit", "perceptron"]
    assert "| 0.1 | digit | perceptron | near | 64 |" in written[2]
    assert f"| {mean:.3f} ± " in written[2]
    scarcely = mt.tables.read(tmp_path / "scarce_modality.parquet").pivot_table(
        "test_accuracy", ["following", "kappa", "texts"], "training"
    )
    # A perfect shortcut is what supervision learns; texts protect where they tell more than the class.
    assert scarcely.supervised[1.0].max() < 0.4
    assert scarcely["two-stage"][1.0, 0.9, "meaning"] > scarcely["two-stage"][1.0, 0.9, "class"] + 0.1
    assert scarcely.supervised[0.0, 0.9, "meaning"] > 0.5
    written = (tmp_path / "scarce_modality.md").read_text().splitlines()
    assert len(written) == 2 + len(SCARCE)
    assert written[2].startswith("| 300 | 300 | 1.0 | 0.9 | rich | meaning | ")


REFUSED = {
    "following": (ValueError, "following: 1.5", lambda: mt.dynamics.ColourSetting(1.5)),
    "captions": (
        ValueError,
        "captions: digit label none 'colour'",
        lambda: mt.dynamics.ColourSetting(captions="colour"),
    ),
    "net": (ValueError, "net: convolutional perceptron", lambda: mt.dynamics.ColourSetting(net="deep")),
    "palette": (ValueError, "palette: near far", lambda: mt.dynamics.ColourSetting(palette="grey")),
    "dimension": (ValueError, "dimension: 1 0", lambda: mt.dynamics.ColourSetting(dimension=0)),
    "n_pairs": (ValueError, "n_pairs: 2 1", lambda: mt.dynamics.ScarceSetting(1)),
    "n_labels": (ValueError, "n_labels: 20 30", lambda: mt.dynamics.ScarceSetting(20, 30)),
    "kappa": (ValueError, "kappa: (0, 1] 0", lambda: mt.dynamics.ScarceSetting(kappa=0.0)),
    "anchors": (ValueError, "anchors: rich pairs", lambda: mt.dynamics.ScarceSetting(anchors="none")),
    "texts": (ValueError, "texts: meaning class", lambda: mt.dynamics.ScarceSetting(texts="digit")),
    "scarce-settings": (
        TypeError,
        "settings: ScarceSetting int",
        lambda: mt.dynamics.scarce_transfer([25], 1, jax.random.split(KEY, 2)),
    ),
    "settings": (
        TypeError,
        "settings: ColourSetting float",
        lambda: mt.dynamics.colour_shortcut([0.5], 1, jax.random.split(KEY, 2)),
    ),
}


@pytest.mark.parametrize(("error", "words", "call"), REFUSED.values(), ids=REFUSED)
def test_bad_settings_are_refused(error, words, call):
    assert_refused(error, words, call)


def test_figures_draw_the_numbers_of_the_table():
    rng = np.random.default_rng(0)
    run, step = np.indices((3, 11))
    measured = {name: rng.random(33) for name in ("loss", "test_accuracy", "signal", "memorization")}
    table = pd.DataFrame({"run": run.ravel(), "step": step.ravel(), "training": "multi-modal", **measured})
    ax = mt.plotting.training(table)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), table.groupby("step").loss.mean())
    assert len(ax.figure.axes) == 4
    with pytest.raises(ValueError, match=r"^table: a column 'training'"):
        mt.plotting.training(table.drop(columns="training"))
    cells = pd.MultiIndex.from_product([[0.1, 10.0], [1.0, 3.0], [0, 1]], names=["n_snr_squared", "ratio", "seed"])
    names = ["single_accuracy", "multi_accuracy", "single_loss", "multi_loss"]
    plane = pd.DataFrame(rng.random((8, 4)), cells, names).reset_index()
    _, right, _ = mt.plotting.phase_diagram(plane).figure.axes
    drawn = np.asarray(right.collections[0].get_array()).reshape(2, 2)
    np.testing.assert_allclose(drawn, plane.pivot_table("multi_accuracy", "ratio", "n_snr_squared"))
    with pytest.raises(ValueError, match=r"^table: at least two values"):
        mt.plotting.phase_diagram(plane[plane.ratio == 1])

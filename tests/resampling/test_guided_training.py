"""Check training with a guide: pictures and views, the paired design, the summary, and a small experiment."""

import os

import equinox as eqx
import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from experiment_runs import run_experiment
from sklearn.linear_model import Ridge

import mmcl_theory as mt
from mmcl_theory.probes import fitted

matplotlib.use("Agg")
KEY = jax.random.key(0)
resampling = mt.resampling


@pytest.fixture(scope="module")
def digits() -> mt.resampling.Pictures:
    return resampling.digit_pictures(KEY)


def test_a_digits_caption_tells_digit_stroke_and_place(digits):
    captions, drawings = np.asarray(digits.captions), np.asarray(digits.drawings)[:, 0, :, :, 0]
    assert (captions.reshape(5000, -1).sum(axis=1) == 3).all()
    assert (captions[:, :10].argmax(axis=1) == np.asarray(digits.labels)).all()
    ink = drawings.sum(axis=(1, 2))
    means = [ink[captions[:, 10 + stroke] > 0].mean() for stroke in range(3)]
    assert means == sorted(means)
    for place in range(9):
        row, column = 3 * (place // 3), 3 * (place % 3)
        here = drawings[captions[:, 13 + place] > 0]
        assert len(here) > 400  # of 5,000, uniformly
        outside = here.copy()
        outside[:, row : row + 14, column : column + 14] = 0
        assert not outside.any()


def test_emoji_pictures_are_both_drawings_and_the_tags(emoji):
    pictures = resampling.emoji_pictures()
    assert pictures.drawings.shape == (1906, 2, 16, 16, 3)
    assert (np.asarray(pictures.captions).sum(axis=1) == np.asarray(emoji.matrix > 0).sum(axis=1)).all()
    tile = mt.datasets.drawings("twitter")[7].astype(float)
    ink = 1 - np.mean([tile[i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=0) / 255
    np.testing.assert_allclose(pictures.drawings[7, 1], ink, atol=1e-6)  # single precision


def test_a_view_is_a_drawing_moved_mirrored_and_coloured():
    drawings = jnp.asarray(np.random.default_rng(0).random((3, 2, 5, 5, 2)), np.float32)
    sampler = resampling.Views(drawings, batch=2, shift=1, jitter=0.3, noise=0.0, mirror=True)
    views = np.asarray(sampler.views(jnp.arange(60) % 3, KEY))
    seen = set()
    for i, view in enumerate(views):
        found = [
            (drawing, move, turned)
            for drawing in range(2)
            for move in [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
            for turned in (False, True)
            for shown in [np.roll(drawings[i % 3, drawing], move, (0, 1))[:, :: -1 if turned else 1]]
            for factors in [(view / shown).reshape(-1, 2)]
            if np.ptp(factors, axis=0).max() < 1e-5 and (abs(factors[0] - 1) <= 0.3 + 1e-6).all()
        ]
        assert len(found) == 1
        seen.add(found[0])
    assert len(seen) > 25  # of 36


def test_a_share_of_the_positive_pairs_is_of_two_different_items():
    drawings = jnp.arange(1.0, 41.0)[:, None, None, None, None] * jnp.ones((40, 1, 2, 2, 1))

    def drawn(false, n):
        sampler = resampling.Views(drawings, batch=30, shift=0, jitter=0.0, noise=0.0, mirror=False, false=false)
        return np.stack([np.asarray(sampler(key)[0][:, 0, 0, 0]).reshape(2, 30) for key in jax.random.split(KEY, n)])

    plain, some, every = drawn(0.0, 40), drawn(0.3, 40), drawn(1.0, 2)
    assert (plain[:, 0] == plain[:, 1]).all()
    assert (some[:, 0] == plain[:, 0]).all()  # the same first views
    differ = some[:, 0] != some[:, 1]
    assert differ.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / differ.size))
    assert (every[:, 0] != every[:, 1]).all()
    assert len(np.unique(some[:, 1][differ])) == 40


def test_all_methods_start_alike_and_a_seed_gives_the_same_again():
    graph = mt.worlds.content_style(4, 5, 2, content_change=0.2).augmentation
    start = mt.training.Tabular(20, 3, key=KEY)
    guide = resampling.Lookup(jax.random.normal(jax.random.key(1), (20, 4)))

    sampler = resampling.GraphViews(graph, 20)
    once, again = (resampling.train_guided(sampler, start, guide, steps=5, key=KEY) for _ in range(2))
    tables = [np.asarray(encoder.table) for encoder in once.values()]
    assert all((table == other.table).all() for table, other in zip(tables, again.values(), strict=True))
    # What the guide does is all that differs: without it training is that of NT-Xent on the same batches.
    plain = mt.train(
        lambda key: sampler(key)[:1],
        start,
        lambda z: mt.losses.ntxent(z, 0.5),
        steps=5,
        key=KEY,
    )
    np.testing.assert_allclose(once["none"].table, plain.encoder.table, atol=1e-12)
    assert all(np.abs(table - tables[0]).max() > 1e-5 for table in tables[1:])


@pytest.mark.parametrize("loss", [pytest.param("crossclr", marks=pytest.mark.slow), "crossclr_in_full"])
def test_a_guide_descends_the_loss_that_was_named(loss):
    """Use that Adam's first step is its rate, 1e-3, against the sign of the gradient."""
    drawings, captions = jax.random.uniform(KEY, (9, 1, 4, 4, 1)), jax.random.uniform(jax.random.key(1), (9, 5))
    views = resampling.Views(drawings, batch=4, shift=1, jitter=0.2, noise=0.1, mirror=False)
    start = mt.training.MLP((16, 6, 3), key=jax.random.key(2))
    text_key, train_key = jax.random.split(KEY)
    texts = mt.training.Linear(5, 3, key=text_key)
    seen, read = resampling.Captioned(views, captions)(jax.random.fold_in(train_key, 0))

    def first(encoder):
        inputs = {"image_inputs": seen.reshape(8, -1), "text_inputs": read} if loss == "crossclr_in_full" else {}
        return mt.losses.crossclr(encoder(seen), texts(read), 0.1, 0.8, **inputs)

    slope = np.asarray(eqx.filter_jit(eqx.filter_grad(first))(start).weights[0])
    after = resampling.train_guide(views, captions, start, loss, steps=1, key=KEY)
    moved = np.asarray(after.weights[0]) - np.asarray(start.weights[0])
    steep = np.abs(slope) > 1e-5
    assert steep.mean() > 0.5
    np.testing.assert_allclose(moved[steep], -1e-3 * np.sign(slope)[steep], atol=2e-6)  # 1e-3 · 1e-8/1e-5, and τ's


def test_the_summary_is_that_of_paired_differences():
    rng = np.random.default_rng(0)
    runs = {("x", "none"): rng.random(6), ("x", "add_new_positive"): rng.random(6) + 1, ("x", "guide"): rng.random(6)}
    rows = [(*name, seed, value) for name, values in runs.items() for seed, value in enumerate(values)]
    table = pd.DataFrame(rows, columns=["data", "method", "seed", "accuracy"])
    report = resampling.summary(table).set_index("method")
    for method in ("add_new_positive", "guide"):
        test = scipy.stats.ttest_rel(runs["x", method], runs["x", "none"])
        row = report.loc[method]
        assert row.gain == pytest.approx(100 * np.mean(runs["x", method] - runs["x", "none"]))
        assert row.gain / row.standard_error == pytest.approx(test.statistic)
        assert (row.verdict != "undecided") == (test.pvalue < 0.05)
    assert report.loc["add_new_positive"].verdict == "helps"
    assert report.loc["add_new_positive"].published == 6.2
    against = resampling.summary(table, "guide").set_index("method")
    assert against.loc["none"].gain == pytest.approx(-report.loc["guide"].gain)
    assert against.loc["none"].standard_error == pytest.approx(report.loc["guide"].standard_error)


def test_a_summary_needs_every_method_on_every_seed():
    rows = [("x", "none", 0, 0.5), ("x", "none", 1, 0.5), ("x", "guide", 0, 0.5)]
    with pytest.raises(ValueError, match=r"^table: each method on each of at least two seeds is needed"):
        resampling.summary(pd.DataFrame(rows, columns=["data", "method", "seed", "accuracy"]))


def test_the_accuracy_is_that_of_scikit_learns_probe_on_the_hidden_layer(digits):
    training, test = digits[np.arange(200)], digits[np.arange(200, 300)]
    inks = [np.asarray(some.drawings[:, 0], float).reshape(len(some.labels), -1) for some in (training, test)]
    encoder = mt.training.MLP((inks[0].shape[1], 16, 3), key=KEY)
    hidden = [np.maximum(ink @ np.asarray(encoder.weights[0]).T, 0) for ink in inks]  # whose biases begin as zeros
    before, after = (some / np.linalg.norm(some, axis=1, keepdims=True) for some in hidden)
    probe = Ridge(alpha=fitted.RIDGE).fit(before, np.eye(10)[training.labels])
    right = probe.predict(after).argmax(axis=1) == np.asarray(test.labels)
    assert resampling.probe_accuracy(encoder, training, test) == pytest.approx(right.mean(), abs=1e-6)


@pytest.mark.slow
def test_the_experiment_writes_what_it_says(tmp_path):
    chosen = ("content-style", "digits")
    run_experiment("resampling", tmp_path, n_seeds=2, steps=2, batch=20, temperatures=(0.1,), only=chosen)
    assert sorted(os.listdir(tmp_path)) == [
        "resampling.md",
        "resampling.parquet",
        "resampling.pdf",
        "resampling.png",
        "resampling_cold.pdf",
        "resampling_cold.png",
        "resampling_summary.parquet",
    ]
    table = mt.tables.read(tmp_path / "resampling.parquet")
    assert table.accuracy.between(0, 1).all()
    assert table.groupby(["data", "method"]).seed.nunique().eq(2).all()
    worlds, digits, false = "content-style, τ = 0.1", "digits, τ = 0.1", "digits, τ = 0.1, 20% false"
    # Nothing but the condition differs, so the guides are trained once.
    assert table.groupby("data").method.nunique().to_dict() == {worlds: 6, digits: 9, false: 5}
    report = mt.tables.read(tmp_path / "resampling_summary.parquet").set_index(["data", "method"])
    assert (report.baseline == "guide").groupby("data").sum().to_dict() == {worlds: 1, digits: 3, false: 0}
    for name in ("crossclr", "crossclr_in_full"):
        runs = table[table.data == digits].pivot(index="seed", columns="method", values="accuracy")
        assert report.loc[digits, name].gain == pytest.approx(100 * (runs[name] - runs["guide"]).mean())

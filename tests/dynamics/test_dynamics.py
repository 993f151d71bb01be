"""Compare signal–noise dynamics with a plain NumPy implementation, finite differences and scikit-learn."""

import dataclasses
import math

import equinox as eqx
import jax
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import mmcl_theory as mt
from mmcl_theory.dynamics import claims, encoder, recursion
from mmcl_theory.dynamics.data import Draw
from mmcl_theory.dynamics.descent import descend, initial_weights

TINY = {
    "dimension": 12,
    "n_samples": 5,
    "n_neurons": 3,
    "n_steps": 25,
    "n_test": 200,
    "step_size": 0.3,
    "init_scale": 0.1,
}
KEY = jax.random.key(3)  # its five labels are of both classes
VALUE_AND_GRADIENT = eqx.filter_jit(jax.value_and_grad(encoder.loss))  # compiled at once, not an operation at a time
STEP = eqx.filter_jit(descend)
MODES = [False, True]


def tiny(multi_modal: bool, **changed) -> mt.dynamics.Config:
    knobs = {"signal": 1.5, "partner_signal": 2.5, "noise": 0.7, "augmentation_noise": 0.3, "temperature": 0.8}
    return mt.dynamics.Config(multi_modal=multi_modal, **(TINY | knobs | changed))


class Plain:
    """Compute the theory's formulas with loops over examples; only the random numbers are shared with the package."""

    def __init__(self, config, key):
        draw = Draw.of(config, key)
        self.c, self.y = config, np.asarray(draw.labels)
        self.noise = [config.noise * np.asarray(one) for one in draw.noise]
        self.views = self.noise[0] + config.augmentation_noise * np.asarray(draw.augmentation)
        self.signals = [
            np.eye(config.dimension)[0] * config.signal,
            np.eye(config.dimension)[1] * config.partner_signal,
        ]
        self.test_noise, self.test_labels = config.noise * np.asarray(draw.test_noise), np.asarray(draw.test_labels)
        self.start = [config.init_scale * np.asarray(one) for one in draw.weights[: 1 + config.multi_modal]]

    def parts(self, weights, encoder, i, view=False):
        noise = self.views[i] if view else self.noise[encoder][i]
        return np.maximum(weights @ (self.y[i] * self.signals[encoder]), 0), np.maximum(weights @ noise, 0)

    def similarity(self, one, other):
        return sum(float(a @ b) for a, b in zip(one, other, strict=True)) / self.c.n_neurons / self.c.temperature

    def directions(self, weights):
        """List, for each direction of the loss, the anchor's encoder and what the anchor i is compared with."""
        if not self.c.multi_modal:
            return [(0, lambda i, j: self.parts(weights[0], 0, j, view=i == j))]
        return [(0, lambda i, j: self.parts(weights[1], 1, j)), (1, lambda i, j: self.parts(weights[0], 0, j))]

    def loss(self, weights, frozen=None):
        """Compute the loss, with the second place of each similarity at the frozen weights, if they are given."""
        total = 0.0
        for one, against in self.directions(weights if frozen is None else frozen):
            for i in range(len(self.y)):
                own = self.parts(weights[one], one, i)
                positive = math.exp(self.similarity(own, against(i, i)))
                others = [j for j in range(len(self.y)) if self.y[j] != self.y[i]]
                total -= math.log(
                    positive / (positive + sum(math.exp(self.similarity(own, against(i, j))) for j in others))
                )
        return total / len(self.y)

    def gradient(self, weights):
        gradients = [np.zeros_like(one) for one in weights]
        n, m = len(self.y), self.c.n_neurons
        for one, against in self.directions(weights):
            for i in range(n):
                own = self.parts(weights[one], one, i)
                compared = [i] + [j for j in range(n) if self.y[j] != self.y[i]]
                exponentials = np.array([math.exp(self.similarity(own, against(i, j))) for j in compared])
                shares = exponentials / exponentials.sum()
                inputs = (self.y[i] * self.signals[one], self.noise[one][i])
                for part in range(2):
                    mean = sum(share * against(i, j)[part] for share, j in zip(shares, compared, strict=True))
                    for r in range(m):
                        if own[part][r] > 0:
                            slope = (mean[r] - against(i, i)[part][r]) / (n * m * self.c.temperature)
                            gradients[one][r] += slope * inputs[part]
        return gradients

    def descend(self):
        weights = [self.start]
        for _ in range(self.c.n_steps):
            slopes = self.gradient(weights[-1])
            weights.append([w - self.c.step_size * g for w, g in zip(weights[-1], slopes, strict=True)])
        return weights


@pytest.mark.parametrize("multi_modal", MODES)
def test_loss_and_gradient_are_those_of_the_definition(multi_modal):
    config = tiny(multi_modal)
    plain, draw = Plain(config, KEY), Draw.of(config, KEY)
    assert set(plain.y) == {-1, 1}
    weights = initial_weights(config, draw)
    value, gradients = VALUE_AND_GRADIENT(weights, config, draw)
    assert float(value) == pytest.approx(plain.loss(plain.start), rel=1e-13)
    for mine, theirs in zip(gradients, plain.gradient(plain.start), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("multi_modal", MODES)
def test_gradient_is_the_finite_difference_with_the_second_place_held(multi_modal):
    config = tiny(multi_modal)
    plain, draw = Plain(config, KEY), Draw.of(config, KEY)
    _, gradients = VALUE_AND_GRADIENT(initial_weights(config, draw), config, draw)
    rng, h = np.random.default_rng(0), 1e-6
    directions = [rng.standard_normal(one.shape) for one in plain.start]

    def at(t, frozen):
        return plain.loss([w + t * d for w, d in zip(plain.start, directions, strict=True)], frozen)

    slope = sum(float(np.sum(g * d)) for g, d in zip(gradients, directions, strict=True))
    # The error of the central difference is of order h², its rounding of order 1e-16/h.
    assert slope == pytest.approx((at(h, plain.start) - at(-h, plain.start)) / (2 * h), rel=1e-7)
    # Without the stop-gradient it is another number.
    assert slope != pytest.approx((at(h, None) - at(-h, None)) / (2 * h), rel=1e-2)


@pytest.mark.parametrize("multi_modal", MODES)
def test_trajectory_is_that_of_plain_descent(multi_modal):
    config = tiny(multi_modal)
    plain, runs = Plain(config, KEY), mt.dynamics.simulate(config, KEY)
    weights = plain.descend()
    coefficients = [(runs.signal_coefficients, runs.noise_coefficients)]
    if multi_modal:
        coefficients.append((runs.partner_signal_coefficients, runs.partner_noise_coefficients))
    assert len(coefficients) == len(plain.start)
    for t, now in enumerate(weights):
        assert float(runs.loss[t]) == pytest.approx(plain.loss(now), rel=1e-11)
        for one, (gamma, rho) in enumerate(coefficients):
            mu, xi = plain.signals[one], plain.noise[one]
            rebuilt = plain.start[one] + np.outer(gamma[t], mu) / (mu @ mu)
            rebuilt += (np.asarray(rho[t]) / (xi**2).sum(axis=1)) @ xi
            np.testing.assert_allclose(rebuilt, now[one], rtol=0, atol=1e-11 * np.abs(now[one]).max())
    assert float(runs.signal[-1]) == pytest.approx(np.abs(runs.signal_coefficients[-1]).max())
    assert float(runs.memorization[-1]) == pytest.approx(np.abs(runs.noise_coefficients[-1]).max())
    assert runs.loss[-1] < runs.loss[0]


@pytest.mark.parametrize("multi_modal", MODES)
def test_accuracy_is_that_of_scikit_learns_probe_on_the_weights(multi_modal):
    config = tiny(multi_modal, n_samples=30, n_test=300, test_signal=1.0)
    plain, draw = Plain(config, KEY), Draw.of(config, KEY)
    runs = mt.dynamics.simulate(config, KEY)
    weights = initial_weights(config, draw)
    for _ in range(config.n_steps):
        weights, _ = STEP(weights, config, draw)
    own = np.asarray(weights[0])

    def features(signal, labels, noise):
        return np.maximum(np.outer(labels, signal) @ own.T, 0) + np.maximum(noise @ own.T, 0)

    known = features(plain.signals[0], plain.y, plain.noise[0])
    fresh = features(plain.signals[0] / config.signal * config.test_signal, plain.test_labels, plain.test_noise)
    reference = LogisticRegression(fit_intercept=False, tol=1e-10, max_iter=10_000)
    reference.fit(known / known.std(), plain.y)
    # Where no neuron is active, the score is 0: an error.
    accuracy = np.mean(reference.decision_function(fresh / known.std()) * plain.test_labels > 0)
    # One of the 300 may lie on the boundary as near as the two solvers agree.
    assert float(runs.test_accuracy[-1]) == pytest.approx(accuracy, abs=1.5 / 300)


@pytest.mark.parametrize("multi_modal", MODES)
def test_recursion_is_exact_along_the_run(multi_modal):
    config = mt.dynamics.Config(multi_modal, dimension=500, n_samples=60, n_neurons=20, n_steps=150)
    table = mt.dynamics.signal_noise_recursion(config, KEY)
    assert list(table.encoder) == ["first", "partner"][: 1 + multi_modal]
    assert (table.lhs < 1e-12).all()  # far below the 1e-9 that is asked
    assert (table.verdict == "holds").all()


def test_a_wrong_recursion_is_caught(monkeypatch):
    right = recursion.pull

    def wrong(*inputs):
        value, pulled = right(*inputs)
        return value, pulled * (1 + 1e-8)

    monkeypatch.setattr(recursion, "pull", wrong)
    distances = claims.distances.__wrapped__  # not compiled already, with what is right
    monkeypatch.setattr(claims, "distances", eqx.filter_jit(lambda *inputs: distances(*inputs)))
    table = mt.dynamics.signal_noise_recursion(tiny(True), KEY)
    assert (table.verdict == "violated").all()


def test_single_modal_memorizes_and_multi_modal_learns():
    """Repeat the published setting; another reproduction had 0.53 and 0.98."""
    table = mt.dynamics.single_vs_multi(mt.dynamics.Config(), jax.random.split(jax.random.key(1), 2))
    assert (table.verdict == "holds").all()
    accuracy = table[table.quantity == "test accuracy"].set_index("training").lhs
    assert 0.45 < accuracy["single-modal"] <= 0.65
    assert accuracy["multi-modal"] >= 0.9


def test_a_claim_that_fails_is_said_to_be_violated():
    """Take a strong signal, which single-modal training learns as well."""
    config = mt.dynamics.Config(dimension=200, n_samples=40, n_neurons=10, n_steps=60, signal=10.0, partner_signal=30.0)
    table = mt.dynamics.single_vs_multi(config, jax.random.split(KEY, 2))
    row = table[(table.training == "single-modal") & (table.quantity == "test accuracy")].iloc[0]
    assert (row.verdict, row.kind) == ("violated", "upper bound")
    assert row.slack == pytest.approx(claims.SINGLE_AT_MOST - row.lhs)
    assert row.lhs > 0.65


def test_a_batch_is_its_runs_and_one_key_one_draw():
    keys = jax.random.split(KEY, 3)
    single, multi = (mt.dynamics.simulate(tiny(mode), keys) for mode in MODES)
    one = mt.dynamics.simulate(tiny(True), keys[1])
    np.testing.assert_allclose(multi.noise_coefficients[1], one.noise_coefficients, rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(multi.loss, mt.dynamics.simulate(tiny(True), keys).loss)
    # Same examples, weights and test: before training the encoders are the same.
    np.testing.assert_array_equal(single.test_accuracy[:, 0], multi.test_accuracy[:, 0])
    assert single.partner_noise_coefficients is None
    table = multi.table(training="multi-modal")
    assert len(table) == 3 * (TINY["n_steps"] + 1)
    assert table[(table.run == 2) & (table.step == 7)].loss.item() == float(multi.loss[2, 7])


def test_a_cell_of_the_phase_diagram_is_a_run():
    config, keys = tiny(True), jax.random.split(KEY, 2)
    table = mt.dynamics.phase_diagram(config, [0.5, 3.0], [1.0, 2.0, 4.0], keys)
    assert len(table) == 2 * 2 * 3
    row = table[(table.n_snr_squared == 3.0) & (table.ratio == 4.0) & (table.seed == 1)].iloc[0]
    signal = config.noise * math.sqrt(3.0 * config.dimension / config.n_samples)
    cell = dataclasses.replace(config, signal=signal, partner_signal=4 * signal)
    assert cell.n_snr_squared == pytest.approx(3.0)
    for mode, name in ((False, "single"), (True, "multi")):
        run = mt.dynamics.simulate(dataclasses.replace(cell, multi_modal=mode), keys[1])
        assert row[f"{name}_accuracy"] == pytest.approx(float(run.test_accuracy[-1]), abs=1.5 / 200)
        assert row[f"{name}_loss"] == pytest.approx(float(run.loss[-2]), rel=1e-9)  # before the last step


BAD = {
    "dimension": (ValueError, lambda: mt.dynamics.Config(dimension=1)),
    "n_samples": (TypeError, lambda: mt.dynamics.Config(n_samples=2.0)),
    "n_steps": (ValueError, lambda: mt.dynamics.Config(n_steps=0)),
    "signal": (ValueError, lambda: mt.dynamics.Config(signal=0.0)),
    "noise": (ValueError, lambda: mt.dynamics.Config(noise=float("nan"))),
    "temperature": (TypeError, lambda: mt.dynamics.Config(temperature="1")),
    "augmentation_noise": (ValueError, lambda: mt.dynamics.Config(augmentation_noise=-1)),
    "multi_modal": (TypeError, lambda: mt.dynamics.Config(multi_modal=1)),
    "config": (TypeError, lambda: mt.dynamics.simulate({}, KEY)),
    "key": (TypeError, lambda: mt.dynamics.simulate(tiny(True), 0)),
    "key: a single": (TypeError, lambda: mt.dynamics.simulate(tiny(True), jax.random.split(KEY, 0))),
    "keys": (TypeError, lambda: mt.dynamics.single_vs_multi(tiny(True), KEY)),
    "keys: at least two": (ValueError, lambda: mt.dynamics.single_vs_multi(tiny(True), KEY[None])),
    "n_snr_squared": (ValueError, lambda: mt.dynamics.phase_diagram(tiny(True), [-1.0], [1.0], KEY[None])),
    "ratios": (ValueError, lambda: mt.dynamics.phase_diagram(tiny(True), [1.0], [0.0, 1.0], KEY[None])),
}


@pytest.mark.parametrize("words", BAD)
def test_bad_input_is_refused(words):
    error, call = BAD[words]
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(words if ":" in words else f"{words}:")

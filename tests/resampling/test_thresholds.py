"""Check from where on resampling lets the content be learned, on graphs whose eigenvectors are computed."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.resampling.thresholds import content_by_style

METHODS = ("add_new_positive", "drop_false_positive")
SIZES = [(3, 3), (3, 5), (5, 3)]


@pytest.mark.parametrize(("m", "n_styles"), SIZES)
def test_the_graph_has_the_correlations_that_it_is_made_from(m, n_styles):
    graph = content_by_style(0.6, 0.8, m, n_styles)
    found = np.sort(np.linalg.eigvalsh(np.asarray(graph.normalized)))
    expected = [1] + [0.6] * (m - 1) + [0.8] * (n_styles - 1) + [0.48] * ((m - 1) * (n_styles - 1))
    np.testing.assert_allclose(found, np.sort(expected), atol=1e-12)
    assert float(graph.labeling_error) == pytest.approx(0.4 * (1 - 1 / m), abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("m", "n_styles"), SIZES)
def test_the_content_is_learned_above_the_threshold_alone(method, m, n_styles):
    threshold = mt.resampling.content_threshold(method, 0.6, 0.8, m, n_styles)
    strengths = [threshold + step for step in (-0.1, -1e-6, 0, 1e-6, 0.1)]
    table = mt.resampling.content_learned(method, strengths, 0.6, 0.8, m, n_styles)
    assert table.learned.tolist() == ["style", "style", "tie", "content", "content"]
    assert (table.predicted == table.learned).all()
    # What is not in the span of min(m, n_S) − 1 styles: contents beyond those that still fit.
    least = 1 - (1 + max(0, m - n_styles)) / m
    assert table.residual[[0, 1]].to_numpy() == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_no_resampling_is_needed_where_the_content_is_ahead(method):
    assert mt.resampling.content_threshold(method, 0.8, 0.6, 3, 3) < 0
    assert mt.resampling.content_learned(method, 0.0, 0.8, 0.6, 3, 3).learned[0] == "content"


def test_a_new_positive_of_half_the_weight_always_suffices():
    rng = np.random.default_rng(0)
    assert all(
        mt.resampling.content_threshold("add_new_positive", *rng.random(2), *rng.integers(2, 50, 2)) < 0.5
        for _ in range(1000)
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_two_losses_of_weighted_negatives_are_minima_of_their_families(seed):
    rng, m = np.random.default_rng(seed), 3
    content, style, same = rng.uniform(0.3, 0.9), rng.uniform(0.3, 0.9), rng.uniform(0.5, 1.5)
    graph = content_by_style(content, style, m, m)
    P, n = np.asarray(graph.matrix), m * m
    alike = np.equal.outer(*[np.asarray(graph.labels)] * 2)
    weights = np.where(alike, same, (1 - same / m) / (1 - 1 / m))
    blocks = np.eye(m)
    least = []
    for of_family in (np.kron(blocks, np.ones((m, m))), np.kron(np.ones((m, m)), blocks)):
        # ffᵀ is u on pairs alike in that family and v on others: the loss is a quadratic function of u and v.
        parts = (of_family == 1, of_family == 0)
        linear = [P[part].sum() for part in parts]
        square = [weights[part].sum() / n**2 for part in parts]
        least.append(-sum(a**2 / b for a, b in zip(linear, square, strict=True)))
    gain = mt.resampling.negatives_gain(content, style, m, m, same)
    assert gain == pytest.approx(least[1] - least[0], abs=1e-12)


def test_dropping_negatives_of_the_same_content_helps_and_dropping_others_hurts():
    gains = [mt.resampling.negatives_gain(0.6, 0.7, 3, 3, same) for same in np.linspace(0.1, 1.9, 50)]
    assert (np.diff(gains) < 0).all()


def test_a_third_family_can_be_better_than_content_and_style():
    # Theory asks whether one ever is: found here, where contents are ahead of styles by 0.22.
    content, style, same, m = 0.308, 0.967, 0.304, 3
    graph = content_by_style(content, style, m, m)
    masses = np.asarray(graph.marginal)
    alike = np.equal.outer(*[np.asarray(graph.labels)] * 2)
    negatives = np.outer(masses, masses) * np.where(alike, same, (1 - same / m) / (1 - 1 / m))
    found = mt.resampling.masked_optimum(graph, negatives, m, n_starts=2, key=jax.random.key(0))
    of_style = -(1 + (m - 1) * style**2)
    of_content = of_style - mt.resampling.negatives_gain(content, style, m, m, same)
    assert found.loss < min(of_style, of_content) - 0.3


def test_refusals():
    with pytest.raises(ValueError, match="method: must be one of add_new_positive, drop_false_positive, got 'w'"):
        mt.resampling.content_threshold("w", 0.5, 0.5, 3, 3)
    with pytest.raises(ValueError, match="style: must be below 1, got 1"):
        mt.resampling.content_learned("add_new_positive", 0.1, 0.5, 1, 3, 3)
    with pytest.raises(ValueError, match="same: must be below 3, got 3"):
        mt.resampling.negatives_gain(0.5, 0.5, 3, 3, 3)

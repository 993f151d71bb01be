"""Consistency and diversity of graphs of pairs, class by class, against loops and closed forms."""

import itertools

import jax
import numpy as np
import pytest

import mmcl_theory as mt

# Sums and eigenvalues of matrices of norm one with a dozen rows: some units of rounding, 2e-16, times their size.
EXACT = 1e-13


def random_graph(seed: int) -> mt.PairGraph:
    """Images of classes of random sizes, some of one image; sparse, so that some fall into parts or stand alone."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < rng.choice([0.2, 0.5, 1.0])))
    weights[0] = rng.random(n)  # pairs with the first image, so that every image has some
    weights += weights.T
    labels = rng.integers(0, rng.integers(1, n + 1), n)
    return mt.PairGraph(weights, labels, n_classes=n)


GRAPHS = [random_graph(seed) for seed in range(60)]


def second_values(graph: mt.PairGraph) -> list[float]:
    """The second eigenvalue of each class of two images or more, from its own pairs; a lone image is a part itself."""
    P, labels = np.asarray(graph.matrix), np.asarray(graph.labels)
    found = []
    for i in set(labels.tolist()):
        block = P[np.ix_(labels == i, labels == i)]
        if len(block) < 2:
            continue
        mass = block.sum(axis=1)
        alone = np.flatnonzero(mass == 0)
        if len(alone):
            found.append(1.0)  # a part besides the others, each of which has a first eigenvalue of 1
            continue
        normalized = block / np.sqrt(np.outer(mass, mass))
        found.append(np.linalg.eigvalsh(normalized)[-2])
    return found


@pytest.mark.parametrize("graph", GRAPHS, ids=range(len(GRAPHS)))
def test_diversity_is_that_of_the_least_connected_class(graph):
    assert float(graph.diversity) == pytest.approx(1 - max(second_values(graph), default=0), abs=EXACT)


def test_the_random_graphs_have_classes_of_all_sorts():
    seconds = [second_values(graph) for graph in GRAPHS]
    assert any(not of_graph for of_graph in seconds)  # every image a class of its own
    assert any(max(of_graph, default=0) < 0 for of_graph in seconds)  # connected beyond independence
    assert any(0 < max(of_graph, default=0) < 0.99 for of_graph in seconds)
    assert any(max(of_graph, default=0) == 1 for of_graph in seconds)  # images alone in their class


@pytest.mark.parametrize("graph", GRAPHS, ids=range(len(GRAPHS)))
def test_consistency_is_the_share_of_pairs_of_one_class(graph):
    P, labels = np.asarray(graph.matrix), graph.labels.tolist()
    same = sum(P[x, y] for x, y in itertools.product(range(len(labels)), repeat=2) if labels[x] == labels[y])
    assert float(graph.consistency) == pytest.approx(same, abs=EXACT)
    assert float(graph.consistency + graph.labeling_error) == pytest.approx(1, abs=EXACT)


@pytest.mark.parametrize(
    ("weights", "labels", "diversity"),
    [
        (np.ones((4, 4)), [0, 0, 0, 0], 1.0),  # independent pairs
        (np.ones((4, 4)), [0, 0, 1, 1], 1.0),
        (np.eye(3), [0, 0, 0], 0.0),  # each image only with itself
        (np.eye(3), [0, 1, 2], 1.0),  # classes of one image
        ([[0, 1], [1, 0]], [0, 1], 1.0),  # ... that are never with themselves
        ([[0, 1], [1, 0]], [0, 0], 2.0),  # always with the other one: λ_2 = −1
        ([[3, 1], [1, 3]], [0, 0], 0.5),  # λ_2 = (3 − 1)/(3 + 1)
        ([[3, 1, 9], [1, 3, 9], [9, 9, 0]], [0, 0, 1], 0.5),  # other classes do not matter
        ([[0, 0, 1], [0, 1, 1], [1, 1, 0]], [0, 0, 1], 0.0),  # the first image is alone in its class
        ([[0, 0, 1], [0, 0, 1], [1, 1, 0]], [0, 0, 1], 0.0),  # and so are both
        ([[3, 1, 0, 0], [1, 3, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], [0, 0, 1, 1], 0.5),  # the least of two classes
    ],
)
def test_diversity_in_closed_form(weights, labels, diversity):
    assert float(mt.PairGraph(weights, labels).diversity) == pytest.approx(diversity, abs=EXACT)


def test_diversity_is_compiled_and_batched_like_other_quantities():
    graphs = [graph for graph in map(random_graph, range(200)) if graph.labels.size == 5][:4]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *graphs)
    batched = jax.jit(jax.vmap(lambda graph: graph.diversity))(stacked)
    np.testing.assert_allclose(batched, [float(graph.diversity) for graph in graphs], atol=EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_feature_diversity_is_a_ratio_of_mean_inner_products(seed):
    graph = GRAPHS[seed]
    n = graph.labels.size
    features = np.random.default_rng(seed).standard_normal((n, 3))
    P, p, labels = np.asarray(graph.matrix), np.asarray(graph.marginal), graph.labels.tolist()
    same = mass = positive = 0.0
    for x, y in itertools.product(range(n), repeat=2):
        positive += P[x, y] * (features[x] @ features[y])
        if labels[x] == labels[y]:
            same += p[x] * p[y] * (features[x] @ features[y])
            mass += p[x] * p[y]
    # A ratio: what rounding does to its denominator is magnified by it.
    assert float(graph.feature_diversity(features)) == pytest.approx(same / mass / positive, rel=1e-10)
    assert float(graph.feature_diversity(7 * features)) == pytest.approx(same / mass / positive, rel=1e-10)


def test_feature_diversity_of_features_that_are_the_classes_exceeds_one_by_the_inconsistency():
    """Inner products are 1 within a class, and positive pairs are within one with probability ``consistency``."""
    graph = mt.PairGraph([[4, 1], [1, 4]], [0, 1])
    assert float(graph.feature_diversity(np.eye(2))) == pytest.approx(1 / 0.8, abs=EXACT)
    assert float(graph.feature_diversity(np.ones((2, 1)))) == pytest.approx(1, abs=EXACT)


@pytest.mark.parametrize("seed", range(20))
def test_conductance_is_the_least_over_all_sets(seed):
    """The least share of a set's pairs that leaves it, over every set of at most half the mass."""
    graph = GRAPHS[seed]
    P, p = np.asarray(graph.matrix), np.asarray(graph.marginal)
    n, least = len(p), np.inf
    for inside in itertools.product([False, True], repeat=n):
        chosen = np.array(inside)
        if 0 < p[chosen].sum() <= 0.5 + EXACT:
            least = min(least, P[chosen][:, ~chosen].sum() / p[chosen].sum())
    assert float(graph.conductance()) == pytest.approx(least, abs=EXACT)

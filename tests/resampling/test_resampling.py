"""Compare guided resampling of pair graphs with loops, closed forms, the losses on batches and SciPy."""

import itertools

import jax
import numpy as np
import pytest
import scipy.optimize
from refusals import assert_refused

import mmcl_theory as mt
from mmcl_theory.resampling import masked
from mmcl_theory.resampling.methods import of_anchors
from mmcl_theory.resampling.table import _measured

resampling = mt.resampling
KEY = jax.random.key(0)
# Sums of a few hundred numbers of order one, in two orders.
EXACT = 1e-12


def random_graph(seed: int, n: int = 9) -> mt.PairGraph:
    rng = np.random.default_rng(seed)
    weights = rng.exponential(size=(n, n)) * (rng.random((n, n)) < 0.7) + 3 * np.eye(n)
    return mt.PairGraph(weights + weights.T, rng.integers(0, 3, n), n_classes=3)


def random_guide(seed: int, n: int = 9, ties: bool = False) -> np.ndarray:
    rng = np.random.default_rng(100 + seed)
    features = rng.standard_normal((n, 3))
    return np.asarray(resampling.cosine(np.sign(features) if ties else features))


def discard(cells: list[tuple[float, float]], share: float) -> list[float]:
    """Return what is left of (order, mass) when the share of the total that comes first is discarded, ties evenly."""
    left, budget = [mass for _, mass in cells], share * sum(mass for _, mass in cells)
    for level in sorted({round(order, 7) for order, _ in cells}):
        level_of = [i for i, (order, _) in enumerate(cells) if round(order, 7) == level]
        total = sum(cells[i][1] for i in level_of)
        taken = min(budget, total)
        budget -= taken
        for i in level_of:
            left[i] -= taken * (cells[i][1] / total if total else 0)
    return left


CASES = list(itertools.product(range(4), [False, True]))


@pytest.mark.parametrize(("seed", "ties"), CASES)
def test_new_positives_are_the_most_similar_other_images(seed, ties):
    graph, g = random_graph(seed), random_guide(seed, ties=ties)
    P, p = np.asarray(graph.matrix), np.asarray(graph.marginal)
    new = np.zeros_like(P)
    for x in range(9):
        best = max(g[x, y] for y in range(9) if y != x)
        nearest = [y for y in range(9) if y != x and g[x, y] > best - 1e-6]
        for y in nearest:
            half = p[x] * p[y] / sum(p[z] for z in nearest) / 2
            new[x, y] += half
            new[y, x] += half
    found = resampling.add_new_positive(graph, g, 0.3)
    np.testing.assert_allclose(found.matrix, 0.7 * P + 0.3 * new, atol=EXACT)


@pytest.mark.parametrize(("seed", "ties"), CASES)
def test_dropped_positives_are_the_least_similar_pairs(seed, ties):
    graph, g = random_graph(seed), random_guide(seed, ties=ties)
    P = np.asarray(graph.matrix)
    left = np.reshape(discard(list(zip(g.ravel(), P.ravel(), strict=True)), 0.2), P.shape)
    assert left.sum() == pytest.approx(0.8, abs=EXACT)
    np.testing.assert_allclose(resampling.drop_false_positive(graph, g, 0.2).matrix, left / 0.8, atol=EXACT)


@pytest.mark.parametrize(("seed", "ties"), CASES)
@pytest.mark.parametrize(("method", "sign"), [(resampling.drop_false_negative, -1), (resampling.drop_easy_negative, 1)])
def test_dropped_negatives_are_each_anchors_most_or_least_similar(seed, ties, method, sign):
    graph, g = random_graph(seed), random_guide(seed, ties=ties)
    p = np.asarray(graph.marginal)
    law = np.zeros((9, 9))
    for x in range(9):
        others = [y for y in range(9) if y != x]
        left = discard([(sign * g[x, y], p[y]) for y in others], 0.25)
        assert sum(left) == pytest.approx(0.75 * (1 - p[x]), abs=EXACT)
        law[x, x] = p[x] ** 2
        for y, mass in zip(others, left, strict=True):
            law[x, y] = p[x] * mass / 0.75
    found = method(graph, g, 0.25)
    np.testing.assert_allclose(found, (law + law.T) / 2, atol=EXACT)
    assert found.sum() == pytest.approx(1, abs=EXACT)


def test_a_guide_that_finds_all_alike_changes_nothing_but_adds_independent_pairs():
    graph, alike = random_graph(0), np.ones((9, 9))
    P, p = np.asarray(graph.matrix), np.asarray(graph.marginal)
    np.testing.assert_allclose(resampling.drop_false_positive(graph, alike, 0.3).matrix, P, atol=EXACT)
    for method in (resampling.drop_false_negative, resampling.drop_easy_negative):
        np.testing.assert_allclose(method(graph, alike, 0.3), np.outer(p, p), atol=EXACT)
    apart = np.where(np.eye(9) > 0, 0, np.outer(p, p) / (1 - p)[:, None])
    np.testing.assert_allclose(resampling.add_new_positive(graph, alike, 1.0).matrix, (apart + apart.T) / 2, atol=EXACT)


@pytest.mark.parametrize("method", ["add_new_positive", "drop_false_positive"])
def test_a_share_of_zero_changes_nothing(method):
    graph = random_graph(1)
    np.testing.assert_allclose(getattr(resampling, method)(graph, random_guide(1), 0).matrix, graph.matrix, atol=EXACT)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
def test_a_guide_that_knows_the_classes_discards_false_positives_first(seed, share):
    graph = random_graph(seed)
    same = 1.0 * (graph.labels[:, None] == graph.labels[None, :])
    alpha = float(graph.labeling_error)
    found = resampling.drop_false_positive(graph, same, share)
    assert float(found.labeling_error) == pytest.approx(max(0, (alpha - share) / (1 - share)), abs=EXACT)
    counts = np.bincount(graph.labels, minlength=3)
    alone = counts[graph.labels] == 1  # all others tie for the nearest of the only image of its class
    new = float(resampling.add_new_positive(graph, same, 0.4).labeling_error)
    assert new == pytest.approx(0.6 * alpha + 0.4 * float(graph.marginal[alone].sum()), abs=EXACT)


def test_the_ideal_guide_gives_text_induced_pairs_less_those_of_an_image_with_itself():
    world = mt.worlds.content_style(4, 5, 2, caption_error=0.0, caption_omission=0.0, caption_of="view")
    guide = resampling.cosine(world.joint.matrix)  # of the texts that go with an image
    found = resampling.add_new_positive(world.augmentation, guide, 1.0)
    induced = np.asarray(world.joint.text_induced().matrix)
    apart = induced - np.diag(np.diagonal(induced))
    np.testing.assert_allclose(found.matrix, apart / apart.sum(), atol=EXACT)


# Against the losses on batches.


NTXENT = jax.jit(lambda z: mt.losses.ntxent(z, 0.3))
GUIDED = jax.jit(lambda z, guide, method: mt.losses.guided_ntxent(z, guide, 0.3, method), static_argnums=2)


def ntxent_scores(z: np.ndarray, temperature: float) -> np.ndarray:
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    return z @ z.T / temperature


@pytest.mark.parametrize("seed", range(3))
def test_new_positives_are_those_of_the_loss_on_a_batch(seed):
    """Take a batch of 20 images whose two views are the whole population, so that rows are normalized alike."""
    n = 40
    rng = np.random.default_rng(seed)
    z, guide = rng.standard_normal((n, 4)), rng.standard_normal((n, 5))
    other = np.roll(np.eye(n), n // 2, axis=1)
    graph, g = mt.PairGraph(other, np.zeros(n, int)), resampling.cosine(guide)
    own = other > 0
    changed = resampling.add_new_positive(graph, np.where(own, -1.0, g), 0.5)  # the loss excludes the own image's views
    gain = GUIDED(z, guide, "add_new_positive") - NTXENT(z)
    expected = -np.sum((np.asarray(changed.matrix) - other / n) * ntxent_scores(z, 0.3))
    assert float(gain) == pytest.approx(expected, abs=EXACT)
    assert abs(expected) > 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_dropped_positives_are_those_of_the_loss_on_a_batch(seed):
    n = 40  # of which ⌊0.1n⌋ = 4 rows are dropped, both views of two images
    rng = np.random.default_rng(seed)
    z, guide = rng.standard_normal((n, 4)), rng.standard_normal((n, 5))
    # Images with themselves, so that none is left without pairs; they are the most similar and stay.
    weights = np.roll(np.eye(n), n // 2, axis=1)
    graph = mt.PairGraph(weights + np.eye(n), np.zeros(n, int))
    changed = np.asarray(resampling.drop_false_positive(graph, resampling.cosine(guide), 0.05).matrix)
    apart = changed - np.diag(np.diagonal(changed))
    scores = ntxent_scores(z, 0.3)
    log_softmax = scores - np.log((np.exp(scores) * (1 - np.eye(n))).sum(axis=1, keepdims=True))
    expected = -np.sum(apart / apart.sum() * log_softmax)
    found = float(GUIDED(z, guide, "drop_false_positive"))
    assert found == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("method", "dropped"), [("drop_false_negative", 1), ("drop_easy_negative", 4)])
def test_dropped_negatives_are_those_of_the_loss_on_a_batch(seed, method, dropped):
    """Drop of 40 rows the ⌊0.05n⌋ = 2 most similar, one being the anchor, or the ⌊0.1n⌋ = 4 least similar."""
    n = 40
    rng = np.random.default_rng(seed)
    z, guide = rng.standard_normal((n, 4)), rng.standard_normal((n, 5))
    g = np.asarray(resampling.cosine(guide))
    law = of_anchors(np.full(n, 1 / n), -g if method == "drop_false_negative" else g, dropped / (n - 1))
    scores, expected = ntxent_scores(z, 0.3), 0.0
    for i in range(n):
        # The loss keeps the other view of the anchor's image whatever the guide says of it.
        positive = (i + n // 2) % n
        kept = {j for j in range(n) if j != i and law[i, j] > EXACT} | {positive}
        assert n - 1 - len(kept) in (dropped - 1, dropped)
        expected += np.log(sum(np.exp(scores[i, j]) for j in kept)) - scores[i, positive]
    assert float(GUIDED(z, guide, method)) == pytest.approx(expected / n, abs=EXACT)


# The masked problem.


def loss_by_definition(F: np.ndarray, graph: mt.PairGraph, M: np.ndarray) -> float:
    """Compute −2⟨P, ffᵀ⟩ + Σ M (ffᵀ)²."""
    f = F / np.sqrt(np.asarray(graph.marginal))[:, None]
    return np.sum(-2 * np.asarray(graph.matrix) * (f @ f.T) + M * (f @ f.T) ** 2)


def test_slopes_of_the_masked_loss_are_those_of_automatic_differentiation():
    draw = np.random.default_rng(0)
    F, (S, W) = draw.standard_normal((4, 2)), (part + part.T for part in draw.random((2, 4, 4)))
    loss = jax.jit(lambda flat: masked.masked_loss(flat.reshape(F.shape), S, W))
    np.testing.assert_allclose(masked._slope(F, S, W).ravel(), jax.grad(loss)(F.ravel()), rtol=1e-12)
    np.testing.assert_allclose(masked._hessian(F, S, W), jax.hessian(loss)(F.ravel()), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_without_a_mask_the_optimum_is_spectral_and_certified(k):
    graph = random_graph(0)
    p = np.asarray(graph.marginal)
    found = resampling.masked_optimum(graph, np.outer(p, p), k, key=KEY)
    values, vectors = np.linalg.eigh(graph.normalized)
    assert found.loss == pytest.approx(-np.sum(values[::-1][:k] ** 2), abs=1e-10)
    top = vectors[:, ::-1][:, :k]
    F = np.asarray(found.factors)
    # An error of the gradient is one of F divided by the least gap, here above 0.01.
    np.testing.assert_allclose(F @ F.T, top * values[::-1][:k] @ top.T, atol=1e-6)
    assert found.margin == pytest.approx(values[::-1][k - 1] - values[::-1][k], abs=1e-6)
    assert found.margin > 0


@pytest.mark.parametrize(
    ("seed", "method"), list(itertools.product(range(3), ["drop_false_negative", "drop_easy_negative"]))
)
def test_the_masked_optimum_is_a_minimum_that_another_solver_does_not_beat(seed, method):
    graph = random_graph(seed)
    M = getattr(resampling, method)(graph, random_guide(seed), 0.25)
    found = resampling.masked_optimum(graph, M, 2, n_starts=8, key=KEY)
    assert found.loss == pytest.approx(loss_by_definition(np.asarray(found.factors), graph, M), abs=EXACT)
    assert found.gradient_norm < 1e-8
    assert found.curvature > -1e-8  # 0 along rotations, to the square root of which a gradient of 1e-8 is nothing
    assert list(found.losses) == sorted(found.losses)
    rng = np.random.default_rng(seed)
    for _ in range(4):  # SciPy, with slopes by differences, on the definition itself
        end = scipy.optimize.minimize(
            lambda F: loss_by_definition(F.reshape(9, 2), graph, M), rng.standard_normal(18) / 3
        )
        assert end.fun > found.loss - 1e-6


def test_an_encoder_of_full_dimension_is_certified_by_the_convex_problem():
    graph = random_graph(1)
    M = resampling.drop_easy_negative(graph, random_guide(1), 0.25)
    found = resampling.masked_optimum(graph, M, 9, n_starts=2, key=KEY)
    assert found.margin > -1e-6  # Λ ⪰ 0 as near as the gradient is 0
    # No semidefinite Z is better: from random ones, and along the way to them, by convexity.
    S, p = np.asarray(graph.normalized), np.asarray(graph.marginal)
    W = M / np.outer(p, p)
    rng = np.random.default_rng(0)
    Z = np.asarray(found.factors @ found.factors.T)
    for scale in 10.0 ** rng.uniform(-4, 0, 200):
        root = rng.standard_normal((9, rng.integers(1, 9)))
        other = (1 - scale) * Z + scale * root @ root.T
        assert -2 * np.sum(S * other) + np.sum(W * other**2) >= found.loss - 1e-9


def test_a_mild_mask_is_certified_and_a_saddle_is_not():
    graph = random_graph(2)
    p = np.asarray(graph.marginal)
    rng = np.random.default_rng(2)
    W = 1 + 0.05 * rng.random((9, 9))
    M = np.outer(p, p) * (W + W.T) / 2
    found = resampling.masked_optimum(graph, M, 2, n_starts=6, key=KEY)
    assert found.margin > 0
    assert max(found.losses) == pytest.approx(min(found.losses), abs=1e-8)  # a global minimum, from every start


def test_the_probe_is_weighted_by_the_marginal_of_the_graph():
    graph = random_graph(3)
    F = np.random.default_rng(0).standard_normal((9, 2))
    p = np.asarray(graph.marginal)
    f, Y = F / np.sqrt(p)[:, None], np.eye(3)[graph.labels]
    head = np.linalg.lstsq(np.sqrt(p)[:, None] * f, np.sqrt(p)[:, None] * Y, rcond=None)[0]
    scores = f @ head
    found = _measured(graph, F)
    assert found["residual"] == pytest.approx(p @ ((Y - scores) ** 2).sum(axis=1), abs=EXACT)
    assert found["error"] == pytest.approx(p @ (scores.argmax(axis=1) != np.asarray(graph.labels)), abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_no_bound_is_violated_and_the_table_tells_each_methods_numbers(seed):
    graph, guide = random_graph(seed), random_guide(seed)
    table = resampling.compare(graph, guide, 2, shares=(0.2, 0.1, 0.1), key=KEY).set_index("method")
    assert list(table.index) == ["none", *list(mt.losses.GUIDED)[:4]]
    assert not (table.verdict == "violated").any()
    told = table[table.upper.notna()]
    assert (told.bounded <= told.upper + EXACT).all()
    changed = resampling.drop_false_positive(graph, guide, 0.2)
    values, vectors = np.linalg.eigh(changed.normalized)
    row = table.loc["drop_false_positive"]
    assert row.lambda_next == pytest.approx(values[-3], abs=EXACT)
    assert row.upper == pytest.approx(float(changed.labeling_error) / (1 - values[-3]), rel=1e-9)
    inside = vectors[:, -2:].T @ np.asarray(changed.label_matrix)
    assert row.bounded == pytest.approx(1 - np.sum(inside**2), abs=1e-9)


NINE = random_graph(0)
GUIDE = random_guide(0)
BAD = {
    "graph": (TypeError, "graph: PairGraph", lambda: resampling.add_new_positive(np.eye(3), np.eye(3))),
    "graph-one": (ValueError, "graph: two 1", lambda: resampling.add_new_positive(mt.PairGraph([[1]], [0]), [[1]])),
    "similarity-shape": (ValueError, "similarity: (9, 9) (3, 3)", lambda: resampling.add_new_positive(NINE, np.eye(3))),
    "similarity-nan": (ValueError, "similarity: finite nan", lambda: resampling.add_new_positive(NINE, GUIDE * np.nan)),
    "similarity-asymmetric": (
        ValueError,
        "similarity: symmetric",
        lambda: resampling.drop_easy_negative(NINE, np.triu(np.ones((9, 9)))),
    ),
    "weight": (ValueError, "weight: 2", lambda: resampling.add_new_positive(NINE, GUIDE, 2)),
    "share": (ValueError, "share: -1", lambda: resampling.drop_false_positive(NINE, GUIDE, -1)),
    "share-all": (ValueError, "share: below 1", lambda: resampling.drop_false_negative(NINE, GUIDE, 1)),
    "share-too-much": (
        ValueError,
        "share: image 0 without pairs",
        lambda: resampling.drop_false_positive(mt.PairGraph(np.eye(2), [0, 1]), [[0, 0], [0, 1]], 0.5),
    ),
    "negatives-shape": (
        ValueError,
        "negatives: (9, 9)",
        lambda: resampling.masked_optimum(NINE, np.eye(3), 2, key=KEY),
    ),
    "negatives-own": (
        ValueError,
        "negatives: image 0 itself",
        lambda: resampling.masked_optimum(NINE, 1 - np.eye(9), 2, key=KEY),
    ),
    "k": (ValueError, "k: 10", lambda: resampling.masked_optimum(NINE, np.ones((9, 9)), 10, key=KEY)),
    "key": (TypeError, "key: JAX", lambda: resampling.masked_optimum(NINE, np.ones((9, 9)), 2, key=0)),
    "compare-k": (ValueError, "k: 9", lambda: resampling.compare(NINE, GUIDE, 9, key=KEY)),
    "compare-shares": (ValueError, "shares: three", lambda: resampling.compare(NINE, GUIDE, 2, shares=(0.1,), key=KEY)),
    "compare-graph": (TypeError, "graph: PairGraph", lambda: resampling.compare(np.eye(3), np.eye(3), 1, key=KEY)),
}


@pytest.mark.parametrize(("error", "words", "call"), BAD.values(), ids=BAD)
def test_bad_input_is_refused(error, words, call):
    assert_refused(error, words, call)

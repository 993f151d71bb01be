"""Check that a graph of pairs of images refuses bad input, naming the argument."""

import jax.numpy as jnp
import numpy as np
import pytest
from refusals import assert_accepted, assert_refused, bad, graph, three, total

BAD = [
    bad("graph-not-square", ValueError, "matrix: symmetric (2, 3)", lambda _: graph(np.ones((2, 3)))),
    bad("graph-asymmetric", ValueError, "matrix: symmetric", lambda _: graph([[1, 2], [3, 1]])),
    bad("graph-no-mass", ValueError, "matrix: image 1 mass", lambda _: graph([[1, 0], [0, 0]])),
    bad("graph-zero", ValueError, "matrix: mass", lambda _: graph(np.zeros((2, 2)))),
    bad("graph-negative", ValueError, "matrix: non-negative", lambda _: graph([[1, -1], [-1, 1]])),
    bad("graph-nan", ValueError, "matrix: finite", lambda _: graph([[1, np.nan], [np.nan, 1]])),
    bad("graph-1d", ValueError, "matrix: 2 dimension", lambda _: graph([1, 1])),
    bad("graph-labels-short", ValueError, "labels: 2 got 1", lambda _: graph(labels=[0])),
    bad("graph-labels-float", TypeError, "labels: integers", lambda _: graph(labels=[0.0, 1.0])),
    bad("graph-labels-huge", ValueError, "labels: 1000000000", lambda _: graph(labels=[0, 10**9])),
    bad("graph-classes-zero", ValueError, "n_classes: at least 1", lambda _: graph(n_classes=0)),
    bad("graph-classes-few", ValueError, "labels: got 1", lambda _: graph(n_classes=1)),
    bad("graph-classes-huge", ValueError, "n_classes: 1000000000", lambda _: graph(n_classes=10**9)),
    bad(
        "conductance-many",
        ValueError,
        "conductance 16 17",
        lambda _: graph(np.eye(17), np.zeros(17, int)).conductance(),
    ),
    bad("conductance-one", ValueError, "conductance 2 1", lambda _: graph([[1]], [0]).conductance()),
    bad(
        "feature-diversity-rows",
        ValueError,
        "features: 3 (2, 2)",
        lambda _: three().text_induced().feature_diversity(np.eye(2)),
    ),
]

GOOD = {
    "graph-huge-entries": lambda: total(graph(np.full((2, 2), 1e308))),
    "graph-classes-jax": lambda: type(graph(n_classes=jnp.asarray(2)).n_classes) is int,
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)

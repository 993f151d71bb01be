"""Statements on scores at many settings: temperatures, shares of kept captions, numbers of candidates."""

import functools

import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.theory.catalogue import alignment, contrastive, retrieval
from mmcl_theory.theory.registry import collect

SLUGS = list(collect([contrastive, retrieval, alignment]))
N = 150  # instances for each number of candidates


def scores(rng, P):
    """Scores near the pointwise information or against it, coarse ones that tie, constants, and mere noise."""
    density = np.log((P + 1e-12) / np.outer(P.sum(axis=1), P.sum(axis=0)))
    size = rng.choice([1.0, 0.5, -0.3, 1e-3, -1e-5, 0.0])
    made = size * density + rng.choice([0, 1e-6, 0.1, 1.0]) * rng.standard_normal(P.shape)
    return np.round(made, 1) if rng.random() < 0.3 else made


@functools.cache
def table(candidates):
    """All statements on random joints, with zeros, rare images and any labels of texts."""
    rng, instances = np.random.default_rng(candidates), []
    for _ in range(N):
        P = rng.dirichlet(np.full(20, rng.choice([0.05, 0.3, 2.0]))).reshape(4, 5)
        P = P * rng.choice([1e-4, 1.0, 1.0], size=(4, 1)) + 1e-9
        P = rng.choice([1.0, 0.1]) * P / P.sum() + rng.choice([0.0, 0.5, 10.0]) * np.eye(4, 5)
        labels = (rng.integers(0, 3, 4), rng.integers(0, 3, 5)) if rng.random() < 0.5 else (range(4), [0, 1, 2, 3, 0])
        joint = mt.Joint(P / P.sum(), *(list(side) for side in labels), n_classes=4)
        settings = {"temperature": np.exp(rng.uniform(-2, 3)), "mismatch": rng.random()}
        encoders = (settings["temperature"] * scores(rng, np.asarray(joint.matrix)), np.eye(5))
        if rng.random() < 0.3:
            encoders = (rng.standard_normal((4, 5)), rng.standard_normal((5, 5)))
        instances.append(mt.Instance(joint, encoders=encoders, candidates=candidates, **settings))
    return mt.verify(instances, 1, SLUGS)


@pytest.mark.parametrize("candidates", [2, 5])
def test_nothing_is_violated_at_any_settings(candidates):
    violated = table(candidates)[table(candidates).verdict == "violated"]
    assert violated.empty, violated.to_string()


@pytest.mark.parametrize("slug", SLUGS)
def test_each_statement_applies_to_many_and_says_something_of_some(slug):
    rows = table(5)[table(5).theorem == slug]
    assert rows.verdict.isin(["holds", "vacuous"]).sum() >= N / 20
    assert (rows.verdict == "holds").any()


def test_some_instances_come_near():
    """Bounds that were too loose would be met nowhere: here half of the bound is used up by chance."""
    ratio = table(5).groupby("theorem").ratio.max()
    near = ["infonce-bound", "infonce-negatives", "retrieval-variation", "retrieval-information", "retrieval-regret"]
    assert (ratio[[*near, "temperature-ceiling", "alignment-spectrum"]] > 0.5).all()

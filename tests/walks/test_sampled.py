"""Walks that are drawn, against the probabilities that they estimate."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.walks.moments import walk_errors
from mmcl_theory.walks.sampled import SampledErrors, sampled_walk_errors, sampled_walk_upper

JOINT = mt.generators.random_dirichlet(6, 5, 3, key=jax.random.key(0))


def test_limits_enclose_the_truth_and_narrow():
    true = np.asarray(walk_errors(JOINT, 4))[1:]
    for joint in (JOINT, JOINT.to_sparse()):
        found = sampled_walk_errors(joint, 4, 100_000, failure_probability=1e-6, key=jax.random.key(1))
        assert (found.lower <= true).all()
        assert (true <= found.upper).all()
        assert (found.upper - found.lower).max() < 0.03  # 10 standard deviations of at most 0.5/√100000


def test_bounds_hold_and_come_near_that_of_exact_errors():
    k = 2
    q = mt.measure(JOINT, k)
    a, b, collision = float(q.sigma_next**2), float(q.sigma_k**2), float(q.class_collision)
    true = np.asarray(walk_errors(JOINT, 3))[1:]
    exact = sampled_walk_upper(SampledErrors(true, true, true), a, b, collision)
    assert exact == pytest.approx(mt.walk_bounds(JOINT, k, 3).upper, abs=1e-4)  # a grid of 200 points
    drawn = sampled_walk_errors(JOINT, 3, 1_000_000, key=jax.random.key(2))
    bound = sampled_walk_upper(drawn, a, b, collision)
    assert float(q.probe_residual) <= bound <= 1 - collision


def test_refusals():
    with pytest.raises(ValueError, match="steps: must be 1 … 8, got 9"):
        sampled_walk_errors(JOINT, 9, 10, key=jax.random.key(0))

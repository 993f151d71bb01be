"""The derivative of InfoNCE in closed form is that of JAX."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory._arrays import on_host


@pytest.mark.parametrize("held", ["dense", "sparse"])
def test_the_gradient_is_that_of_the_loss(held):
    joint = mt.generators.random_dirichlet(6, 5, 3, 0.3, key=jax.random.key(0))
    joint = joint.to_sparse() if held == "sparse" else joint
    best = on_host(joint).law.log_ratio()
    scores = best + np.random.default_rng(0).normal(size=best.shape)
    expected = jax.jit(jax.grad(lambda s: mt.losses.infonce_population(joint, s)))(scores)
    by_program = jax.jit(mt.losses.infonce_gradient)
    for gradient in (by_program, lambda joint, scores: mt.losses.infonce_gradient(on_host(joint), scores)):
        found = np.asarray(gradient(joint, scores))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)  # of masses below 1, most far below
        assert np.abs(found).max() > 1e-3
        np.testing.assert_allclose(gradient(joint, best), 0, atol=1e-15)

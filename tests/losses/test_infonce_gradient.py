"""The derivative of InfoNCE in closed form is that of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mmcl_theory as mt


@pytest.mark.parametrize("held", ["dense", "sparse"])
def test_the_gradient_is_that_of_the_loss(held):
    joint = mt.generators.random_dirichlet(6, 5, 3, 0.3, key=jax.random.key(0))
    best = np.asarray(joint.to_sparse().law.log_ratio() if held == "sparse" else joint.law.log_ratio())
    joint = joint.to_sparse() if held == "sparse" else joint
    scores = best + np.random.default_rng(0).normal(size=best.shape)
    expected = jax.jit(jax.grad(lambda s: mt.losses.infonce_population(joint, s)))(jnp.asarray(scores))
    found = mt.losses.infonce_gradient(joint, scores)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)  # of masses below 1, most far below
    assert np.abs(found).max() > 1e-3
    np.testing.assert_allclose(mt.losses.infonce_gradient(joint, best), 0, atol=1e-15)

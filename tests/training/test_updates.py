"""Compare runs of an optimizer with plain loops."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from mmcl_theory.training.updates import follow


def test_a_run_of_momentum_is_the_plain_loop():
    def loss(x, key):
        return jnp.sum(x**2 * jnp.array([1.0, 3.0])) / 2

    keys = jax.random.split(jax.random.key(0), 5)
    end, losses = follow(loss, jnp.ones(2), optax.sgd(0.1, momentum=0.9), keys)
    x, v = np.ones(2), np.zeros(2)
    for t in range(5):
        assert float(losses[t]) == pytest.approx((x**2 * [1, 3]).sum() / 2, rel=1e-13)
        v = 0.9 * v + x * [1, 3]
        x = x - 0.1 * v
    np.testing.assert_allclose(end, x, rtol=1e-12)


def test_each_step_gets_its_own_key_and_only_arrays_are_trained():
    keys = jax.random.split(jax.random.key(0), 3)
    model = {"weight": jnp.zeros(()), "name": "fixed"}
    end, losses = follow(lambda model, key: model["weight"] * jax.random.normal(key), model, optax.sgd(1.0), keys)
    drawn = np.array([float(jax.random.normal(key)) for key in keys])
    assert end["name"] == "fixed"
    assert float(end["weight"]) == pytest.approx(-drawn.sum(), rel=1e-12)
    np.testing.assert_allclose(losses, drawn * -np.append(0, np.cumsum(drawn)[:-1]), rtol=1e-12)

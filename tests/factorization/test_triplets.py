"""Tests of what a search holds while it builds triplets, which is the most that it holds at all."""

import weakref

import jax.numpy as jnp
import numpy as np

from mmcl_theory.factorization.krylov import triplets
from mmcl_theory.factorization.krylov.refine import rayleigh_ritz
from mmcl_theory.factorization.operators.dense import Dense


def test_ritz_vectors_are_given_up_as_singular_vectors_are_built_of_them(monkeypatch):
    sigma = np.array([3.0, 2.0, 1.0, 0.5])
    operator = Dense(jnp.diag(jnp.asarray(sigma)))
    given_up = [rayleigh_ritz(operator, jnp.eye(4))]
    held = [weakref.ref(part) for part in (given_up[0].rows, given_up[0].images, given_up[0].rests)]
    alive, in_order = [], triplets.in_order
    monkeypatch.setattr(
        triplets, "in_order", lambda *given: alive.append([ref() is not None for ref in held]) or in_order(*given)
    )
    found = triplets.triplets_of_ritz_vectors(operator, given_up, np.zeros(3))
    # Left vectors are built of images, while right ones are still to be built of rows; then images are gone.
    assert alive == [[True, True, False], [True, False, False]]
    assert given_up == []
    assert not any(ref() is not None for ref in held)
    np.testing.assert_allclose(found.values, sigma[:3], rtol=1e-15)
    np.testing.assert_allclose(np.abs(found.left), np.eye(4)[:, :3], atol=1e-15)

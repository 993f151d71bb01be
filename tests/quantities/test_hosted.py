"""What NumPy computes between two programs is what is computed within transformations of JAX."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.quantities import retrieval
from mmcl_theory.quantities.decompositions import decomposed
from mmcl_theory.quantities.measurement import Measurement
from mmcl_theory.quantities.quantities import HOSTED, NAMES, host_arguments, quantities_of, reading_hosted
from mmcl_theory.verification import evaluation

KS = np.array([1, 3])


@pytest.mark.parametrize("at_once", [1, 2**18])  # one row at a time, and all of them
def test_rankings_are_the_same_with_ties_and_in_batches(at_once, monkeypatch):
    monkeypatch.setattr(retrieval, "_AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    law, texts = rng.dirichlet(np.ones(35), 3).reshape(3, 5, 7), rng.dirichlet(np.ones(7), 3)
    scores = rng.integers(-2, 3, (3, 5, 7)) * np.array([1.0, 0.0, 0.3])[:, None, None]  # −0 is 0
    scores[2, 0, :2] = -np.inf
    found = retrieval.ranking_on_host(scores, law, texts)
    # Sums of 35 products of numbers below 1.
    np.testing.assert_allclose(found, jax.jit(jax.vmap(retrieval.ranking))(scores, law, texts), rtol=0, atol=1e-15)
    assert found[1] == pytest.approx(0.5, abs=1e-15)  # all scores are the same


@pytest.fixture(scope="module")
def instance():
    """An instance with every part."""
    world = mt.worlds.latent.content_style()
    return mt.Instance.with_random_parts(
        world.joint, augmentation=world.augmentation, n_pairs=1000, key=jax.random.key(0)
    )


def test_what_is_found_on_the_host_stands_for_what_is_computed_in_the_program(instance):
    spectrum, names = decomposed(instance, 3, ()), sorted(reading_hosted(NAMES))
    arguments = jax.jit(lambda ks: host_arguments(instance, spectrum, ks, names))(KS)  # not op by op
    assert arguments.keys() == HOSTED.keys()
    found = {name: HOSTED[name].on_host(*jax.device_get(some)) for name, some in arguments.items()}
    measured = jax.jit(lambda k, found: quantities_of(Measurement(instance, spectrum, k, found), names))
    for place, k in enumerate(KS):
        here = {name: tuple(end[place] for end in some) if HOSTED[name].per_k else some for name, some in found.items()}
        one, other = measured(k, here), measured(k, {})
        for name in names:
            # What is found is a bound whose rounding is allowed for, of at most 1.
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0, atol=1e-9, err_msg=name)


def test_a_part_that_the_instance_lacks_is_not_asked_for(instance):
    bare = mt.Instance(instance.joint)
    spectrum, names = decomposed(bare, 3, ()), sorted(reading_hosted(NAMES))
    arguments = jax.eval_shape(lambda ks: host_arguments(bare, spectrum, ks, names), KS)
    assert arguments.keys() == {"labels", "rest", "best ranking"}


def test_no_program_of_verify_calls_back(instance):
    """JAX keeps none that does in its persistent cache."""
    batch, spectrum = (
        jax.tree.map(lambda leaf: np.asarray(leaf)[None], one) for one in (instance, decomposed(instance, 3, ()))
    )
    names = reading_hosted(NAMES)
    arguments = evaluation._host_arguments(batch, spectrum, KS, names)
    found = {name: HOSTED[name].on_host(*jax.device_get(some)) for name, some in arguments.items()}
    measured = evaluation._measure_batch.trace(batch, spectrum, KS, found, names, block=1)
    for program in (evaluation._host_arguments.trace(batch, spectrum, KS, names), measured):
        assert "callback" not in str(program.jaxpr)
    # It would be seen.
    assert "callback" in str(evaluation._measure_batch.trace(batch, spectrum, KS, {}, names, block=1).jaxpr)

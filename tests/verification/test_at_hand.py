"""What NumPy measures of a few small instances is what a compiled program measures of many."""

import jax
import numpy as np
import pytest
import scipy.sparse
from small_worlds import instances

import mmcl_theory as mt
from mmcl_theory.quantities import quantities
from mmcl_theory.verification.batches import groups_of
from mmcl_theory.verification.evaluation import measure_group

KS = [1, 2, 3, 5]
THEOREMS = tuple(mt.theorems.values())


def measured(some):
    """Measure what all theorems read."""
    (group,) = groups_of(some)
    return measure_group(group, KS, THEOREMS, lambda: None)


# Of one size, so that what draws their parts is compiled once.
def one_class():
    return mt.generators.random_dirichlet(6, 8, 1, key=jax.random.key(0))


def sparse():
    return mt.generators.random_dirichlet(6, 8, 3, 0.05, key=jax.random.key(0)).to_sparse()


def factored():
    images, texts, natural = (np.random.default_rng(0).dirichlet(np.ones(n), 7) for n in (6, 8, 1))
    return mt.Joint.of_channels(images, texts, natural.ravel() + np.arange(7), np.arange(6) % 3)


# Of a truncated decomposition walks bound these by moments alone, whose rounding the bounds magnify by much: both are
# right, and not the same.
BOUNDED = {
    "walk_upper": "probe_residual",
    "walk_lower": "probe_residual",
    "zero_shot_walk_upper": "zero_shot_residual",
    "zero_shot_walk_lower": "zero_shot_residual",
}


def assert_bounded(name, some):
    """Assert that the bound is one, as far as the residual is known, and not that all are."""
    bound, residual = getattr(some.quantities, name), getattr(some.quantities, BOUNDED[name])
    beyond = bound - residual if name.endswith("upper") else residual - bound
    assert (beyond > -getattr(some.errors, BOUNDED[name])).all(), name
    assert beyond.min() < 0.2, name


# With every part; with fewer images than texts and one class, which parts know nothing of, or two; and joints that are
# not held densely, of which decompositions are truncated: what else a product of channels computes in a way of its own,
# test_law_interface.py compares with NumPy method by method.
@pytest.mark.parametrize(
    "world",
    [
        *("dirichlet", sparse),
        *(pytest.param(world, marks=pytest.mark.slow) for world in (one_class, "wide dirichlet", factored)),
    ],
)
def test_both_measure_the_same(world, monkeypatch):
    if world is one_class:
        some = [mt.Instance(world(), steps=4)]
    elif callable(world):
        # What longer walks say of a truncated decomposition takes seconds.
        some = [mt.Instance.with_random_parts(world(), n_pairs=100, steps=4, key=jax.random.key(1))]
    else:
        some = instances(world, 3)
    ours = measured(some)
    monkeypatch.setattr(quantities, "MOST_AT_HAND", 0)
    program = measured(some)
    assert ours.is_complete is program.is_complete is (world not in (sparse, factored))
    compared = 0
    for name in quantities.NAMES:
        one, other = getattr(ours.quantities, name), getattr(program.quantities, name)
        assert (one is None) == (other is None), name
        if one is None:
            continue
        compared += 1
        errors, other_errors = getattr(ours.errors, name), getattr(program.errors, name)
        # Each is off by its error at most.  Errors are upper bounds that need no digits, but for rounding of what is 0.
        if name in BOUNDED and not ours.is_complete:
            assert_bounded(name, ours)
            assert_bounded(name, program)
            continue
        unequal = np.abs(one - other) > errors + other_errors
        assert not unequal[np.isfinite(one) & np.isfinite(other)].any(), (name, one, other)
        np.testing.assert_array_equal(np.isfinite(one), np.isfinite(other), err_msg=name)
        finite = np.isfinite(errors) & np.isfinite(other_errors)
        np.testing.assert_allclose(errors[finite], other_errors[finite], rtol=0.01, atol=1e-10, err_msg=name)
    assert compared > (50 if callable(world) else 140)


def test_which_of_them_measures_depends_on_how_much_there_is_alone(monkeypatch):
    joint = mt.generators.isotropic_noise(4, 0.2)
    limit = quantities.MOST_AT_HAND
    assert quantities.is_at_hand(mt.Instance(joint), 1, 2, n=limit // 2)
    assert not quantities.is_at_hand(mt.Instance(joint), 1, 2, n=limit // 2 + 1)
    large = mt.Instance(mt.generators.isotropic_noise(300, 0.2))
    assert quantities.is_at_hand(large, 1)
    monkeypatch.setattr(quantities, "on_gpu", lambda: True)
    assert not quantities.is_at_hand(large, 1)
    assert quantities.is_at_hand(mt.Instance(joint), 1)
    seen = []
    jax.jit(lambda law: seen.append(quantities.is_at_hand(mt.Instance(mt.Joint(law, [0, 1], [0, 1])), 1)))(np.eye(2))
    assert seen == [False]


def test_nothing_is_compiled_for_a_few_small_joints():
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(lambda event, *_, **__: compiled.append(event))
    joint = mt.Joint(np.random.default_rng(0).random((7, 11)), np.arange(7) % 3)
    rows = joint.matrix / joint.image_marginal[:, None]
    channels = mt.Joint.of_channels(rows, rows, np.ones(7), np.arange(11) % 3)
    parts = {"augmentation": joint.text_induced(), "encoders": (np.eye(7), np.ones((11, 7)))}
    counts = scipy.sparse.csr_array(np.ones((7, 11), int))
    # What long walks say of a truncated decomposition takes seconds.
    others = (mt.Instance(joint.to_sparse(), sample=counts, steps=4), mt.Instance(channels, steps=4))
    for instance in (mt.Instance(joint, **parts), *others):
        table = mt.verify(instance, [1, 2])
        mt.measure(instance, 2)
        assert (table.verdict != "violated").all()
    assert not [event for event in compiled if "compile" in event]

"""Joints that are made, or estimated, many at once are those that are made one by one."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.joints.batch import joints_of, samples_of

KEYS = jax.random.split(jax.random.key(5), 4)
# At the ends some cells have no mass; few pairs leave images and texts without any.
KNOBS = [{"label_noise": noise, "contrast": c} for noise, c in ((0.0, 1.0), (1.0, 0.0), (0.3, 0.7), (0.05, 1.0))]


def assert_same(one, other):
    """Assert that two joints have the same fields, bit for bit."""
    for name in ("matrix", "image_labels", "text_labels", "image_ids", "text_ids"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name in ("n_classes", "given_shape", "names", "denominator"):
        assert getattr(one, name) == getattr(other, name), name


@pytest.mark.parametrize("tail", [0.0, 1.5])
def test_block_joints_and_their_samples(tail):
    joints = mt.generators.block_joints(9, 7, (1, 2, 1), KNOBS, tail, keys=KEYS)
    for joint, knobs, key in zip(joints, KNOBS, KEYS, strict=True):
        assert_same(joint, mt.generators.block_joint(9, 7, (1, 2, 1), **knobs, tail=tail, key=key))
    for n_pairs in (8, 1000):
        for joint, sample, key in zip(joints, samples_of(joints, n_pairs, KEYS), KEYS, strict=True):
            assert_same(sample, joint.sample(n_pairs, key=key))


def test_block_joints_have_the_law_that_their_docstring_says():
    (joint,) = mt.generators.block_joints(4, 4, (1, 1), [{"label_noise": 0.2, "contrast": 0.5}], keys=KEYS[:1])
    # Two images and two texts a class, all equally likely: within a class half independent, half matched one to one.
    within, without = 0.8 / 4 * (0.5 / 2 + 0.5 * np.eye(2)), np.full((2, 2), 0.2 / 4 / 2)
    np.testing.assert_allclose(joint.matrix, np.block([[within, without], [without, within]]), rtol=1e-14)


def test_what_has_no_mass_is_dropped_as_by_the_joint_itself():
    weights = np.array([[[0.5, 0.0], [0.5, 0.0]], [[1.0, 2.0], [3.0, 4.0]]])
    with pytest.warns(UserWarning, match="1 texts of zero mass dropped"):
        one, other = joints_of(weights, np.array([0, 1]), np.array([0, 1]), 2)
    assert one.given_shape == (2, 2)
    assert one.n_texts == 1
    np.testing.assert_array_equal(other.matrix, weights[1] / 10)


def test_sparse_joints_and_joints_of_several_shapes_are_sampled_one_by_one():
    joints = [mt.generators.isotropic_noise(3, 0.3).to_sparse(), mt.generators.isotropic_noise(4, 0.3)]
    for joint, sample, key in zip(joints, samples_of(joints, 100, KEYS[:2]), KEYS[:2], strict=True):
        expected = joint.sample(100, key=key)
        np.testing.assert_array_equal(sample.to_dense().matrix, expected.to_dense().matrix)


def test_random_joints_within_vmap_are_those_made_one_by_one():
    """Programs and NumPy differ in the last bit of exponentials."""
    batch = jax.jit(jax.vmap(lambda key: mt.generators.random_dirichlet(5, 6, 2, bayes_labels=True, key=key)))(KEYS)
    joints = [mt.generators.random_dirichlet(5, 6, 2, bayes_labels=True, key=key) for key in KEYS]
    for name in ("matrix", "image_labels", "text_labels"):
        expected = [getattr(joint, name) for joint in joints]
        np.testing.assert_allclose(getattr(batch, name), expected, rtol=1e-14)

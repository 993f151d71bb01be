"""What a joint and an instance hold is theirs: nobody can write to it, and what was given may change afterwards."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt


def parts():
    """Arrays of which an instance is made, each of the type in which it is held, so that none need be converted."""
    pairs = np.full((4, 4), 1 / 16)
    return {
        "matrix": np.full((4, 3), 1 / 12),
        "image_labels": np.array([0, 0, 1, 1]),
        "text_labels": np.array([0, 1, 1]),
        "pairs": pairs,
        "images": np.ones((4, 2)),
        "texts": np.ones((3, 2)),
        "channel": np.full((3, 2), 0.5),
        "auxiliary_labels": np.array([0, 1, 1, 1]),
        "attribute": np.array([0, 1, 0, 1]),
        "label_law": np.full((4, 2), 0.5),
        "sample": np.ones((4, 3)),
        "labelled": np.ones(4),
        "walks": np.full(3, 8.0),
    }


def instance_of(matrix, image_labels, text_labels, pairs, images, texts, attribute, **others):
    joint = mt.Joint(matrix, image_labels, text_labels)
    graph = mt.PairGraph(pairs, image_labels)
    return mt.Instance(
        joint, augmentation=graph, encoders=(images, texts), attribute=(attribute, None), steps=2, **others
    )


def test_arrays_that_were_given_may_change():
    given = parts()
    made, expected = instance_of(**given), instance_of(**parts())
    for array in given.values():
        array[...] = 0
    for leaf, other in zip(jax.tree.leaves(made), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(leaf, other)


def test_nobody_can_write_to_what_is_held():
    leaves = [leaf for leaf in jax.tree.leaves(instance_of(**parts())) if np.ndim(leaf)]
    assert len(leaves) == len(parts()) + 2 + 1  # the joint's places of images and texts; labels of graph and joint
    for leaf in leaves:
        with pytest.raises(ValueError, match="read-only"):
            leaf[...] = 0

"""Bayes labels of texts are those of exact arithmetic, ties included, however the joint is held and ordered."""

from fractions import Fraction

import jax
import numpy as np
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small_worlds import how_many

import mmcl_theory as mt
from mmcl_theory.joints import fields

N_IMAGES, N_TEXTS = 12, 6
# Divided by their total, equal sums of counts are often unequal sums of floats.  No count is 0, so that all joints
# share their programs.
COUNTS = hnp.arrays(int, (N_IMAGES, N_TEXTS), elements=st.integers(1, 4), fill=st.nothing())


def of_exact_arithmetic(counts, labels, n_classes):
    total = int(counts.sum())
    masses = [
        [sum((Fraction(int(c), total) for c in column[labels == i]), Fraction(0)) for i in range(n_classes)]
        for column in counts.T
    ]
    return [mass.index(max(mass)) for mass in masses]


def held(counts, labels, n_classes):
    """The joint in each of the ways in which it can be held: the factored one has a natural sample for each image."""
    marginal = counts.sum(axis=1)
    channels = np.eye(len(counts)), counts / marginal[:, None]
    made = mt.Joint(counts, labels, n_classes=n_classes)
    sparse, _ = fields.normalized_law("matrix", scipy.sparse.csr_array(counts), sparse=True)
    return {
        "dense": made,
        "sparse": mt.Joint.of_law(sparse, labels, None, n_classes),
        "factored": mt.Joint.of_channels(*channels, marginal, labels, n_classes=n_classes),
        "of whole numbers that are floats": mt.Joint(counts / counts.sum(), labels, n_classes=n_classes),
    }


@given(COUNTS, st.permutations(range(N_IMAGES)), st.permutations(range(N_TEXTS)))
@settings(max_examples=how_many(30, 100), deadline=None)
def test_labels_are_those_of_exact_arithmetic_in_any_order(counts, rows, columns):
    labels = np.arange(N_IMAGES) % 3
    expected = np.array(of_exact_arithmetic(counts, labels, 3))
    for kind, joint in held(counts, labels, 3).items():
        np.testing.assert_array_equal(joint.text_labels, expected, err_msg=kind)
    for kind, joint in held(counts[rows][:, columns], labels[rows], 3).items():
        np.testing.assert_array_equal(joint.text_labels, expected[columns], err_msg=f"{kind}, in another order")


def test_ties_of_parts_of_many_sizes_are_found_and_near_ties_are_none():
    # Two texts with equal masses of classes 0 and 1, in ten parts each, which sum to other floats in another order.
    labels = np.repeat([1, 0], 10)
    for seed in range(3):
        parts = np.random.default_rng(seed).integers(1, 10**6, size=10)
        counts = np.concatenate([parts, parts[::-1]])[:, None] * [7, 3]
        for kind, joint in held(counts, labels, 2).items():
            assert joint.text_labels.tolist() == [0, 0], kind
        assert jax.jit(lambda law: fields.bayes_text_labels(law, labels, 2))(counts / 7).tolist() == [0, 0]
        counts[0] += 1  # of some ten millions
        for kind, joint in held(counts, labels, 2).items():
            assert joint.text_labels.tolist() == [1, 1], kind


def test_a_tie_of_a_sum_of_many_masses_with_one_is_found():
    # A hundred thousand roundings of one sign: the sum is off by 2e-12 of itself.
    n = 10**5
    counts, labels = np.append(np.full(n, 3), 3 * n)[:, None], np.append(np.zeros(n, int), 1)
    for of_images in (labels, 1 - labels):
        joint = mt.Joint(counts, of_images)
        for law in (joint.law, joint.to_sparse().law):
            assert fields.bayes_text_labels(law, of_images, 2).tolist() == [0]
    factored = mt.Joint.of_channels(counts.T / counts.sum(), [[1]], [1], labels)
    assert factored.text_labels.tolist() == [0]
    counts[-1] += 1
    assert mt.Joint(counts, labels).text_labels.tolist() == [1]

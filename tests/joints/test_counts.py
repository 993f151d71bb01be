"""Joints and pair graphs of whole numbers and fractions keep them exact, and are certified as such."""

import json
import warnings
from fractions import Fraction

import jax
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import how_many

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.joints.fields import normalized_law

COUNTS = np.array([[3, 1, 0], [0, 2, 5], [7, 0, 1]])
LABELS = [0, 1, 1]


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), min_size=2, max_size=5))
@settings(max_examples=how_many(60, 200), deadline=None)
def test_counts_come_back_to_the_last_one(rows):
    counts = np.array(rows)
    counts[0, 0] += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joint = mt.Joint(counts, [0] * len(counts))
    kept = counts[np.asarray(joint.image_ids)][:, np.asarray(joint.text_ids)]
    np.testing.assert_array_equal(joint.counts, kept)
    np.testing.assert_array_equal(joint.transpose().counts, kept.T)


@pytest.mark.parametrize("total", [2**51, 2**51 - 1, 10**15 + 7])
def test_large_counts_are_kept_and_too_large_ones_are_not_called_counts(total):
    counts = np.array([[1, 2], [3, total - 6]])
    np.testing.assert_array_equal(mt.Joint(counts, [0, 1]).counts, counts)
    assert mt.Joint([[1, 2], [3, 2**51 - 5]], [0, 1]).counts is None


def test_fractions_count_over_their_common_denominator():
    third, quarter = Fraction(1, 3), Fraction(1, 4)
    joint = mt.Joint([[third, quarter], [Fraction(0), Fraction(5, 12)]], [0, 1])
    np.testing.assert_array_equal(joint.counts, [[4, 3], [0, 5]])
    np.testing.assert_allclose(joint.matrix, np.array([[4, 3], [0, 5]]) / 12, rtol=1e-15)
    np.testing.assert_array_equal(mt.PairGraph([[third, quarter], [quarter, third]], [0, 1]).counts, [[4, 3], [3, 4]])
    with pytest.raises(ValueError, match="matrix: whole numbers of a total above"):
        mt.Joint([[Fraction(1, 3**40), third], [quarter, quarter]], [0, 1])


def test_counts_outlive_what_keeps_them(tmp_path):
    joint = mt.Joint(COUNTS, LABELS)
    for same in (joint.to_sparse(), joint.to_sparse().to_dense(), mt.Joint(scipy.sparse.csr_array(COUNTS), LABELS)):
        np.testing.assert_array_equal(same.counts, COUNTS)
    joint.save(tmp_path / "joint.npz")
    np.testing.assert_array_equal(mt.Joint.load(tmp_path / "joint.npz").counts, COUNTS)
    drawn = joint.sample(1000, key=jax.random.key(0))
    assert drawn.counts.sum() == 1000
    assert joint.garble(np.eye(3)).counts is None


def test_numbers_that_are_not_counts_are_not_taken_for_them():
    joint = mt.Joint(COUNTS, LABELS)
    assert mt.Joint(COUNTS / 19, LABELS).counts is None
    assert mt.Joint(COUNTS / 7, LABELS).counts is None
    # Another distribution in the place of the one that was counted.
    other = jax.tree.map(lambda leaf: leaf * 1.5 if leaf.dtype == float else leaf, joint)
    assert other.denominator == 19
    assert other.counts is None


def test_counts_are_certified_as_the_whole_numbers_that_they_are():
    """Scores of 1/3 and 1/3 tie, which quotients rounded to floats do not."""
    proof = mt.certify("zero-shot-error", mt.Joint([[3, 1], [0, 2]], [0, 1], [1, 0]), 1)
    assert (proof.lhs, proof.reason) == ("1", "the sides are equal, exactly")
    augmentation = mt.PairGraph(COUNTS + COUNTS.T, LABELS)
    exact = ExactInstance.of(mt.Instance(mt.Joint(COUNTS, LABELS), augmentation=augmentation))
    assert json.dumps(exact.to_json()["matrix"]) == '[["3", "1", "0"], ["0", "2", "5"], ["7", "0", "1"]]'
    assert exact.to_json()["augmentation"] == [["6", "1", "7"], ["1", "4", "5"], ["7", "5", "2"]]


def test_the_total_of_counts_compiles_nothing_anew():
    """A program for joints of one shape serves them all, whatever they were made of."""
    from mmcl_theory.verification.evaluation import _measure_batch

    theorem = mt.theorems["label-transfer"]
    mt.verify(mt.Joint(COUNTS, LABELS), 1, theorem)
    before = _measure_batch._cache_size()
    mt.verify(mt.Joint(COUNTS + 1, LABELS), 1, theorem)
    graph = mt.PairGraph(COUNTS + COUNTS.T, LABELS)
    mt.verify(mt.Joint(COUNTS / 7, LABELS), 1, theorem)
    assert _measure_batch._cache_size() == before
    mt.verify(mt.Instance(mt.Joint(COUNTS, LABELS), augmentation=graph), 1, theorem)
    with_graph = _measure_batch._cache_size()
    mt.verify(
        mt.Instance(mt.Joint(COUNTS, LABELS), augmentation=mt.PairGraph(COUNTS + COUNTS.T + 1, LABELS)), 1, theorem
    )
    assert _measure_batch._cache_size() == with_graph


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("held", ["coo", "csr", "csc", "dok", "lil"])
def test_repeated_entries_of_narrow_types_add_up(kind, held):
    """SciPy sums them in the type that they have: 200 + 100 is 44 in a byte, and true + true is true."""
    value = kind(np.iinfo(kind).max if np.issubdtype(kind, np.integer) else 1 if kind is bool else np.finfo(kind).max)
    rows, columns, values = [0, 0, 0, 1], [0, 0, 1, 1], np.array([value, value, value, value])
    matrix = scipy.sparse.coo_array((values, (rows, columns)), shape=(2, 2))
    if held == "csr":  # its entries may be repeated too
        matrix = scipy.sparse.csr_array((values, columns, [0, 3, 4]), shape=(2, 2))
    elif held == "csc":
        matrix = scipy.sparse.csc_array((values, [0, 0, 0, 1], [0, 2, 4]), shape=(2, 2))
    elif held in ("dok", "lil"):  # cannot hold an entry twice
        matrix = scipy.sparse.coo_array(np.array([[2, 1], [0, 1]], kind)).asformat(held)
    expected = np.array([[1, 1], [0, 1]]) if held in ("dok", "lil") and kind is bool else np.array([[2, 1], [0, 1]])
    law, _ = normalized_law("matrix", matrix, sparse=True)
    for held_law in (mt.Joint(matrix, LABELS[:2]).law, law):
        np.testing.assert_allclose(held_law.to_dense(), expected / expected.sum(), rtol=1e-15)
    if kind is np.uint8:
        np.testing.assert_array_equal(
            mt.Joint(matrix, LABELS[:2]).counts, expected * (1 if held in ("dok", "lil") else 255)
        )


def test_repeated_counts_of_a_sample_add_up():
    joint = mt.Joint(COUNTS, LABELS)
    sample = scipy.sparse.coo_array((np.ones(300, np.uint8), ([0] * 300, [0] * 300)), shape=COUNTS.shape)
    for held in (joint, joint.to_sparse()):
        assert float(mt.Instance(held, sample=sample).sample.sum(axis=0).sum()) == 300

"""Tests of the order in which rows of a large sparse matrix are multiplied."""

import jax
import numpy as np
import pytest
import scipy.sparse

from mmcl_theory.factorization import settings
from mmcl_theory.factorization.operators import locality
from mmcl_theory.factorization.operators.sell import Layout
from mmcl_theory.factorization.operators.sparse import Sparse

CLASSES = 6


@pytest.fixture(autouse=True)
def every_matrix_is_large(monkeypatch):
    monkeypatch.setattr(settings, "GROUPED_MIN_ROWS", 1)


def planted(rows, columns, seed=0):
    """Return a sparse matrix, four fifths of whose entries join a row and a column of one class, and the classes."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(CLASSES, size=rows), rng.integers(CLASSES, size=columns)
    members = [np.flatnonzero(classes[1] == label) for label in range(CLASSES)]
    lengths = rng.poisson(20, rows)
    lengths[:3] = 0, 200, 140  # a row without entries, and two that are in slices of long rows
    own = [rng.choice(members[label], count) for label, count in zip(classes[0], lengths, strict=True)]
    places = np.where(rng.random(lengths.sum()) < 0.8, np.concatenate(own), rng.integers(columns, size=lengths.sum()))
    entries = rng.random(places.size), (np.repeat(np.arange(rows), lengths), places)
    return scipy.sparse.csr_array(entries, shape=(rows, columns)), classes


def test_most_entries_are_of_a_group_where_there_are_classes():
    matrix, classes = planted(3000, 2000)
    rows, columns = locality.groups(matrix, scipy.sparse.csr_array(matrix.T))
    entries = matrix.tocoo()
    together = (rows[entries.row] == columns[entries.col]).mean()
    # With the classes themselves it would be 0.83, but a class can be two groups.  By chance it is the sum of products
    # of the groups' shares.
    shares = [
        np.bincount(groups[places], minlength=256) / matrix.nnz
        for groups, places in ((rows, entries.row), (columns, entries.col))
    ]
    assert together > max(0.35, 3 * (shares[0] @ shares[1]))
    for groups, labels in zip((rows, columns), classes, strict=True):
        purest = [np.bincount(labels[groups == group]).max() for group in np.unique(groups)]
        assert sum(purest) / labels.size > 0.9


def test_rows_of_a_group_and_of_as_many_turns_follow_each_other():
    matrix, _ = planted(3000, 2000)
    transposed = scipy.sparse.csr_array(matrix.T)
    rows, columns = locality.groups(matrix, transposed)
    layouts = Layout.of_both(np.diff(matrix.indptr), np.diff(transposed.indptr), 1, (rows, columns))
    for layout, groups, side in zip(layouts, (rows, columns), (matrix, transposed), strict=True):
        stored = layout.source[layout.source < groups.size]
        np.testing.assert_array_equal(np.sort(stored), np.arange(groups.size))
        np.testing.assert_array_equal(layout.source[layout.place], np.arange(groups.size))
        keys = np.stack([-(-np.diff(side.indptr)[stored] // settings.SLICE_WIDTH), groups[stored]])
        assert (np.diff(keys[0] * 256 + keys[1]) >= 0).all()


@jax.jit
def multiplied(operator, block):
    """A product with a block in the order of the matrix, in one program."""
    return operator.from_internal(operator.times(operator.T.to_internal(block)))


@pytest.mark.parametrize("shape", [(300, 200), (200, 300)])
def test_a_product_in_that_order_is_the_same(shape):
    matrix, _ = planted(*shape)
    operator = Sparse.of(matrix)
    for own, product in ((operator, matrix), (operator.T, matrix.T)):
        block = np.random.default_rng(1).standard_normal((own.shape[1], 3))
        found, expected = multiplied(own, block), product @ block
        # Sums of up to 200 terms, each rounded.
        np.testing.assert_allclose(found, expected, atol=200 * 2**-52 * (abs(product) @ abs(block)).max())


def test_a_matrix_without_entries_is_multiplied():
    operator = Sparse.of(scipy.sparse.csr_array((5, 4)))
    np.testing.assert_array_equal(operator.times(np.ones((operator.padded[1], 2))), 0.0)


@pytest.mark.parametrize("matrix", [scipy.sparse.csr_array((5, 4)), scipy.sparse.csr_array(np.eye(3) * 1e-300)])
def test_matrices_without_entries_that_single_precision_can_tell_apart_are_one_group(matrix):
    for groups in locality.groups(matrix, scipy.sparse.csr_array(matrix.T)):
        assert not groups.any()

"""A large matrix is decomposed once until another comes, and never taken for another; a small one by LAPACK."""

import numpy as np
import pytest
import scipy.sparse

from mmcl_theory.factorization.operators.choose import SMALL, Decomposition, decompose, spectral_norm
from mmcl_theory.joints.laws.dense import DenseLaw
from mmcl_theory.joints.laws.sparse import SparseLaw


def test_the_last_large_decomposition_is_given_again_while_the_matrix_is_the_same():
    matrix = np.random.default_rng(0).random((512, 512))
    found = decompose(DenseLaw(matrix))
    assert decompose(DenseLaw(matrix.copy())) is found
    matrix[3, 5] += 1  # as its owner may
    changed = decompose(DenseLaw(matrix))
    np.testing.assert_allclose((changed.left * changed.values) @ changed.right.T, matrix, atol=1e-12)
    turned = decompose(DenseLaw(matrix.reshape(256, 1024)))
    assert turned.left.shape == (256, 256)
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 0


def assert_first_triplets(found: Decomposition, matrix: np.ndarray, k: int) -> None:
    """Assert that the first k + 1 triplets are orthonormal, and off by no more than is said, which is rounding."""
    values = np.append(np.linalg.svd(matrix, compute_uv=False), 0)[: k + 1]
    assert (np.abs(found.values - values) <= found.value_bounds).all()
    assert found.residual_norms.max() < 1e-14
    assert found.value_bounds.max() < 1e-11
    for part in (found.left, found.right):
        known = part[:, : min(k + 1, *matrix.shape)]
        np.testing.assert_allclose(known.T @ known, np.eye(known.shape[1]), atol=1e-13)
    np.testing.assert_allclose(matrix @ found.right, found.left * found.values, atol=1e-13)


@pytest.mark.parametrize("k", [0, 2, 6, 7])
@pytest.mark.parametrize("shape", [(7, 9), (9, 7)])
def test_a_small_matrix_that_is_not_held_densely_is_decomposed_by_lapack(shape, k):
    rng = np.random.default_rng(0)
    matrix = rng.random(shape) * (rng.random(shape) < 0.4)
    law = SparseLaw.of_scipy(scipy.sparse.csr_array(matrix))
    assert_first_triplets(decompose(law, k), matrix, k)
    zero = law.difference(law)
    assert [float(part) for part in spectral_norm(zero, 1e-8)] == [0, 0]


def test_what_is_small_and_what_is_not_have_the_same_triplets(by_search, monkeypatch):
    rng = np.random.default_rng(1)
    law = SparseLaw.of_scipy(scipy.sparse.random_array((40, 30), density=0.2, rng=rng, format="csr"))
    searched = decompose(law, 5)
    monkeypatch.setattr("mmcl_theory.factorization.operators.choose.SMALL", SMALL)
    at_once = decompose(law, 5)
    np.testing.assert_allclose(searched.values, at_once.values, atol=1e-8)
    projectors = [part.left[:, :5] @ part.left[:, :5].T for part in (searched, at_once)]
    np.testing.assert_allclose(*projectors, atol=1e-6)

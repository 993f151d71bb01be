"""A large matrix is decomposed once until another comes, and never taken for one that it is not."""

import numpy as np
import pytest

from mmcl_theory.factorization.operators.choose import decompose
from mmcl_theory.joints.laws.dense import DenseLaw


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

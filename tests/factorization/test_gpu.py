"""What runs on a GPU, as far as a machine without one can tell: the kernel interpreted, and lowered for CUDA."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
from jax.extend.core.primitives import dot_general_p

from mmcl_theory.factorization import settings
from mmcl_theory.factorization.krylov import basis, convergence, step
from mmcl_theory.factorization.krylov.search import krylov
from mmcl_theory.factorization.operators import choose
from mmcl_theory.factorization.operators.compressed import Compressed, sums_of_rows
from mmcl_theory.factorization.operators.sparse import Sparse

RNG = np.random.default_rng(0)


def skewed(rows: int, columns: int) -> scipy.sparse.csr_array:
    """A matrix with an empty row and an empty column, most rows short and two of them full."""
    dense = RNG.random((rows, columns)) * (RNG.random((rows, columns)) < 0.1)
    dense[[3, 17]] = RNG.random((2, columns))
    dense[5], dense[:, 2] = 0, 0
    return scipy.sparse.csr_array(dense)


@pytest.mark.parametrize("columns", [1, 3, 8, 11])
@pytest.mark.parametrize("piece", [2048, 16])
def test_the_kernel_multiplies(columns, piece, monkeypatch):
    """Whatever the number of columns, and whether rows are cut: to the rounding of another order of summation."""
    monkeypatch.setattr(settings, "MAX_PIECE", piece)
    matrix = skewed(45, 70)
    operator = Compressed.of(matrix)
    assert operator.shape == matrix.shape
    assert len(operator.forward.long) == (2 if piece == 16 else 0)
    right, left = RNG.standard_normal((70, columns)), RNG.standard_normal((45, columns))
    np.testing.assert_allclose(operator.times(jnp.asarray(right)), matrix @ right, rtol=0, atol=1e-13)
    np.testing.assert_allclose(operator.transpose_times(jnp.asarray(left)), matrix.T @ left, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(operator.T.times(jnp.asarray(left)), operator.transpose_times(jnp.asarray(left)))


def test_the_kernel_is_compiled_for_cuda():
    """Triton's part of the lowering needs no GPU."""
    rows = Compressed.of(skewed(45, 70)).forward

    def product(rows, block):
        return sums_of_rows(rows.values, rows.columns, rows.rows, block, interpreted=False)

    lowered = jax.jit(product).trace(rows, jnp.ones((70, 8))).lower(lowering_platforms=("cuda",)).as_text()
    assert "triton" in lowered


def test_a_search_with_the_kernel(monkeypatch):
    """The operator of a GPU, which is searched in double precision, finds what LAPACK finds."""
    monkeypatch.setattr(choose, "on_gpu", lambda: True)
    for module in (basis, convergence, step):
        monkeypatch.setattr(module, "on_gpu", lambda: True)
    monkeypatch.setattr(settings, "FILTER_MARGIN", 8)  # so that vectors are locked and filtered on the way
    matrix = skewed(160, 150)
    operator = choose.sparse_operator(matrix)
    assert isinstance(operator, Compressed)
    found = krylov(operator, 4, key=jax.random.key(0))
    np.testing.assert_allclose(found.values, np.linalg.svd(matrix.toarray())[1][:5], rtol=0, atol=1e-8)


def test_products_in_single_precision_ask_for_all_its_digits(monkeypatch):
    """A GPU multiplies matrices of single precision with half of its digits (TF32) where a program does not ask."""
    asked = []
    bind = dot_general_p.bind

    def recorded(left, right, **settings):
        if left.dtype == jnp.float32:
            asked.append(settings["precision"])
        return bind(left, right, **settings)

    jax.clear_caches()  # what was traced before would not be traced again
    monkeypatch.setattr(dot_general_p, "bind", recorded)
    monkeypatch.setattr(settings, "FLOAT32_MIN_ROWS", 100)
    law = scipy.sparse.random_array((300, 250), density=0.1, rng=np.random.default_rng(0), format="csr")
    krylov(Sparse.of(law), 3, key=jax.random.key(0))
    highest = (jax.lax.Precision.HIGHEST, jax.lax.Precision.HIGHEST)
    assert len(asked) > 5
    assert set(asked) == {highest}

"""Compare products by machine code with SciPy's and with XLA's, for both precisions and any number of columns."""

import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse

from mmcl_theory.factorization.krylov.polynomial import chebyshev_step, gram_times
from mmcl_theory.factorization.krylov.search import krylov
from mmcl_theory.factorization.operators import machine_code
from mmcl_theory.factorization.operators.mesh import rows_mesh
from mmcl_theory.factorization.operators.operator import times, times_in_program, to_single_precision
from mmcl_theory.factorization.operators.products import multiply_rows
from mmcl_theory.factorization.operators.sparse import Sparse

RNG = np.random.default_rng(0)


def matrix_with_rows_of_any_length(rows=300, columns=700):
    """Return rows of 0 to 30 entries, and three of hundreds, which are in slices of their own."""
    lengths = RNG.integers(31, size=rows)
    lengths[[0, 7, 8]] = 0, 600, 300
    columns_of = [RNG.choice(columns, count, replace=False) for count in lengths]
    entries = RNG.standard_normal(lengths.sum()), (np.repeat(np.arange(rows), lengths), np.concatenate(columns_of))
    return scipy.sparse.csr_array(entries, shape=(rows, columns))


MATRIX = matrix_with_rows_of_any_length()


def without_a_compiler(monkeypatch):
    monkeypatch.setattr(machine_code, "is_available", lambda: False)


def test_a_compiler_is_installed():
    """Make sure that what follows tests machine code."""
    assert Sparse.of(MATRIX).has_machine_code


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 4, 5, 8, 9, 16, 21])
def test_products_are_those_of_scipy_and_of_xla(dtype, count):
    operator = Sparse.of(MATRIX) if dtype == np.float64 else to_single_precision(Sparse.of(MATRIX))
    for own, matrix in ((operator, MATRIX), (operator.T, MATRIX.T)):
        block = RNG.standard_normal((matrix.shape[1], count)).astype(dtype)
        internal = own.T.to_internal(jnp.asarray(block))
        found = own.machine_times(internal)
        assert found.dtype == dtype
        # Sums of up to 600 terms, of entries that are rounded before, each rounded by at most half of ε.
        rounding = 600 * np.finfo(dtype).eps * (abs(matrix) @ abs(block)).max()
        np.testing.assert_allclose(own.from_internal(found), matrix @ block, rtol=0, atol=rounding)
        np.testing.assert_allclose(found, times_in_program(own, internal), rtol=0, atol=rounding)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [3, 8, 16])
def test_a_step_of_chebyshevs_recurrence_is_that_of_its_formula(dtype, count):
    operator = Sparse.of(MATRIX) if dtype == np.float64 else to_single_precision(Sparse.of(MATRIX))
    now, before = (operator.T.to_internal(jnp.asarray(RNG.standard_normal((700, count)), dtype)) for _ in range(2))
    following, image = (np.asarray(part) for part in chebyshev_step(operator, 2, 0.01, 0.3, now, before))
    own_now, own_before = (np.asarray(operator.T.from_internal(part), float) for part in (now, before))
    expected = 2 * (0.01 * (MATRIX.T @ (MATRIX @ own_now)) - 0.3 * own_now) - own_before
    sums = abs(MATRIX) @ abs(own_now)
    for found, exact, largest in (
        (operator.from_internal(image), MATRIX @ own_now, sums.max()),
        (operator.T.from_internal(following), expected, 0.02 * (abs(MATRIX).T @ sums).max() + 10.0),
    ):
        # Two sums of up to 600 terms in turn, and three operations more on numbers below 10.
        np.testing.assert_allclose(found, exact, rtol=0, atol=1203 * np.finfo(dtype).eps * largest)


def test_gram_products_are_both_of_the_products():
    operator = Sparse.of(MATRIX)
    block = operator.T.to_internal(jnp.asarray(RNG.standard_normal((700, 8))))
    back, forth = gram_times(operator, block)
    np.testing.assert_array_equal(forth, times(operator, block))
    np.testing.assert_allclose(back, times(operator.T, forth), rtol=1e-15)


def test_rows_are_multiplied_some_after_the_others():
    operator = Sparse.of(MATRIX)
    rows = jnp.asarray(RNG.standard_normal((21, operator.padded[1])))
    np.testing.assert_array_equal(multiply_rows(operator, rows), times(operator, rows.T).T)


def test_a_matrix_without_entries_is_multiplied():
    operator = Sparse.of(scipy.sparse.csr_array((5, 4)))
    np.testing.assert_array_equal(times(operator, jnp.ones((operator.padded[1], 2))), 0.0)


def test_products_may_run_side_by_side():
    operator = Sparse.of(MATRIX)
    blocks = [jnp.asarray(RNG.standard_normal((operator.padded[1], 8))) for _ in range(20)]
    alone = [np.asarray(times(operator, block)) for block in blocks]
    with ThreadPoolExecutor(5) as pool:
        for expected, found in zip(alone, pool.map(lambda block: times(operator, block), blocks), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_programs_and_meshes_take_xlas_product():
    operator = Sparse.of(MATRIX)
    block = jnp.ones((operator.padded[1], 4))
    np.testing.assert_allclose(jax.jit(times)(operator, block), times(operator, block), rtol=1e-13, atol=1e-13)
    assert not Sparse.of(MATRIX, rows_mesh(jax.devices()[:1])).has_machine_code


def test_without_a_compiler_the_search_finds_the_same(monkeypatch):
    with_compiler = krylov(Sparse.of(MATRIX), 4, key=jax.random.key(0))
    without_a_compiler(monkeypatch)
    operator = Sparse.of(MATRIX)
    assert not operator.has_machine_code
    without = krylov(operator, 4, key=jax.random.key(0))
    largest = float(without.values[0])
    for found in (without, with_compiler):
        assert found.residual_norms[:4].max() <= 1e-8 * largest
        expected = np.linalg.svd(MATRIX.toarray(), compute_uv=False)[:5]
        np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-8 * largest)


@pytest.mark.parametrize("name", ["llvmlite", "llvmlite.binding"])
def test_a_compiler_that_is_not_installed_is_not_asked(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    assert not machine_code.is_available.__wrapped__()

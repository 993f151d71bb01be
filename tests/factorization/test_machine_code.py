"""Compare products by machine code with SciPy's and with XLA's, for both precisions and any number of columns."""

import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest
import scipy.sparse

from mmcl_theory.factorization.devices import on_gpu
from mmcl_theory.factorization.krylov.polynomial import chebyshev_step, gram_times
from mmcl_theory.factorization.krylov.search import krylov
from mmcl_theory.factorization.operators import machine_code
from mmcl_theory.factorization.operators.mesh import rows_mesh
from mmcl_theory.factorization.operators.operator import times, times_in_program, to_single_precision
from mmcl_theory.factorization.operators.products import multiply_rows
from mmcl_theory.factorization.operators.sparse import Sparse

# On a GPU products are others, and no compiler need be installed.
pytestmark = pytest.mark.skipif(on_gpu(), reason="products are by machine code on a CPU only")
RNG = np.random.default_rng(0)


def matrix_with_rows_of_any_length(rows=300, columns=700):
    """Return rows of 0 to 30 entries, and three of hundreds, which are in slices of their own."""
    lengths = RNG.integers(31, size=rows)
    lengths[[0, 7, 8]] = 0, 600, 300
    columns_of = [RNG.choice(columns, count, replace=False) for count in lengths]
    entries = RNG.standard_normal(lengths.sum()), (np.repeat(np.arange(rows), lengths), np.concatenate(columns_of))
    return scipy.sparse.csr_array(entries, shape=(rows, columns))


MATRIX = matrix_with_rows_of_any_length()
DOUBLE = Sparse.of(MATRIX)
OPERATORS = {np.float64: DOUBLE, np.float32: to_single_precision(DOUBLE)}


def internal(operator, columns):
    """Bring columns to the order of those that an operator multiplies, as ``to_internal`` does, without a program."""
    block = np.zeros((operator.padded[1], columns.shape[1]), operator.dtype)
    block[np.asarray(operator.T.forward.place)] = columns
    return block


def in_order(operator, block):
    """Bring the rows of a product to the order of the matrix."""
    return np.asarray(block)[np.asarray(operator.forward.place)]


def test_a_compiler_is_installed():
    """Make sure that what follows tests machine code."""
    assert DOUBLE.has_machine_code


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 4, 5, 8, 9, 16, 21])
def test_products_are_those_of_scipy_and_of_xla(dtype, count):
    for own, matrix in ((OPERATORS[dtype], MATRIX), (OPERATORS[dtype].T, MATRIX.T)):
        columns = RNG.standard_normal((matrix.shape[1], count)).astype(dtype)
        block = internal(own, columns)
        found = own.machine_times(block)
        assert found.dtype == dtype
        # Sums of up to 600 terms, of entries that are rounded before, each rounded by at most half of ε.
        rounding = 600 * np.finfo(dtype).eps * (abs(matrix) @ abs(columns)).max()
        np.testing.assert_allclose(in_order(own, found), matrix @ columns, rtol=0, atol=rounding)
        if count == 8:
            np.testing.assert_allclose(found, times_in_program(own, block), rtol=0, atol=rounding)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [3, 8, 16])
def test_a_step_of_chebyshevs_recurrence_is_that_of_its_formula(dtype, count):
    operator = OPERATORS[dtype]
    now, before = (RNG.standard_normal((700, count)).astype(dtype).astype(float) for _ in range(2))
    image, following = MATRIX @ now, 2 * (0.01 * (MATRIX.T @ (MATRIX @ now)) - 0.3 * now)
    sums = abs(MATRIX) @ abs(now)
    largest = 0.02 * (abs(MATRIX).T @ sums).max() + 10.0
    for given, expected in ((before, following - before), (None, following)):
        blocks = [None if part is None else internal(operator, part) for part in (now, given)]
        found, found_image = chebyshev_step(operator, 2, 0.01, 0.3, *blocks)
        # Two sums of up to 600 terms in turn, and three operations more on numbers below 10.
        rounding = 1203 * np.finfo(dtype).eps
        np.testing.assert_allclose(in_order(operator, found_image), image, rtol=0, atol=rounding * sums.max())
        np.testing.assert_allclose(in_order(operator.T, found), expected, rtol=0, atol=rounding * largest)


def test_gram_products_are_both_of_the_products():
    block = internal(DOUBLE, RNG.standard_normal((700, 8)))
    back, forth = gram_times(DOUBLE, block)
    np.testing.assert_array_equal(forth, times(DOUBLE, block))
    np.testing.assert_array_equal(back, times(DOUBLE.T, forth))


def test_rows_are_multiplied_some_after_the_others():
    rows = RNG.standard_normal((21, DOUBLE.padded[1]))
    np.testing.assert_array_equal(multiply_rows(DOUBLE, rows), times(DOUBLE, rows.T).T)


def test_a_matrix_without_entries_is_multiplied():
    operator = Sparse.of(scipy.sparse.csr_array((5, 4)))
    np.testing.assert_array_equal(times(operator, np.ones((operator.padded[1], 2))), 0.0)


def test_products_may_run_side_by_side():
    blocks = [RNG.standard_normal((DOUBLE.padded[1], 8)) for _ in range(20)]
    alone = [np.asarray(times(DOUBLE, block)) for block in blocks]
    with ThreadPoolExecutor(5) as pool:
        for expected, found in zip(alone, pool.map(lambda block: times(DOUBLE, block), blocks), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_programs_meshes_other_precisions_and_arrays_of_jax_take_xlas_product():
    block = np.ones((DOUBLE.padded[1], 8))
    assert isinstance(times(DOUBLE, jax.device_put(block)), jax.Array)
    # Sums of up to 600 terms of size 5 at most.
    np.testing.assert_allclose(jax.jit(times)(DOUBLE, block), times(DOUBLE, block), rtol=0, atol=600 * 2**-52 * 3000)
    assert not Sparse.of(MATRIX, rows_mesh(jax.devices()[:1])).has_machine_code
    mixed = times(OPERATORS[np.float32], block)
    assert mixed.dtype == np.float64
    np.testing.assert_allclose(mixed, times(DOUBLE, block), rtol=0, atol=600 * 2**-23 * 3000)


def test_without_a_compiler_the_search_finds_the_same(monkeypatch):
    with_compiler = krylov(DOUBLE, 4, key=jax.random.key(0))
    monkeypatch.setattr(machine_code, "is_available", lambda: False)
    assert not DOUBLE.has_machine_code
    without = krylov(DOUBLE, 4, key=jax.random.key(0))
    largest = float(without.values[0])
    for found in (without, with_compiler):
        assert found.residual_norms[:4].max() <= 1e-8 * largest
        expected = np.linalg.svd(MATRIX.toarray(), compute_uv=False)[:5]
        np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-8 * largest)


@pytest.mark.parametrize("name", ["llvmlite", "llvmlite.binding"])
def test_a_compiler_that_is_not_installed_is_not_asked(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    assert not machine_code.is_available.__wrapped__()

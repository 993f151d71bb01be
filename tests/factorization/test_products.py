"""Rows on the host are replaced and summed as within a program: some columns at a time, each once, where they are."""

import os
import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse

from mmcl_theory.factorization import host, settings
from mmcl_theory.factorization.krylov import refine, row_products, triplets
from mmcl_theory.factorization.operators.mesh import rows_mesh
from mmcl_theory.factorization.operators.operator import times_in_program, to_single_precision
from mmcl_theory.factorization.operators.products import columns_of, multiply_rows, replaced, rows_of, summed
from mmcl_theory.factorization.operators.sparse import Sparse

RNG = np.random.default_rng(0)
# Rows that are cut into several parts, the last of them shorter.
WIDTH = 300
SIZES = {"rows": (8, WIDTH), "basis": (21, WIDTH), "parts": (21, 8), "columns": (WIDTH, 8), "many": (21, WIDTH)}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(settings, "HOST_COLUMNS", 64)
    monkeypatch.setattr(settings, "HOST_BYTES", 1000)


def drawn(*names):
    """Draw vectors of norms near 1."""
    return [RNG.standard_normal(SIZES[name]) / np.sqrt(WIDTH) for name in names]


# Each function, what it is given, and what it computes.
FUNCTIONS = {
    "subtract": (row_products.subtract, ("rows", "basis", "parts"), lambda r, b, p: r - p.T @ b),
    "coefficients": (lambda b, r: row_products.coefficients(b, r, None), ("basis", "rows"), lambda b, r: b @ r.T),
    "add_combinations": (row_products.add_combinations, ("rows", "basis", "parts"), lambda r, b, p: r + p.T @ b),
    "gram": (lambda r: row_products.gram(r, None), ("rows",), lambda r: r @ r.T),
    "transform": (row_products.transform, ("parts", "rows"), lambda p, r: p @ r),
    "store": (lambda b, r: row_products.store(b, r, 5), ("basis", "rows"), lambda b, r: np.r_[b[:5], r, b[13:]]),
    "clear": (row_products.clear, ("rows",), np.zeros_like),
    "columns_of": (lambda b: columns_of(b, 3, 8), ("basis",), lambda b: b[3:11].T),
    "rows_of": (rows_of, ("columns",), np.transpose),
    "subtract_scaled": (
        lambda c, p, o: refine.subtract_scaled(c, p[0], o),
        ("columns", "parts", "columns"),
        lambda c, p, o: c - p[0] * o,
    ),
    "split_image": (
        lambda r, c, b: row_products.split_image(r, c, [b], None)[0],
        ("rows", "columns", "basis"),
        lambda r, c, b: (i := c.T - c.T @ b.T @ b) - (r @ i.T).T @ r,
    ),
    "rotate_residuals": (
        lambda m, n, p: refine.rotate_residuals(m, n, p[:, :1] * p[:, 1], p[:, 1:2] * p[:, 2]),
        ("many", "many", "parts"),
        lambda m, n, p: np.outer(p[:, 0], p[:, 1]) @ m + np.outer(p[:, 1], p[:, 2]) @ n,
    ),
}


@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_they_are_their_formulas(name, kind):
    function, given, formula = FUNCTIONS[name]
    arrays = drawn(*given)
    expected = formula(*arrays)
    found = function(*(kind(array.copy()) for array in arrays))
    assert isinstance(found, np.ndarray) or kind is jnp.asarray
    # Four times in turn, sums of at most 300 products, of absolute values that add to 2 at most: each 300·2·ε.
    np.testing.assert_allclose(found, expected, rtol=0, atol=4 * 600 * 2**-52)


def test_rows_on_the_host_are_replaced_where_they_are():
    rows, basis, parts = drawn("rows", "basis", "parts")
    assert row_products.subtract(rows, basis, parts) is rows
    assert row_products.store(basis, rows, 2) is basis
    copy = columns_of(basis, 2, 8)
    basis[:] = 0
    np.testing.assert_array_equal(copy, rows.T)
    one = columns_of(rows, 0, 1)
    rows[:] = 0
    assert one.any()


def test_each_part_is_worked_on_once():
    seen = []
    replaced(lambda part: seen.append(part.shape[1]) or part + 1, rows := np.zeros((2, WIDTH)))
    assert sum(seen) == WIDTH
    assert len(seen) > 4
    assert (rows == 1).all()
    assert summed(lambda part: np.array([part.shape[1]]), rows).tolist() == [WIDTH]
    nothing = np.zeros((2, 0))
    assert replaced(lambda part: part + 1, nothing) is nothing
    assert summed(lambda part: part @ part.T, nothing).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("bad", [0, 7])
def test_an_error_in_a_thread_is_raised(bad):
    def work(part):
        if part == bad:
            raise ValueError(f"part {part}")

    with pytest.raises(ValueError, match=f"part {bad}"):
        host.in_threads(work, range(8))


@pytest.mark.skipif(os.cpu_count() == 1, reason="there is one thread")
def test_threads_warn_of_no_more_than_the_caller_does():
    both, seen = threading.Barrier(2, timeout=60), []

    def work(part):
        both.wait()  # so that each thread has one
        seen.append(np.geterr()["over"])

    with np.errstate(over="ignore"):
        host.in_threads(work, [0, 1])
    assert seen == ["ignore", "ignore"]


def matrix(rows=90, columns=70):
    return scipy.sparse.random_array((rows, columns), density=0.2, rng=np.random.default_rng(0), format="csr")


@pytest.mark.parametrize("count", [5, 8, 21])
@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
def test_rows_are_multiplied_some_after_the_others(count, kind):
    """The last of them may be among those before once more; what is made of products has the rows of others."""
    operator = Sparse.of(matrix())
    rows, others = RNG.standard_normal((2, count, operator.padded[1]))
    others = others[:, :1]
    found = multiply_rows(
        operator, kind(rows), lambda product, other: (product * other).astype(np.float32), kind(others)
    )
    product = np.asarray(times_in_program(operator, rows.T)).T
    assert found.dtype == np.float32
    # A rounding of numbers below 30 to single precision.
    np.testing.assert_allclose(found, product * others, rtol=0, atol=30 * 2**-24)


@pytest.mark.parametrize("count", [1, 8, 11])
def test_vectors_come_in_the_order_of_the_matrix(count):
    """There and back, on the host as on a mesh of one device, scaled."""
    given = matrix()
    for operator in (Sparse.of(given), Sparse.of(given, rows_mesh(jax.devices()[:1]))):
        vectors = RNG.standard_normal((90, count))
        inside = row_products.internal_columns(operator, vectors)
        assert inside.shape == (operator.padded[0], count)
        assert isinstance(inside, np.ndarray) is operator.on_host
        rows = inside.T.copy() if operator.on_host else jnp.array(inside.T)
        found = triplets.in_order(operator, rows, np.arange(1.0, count + 1))
        np.testing.assert_array_equal(found, vectors * np.arange(1, count + 1))


def test_numbers_keep_the_precision_of_the_operator():
    operator = to_single_precision(Sparse.of(matrix()))
    assert row_products.internal_columns(operator, np.ones((90, 2))).dtype == np.float32

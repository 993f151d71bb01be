"""Compare derivatives of decompositions at equal and nearly equal values with closed forms and with differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from mmcl_theory._arrays import xp
from mmcl_theory.factorization.dense import eigh, left_vectors, svd


def turned(*values: float, shape: tuple[int, int] | None = None, seed: int = 0) -> np.ndarray:
    """Return a matrix of given singular values, its bases drawn at random."""
    m, n = shape or (len(values),) * 2
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((size, len(values))))[0] for size in (m, n))
    return (left * values) @ right.T


# name -> (matrix, k with a gap after the k-th value); of few shapes, as derivatives are compiled for each
MATRICES = {
    "identity": (np.eye(4), 4),
    "circulant": (scipy.linalg.circulant([5.0, 2, 1, 2]), 3),  # 10, 4, 4, 2
    "circulant-after-one": (scipy.linalg.circulant([5.0, 2, 1, 2]), 1),
    "hadamard": (scipy.linalg.hadamard(4).astype(float), 4),
    "hadamard-blocks": (
        scipy.linalg.block_diag(2 * scipy.linalg.hadamard(2), scipy.linalg.hadamard(2)).astype(float),
        2,
    ),
    "permutation": (np.eye(4)[[1, 2, 0, 3]] + 0.25, 1),
    "tall": (turned(3, 2, 2, 1, shape=(6, 4)), 3),
    "wide": (turned(3, 2, 2, 1, shape=(4, 6)), 3),
    "singular": (turned(1, 1, 0, 0), 2),
    "nothing": (np.zeros((4, 4)), 4),
    **{f"apart-{gap:.0e}": (turned(2, 1 + gap, 1, 0.5), 3) for gap in (1e-3, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)},
}
WEIGHTS = np.random.default_rng(9).standard_normal((6, 6))
# A gap counts from ε^0.6 = 4e-10 on; rounding over it is 5e-7, of gradients of order one.
NEAR = 2e-6


def weigh(matrix):
    """Sum the entries with weights, so that no symmetry hides a wrong one."""
    return xp.sum(matrix * WEIGHTS[: matrix.shape[0], : matrix.shape[1]])


def kept(name):
    """Return the projector on the first k coordinates."""
    matrix, k = MATRICES[name]
    return np.diag((np.arange(min(matrix.shape)) < k).astype(float))


def of_gram(A, weights):
    """Differentiate the weighted sum of AAᵀ."""
    return (weights + weights.T) @ A


# Smooth functions of A through its decomposition, and the derivatives of their weighted sums without.
POLYNOMIALS = {
    "product": (lambda U, S, V: U @ S @ V.T, lambda A, W: W),
    "cube": (lambda U, S, V: U @ S @ S.T @ S @ V.T, lambda A, W: W @ A.T @ A + A @ W.T @ A + A @ A.T @ W),
    "left-gram": (lambda U, S, V: U @ S @ S.T @ U.T, lambda A, W: of_gram(A, WEIGHTS[: len(A), : len(A)])),
    "right-gram": (lambda U, S, V: V @ S.T @ S @ V.T, lambda A, W: of_gram(A.T, WEIGHTS[: len(A.T), : len(A.T)]).T),
    "norm": (lambda U, S, V: xp.sum(xp.diagonal(S) ** 2)[None, None], lambda A, W: 2 * A * W[0, 0]),
}

# Functions of the first k of the decomposition, whose subspaces are unique.
TRUNCATED = {
    "truncation": lambda U, S, V, keep: U @ keep @ S @ keep @ V.T,
    "left-projector": lambda U, S, V, keep: U @ keep @ U.T,
    "right-projector": lambda U, S, V, keep: V @ keep @ V.T,
    "truncated-gram": lambda U, S, V, keep: U @ keep @ S @ S.T @ keep @ U.T,
    "tail": lambda U, S, V, keep: xp.sum(xp.diagonal(S - keep @ S) ** 2)[None, None],
}


@jax.jit
@jax.jacrev
def slopes_through(matrix):
    return jnp.stack([weigh(through(*svd(matrix))) for through, _ in POLYNOMIALS.values()])


def truncated(matrix, keep, names=tuple(TRUNCATED)):
    """Compute what is truncated: of NumPy's matrices by LAPACK, without a program."""
    return xp.stack([weigh(TRUNCATED[name](*svd(matrix), keep)) for name in names])


@jax.jit
def both_slopes(matrix, keep, way):
    """Differentiate forwards, along a direction, and backwards."""
    along = jax.jvp(lambda A: truncated(A, keep), (matrix,), (way,))[1]
    return along, jnp.sum(jax.jacrev(truncated)(matrix, keep) * way, axis=(1, 2))


slopes_of = jax.jit(jax.jacrev(truncated), static_argnums=2)


@pytest.mark.parametrize("name", MATRICES)
def test_polynomials_are_differentiated_as_if_there_were_no_decomposition(name):
    matrix = MATRICES[name][0]
    tolerance, weights = NEAR * (1 + np.abs(matrix).max()) ** 2, WEIGHTS[: matrix.shape[0], : matrix.shape[1]]
    for found, (function, (_, slope)) in zip(np.asarray(slopes_through(matrix)), POLYNOMIALS.items(), strict=True):
        np.testing.assert_allclose(found, slope(matrix, weights), atol=tolerance, err_msg=function)


@pytest.mark.parametrize("name", [name for name in MATRICES if name != "nothing"])
def test_truncations_are_differentiated_as_differences_say(name):
    matrix, keep = MATRICES[name][0], kept(name)
    way = np.random.default_rng(3).standard_normal(matrix.shape)
    step = 1e-4  # the gaps at k are of order one, so Richardson's error is of order step⁴, rounding 1e-16/step
    one, two = (
        (truncated(matrix + h * way, keep) - truncated(matrix - h * way, keep)) / (2 * h) for h in (step, 2 * step)
    )
    expected, tolerance = (4 * one - two) / 3, NEAR * (1 + np.abs(matrix).max()) ** 2
    for found in both_slopes(matrix, keep, way):
        np.testing.assert_allclose(found, expected, atol=tolerance)  # in the order of TRUNCATED


def test_the_product_at_the_identity():
    found = jax.jit(jax.grad(lambda A: (lambda U, S, V: (U @ S @ V.T)[0, 1])(*svd(A))))(np.eye(2))
    assert found.tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
@pytest.mark.parametrize("name", ["identity", "circulant", "tall", "singular", "apart-1e-08", "apart-1e-12"])
def test_derivatives_follow_the_scale(name, scale):
    matrix, keep = MATRICES[name][0], kept(name)
    names = ("truncation", "left-projector", "right-projector")  # of degree one, nought and nought
    expected = slopes_of(matrix, keep, names)
    found = slopes_of(matrix * scale, keep, names) * np.array([1, scale, scale])[:, None, None]
    np.testing.assert_allclose(found, expected, atol=NEAR)


def between(vectors):
    """Compile the derivative of the entry (1, 2) of the projector on the first two vectors."""
    return jax.jit(jax.grad(lambda A: (lambda U: (U[:, :2] @ U[:, :2].T)[1, 2])(vectors(A))))


BETWEEN = {"svd": between(lambda A: svd(A)[0]), "left_vectors": between(left_vectors)}


@pytest.mark.parametrize("values", [(1, 9e-7, 6e-7, 3e-7), (9e-7, 6e-7, 3e-7, 1e-7), (1, 0.5, 0.5 - 2e-9, 0.1)])
@pytest.mark.parametrize("vectors", BETWEEN)
def test_small_gaps_at_the_cut_count(vectors, values):
    """Compare with dΠ_ij = (σ_i dA_ji + σ_j dA_ij)/(σ_i² − σ_j²) of a diagonal matrix, i ≤ k < j."""
    i, j = 1, 2
    slope = BETWEEN[vectors](np.diag(np.array(values)))
    expected = np.zeros((4, 4))
    # The gap is exact; a sum of squares of the values would have lost it.
    scale = (values[i] - values[j]) * (values[i] + values[j])
    expected[j, i], expected[i, j] = values[i] / scale, values[j] / scale
    # LAPACK's values are off by ε σ_1, a share of 1e-7 of the least gap.
    np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


# Symmetric matrices.

SYMMETRIC = {
    "identity": (np.eye(4), 4),
    "circulant": (scipy.linalg.circulant([5.0, 2, 1, 2]), 3),
    "hadamard": (scipy.linalg.hadamard(4).astype(float), 2),  # 2, 2, −2, −2
    "opposite": (np.diag([2.0, 1, -1, -2]), 2),
    "nothing": (np.zeros((4, 4)), 4),
    "near": (np.diag([2, 1 + 1e-11, 1, -1]), 3),
}


@jax.jit
def slopes_of_symmetric(matrix, keep):
    """Differentiate VΛVᵀ and the projector on the first k vectors."""

    def product(M):
        vectors, diagonal = eigh(M)
        return weigh(vectors @ diagonal @ vectors.T)

    def projector(M):
        vectors = eigh(M)[0]
        return weigh(vectors @ keep @ vectors.T)

    return jax.grad(product)(matrix), jax.grad(projector)(matrix)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize("name", SYMMETRIC)
def test_functions_of_symmetric_matrices(name, scale):
    matrix, k = SYMMETRIC[name]
    size = len(matrix)
    weights = WEIGHTS[:size, :size]
    found, of_projector = slopes_of_symmetric(matrix * scale, np.diag((np.arange(size) < k).astype(float)))
    np.testing.assert_allclose(found, (weights + weights.T) / 2, atol=1e-10)
    # Π_k = h(M) of a step h between the k-th value and the next: divided differences of h (Daleckii and Krein 1965).
    values, vectors = np.linalg.eigh(matrix)
    step = (np.arange(size) >= size - k).astype(float)
    gaps = values[:, None] - values[None, :]
    apart = step[:, None] != step[None, :]
    divided = np.where(apart, (step[:, None] - step[None, :]) / np.where(apart, gaps, 1), 0)
    expected = vectors @ (divided * (vectors.T @ (weights + weights.T) @ vectors / 2)) @ vectors.T
    np.testing.assert_allclose(of_projector * scale, expected, atol=1e-10)


def test_batches_and_compiled_programs_agree_with_one_matrix_at_a_time():
    batch = np.stack([MATRICES[name][0] for name in ("circulant", "hadamard", "permutation")])

    def loss(A):
        U, S, V = svd(A)
        vectors, diagonal = eigh(A @ A.T)
        return weigh(U @ S @ S.T @ S @ V.T) + weigh(vectors @ diagonal @ vectors.T)

    together, alone = np.asarray(jax.jit(jax.vmap(jax.grad(loss)))(batch)), jax.jit(jax.grad(loss))
    np.testing.assert_allclose(together, [alone(A) for A in batch], rtol=1e-12, atol=1e-12)
    ways = np.ones_like(batch)
    forward = jax.jit(jax.vmap(lambda A, way: jax.jvp(loss, (A,), (way,))[1]))(batch, ways)
    np.testing.assert_allclose(forward, together.sum(axis=(1, 2)), rtol=1e-12)


def test_single_precision_keeps_what_it_resolves():
    matrix = np.diag(np.array([2.0, 1.0, 1.0], np.float32))
    found = jax.jit(jax.grad(lambda A: weigh((lambda U, S, V: U @ S @ V.T)(*svd(A)))))(matrix)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, WEIGHTS[:3, :3], rtol=1e-5)

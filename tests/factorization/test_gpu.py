"""What runs on a GPU, as far as a machine without one can tell: the kernels interpreted, and lowered for CUDA."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
from jax.sharding import AbstractDevice, AbstractMesh, use_abstract_mesh

from mmcl_theory.factorization import settings
from mmcl_theory.factorization.krylov import basis, gram_schmidt, search
from mmcl_theory.factorization.operators import choose
from mmcl_theory.factorization.operators.compressed import Compressed, InterleavedRows
from mmcl_theory.factorization.operators.operator import times

RNG = np.random.default_rng(0)


def skewed(rows: int, columns: int) -> scipy.sparse.csr_array:
    """A matrix with an empty row and an empty column, most rows short and two of them full."""
    rng = np.random.default_rng(0)
    dense = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.1)
    dense[[3, 17]] = rng.random((2, columns))
    dense[5], dense[:, 2] = 0, 0
    return scipy.sparse.csr_array(dense)


def filled(dense: np.ndarray) -> scipy.sparse.csr_array:
    """The same matrix with all entries, also those that are zero, so that all of a shape share their programs."""
    rows, columns = dense.shape
    places = np.tile(np.arange(columns), rows), columns * np.arange(rows + 1)
    return scipy.sparse.csr_array((dense.ravel(), *places), shape=dense.shape)


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch):
    """As many rows as the matrices have do not fill one of the usual size."""
    monkeypatch.setattr(settings, "WINDOW", 32)


@jax.jit
def products(operator, block, other):
    """Both products with blocks in internal order, in the order of the matrix, and put back."""
    forth = operator.times(operator.T.to_internal(block))
    back = operator.transpose_times(operator.to_internal(other))
    found = operator.from_internal(forth), operator.T.from_internal(back)
    return (forth, back), found, (operator.to_internal(found[0]), operator.T.to_internal(found[1]))


@pytest.mark.parametrize(("columns", "others", "piece"), [(1, 8, 2048), (11, 3, 16)])
def test_the_kernel_multiplies(columns, others, piece, monkeypatch):
    """Whatever the number of columns, and whether rows are cut: to the rounding of another order of summation."""
    monkeypatch.setattr(settings, "MAX_PIECE", piece)
    matrix = skewed(45, 70)
    operator = Compressed.of(matrix)
    assert (operator.shape, operator.padded) == (matrix.shape, (64, 96))
    assert len(operator.forward.long) == (2 if piece == 16 else 0)
    block, other = (RNG.standard_normal(shape) for shape in ((70, columns), (45, others)))
    inside, found, again = products(operator, block, other)
    for product, expected in zip(found, (matrix @ block, matrix.T @ other), strict=True):
        np.testing.assert_allclose(product, expected, rtol=0, atol=1e-13)
    for product, back in zip(inside, again, strict=True):
        np.testing.assert_array_equal(product, back)  # what pads is zero


def lowered_for_cuda(function, *arguments):
    """The program of a function for a GPU that is named, but need not be there: Triton's part needs none."""
    named = AbstractMesh((1,), ("x",), abstract_device=AbstractDevice("NVIDIA H200", 132, "gpu"))
    with use_abstract_mesh(named):
        return jax.jit(function).trace(*arguments).lower(lowering_platforms=("cuda",)).as_text()


def test_the_kernel_is_compiled_for_cuda():
    slices = Compressed.of(skewed(45, 70)).forward.slices
    lowered = lowered_for_cuda(lambda slices, block: slices.times(block, interpreted=False), slices, jnp.ones((96, 8)))
    assert "triton" in lowered


def plain_part(basis, first, count, height):
    """So many vectors of a basis, from the first on, and zeros up to a height."""
    part = jnp.asarray(basis).at[first + jnp.arange(height)].get(mode="fill", fill_value=0)
    return jnp.where(jnp.arange(height)[:, None] < count, part, 0)


def plain_inner_products(basis, rows, first, end, height, interpreted=None):
    """What the kernel computes, by a product of matrices."""
    return plain_part(basis, first, end - first, height) @ rows.T


def plain_combinations(basis, weights, count, first, added, interpreted=None):
    """What the kernel computes, by a product of matrices."""
    return added + weights.T @ plain_part(basis, first, count, len(weights))


def plain_cholesky(gram, interpreted=None):
    """What the kernel computes, by LAPACK."""
    factor = jnp.linalg.cholesky(gram)
    return factor, jnp.linalg.inv(factor)


def plain_times(rows, block, interpreted=None):
    """What the kernel computes, entry by entry."""
    height, slices = settings.SLICE_ROWS, rows.begin.size - 1
    place = np.arange(rows.values.size)
    row = height * (jnp.searchsorted(rows.begin, place, side="right") - 1) + place % height
    return jax.ops.segment_sum(rows.values[:, None] * block[rows.columns], row, slices * height)


@pytest.fixture
def plain_kernels(monkeypatch):
    """What the kernels compute is computed without them, as interpreted they compile for long."""
    monkeypatch.setattr(InterleavedRows, "times", plain_times)
    for kernel in (plain_inner_products, plain_combinations, plain_cholesky):
        monkeypatch.setattr(gram_schmidt, kernel.__name__.removeprefix("plain_"), kernel)


@pytest.mark.parametrize(
    ("first", "end", "count", "dtype"),
    [(0, 0, 8, np.float32), (3, 19, 8, np.float32), (0, 20, 3, np.float64)],
)
def test_kernels_multiply_what_is_filled(first, end, count, dtype):
    """Of a basis of which the rest is not a number, with a last part that is shorter: to rounding."""
    rng = np.random.default_rng(0)
    vectors, rows = rng.standard_normal((23, 700)).astype(dtype), rng.standard_normal((count, 700)).astype(dtype)
    filled = np.where((np.arange(23) < end)[:, None], vectors, np.nan)
    products = jax.jit(gram_schmidt.inner_products, static_argnums=4)(filled, rows, first, end, 20)
    added = jax.jit(gram_schmidt.combinations)(vectors, products, end - first, first, rows)
    assert products.dtype == added.dtype == dtype
    # A sum of n products, in any order, is within n·ε of the sum of their absolute values.
    eps, numbers = np.finfo(dtype).eps, (vectors, rows, products, added)
    vectors, rows, products, added = map(np.float64, numbers)
    part = np.zeros((20, 700))
    part[: end - first] = vectors[first:end]
    off = np.abs(products - part @ rows.T)
    assert (off <= 700 * eps * np.abs(part) @ np.abs(rows).T).all()
    off = np.abs(added - (rows + products.T @ part))
    of_sizes = np.abs(rows) + np.abs(products).T @ np.abs(part)
    assert (off <= 24 * eps * of_sizes).all()


@pytest.mark.parametrize("size", [1, 3, 8])
def test_the_small_cholesky_factorization(size):
    """L and its inverse are LAPACK's; of a matrix that is not definite they are not numbers."""
    rows = np.random.default_rng(0).standard_normal((size, 20))
    factor, cholesky = np.linalg.cholesky(rows @ rows.T), jax.jit(gram_schmidt.cholesky)
    for found, expected in zip(cholesky(rows @ rows.T), (factor, np.linalg.inv(factor)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)
    assert np.isnan(cholesky(-np.eye(size))[1]).any()


def test_a_block_is_orthonormalized_unless_it_is_rounding(plain_kernels):
    """Against locked vectors and within itself; a block that these nearly hold is not sound."""
    rng = np.random.default_rng(0)
    locked, rows = map(jnp.asarray, (np.linalg.qr(rng.standard_normal((60, 4)))[0].T, rng.standard_normal((3, 60))))
    found, sound = gram_schmidt.orthonormal_block(rows, [locked], 1.0)
    whole = np.concatenate([locked, found])
    np.testing.assert_allclose(whole @ whole.T, np.eye(7), rtol=0, atol=1e-14)
    assert sound
    assert not gram_schmidt.orthonormal_block(rows @ locked.T @ locked + 1e-9 * rows, [locked], 1.0)[1]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_kernels_of_a_step_are_compiled_for_cuda(dtype):
    """A basis beyond four gigabytes has longer indices."""
    basis, rows = (jax.ShapeDtypeStruct(shape, dtype) for shape in ((600, 2_000_000), (8, 2_000_000)))

    def work(basis, rows, first, end):
        rest, found = gram_schmidt.without(rows, basis, first, end, len(basis), interpreted=False)
        return rest, gram_schmidt.cholesky(found[: len(rows)], interpreted=False)

    assert lowered_for_cuda(work, basis, rows, 0, 8).count("triton") == 3


@pytest.fixture
def as_on_a_gpu(plain_kernels, monkeypatch):
    """What decides by the platform does as on a GPU."""
    for module in (choose, basis, search):
        monkeypatch.setattr(module, "on_gpu", lambda: True)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_search_as_on_a_gpu(precision, as_on_a_gpu, monkeypatch):
    """Vectors are locked and filtered, then in single precision or not, a full basis is restarted: it is LAPACK's."""
    monkeypatch.setattr(settings, "FILTER_MARGIN", 8)
    monkeypatch.setattr(settings, "WHOLE_EIGH_SIZE", 24)
    monkeypatch.setattr(settings, "FLOAT32_MIN_ROWS", 100)
    monkeypatch.setattr(settings, "GPU_CACHE_BYTES", 10**9 if precision == "double" else 0)
    seen, advance = [], search._Search.advance
    monkeypatch.setattr(search._Search, "advance", lambda self: seen.append(self.basis) or advance(self))
    restarts, restart = [], basis.Basis.thick_restart
    monkeypatch.setattr(basis.Basis, "thick_restart", lambda self, count: restarts.append(1) or restart(self, count))
    matrix = skewed(160, 150)
    operator = choose.sparse_operator(matrix)
    assert isinstance(operator, Compressed)
    found = jax.device_get(search.krylov(operator, 4, key=jax.random.key(0), max_dimension=40))
    left, values, _ = np.linalg.svd(matrix.toarray())
    assert (np.abs(found.values - values[:5]) <= found.value_bounds).all()
    assert found.value_bounds[4] <= 1e-8 * values[0]
    np.testing.assert_allclose(np.abs(left[:, :4].T @ found.left[:, :4]), np.eye(4), rtol=0, atol=1e-6)
    assert restarts or precision == "single"
    assert len(set(map(id, seen))) == 1  # there was no new start
    assert seen[-1].operator.dtype == (np.float64 if precision == "double" else np.float32)
    assert seen[-1].locked_values.size > 0


def test_copies_of_a_value_are_found_as_on_a_gpu(as_on_a_gpu, monkeypatch):
    """More copies than a block has vectors: blocks grow wider, and the basis longer than it was planned."""
    monkeypatch.setattr(settings, "GPU_BLOCK", 4)
    parts = [np.random.default_rng(seed).random((8, 8)) for seed in range(11)]
    parts = [part / np.sqrt(part.sum(axis=1)[:, None]) / np.sqrt(part.sum(axis=0)) for part in parts]
    grown, enlarged = [], basis.Basis._with_room
    monkeypatch.setattr(basis.Basis, "_with_room", lambda self, n: grown.append(enlarged(self, n)) or grown[-1])
    operator = choose.sparse_operator(scipy.sparse.block_diag([scipy.sparse.csr_array(part) for part in parts]))
    found = jax.device_get(search.krylov(operator, 11, key=jax.random.key(0), max_dimension=16))
    np.testing.assert_allclose(found.values[:11], 1, rtol=0, atol=1e-8)
    assert found.values[11] == pytest.approx(max(np.linalg.svd(part)[1][1] for part in parts), abs=1e-8)
    assert len({len(basis) for basis in grown}) > 1


# Vectors of a Krylov space turn by rounding as much as its polynomials grow: by far less than this, but by more than ε.
@pytest.mark.parametrize("rank", [150, 30])
def test_many_steps_in_one_program_are_those_of_the_host(rank, plain_kernels, monkeypatch):
    """The same projection, vectors and next block, up to rounding; also where a block is deficient on the way."""
    left, values, right = np.linalg.svd(skewed(160, 150).toarray())
    operator, grown = Compressed.of(filled((left[:, :rank] * values[:rank]) @ right[:rank])), []
    start = basis.Basis(operator, 4, 64, jax.random.key(0)).random_block()
    for gpu in (False, True):
        monkeypatch.setattr(basis, "on_gpu", lambda gpu=gpu: gpu)
        one = basis.Basis(operator, 4, 64, jax.random.key(0))
        following = one.grow(start, 8 if rank == 150 else 9)
        space = one.combine(np.eye(one.size), float)
        # A on the space: all of A, where that is whole.
        inside = operator.from_internal(times(operator, space.T)) @ np.asarray(space)
        grown.append((np.linalg.eigvalsh(one.projection), inside, one.size))
        assert (following is None) == (rank == 30)
        # A GPU draws other random directions in the place of those that do not exist.
        if following is not None:
            grown[-1] += np.abs(one.projection), np.abs(following)
    for host, device in zip(*grown, strict=True):
        np.testing.assert_allclose(host, device, rtol=0, atol=1e-9)

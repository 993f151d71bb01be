"""Compare the block Krylov method with LAPACK and ARPACK, over operators, spectra, devices and processes."""

import functools
import socket

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.csgraph
import scipy.sparse.linalg
from forks import FORKS
from jax.extend.core.primitives import dot_general_p

import mmcl_theory as mt
from mmcl_theory.factorization import settings
from mmcl_theory.factorization.krylov import bounds, search
from mmcl_theory.factorization.krylov import refine as refine_module
from mmcl_theory.factorization.krylov.polynomial import Polynomial, polynomial_image
from mmcl_theory.factorization.krylov.refine import correction, refine
from mmcl_theory.factorization.krylov.search import NotConverged
from mmcl_theory.factorization.operators import machine_code
from mmcl_theory.factorization.operators.dense import Dense
from mmcl_theory.factorization.operators.matrix_free import MatrixFree
from mmcl_theory.factorization.operators.mesh import replicated, rows_mesh
from mmcl_theory.factorization.operators.operator import Operator, times
from mmcl_theory.factorization.operators.sparse import Sparse
from mmcl_theory.joints.laws.factored import FactoredLaw

RNG = np.random.default_rng(0)


def krylov(*given, **options):
    """Search, and bring what is found to the host, where comparing it compiles nothing."""
    return jax.device_get(search.krylov(*given, **options))


def normalized(weights):
    law = weights / weights.sum()
    return law / np.sqrt(law.sum(axis=1))[:, None] / np.sqrt(law.sum(axis=0))


# Most are of one shape, since all but the products is compiled for a shape.
MATRICES = {
    "isotropic": lambda: 0.7 * np.eye(60, 50) + 0.3 / np.sqrt(60 * 50),
    "block": lambda: np.asarray(
        mt.generators.block_joint(60, 50, (2, 1, 1), 0.1, 0.2, 0.7, key=jax.random.key(0)).normalized
    ),
    "dirichlet": lambda: np.asarray(
        mt.generators.random_dirichlet(60, 50, 3, concentration=0.02, key=jax.random.key(0)).normalized
    ),
    "kernel": lambda: np.asarray(mt.worlds.kernel(60, 50, 2, caption_of="view").joint.normalized),
    "rank 3": lambda: normalized(RNG.random((60, 3)) @ RNG.random((3, 50))),
    "10 components": lambda: normalized(np.kron(np.eye(10), RNG.random((6, 5)))),
    "tall": lambda: normalized(RNG.random((300, 12))),
    "wide": lambda: normalized(RNG.random((12, 300))),
    "entries of 1e-300": lambda: normalized(np.where(RNG.random((60, 50)) < 0.1, 1e-300, RNG.random((60, 50)))),
}


@pytest.mark.parametrize("name", MATRICES)
def test_same_as_lapack(name):
    matrix = MATRICES[name]()
    expected = np.linalg.svd(matrix, compute_uv=False)
    for k in (1, 4, min(matrix.shape) - 1):
        found = krylov(Sparse.of(scipy.sparse.csr_array(matrix)), k, key=jax.random.key(1))
        np.testing.assert_allclose(found.values, expected[: k + 1], rtol=0, atol=1e-10)
        assert (np.abs(found.values - expected[: k + 1]) <= found.value_bounds + 1e-14).all()
        for vectors in (found.left, found.right):
            np.testing.assert_allclose(vectors.T @ vectors, np.eye(k + 1), atol=1e-10)
        # The residual norms that are reported are those of the vectors that are returned.
        forth = np.linalg.norm(matrix @ found.right - found.left * found.values, axis=0)
        back = np.linalg.norm(matrix.T @ found.left - found.right * found.values, axis=0)
        np.testing.assert_allclose(found.residual_norms, np.maximum(forth, back), atol=1e-13)
        assert found.residual_norms[:k].max() <= 1e-8


@functools.cache
def large_matrix(residues=1, n=2120, classes=5, seed=0):
    """Draw sparse pairs of some classes, of one residue each, large enough for filters and restarts."""
    rng = np.random.default_rng(seed)
    images, texts = rng.integers(n, size=(2, 30 * n))
    texts = np.where(rng.random(30 * n) < 0.7, texts - texts % classes + images % classes, texts) % n
    texts = texts - texts % residues + images % residues
    counts = scipy.sparse.coo_array((np.ones(30 * n), (images, texts % n)), shape=(n, n)).tocsr() / (30 * n)
    scales = [1 / np.sqrt(np.maximum(counts.sum(axis=axis), 1e-9)) for axis in (1, 0)]
    return scipy.sparse.diags_array(scales[0]) @ counts @ scipy.sparse.diags_array(scales[1])


def largest_values(matrix, count):
    """Compute the largest singular values: of a connected matrix by ARPACK, of several components by LAPACK."""
    graph = scipy.sparse.block_array([[None, matrix], [matrix.T, None]])
    components, where = scipy.sparse.csgraph.connected_components(graph)
    if components == 1:
        return scipy.sparse.linalg.svds(matrix, count, return_singular_vectors=False)[::-1]
    rows, columns = np.split(where, [matrix.shape[0]])
    parts = [matrix[rows == one][:, columns == one].toarray() for one in range(components)]
    return np.sort(np.concatenate([np.linalg.svd(part, compute_uv=False) for part in parts]))[: -count - 1 : -1]


@pytest.mark.parametrize(
    ("residues", "k", "max_dimension", "tol"), [(1, 4, None, 1e-9), (1, 8, 120, 1e-8), (40, 39, None, 1e-8)]
)
def test_large_same_as_scipy(residues, k, max_dimension, tol):
    """Check classes with a gap; a bulk, with thick restarts; and 40 equal values, of as many components."""
    matrix = large_matrix(residues)
    expected = largest_values(matrix, k + 1)
    found, again = (
        krylov(Sparse.of(matrix), k, key=jax.random.key(0), max_dimension=max_dimension, tol=tol) for _ in range(2)
    )
    assert (np.abs(found.values - expected) <= found.value_bounds + 1e-13).all()
    assert found.value_bounds[k] <= tol
    assert found.residual_norms[:k].max() <= tol
    np.testing.assert_allclose(found.values[:k], expected[:k], rtol=0, atol=1e-10)
    assert (found.values == again.values).all()
    assert (found.left == again.left).all()


def test_operators_are_the_same_matrix():
    images, texts, weights = RNG.random((30, 7)), RNG.random((20, 7)), RNG.random(7)
    images, texts = images / images.sum(axis=0), texts / texts.sum(axis=0)
    matrix = normalized((images * weights) @ texts.T)
    law = FactoredLaw(weights / weights.sum(), images.T, texts.T)
    normalized_law = law.scaled(1 / np.sqrt(law.sum(axis=1)), 1 / np.sqrt(law.sum(axis=0)))
    block, other = RNG.random((20, 3)), RNG.random((30, 3))
    for operator in (
        Dense(jnp.asarray(matrix)),
        Sparse.of(scipy.sparse.csr_array(matrix)),
        MatrixFree(normalized_law),
        MatrixFree(jnp.asarray(matrix)),
    ):
        assert operator.shape == (30, 20)
        assert_same(operator, matrix, block, other)


@jax.jit
def both_products(operator, block, other):
    """Multiply by A and by Aᵀ, with blocks in the operator's internal order."""
    forth = operator.from_internal(times(operator, operator.T.to_internal(block)))
    back = operator.T.from_internal(times(operator.T, operator.to_internal(other)))
    return replicated(forth, operator.mesh), replicated(back, operator.mesh)


def assert_same(operator, matrix, block, other):
    """Check both products."""
    forth, back = both_products(operator, block, other)
    np.testing.assert_allclose(forth, matrix @ block, atol=1e-13)
    np.testing.assert_allclose(back, matrix.T @ other, atol=1e-13)


def rows_of_any_length(rows, width, density):
    """Draw a sparse matrix with rows of any length, some of them empty."""
    rng = np.random.default_rng(1)
    entries = np.where(rng.random((rows, width)) < density * rng.random((rows, 1)), rng.random((rows, width)), 0.0)
    entries[::7] = 0
    return entries


@pytest.mark.parametrize(
    ("rows", "width", "density", "columns"),
    [(90, 70, 0.1, 1), (90, 70, 0.1, 8), (90, 70, 0.1, 21), (500, 1200, 0.6, 8), (40, 3000, 1.0, 21)],
)
def test_slices_hold_rows_of_any_length(rows, width, density, columns):
    """Check few entries; several slices; long rows, which are summed in several turns."""
    entries = rows_of_any_length(rows, width, density)
    operator = Sparse.of(scipy.sparse.csr_array(entries))
    assert operator.padded == entries.shape or operator.padded == 2 * (max(entries.shape),)
    assert_same(operator, entries, RNG.random((width, columns)), RNG.random((rows, columns)))


@pytest.mark.parametrize("with_machine_code", [True, False])
def test_a_search_on_the_host_compiles_products_at_most(monkeypatch, with_machine_code):
    """Without machine code one program in each precision serves A and Aᵀ; for another k, nothing is compiled."""
    if not with_machine_code:
        monkeypatch.setattr(machine_code, "is_available", lambda: False)
    compiled, counts = [], []
    operator = Sparse.of(large_matrix(n=2300 + 8 * with_machine_code, seed=1))  # no shape twice

    def note(event, *_, fun_name="", **__):
        if event.endswith("backend_compile_duration"):
            compiled.append(fun_name)

    jax.monitoring.register_event_duration_secs_listener(note)
    for k, tol in ((5, 1e-8), (4, 1e-9), (5, 1e-7)):
        search.krylov(operator, k, key=jax.random.key(k), tol=tol)
        counts.append(compiled[sum(map(len, counts)) :])
    jax.jit(lambda: 0)()
    assert "jit(<lambda>)" in compiled  # so it would have been noted
    assert counts == [[] if with_machine_code else ["jit(times_in_program)"] * 2, [], []]


def test_both_orientations_share_their_slices():
    """Check that A and Aᵀ have slices of the same shapes where both have as many rows, nearly as long."""
    square = Sparse.of(large_matrix(n=9000))
    sides = [[group.ends.tolist() for group in side.slices] for side in (square.forward, square.backward)]
    shapes = [[group.values.shape for group in side.slices] for side in (square.forward, square.backward)]
    assert sides[0] == sides[1]
    assert shapes[0] == shapes[1]
    assert len(sides[0][0][0]) > 2  # more than one slice
    wide = Sparse.of(scipy.sparse.csr_array(rows_of_any_length(90, 700, 0.1)))
    assert wide.padded == (90, 700)


def test_not_converged_says_how_far():
    with pytest.raises(NotConverged, match=r"after 4 products .* raise max_products") as raised:
        krylov(Sparse.of(large_matrix()), 9, key=jax.random.key(0), max_products=4)
    assert raised.value.partial.values.shape == (10,)
    assert raised.value.partial.residual_norms.max() > 1e-8


@pytest.mark.parametrize("most", [31, 33, 35])
def test_not_converged_where_the_search_has_just_begun_again(most):
    """Stop around the new start in double precision, which 40 equal values cause after 33 products."""
    with pytest.raises(NotConverged, match=f"after {most} products") as raised:
        krylov(Sparse.of(large_matrix(40)), 39, key=jax.random.key(0), max_products=most)
    partial = raised.value.partial
    assert partial.values.shape == (40,)
    assert np.isfinite(np.asarray(partial.values)).all()


def test_factorize_sparse_is_factorize_dense():
    counts = RNG.poisson(0.2, (90, 80)) + np.eye(90, 80)
    labels = RNG.integers(3, size=90)
    dense, sparse = mt.Joint(counts, labels), mt.Joint(scipy.sparse.csr_array(counts), labels)
    expected = mt.factorize(dense, 5)
    found = mt.factorize(sparse.to_sparse(), 5, tol=1e-9)
    np.testing.assert_allclose(found.singular_values, expected.singular_values, atol=1e-10)
    truncated = [fact.image_factors @ fact.text_factors.T for fact in (found, expected)]
    np.testing.assert_allclose(*truncated, atol=1e-9)


def with_long_rows():
    """Fill three rows and a column of a large matrix, so that there are longer slices."""
    matrix = large_matrix(n=2101).toarray()
    matrix[[3, 100, 2000]] += 0.01
    matrix[:, 7] += 0.01
    return scipy.sparse.csr_array(matrix)


def values_found(process, port):
    """Search in one of two processes, each of which has two devices."""
    jax.config.update("jax_num_cpu_devices", 2)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.config.update("jax_enable_preemption_service", False)  # it would catch what ends this process
    jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=2, process_id=process)
    mesh = rows_mesh()
    assert mesh.devices.size == 4
    operator = Sparse.of(with_long_rows(), mesh)
    assert len(operator.forward.slices) == len(operator.backward.slices) == 2
    values = krylov(operator, 4, key=jax.random.key(0)).values
    jax.distributed.shutdown()
    return values


def test_devices_and_processes_agree():
    """Use 2101 rows, so that the last of two devices of two processes has fewer rows than the others."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with FORKS.Pool(2) as pool:  # which ends them, whatever they wait for
        found = pool.starmap_async(values_found, [(0, port), (1, port)]).get(timeout=100)
    expected = largest_values(with_long_rows(), 5)
    for values in found:
        np.testing.assert_allclose(values[:4], expected[:4], rtol=0, atol=1e-10)
        assert abs(values[4] - expected[4]) <= 1e-8


def test_a_mesh_of_one_finds_the_same_and_asks_for_all_digits_of_single_precision(monkeypatch):
    """A GPU multiplies matrices of single precision with half of its digits (TF32) where a program does not ask."""
    matrix, asked = large_matrix(), []
    bind = dot_general_p.bind

    def recorded(left, right, **settings):
        if left.dtype == jnp.float32:
            asked.append(settings["precision"])
        return bind(left, right, **settings)

    monkeypatch.setattr(dot_general_p, "bind", recorded)
    operator = Sparse.of(matrix, rows_mesh(jax.devices()[:1]))  # without a mesh, NumPy would multiply
    with jax.threefry_partitionable(False):  # what was traced under other settings is traced again
        one = krylov(operator, 4, key=jax.random.key(0))
    np.testing.assert_allclose(one.values, krylov(Sparse.of(matrix), 4, key=jax.random.key(0)).values, atol=1e-12)
    assert len(asked) > 5
    assert set(asked) == {(jax.lax.Precision.HIGHEST, jax.lax.Precision.HIGHEST)}


@pytest.mark.parametrize("seed", range(4))
def test_bounds_hold(seed):
    """Compare bounds with true errors, for known eigenvalues and a space that has not converged."""
    rng = np.random.default_rng(seed)
    eigenvalues = np.sort(np.concatenate([rng.random(80), [1.5, 1.3, 1.25]]))[::-1]
    blocks = [rng.normal(size=(83, 3))]
    for _ in range(7):
        blocks.append(np.linalg.qr(eigenvalues[:, None] * blocks[-1])[0])
    space, _ = np.linalg.qr(np.concatenate(blocks, axis=1))
    projection = space.T @ (eigenvalues[:, None] * space)
    values, vectors = np.linalg.eigh(projection)
    values, ritz = values[::-1], space @ vectors[:, ::-1]
    residuals = eigenvalues[:, None] * ritz - values * ritz
    products = residuals.T @ residuals
    for index in range(3):
        error = eigenvalues[index] - values[index]
        cluster, sharp = (
            bounds.cluster_bounds(values, products)[index],
            bounds.lehmann_bound(values, products, index, 3),
        )
        assert 0 <= error <= min(cluster, sharp)
        assert sharp < np.inf


@pytest.mark.parametrize("seed", range(3))
def test_bounds_hold_where_they_are_as_small_as_rounding(seed):
    """Bound the last of equal values, whose vector is known to 1e-6, by smaller ones that are much nearer together."""
    eigenvalues = np.concatenate([np.ones(8), np.linspace(0.14, 0.13, 9), np.linspace(0.12, 0, 23)])
    off = np.array([*[1e-10] * 7, 3e-6, *[1e-9] * 9])
    start = np.eye(40)[:, :17] + off * np.random.default_rng(seed).standard_normal((40, 17))
    space, _ = np.linalg.qr(start)
    values, vectors = np.linalg.eigh(space.T @ (eigenvalues[:, None] * space))
    values, ritz = values[::-1], space @ vectors[:, ::-1]
    residuals = eigenvalues[:, None] * ritz - values * ritz
    bound = bounds.lehmann_bound(values, residuals.T @ residuals, 7, 8)
    assert 1e-11 < 1 - values[7] - 1e-14 <= bound < 1.1 * (1 - values[7])  # of 1e-14 either may be off


def test_polynomial_is_that_of_the_eigenvalues():
    """Check the filter on a diagonal matrix, whose eigenvectors are the axes."""
    theta, cut = np.linspace(1.0, 0.01, 40), 0.3
    operator = Dense(jnp.diag(jnp.sqrt(jnp.asarray(theta))))
    polynomial = Polynomial.above(cut, top=0.33, deflated=0.9, eps=float(jnp.finfo(jnp.float32).eps))
    assert polynomial.degree == 3
    basis = np.polynomial.chebyshev.Chebyshev.basis(3)
    wanted = basis(2 * theta / cut - 1)
    columns = jnp.asarray(RNG.random((40, 3)))
    found = polynomial_image(operator, polynomial, columns + 0)
    np.testing.assert_allclose(found, wanted[:, None] * columns, rtol=1e-9, atol=1e-12)
    above = theta > cut
    np.testing.assert_allclose(polynomial(theta[above]), wanted[above], rtol=1e-9)
    np.testing.assert_allclose(polynomial.inverse(wanted[above]), theta[above], rtol=1e-12)
    slopes = basis.deriv()(2 * theta[above] / cut - 1) * 2 / cut
    np.testing.assert_allclose(polynomial.slope(theta[above]), slopes, rtol=1e-9)


def test_polynomial_loses_nothing_in_rounding():
    """Check that the largest value grows to ε^(−0.15) at most, and the largest locked one to 1/ε."""
    eps = float(jnp.finfo(jnp.float32).eps)
    cases = (0.305, 0.0), (0.31, 0.0), (0.33, 0.0), (1.0, 0.0), (0.305, 0.9), (0.305, 9.0)
    degrees = [Polynomial.above(0.3, *case, eps).degree for case in cases]
    assert degrees == [7, 7, 3, 1, 7, 3]
    growths = [
        np.polynomial.chebyshev.Chebyshev.basis(d)(2 * t / 0.3 - 1) for d, (t, _) in zip(degrees, cases, strict=True)
    ]
    assert max(growths) <= eps**-0.15
    assert Polynomial.above(0.3, 90.0, 0.0, eps) == Polynomial()


@pytest.mark.parametrize("degree", [1, 2, 7])
def test_correction_is_that_of_the_eigenvalues(degree):
    """Check that x plus its correction is p(AᵀA)x/p(θ), for any x."""
    theta, scale = np.linspace(1.0, 0.01, 40), 2 / 0.3
    operator = Dense(jnp.diag(jnp.sqrt(jnp.asarray(theta))))
    rows, values = RNG.random((2, 40)), np.array([0.9, 0.4])
    rest = jnp.asarray((rows * theta - values[:, None] * rows).T)
    found = correction(operator, rest, scale * values - 1, scale, degree, None, np.zeros(0, bool))
    change, forth, back = (np.asarray(part).T for part in found)
    basis = np.polynomial.chebyshev.Chebyshev.basis(degree)
    expected = rows * basis(scale * theta - 1) / basis(scale * values - 1)[:, None]
    np.testing.assert_allclose(rows + change, expected, atol=1e-12)
    np.testing.assert_allclose(forth, np.sqrt(theta) * change, atol=1e-12)
    np.testing.assert_allclose(back, theta * change, atol=1e-12)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("count", [2, 5])
def test_refined_removes_noise(count, tied):
    """Refine eigenvectors with noise of 1e-6, with corrections in single precision.

    The residual norm of the last vector is limited only if its value is tied with the one before.
    """
    theta = np.concatenate([[1.0, 0.9, 0.8, 0.7, 0.6], np.linspace(0.3, 0.0, 75)])
    matrix = jnp.diag(jnp.sqrt(jnp.asarray(theta)))
    noisy = np.eye(80)[:20] + 1e-6 * RNG.standard_normal((20, 80))
    limits = np.append(np.full(count - 1, 1e-10), 1e-10 if tied else np.inf)
    good = count if tied else count - 1
    found = refine(Dense(matrix), Dense(matrix.astype(jnp.float32)), jnp.asarray(noisy), limits, lambda _: 0.0)
    np.testing.assert_allclose(found.values[:good], theta[:good], rtol=0, atol=1e-13)
    rest = np.asarray(found.rows * theta - found.values[:, None] * found.rows)
    assert np.linalg.norm(rest[:good], axis=1).max() <= 1e-10
    np.testing.assert_allclose(found.products, rest @ rest.T, atol=1e-15)
    np.testing.assert_allclose(found.rows @ found.rows.T, np.eye(20), atol=1e-12)


def test_vectors_that_are_not_corrected_do_not_blur_the_others(monkeypatch):
    """Guard vectors below the cut of the filter stay as they are: images need no second Rayleigh–Ritz step."""
    theta = np.concatenate([[1.0, 0.9, 0.8], np.linspace(0.3, 0.0, 77)])
    steps, step = [], refine_module.rayleigh_ritz
    monkeypatch.setattr(refine_module, "rayleigh_ritz", lambda *given: steps.append(1) or step(*given))
    matrix, noisy = jnp.diag(jnp.sqrt(jnp.asarray(theta))), np.eye(80)[:20] + 1e-7 * RNG.standard_normal((20, 80))
    limits = np.array([1e-8, 1e-8, np.inf])
    single = Dense(matrix.astype(jnp.float32))
    found = refine(Dense(matrix), single, jnp.asarray(noisy), limits, lambda near: (near.residuals[2] / 1e-8) ** 2)
    assert found.residuals[:2].max() <= 1e-8 < step(Dense(matrix), jnp.asarray(noisy)).residuals[:2].max()
    assert len(steps) == 1
    assert 0 < found.rounding.max() < settings.ROUNDING_SHARE * 1e-8
    rest = np.asarray(found.rows * theta - found.values[:, None] * found.rows)
    # Held in single precision, of relative rounding ε/2: one of a square and 79 of sums, which the root halves, and one
    # of what is squared.
    off = np.abs(np.linalg.norm(rest, axis=1) - found.residuals)
    assert (off <= found.rounding + (80 / 2 + 1) * np.finfo(np.float32).eps / 2 * found.residuals).all()


@pytest.mark.parametrize(("share", "degree"), [(4.0, 3), (100.0, 4)])
def test_guard_vectors_are_corrected_as_far_as_the_bound_needs(monkeypatch, share, degree):
    """T_d is large enough at 2θ/cut − 1 = 5/3, where θ is the last wanted value, and T_{d−1} is not."""
    theta = np.concatenate([[1.0, 0.9, 0.8], np.linspace(0.3, 0.0, 77)])
    degrees, correct = [], refine_module.correction
    monkeypatch.setattr(refine_module, "correction", lambda *given: degrees.append(given[4]) or correct(*given))
    matrix, noisy = jnp.diag(jnp.sqrt(jnp.asarray(theta))), np.eye(80)[:20] + 1e-7 * RNG.standard_normal((20, 80))
    shares = iter([share])
    limits = np.array([1.0, 1.0, np.inf])
    single = Dense(matrix.astype(jnp.float32))
    refine(Dense(matrix), single, jnp.asarray(noisy), limits, lambda _: next(shares, 0.0))
    assert degrees == [degree]
    growth = [np.cosh(d * np.arccosh(5 / 3)) for d in (degree - 1, degree)]
    assert growth[0] < settings.RESIDUAL_MARGIN * np.sqrt(share) <= growth[1]


class Overflowing(Operator):
    """Multiply by a matrix, but return infinities in the precisions that are named."""

    matrix: jax.Array
    broken: tuple = eqx.field(static=True)

    @property
    def shape(self):
        return self.matrix.shape

    @property
    def dtype(self):
        return self.matrix.dtype

    def times(self, block):
        return self.matrix @ block + (jnp.inf if self.dtype.name in self.broken else 0)

    def transpose_times(self, block):
        return self.matrix.T @ block


@pytest.mark.filterwarnings("error")
def test_products_that_are_not_finite(monkeypatch):
    """Check that the search starts again in double precision, or says what is wrong, without warnings of threads."""
    monkeypatch.setattr(settings, "FLOAT32_MIN_ROWS", 0)
    monkeypatch.setattr(settings, "HOST_COLUMNS", 8)
    matrix = jnp.asarray(MATRICES["block"]())
    found = krylov(Overflowing(matrix, ("float32",)), 3, key=jax.random.key(0))
    np.testing.assert_allclose(found.values, np.linalg.svd(matrix, compute_uv=False)[:4], atol=1e-10)
    with pytest.raises(FloatingPointError, match="operator: its products with vectors, as float64, are not finite"):
        krylov(Overflowing(matrix, ("float32", "float64")), 3, key=jax.random.key(0))


@pytest.mark.parametrize("k", [4, 9])
def test_single_precision_finds_the_same(k, monkeypatch):
    matrix = large_matrix()
    searches = {}
    for least in (0, 10**9):  # rows from which the search runs in single precision: always, never
        monkeypatch.setattr(settings, "FLOAT32_MIN_ROWS", least)
        searches[least] = krylov(Sparse.of(matrix), k, key=jax.random.key(2))
    found, expected = searches.values()
    assert (np.asarray(found.values) != np.asarray(expected.values)).any()
    np.testing.assert_allclose(found.values[:k], expected.values[:k], rtol=0, atol=1e-10)
    assert abs(found.values[k] - expected.values[k]) <= 1e-8
    assert found.residual_norms[:k].max() <= 1e-8


def test_tolerance_near_rounding():
    """Check that locked vectors are accurate enough for any tolerance, as they are not improved any more."""
    found = krylov(Sparse.of(large_matrix()), 9, tol=1e-13, key=jax.random.key(0), max_products=2000)
    assert found.residual_norms[:9].max() <= 1e-13


def test_single_precision_survives_restarts(monkeypatch):
    """Check that thick restarts deep inside the noise do not make the search start again in double precision."""
    matrix, started, restarts = large_matrix(), [], []
    start, restart = search._Search._start, search.Basis.thick_restart
    monkeypatch.setattr(
        search._Search, "_start", lambda self, single, **when: started.append(single) or start(self, single, **when)
    )
    monkeypatch.setattr(
        search.Basis, "thick_restart", lambda self, count: restarts.append(count) or restart(self, count)
    )
    found = krylov(Sparse.of(matrix), 40, key=jax.random.key(0), max_dimension=160)
    assert restarts
    assert started == [True]
    expected = largest_values(matrix, 41)
    np.testing.assert_allclose(found.values[:40], expected[:40], rtol=0, atol=1e-10)
    assert abs(found.values[40] - expected[40]) <= min(found.value_bounds[40] + 1e-13, 1e-8)

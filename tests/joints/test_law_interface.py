"""Test each way to hold a distribution in each method of their interface, against NumPy on the dense array."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
from scipy.special import logsumexp

from mmcl_theory import _checks
from mmcl_theory._arrays import on_host
from mmcl_theory.factorization.operators import choose
from mmcl_theory.joints.laws.dense import DenseLaw, as_law
from mmcl_theory.joints.laws.factored import FactoredLaw
from mmcl_theory.joints.laws.kinds import KINDS
from mmcl_theory.joints.laws.law import Law
from mmcl_theory.joints.laws.sparse import SparseLaw

N_IMAGES, N_TEXTS, SAMPLES, CLASSES = 9, 7, 4, 3
RNG = np.random.default_rng(0)


def channel(n_rows: int, n_columns: int, concentration: float = 0.2) -> np.ndarray:
    """Draw rows that are distributions, with many entries that are exactly zero, and no empty row or column."""
    rows = RNG.gamma(concentration, size=(n_rows, n_columns))
    rows[rows < 0.05] = 0
    both = np.arange(max(n_rows, n_columns))
    rows[both % n_rows, both % n_columns] += 0.3
    return rows / rows.sum(axis=1, keepdims=True)


NATURAL = RNG.dirichlet(np.ones(SAMPLES))
IMAGES, TEXTS = channel(SAMPLES, N_IMAGES), channel(SAMPLES, N_TEXTS)
P = (IMAGES.T * NATURAL) @ TEXTS
HELD: dict[str, Law] = {
    "dense": DenseLaw(jnp.asarray(P)),
    "sparse": SparseLaw.of_scipy(scipy.sparse.csr_array(P)),
    "factored": FactoredLaw(jnp.asarray(NATURAL), jnp.asarray(IMAGES), jnp.asarray(TEXTS)),
}
LABELS = RNG.integers(0, CLASSES, N_IMAGES)
LEFT, RIGHT = RNG.normal(size=(N_IMAGES, 2)), RNG.normal(size=(N_TEXTS, 2))
ROWS, COLUMNS = RNG.random(N_IMAGES), RNG.random(N_TEXTS)
GARBLE = channel(N_TEXTS, 3)
POSITIVE = P > 0
SCORES = np.where(POSITIVE, RNG.normal(size=P.shape), -np.inf)
OTHER = RNG.random(P.shape) * POSITIVE
RATIO = np.log(np.where(POSITIVE, P, 1)) - np.log(np.outer(P.sum(axis=1), P.sum(axis=0)))


def like(law: Law, scores: np.ndarray) -> np.ndarray:
    """Hold scores like a distribution: as an array, or by the pairs of positive mass."""
    return scores[POSITIVE] if law.held == "sparse" else scores


def onto_pairs(law: Law, scores: jax.Array) -> jax.Array:
    """Return the scores of the pairs of positive mass, in their order."""
    return scores if law.held == "sparse" else scores[POSITIVE]


# Each method: what a law gives, and what NumPy gives on P.
NUMBERS = {
    "shape": (lambda law: law.shape, P.shape),
    "ndim": (lambda law: law.ndim, 2),
    "size": (lambda law: law.size, P.size),
    "to_dense": (lambda law: law.to_dense(), P),
    "T": (lambda law: law.T.to_dense(), P.T),
    "T.T": (lambda law: law.T.T.to_dense(), P),
    "sum over texts": (lambda law: law.sum(axis=1), P.sum(axis=1)),
    "sum over images": (lambda law: law.sum(axis=0), P.sum(axis=0)),
    "@ vector": (lambda law: law @ RIGHT[:, 0], P @ RIGHT[:, 0]),
    "@ block": (lambda law: law @ RIGHT, P @ RIGHT),
    "T @ block": (lambda law: law.T @ LEFT, P.T @ LEFT),
    "vector @": (lambda law: LEFT[:, 0] @ law, LEFT[:, 0] @ P),
    "block @": (lambda law: LEFT.T @ law, LEFT.T @ P),
    "scaled": (lambda law: law.scaled(ROWS, COLUMNS).to_dense(), ROWS[:, None] * P * COLUMNS),
    "normalized": (
        lambda law: law.normalized(law.sum(axis=1), law.sum(axis=0)).to_dense(),
        P / np.sqrt(np.outer(P.sum(axis=1), P.sum(axis=0))),
    ),
    "class_mass": (lambda law: law.class_mass(LABELS, CLASSES), P.T @ np.eye(CLASSES)[LABELS]),
    "squared_norm": (lambda law: law.squared_norm(), (P**2).sum()),
    "squared_distance": (
        lambda law: law.squared_distance(LEFT, RIGHT),
        ((P - LEFT @ RIGHT.T) ** 2).sum(),
    ),
    "product_norm": (lambda law: law.product_norm(LEFT, RIGHT), ((LEFT @ RIGHT.T) ** 2).sum()),
    "difference": (lambda law: law.difference(as_law(OTHER)) @ RIGHT, (P - OTHER) @ RIGHT),
    "difference, transposed": (lambda law: law.difference(HELD["sparse"]).T @ LEFT, 0 * P.T @ LEFT),
    "difference to_dense": (lambda law: law.difference(as_law(OTHER)).to_dense(), P - OTHER),
    "garbled": (lambda law: law.garbled(GARBLE).to_dense(), P @ GARBLE),
    "garbled by a sparse channel": (
        lambda law: law.garbled(law.like("K", scipy.sparse.csr_array(GARBLE), _checks.weights)).to_dense(),
        P @ GARBLE,
    ),
    "restricted": (
        lambda law: law.restricted(np.array([0, 3]), np.array([1, 2, 6])).to_dense(),
        P[[0, 3]][:, [1, 2, 6]],
    ),
    "to_sparse": (lambda law: law.to_sparse().to_dense(), P),
    "matrix": (lambda law: as_law(law.matrix).to_dense(), P),
    "decompose": (lambda law: choose.decompose(law, 1, tol=1e-12).values[:2], np.linalg.svd(P)[1][:2]),
    "singular_values": (lambda law: choose.singular_values(law, 2)[0][:3], np.linalg.svd(P)[1][:3]),
    "left_vectors": (lambda law: np.abs(choose.left_vectors(law, 1)[0][:, 0]), np.abs(np.linalg.svd(P)[0][:, 0])),
    "spectral_norm": (lambda law: choose.spectral_norm(law, 1e-12)[0], np.linalg.norm(P, 2)),
}

# Those that need the mass of each pair.
BY_PAIR = {
    "log_ratio": (lambda law: onto_pairs(law, law.log_ratio()), RATIO[POSITIVE]),
    "expectation": (lambda law: law.expectation(like(law, SCORES)), (P[POSITIVE] * SCORES[POSITIVE]).sum()),
    "log_mean_exp over texts": (
        lambda law: law.log_mean_exp(like(law, SCORES), COLUMNS, axis=1),
        logsumexp(SCORES, axis=1, b=COLUMNS[None, :]),
    ),
    "log_mean_exp over images": (
        lambda law: law.log_mean_exp(like(law, SCORES), ROWS, axis=0),
        logsumexp(SCORES, axis=0, b=ROWS[:, None]),
    ),
}


# What is not traced, but computed on the host.
UNTRACED = {"garbled", "garbled by a sparse channel", "restricted", "to_sparse", "matrix"}
UNTRACED |= {"decompose", "singular_values", "left_vectors", "spectral_norm"}
# What NumPy does with arrays of JAX too, where it can read them.
AT_HAND = {"sum over texts", "sum over images", "scaled", "normalized", "class_mass"}


@functools.cache
def by_program(held: str) -> dict[str, jax.Array]:
    """Compute all methods of a law of JAX in one program."""
    methods = {name: got for name, (got, _) in NUMBERS.items() if name not in UNTRACED}
    methods |= {name: got for name, (got, _) in BY_PAIR.items() if held != "factored"}
    return jax.device_get(jax.jit(lambda law: {name: got(law) for name, got in methods.items()})(HELD[held]))


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("method", NUMBERS)
def test_a_method_gives_what_numpy_does(method, held):
    got, expected = NUMBERS[method]
    found = [got(on_host(HELD[held]))]
    found += [by_program(held)[method]] if method not in UNTRACED else []
    found += [got(HELD[held])] if method in UNTRACED or (held == "sparse" and method in AT_HAND) else []
    for one in found:
        np.testing.assert_allclose(one, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("held", ["dense", "sparse"])
@pytest.mark.parametrize("method", BY_PAIR)
def test_a_method_that_reads_pairs_gives_what_numpy_does(method, held):
    got, expected = BY_PAIR[method]
    for found in (got(on_host(HELD[held])), by_program(held)[method]):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_product_of_channels_has_no_scores_of_pairs():
    law = HELD["factored"]
    assert law.log_ratio() is None
    for refused in (lambda: law.expectation(SCORES), lambda: law.log_mean_exp(SCORES, ROWS, 0)):
        with pytest.raises(ValueError, match="mass of each pair"):
            refused()


def test_only_an_array_has_cells_and_the_graph_of_text_induced_pairs():
    np.testing.assert_allclose(HELD["dense"].text_induced(), P / P.sum(axis=0) @ P.T, rtol=1e-13)
    HELD["dense"].check_cells("joint")
    for held in ("sparse", "factored"):
        for refused in (HELD[held].text_induced, lambda held=held: HELD[held].check_cells("joint")):
            with pytest.raises(ValueError, match="held densely"):
                refused()


def test_the_rank_of_a_product_is_at_most_that_of_its_channels():
    assert {held: law.rank for held, law in HELD.items()} == {"dense": 7, "sparse": 7, "factored": SAMPLES}


@pytest.mark.parametrize("held", HELD)
def test_what_a_file_stores_restores_the_law(held):
    law = HELD[held]
    again = KINDS[held].of_arrays({name: np.asarray(array) for name, array in law.arrays().items()}, law.shape)
    assert type(again) is type(law)
    np.testing.assert_allclose(again.to_dense(), law.to_dense(), rtol=1e-15)


@pytest.mark.parametrize("held", HELD)
def test_what_is_held_like_a_law_is_sparse_unless_it_is_an_array(held):
    for given in (GARBLE, scipy.sparse.coo_array(GARBLE), as_law(GARBLE), as_law(scipy.sparse.csr_array(GARBLE))):
        got = HELD[held].like("K", given, _checks.weights)
        assert scipy.sparse.issparse(got) == (held != "dense")
        np.testing.assert_array_equal(got if held == "dense" else got.toarray(), GARBLE)


@pytest.mark.parametrize("held", HELD)
def test_what_has_no_mass_is_not_in_the_support(held):
    images, texts = np.r_[1.0, np.zeros(1), np.ones(N_IMAGES - 2)], np.r_[np.zeros(1), np.ones(N_TEXTS - 1)]
    law = HELD[held]
    if held == "factored":  # whose channels are row-stochastic
        law = FactoredLaw.of(*(s / s.sum(axis=1, keepdims=True) for s in (IMAGES * images, TEXTS * texts)), NATURAL)
    else:
        law = law.scaled(images, texts)
    found = law.support()
    assert found[0].tolist() == [0, *range(2, N_IMAGES)]
    assert found[1].tolist() == list(range(1, N_TEXTS))


@pytest.mark.parametrize("held", HELD)
def test_draws_have_the_shape_and_the_support(held):
    counts = HELD[held].draw(500, jax.random.key(0))
    counts = counts if held == "dense" else counts.toarray()
    assert counts.shape == P.shape
    assert counts.sum() == 500
    assert (counts[~POSITIVE] == 0).all()


@pytest.mark.parametrize("held", HELD)
def test_a_law_passes_through_jit_and_grad(held):
    def loss(law: Law) -> jax.Array:
        return law.normalized(law.sum(axis=1), law.sum(axis=0)).squared_norm() + law.squared_distance(LEFT, RIGHT)

    law = HELD[held]
    np.testing.assert_allclose(jax.jit(loss)(law), loss(on_host(law)), rtol=1e-12)

    def along(step: jax.Array) -> jax.Array:
        return loss(law.scaled(1 + step * ROWS, 1 + step * COLUMNS))

    def dense_along(step: jax.Array) -> jax.Array:
        return loss(DenseLaw(P * jnp.outer(1 + step * ROWS, 1 + step * COLUMNS)))

    found, expected = jax.jit(lambda step: (jax.grad(along)(step), jax.grad(dense_along)(step)))(0.0)
    assert float(found) == pytest.approx(float(expected), rel=1e-10)


def test_laws_of_arrays_are_batched():
    laws = jax.vmap(DenseLaw)(np.stack([P, OTHER]))
    assert (laws.shape, laws.ndim) == (P.shape, 3)
    norms = jax.jit(jax.vmap(lambda law: law.squared_norm()))(laws)
    np.testing.assert_allclose(norms, [(P**2).sum(), (OTHER**2).sum()])


def test_only_arrays_are_decomposed_inside_programs():
    assert {held: choose.is_traceable(law) for held, law in HELD.items()} == {
        "dense": True,
        "sparse": False,
        "factored": False,
    }
    complete = jax.jit(lambda law, k: choose.decompose(law, k))(HELD["dense"], 2)
    assert complete.values.shape == (N_TEXTS,)
    assert complete.residual_norms is complete.value_bounds is None


def test_a_truncated_decomposition_tells_what_it_may_be_off_by():
    for held in ("sparse", "factored"):
        found = choose.decompose(HELD[held], 2, tol=1e-10)
        exact = np.linalg.svd(P)[1][:3]
        assert (np.abs(found.values - exact) <= found.value_bounds).all()
        assert (found.residual_norms[:2] <= 1e-10 * exact[0]).all()
        norm, bound = choose.spectral_norm(HELD[held].difference(as_law(OTHER)), 1e-10)
        assert abs(float(norm) - np.linalg.norm(P - OTHER, 2)) <= float(bound)

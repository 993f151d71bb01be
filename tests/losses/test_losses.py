"""Compare losses on a population with enumeration, and their optima with optimizers and perturbations."""

import definitions
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import mmcl_theory as mt

JOINT = mt.Joint([[4, 1, 0, 2], [0, 3, 1, 1], [2, 0, 5, 1]], [0, 1, 1])
P = np.asarray(JOINT.matrix)
OPTIMUM = mt.losses.pointwise_mutual_information(JOINT)
INFORMATION = definitions.mutual_information(P)
SEEDS = range(5)
INFONCE_GRADIENT = jax.jit(jax.grad(lambda scores: mt.losses.infonce_population(JOINT, scores)))

# Sums of at most a few dozen numbers of order one, in two orders.
EXACT = 1e-12


def random_scores(seed: int) -> np.ndarray:
    """Draw scores of any size; for odd seeds they are −∞ where there are no pairs."""
    scores = np.random.default_rng(seed).normal(0, 1 + seed, P.shape)
    return np.where((P == 0) & (seed % 2 == 1), -np.inf, scores)


# InfoNCE.


@pytest.mark.parametrize("seed", SEEDS)
def test_infonce_population_is_its_definition(seed):
    scores = random_scores(seed)
    p, q = P.sum(axis=1), P.sum(axis=0)
    expected = 0.0
    for x, t in definitions.cells(P):
        if P[x, t] > 0:
            among_texts = scores[x, t] - np.log(sum(q[u] * np.exp(scores[x, u]) for u in range(len(q))))
            among_images = scores[x, t] - np.log(sum(p[u] * np.exp(scores[u, t]) for u in range(len(p))))
            expected -= P[x, t] * (among_texts + among_images) / 2
    assert float(mt.losses.infonce_population(JOINT, scores)) == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradient_of_infonce_is_what_scores_predict_less_the_pairs(seed):
    scores = random_scores(seed)
    gradient = np.asarray(INFONCE_GRADIENT(scores))
    np.testing.assert_allclose(gradient, definitions.infonce_gradient(P, scores), atol=EXACT)
    assert np.abs(gradient).sum() > 0.1  # so that a zero gradient elsewhere means something


@pytest.mark.parametrize("size", [1e-3, 0.1, 1.0, 10.0])
def test_no_perturbation_of_the_optimum_goes_below_the_information(size):
    losses = [
        float(
            mt.losses.infonce_population(JOINT, OPTIMUM + size * np.random.default_rng(seed).standard_normal(P.shape))
        )
        for seed in range(50)
    ]
    at_optimum = float(mt.losses.infonce_population(JOINT, OPTIMUM))
    assert at_optimum == pytest.approx(-INFORMATION, abs=EXACT)
    # The second derivative is of order 0.1, so even 1e-3 away the loss is above by more than rounding.
    assert min(losses) > at_optimum + EXACT


def test_the_optimum_is_unique_up_to_a_constant():
    shifted = mt.losses.infonce_population(JOINT, OPTIMUM + 3.0)
    assert float(shifted) == pytest.approx(-INFORMATION, abs=EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_infonce_of_two_candidates_is_its_enumeration(seed):
    scores = random_scores(seed)
    found = float(mt.losses.infonce_two(JOINT, scores))
    assert found == pytest.approx(definitions.infonce(P, scores, 2), rel=EXACT)


@pytest.mark.parametrize("gap", [10.0, 700.0, 1e4])
def test_infonce_of_two_stands_any_scores(gap):
    """Rank one text first always: where the other is meant, the loss is the gap, however large."""
    joint, scores = mt.Joint([[1, 1]], [0]), jnp.array([[gap, 0.0]])
    # Own and other text are each one of two: 0 beside 1, 1 beside 0, and twice beside their like.
    expected = (np.logaddexp(0, -gap) + np.logaddexp(0, gap) + 2 * np.log(2)) / 4
    assert float(mt.losses.infonce_two(joint, scores)) == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("candidates", [2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_infonce_estimate_agrees_with_enumeration(seed, candidates):
    scores = random_scores(seed)
    mean, error = mt.losses.infonce_estimate(JOINT, scores, candidates, n_draws=20_000, key=jax.random.key(seed))
    expected = definitions.infonce(P, scores, candidates)
    assert abs(mean - expected) < 4 * error  # 1 in 16,000 of fresh draws would be further off
    assert 0 < error < 0.05 * expected


def test_infonce_estimate_agrees_with_infonce_two_at_the_optimum():
    mean, error = mt.losses.infonce_estimate(JOINT, OPTIMUM, 2, key=jax.random.key(1))
    assert abs(mean - float(mt.losses.infonce_two(JOINT, OPTIMUM))) < 4 * error
    assert error < 0.005


def test_standard_error_of_the_estimate_is_the_spread_of_estimates():
    n = 300
    found = [
        mt.losses.infonce_estimate(JOINT, OPTIMUM, 4, n_draws=200, key=key)
        for key in jax.random.split(jax.random.key(2), n)
    ]
    means, errors = np.array(found).T
    # A standard deviation from n values is off by one part in √(2n) on average; four times that is allowed.
    assert means.std(ddof=1) == pytest.approx(np.sqrt((errors**2).mean()), rel=4 / np.sqrt(2 * n))


@pytest.mark.parametrize("candidates", [2, 4, 16])
def test_infonce_is_a_lower_bound_of_information(candidates):
    for seed in SEEDS:
        for scores in (OPTIMUM, random_scores(seed)):
            mean, error = mt.losses.infonce_estimate(
                JOINT, scores, candidates, n_draws=20_000, key=jax.random.key(seed)
            )
            assert np.log(candidates) - mean <= INFORMATION + 4 * error


def test_more_candidates_tell_more_of_the_information():
    found = [
        np.log(candidates)
        - mt.losses.infonce_estimate(JOINT, OPTIMUM, candidates, n_draws=20_000, key=jax.random.key(0))[0]
        for candidates in (2, 4, 16, 64)
    ]
    assert (np.diff(found) > 0).all()
    # With M candidates about (1 − 1/M) of a small information is told, and more of a large one is lost: 8 % is allowed.
    assert found[-1] > 0.92 * INFORMATION


# Linear encoders.


def features(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((3, 4)), rng.standard_normal((4, 3))


@pytest.mark.parametrize("seed", SEEDS)
def test_cross_covariance_is_a_mean_over_pairs(seed):
    found = mt.losses.cross_covariance(JOINT, *features(seed))
    np.testing.assert_allclose(found, definitions.cross_covariance(P, *features(seed)), atol=EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_linear_loss_is_a_mean_over_pairs(seed):
    """Compute −E ⟨G_1 x, G_2 l⟩ over centred pairs, with the penalty written out."""
    images, texts = features(seed)
    G_1, G_2 = np.random.default_rng(100 + seed).standard_normal((2, 2, 4))
    G_2 = G_2[:, :3]
    x, t = images - P.sum(axis=1) @ images, texts - P.sum(axis=0) @ texts
    attraction = sum(P[i, j] * (G_1 @ x[i]) @ (G_2 @ t[j]) for i, j in definitions.cells(P))
    penalty = sum((G_1[:, a] @ G_2[:, b]) ** 2 for a in range(4) for b in range(3)) / 2
    found = mt.losses.linear(mt.losses.cross_covariance(JOINT, images, texts), G_1, G_2)
    assert float(found) == pytest.approx(penalty - attraction, rel=EXACT)


@pytest.mark.parametrize("k", [1, 2])
def test_no_descent_goes_below_the_linear_optimum(k):
    """Minimize from random starts: the loss comes down to −½ Σ_{j≤k} s_j², and never below."""
    images, texts = features(0)
    covariance = mt.losses.cross_covariance(JOINT, images, texts)
    encoders = (images, np.pad(texts, ((0, 0), (0, 1))))
    (optimum,) = mt.verify(mt.Instance(JOINT, encoders=encoders), k, "linear-mmcl").rhs

    @jax.jit
    @jax.value_and_grad
    def loss(flat):
        return mt.losses.linear(covariance, flat[: 4 * k].reshape(k, 4), flat[4 * k :].reshape(k, 3))

    for seed in SEEDS:
        start = np.random.default_rng(seed).standard_normal(7 * k)
        # Conjugate gradients; a quasi-Newton step may put all the size into one map, where descent is slow.
        reached = scipy.optimize.minimize(loss, start, jac=True, method="CG", options={"gtol": 1e-7})
        assert reached.fun >= optimum - EXACT
        # A gradient of 1e-7 is left; the loss is off by its square over a curvature, of order s_k > 0.1.
        assert reached.fun == pytest.approx(optimum, abs=EXACT)


# Negatives within a modality.


def within_and_across(images, texts, weight):
    """Compute −4 E_P ⟨f, g⟩ + 2 E ⟨f, g⟩² + λ (E ⟨f, f'⟩² + E ⟨g, g'⟩²), item by item."""
    p, q = P.sum(axis=1), P.sum(axis=0)
    loss = sum(-4 * P[x, t] * (images[x] @ texts[t]) for x, t in definitions.cells(P))
    pairs = ((images, p, texts, q, 2), (images, p, images, p, weight), (texts, q, texts, q, weight))
    for one, a, other, b, share in pairs:
        loss += sum(share * a[i] * b[j] * (one[i] @ other[j]) ** 2 for i, j in np.ndindex(len(a), len(b)))
    return loss


@pytest.mark.parametrize("weight", [0.0, 0.5, 3.0])
def test_the_loss_with_negatives_within_a_modality_is_a_mean_over_pairs(weight):
    rng = np.random.default_rng(0)
    images, texts = rng.standard_normal((3, 2)), rng.standard_normal((4, 2))
    found = mt.losses.crossclr_population(JOINT, images, texts, weight)
    assert float(found) == pytest.approx(within_and_across(images, texts, weight), rel=EXACT)


@pytest.mark.parametrize("weight", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("d", [1, 2])
def test_negatives_within_a_modality_shrink_and_balance_the_encoders(weight, d):
    """Minimize from random starts: the minimum, the product of the encoders, and their balance are those of theory."""
    p, q = P.sum(axis=1), P.sum(axis=0)
    A = P / np.sqrt(np.outer(p, q))
    left, sigma, right = np.linalg.svd(A)
    optimum = -2 * np.sum(sigma[:d] ** 2) / (1 + weight)

    @jax.jit
    @jax.value_and_grad
    def loss(flat):
        return mt.losses.crossclr_population(JOINT, flat[: 3 * d].reshape(3, d), flat[3 * d :].reshape(4, d), weight)

    for seed in SEEDS:
        start = np.random.default_rng(seed).standard_normal(7 * d)
        reached = scipy.optimize.minimize(loss, start, jac=True, method="CG", options={"gtol": 1e-8})
        assert reached.fun == pytest.approx(optimum, abs=EXACT)
        assert reached.fun >= optimum - EXACT
        images, texts = reached.x[: 3 * d].reshape(3, d), reached.x[3 * d :].reshape(4, d)
        F, G = np.sqrt(p)[:, None] * images, np.sqrt(q)[:, None] * texts
        # The root of what the loss may be off by, over a curvature of order λ.
        np.testing.assert_allclose(F @ G.T, (left[:, :d] * sigma[:d]) @ right[:d] / (1 + weight), atol=1e-5)
        np.testing.assert_allclose(F.T @ F, G.T @ G, atol=1e-5)

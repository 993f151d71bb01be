"""Compare curvatures with their closed form, a batch's noise with that over all batches, and limits with loops."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mmcl_theory as mt

TINY = mt.Joint([[6, 1, 1], [1, 4, 1], [0, 2, 4]], [0, 1, 2], [0, 1, 2])
DIRICHLET = mt.generators.random_dirichlet(7, 5, 3, key=jax.random.key(0))


@pytest.mark.parametrize("k", [2])
@pytest.mark.parametrize("joint", [DIRICHLET, DIRICHLET.transpose()], ids=["tall", "wide"])
def test_curvatures_are_sums_and_differences_of_singular_values(joint, k):
    """List those within the first k, between them and the others, and towards the surplus images (or texts)."""
    values = np.linalg.svd(np.asarray(joint.normalized), compute_uv=False)
    first, others = values[:k], values[k:]
    expected = [a + b for a, b in product(first, first)]
    expected += [a + sign * b for a, b, sign in product(first, others, (1, -1))]
    expected += list(first) * abs(joint.n_images - joint.n_texts)
    found = mt.training.modes(joint, k, batch=2).curvatures
    assert len(found) == (joint.n_images + joint.n_texts) * k - k * k
    np.testing.assert_allclose(found, 2 * np.sort(expected), atol=1e-10)
    assert float(found[0]) == pytest.approx(2 * (values[k - 1] - values[k]))


def enumerated_covariance(batch: int, negatives: str) -> np.ndarray:
    """Compute the covariance of the gradient with respect to the tables, over all batches."""
    fact = mt.factorize(TINY, 2)
    laws = [np.asarray(TINY.image_marginal), np.asarray(TINY.text_marginal)]
    tables = jnp.concatenate([fact.image_factors, fact.text_factors])
    draws = [[(divmod(cell, 3), mass) for cell, mass in enumerate(np.asarray(TINY.matrix).ravel())]] * batch
    loss = mt.losses.spectral
    if negatives == "independent":
        draws += [list(enumerate(law)) for law in laws for _ in range(batch)]
        loss = mt.losses.spectral_independent
    batches = list(product(*draws))
    weights = np.array([np.prod([mass for _, mass in drawn]) for drawn in batches])
    things = [[thing for thing, _ in drawn] for drawn in batches]
    sides = [[pair[side] for pair in drawn[:batch]] for side in (0, 1) for drawn in things]
    sides = list(np.array(sides).reshape(2, len(batches), batch))
    if negatives == "independent":
        sides += [np.array([drawn[batch * i : batch * (i + 1)] for drawn in things]) for i in (1, 2)]

    def of_batch(tables, *numbers):
        features = [tables[:3] / np.sqrt(laws[0])[:, None], tables[3:] / np.sqrt(laws[1])[:, None]]
        return loss(*(features[place % 2][drawn] for place, drawn in enumerate(numbers)))

    slopes = jax.jit(jax.vmap(lambda *numbers: jax.grad(of_batch)(tables, *numbers).ravel()))(*sides)
    slopes = np.asarray(slopes)
    mean = weights @ slopes
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(mean, 0, atol=1e-12)  # unbiased, at the optimum
    return (slopes * weights[:, None]).T @ slopes


@pytest.mark.parametrize(("batch", "negatives"), [(2, "in-batch"), (3, "in-batch"), (2, "independent")])
def test_the_noise_of_a_batch_is_that_over_all_batches(batch, negatives):
    """Compare traces of H^m C, which do not depend on the basis of an eigenspace; with m = 0, no noise is left out."""
    covariance = enumerated_covariance(batch, negatives)
    fact = mt.factorize(TINY, 2)
    factors = np.concatenate([fact.image_factors, fact.text_factors])
    hessian = jax.jit(jax.hessian(lambda rows: jnp.sum((TINY.normalized - rows[:3] @ rows[3:].T) ** 2)))(factors)
    hessian = hessian.reshape(factors.size, factors.size)
    h, s = mt.training.modes(TINY, 2, batch, negatives)
    for power in range(3):
        expected = np.trace(np.linalg.matrix_power(hessian, power) @ covariance)
        assert float(h**power @ s) == pytest.approx(expected, rel=1e-10)
    assert float(s.sum()) > 0.1


def test_limits_are_those_of_the_recursion():
    modes = mt.training.modes(DIRICHLET, 2, 16)
    h, s = (np.asarray(part) for part in modes)
    step, squares = 0.05, np.zeros_like(h)
    for _ in range(10_000):
        squares = (1 - step * h) ** 2 * squares + step**2 * s
    assert mt.training.plateau(modes, step) == pytest.approx(h @ squares / 2, rel=1e-10)

    c, n_steps = 2 / h[0], 200_000
    squares = np.zeros_like(h)
    for t in range(1, n_steps + 1):
        squares = (1 - c / t * h) ** 2 * squares + (c / t) ** 2 * s
    # The next term of the expansion is smaller by a factor of 1/t, times constants of the order of (ch)², here 10³.
    assert mt.training.decay(modes, c) == pytest.approx(n_steps * h @ squares / 2, rel=1e-2)


def test_one_curvature_is_best_at_its_inverse():
    """Check that h c²/(2ch − 1) is least at c = 1/h, where it is 1/h: the variance of a mean gradient, over h²."""
    modes = mt.training.Modes(jnp.array([0.5]), jnp.array([3.0]))
    assert mt.training.decay(modes, 2.0) == pytest.approx(3.0 / 0.5 / 2)
    assert min(mt.training.decay(modes, c) for c in (1.9, 2.1)) > 3.0


def test_what_has_no_limit_is_refused():
    modes = mt.training.modes(DIRICHLET, 2, 16)
    h, _ = modes
    with pytest.raises(ValueError, match=r"^c: must be in \("):
        mt.training.decay(modes, 1 / (2 * float(h[0])))
    with pytest.raises(ValueError, match=r"^step: must be in \(0"):
        mt.training.plateau(modes, 2.1 / float(h[-1]))
    with pytest.raises(ValueError, match=r"^k: a gap σ_k > σ_\(k\+1\) is needed, got 2"):
        mt.training.modes(mt.worlds.kernel(24, 20, 2, caption_of="view").joint, 2, 16)
    with pytest.raises(ValueError, match=r"^batch: must be at least 2"):
        mt.training.modes(DIRICHLET, 2, 1)
    with pytest.raises(ValueError, match=r"^negatives: must be one of"):
        mt.training.modes(DIRICHLET, 2, 4, "hard")

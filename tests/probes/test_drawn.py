"""Heads that draw their answers: the projection, its inequality, and linear heads that err as little."""

import jax
import numpy as np
import pytest
import scipy.optimize

from mmcl_theory.probes import drawn, onto_simplex

# A few dozen operations on numbers of order one.
ROUNDING = 1e-13


def scores_of(n, r, rng, total=None):
    """Scores of any size, many of them with ties and zeros; of a given total where one is given."""
    scores = rng.normal(size=(n, r)) * 10 ** rng.uniform(-1, 1, (n, 1))
    scores[::3] = np.round(scores[::3])
    return scores if total is None else scores + (total - scores.sum(axis=1, keepdims=True)) / r


@pytest.mark.parametrize("r", [1, 2, 3, 6])
def test_the_projection_is_the_nearest_point_of_the_simplex(r):
    rng = np.random.default_rng(r)
    points = scores_of(40, r, rng)
    near, threshold = onto_simplex(points)
    for ours, theirs in zip((near, threshold), jax.jit(onto_simplex)(points), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=ROUNDING, atol=ROUNDING * 100)
    np.testing.assert_allclose(near.sum(axis=1), 1, atol=ROUNDING * 100)  # of scores of order 100
    np.testing.assert_allclose(near, np.maximum(points - threshold, 0))
    # No corner is in a direction that leads nearer: the condition for the nearest point of a convex set.
    towards = (points - near)[:, :, None] * (np.eye(r)[None] - near[:, :, None])
    assert towards.sum(axis=1).max() < 1e-9  # of products of order 10⁴


def test_the_projection_is_what_a_solver_of_quadratic_programs_finds():
    for point in scores_of(5, 4, np.random.default_rng(0)):
        found = scipy.optimize.minimize(
            lambda q, v=point: ((q - v) ** 2).sum(),
            np.full(4, 0.25),
            bounds=[(0, 1)] * 4,
            constraints={"type": "eq", "fun": lambda q: q.sum() - 1},
            tol=1e-12,
        )
        # Its objective is flat to 1e-12 or so within the root of that.
        np.testing.assert_allclose(onto_simplex(point[None])[0][0], found.x, atol=1e-5)


@pytest.mark.parametrize("r", [2, 3, 5])
def test_drawing_errs_by_what_the_residual_leaves_after_the_gain(r):
    rng = np.random.default_rng(r)
    scores, labels, p = scores_of(60, r, rng), rng.integers(0, r, 60), rng.dirichlet(np.ones(60))
    error, gain = (float(part) for part in jax.jit(drawn)(np.sqrt(p)[:, None] * scores, labels, p))
    residual = p @ ((np.eye(r)[labels] - scores) ** 2).sum(axis=1)
    assert error == pytest.approx(residual - gain, abs=1e-12 * residual)
    assert 0 <= error <= 1
    assert gain >= p @ ((onto_simplex(2 * scores)[0] - scores) ** 2).sum(axis=1)


# Linear heads: argmax of 2p − q for a shift q drawn from a law of its own (docs/heads.md).


def shifts(r, fine):
    """Shifts spread evenly over the segment (r = 2), the boundary of the triangle, or twice that of the tetrahedron."""
    steps = (np.arange(fine) + 0.5) / fine
    if r < 4:
        ends = [(i, j) for i in range(r) for j in range(i)]
        return np.concatenate([np.outer(steps, np.eye(r)[i]) + np.outer(1 - steps, np.eye(r)[j]) for i, j in ends])
    a, b = (part.ravel() for part in np.meshgrid(steps, steps))
    # A triangle is a square folded along its diagonal.
    a, b = np.where(a + b > 1, 1 - a, a), np.where(a + b > 1, 1 - b, b)
    inside = 2 * np.stack([a, b, 1 - a - b], axis=1)
    return np.concatenate([np.insert(inside, k, 0, axis=1) for k in range(4)])


def shares(scores, drawn_shifts):
    """How often each class has the largest score after a shift."""
    r = scores.shape[1]
    answers = (2 * scores[:, None, :] - drawn_shifts[None]).argmax(axis=2)
    return np.stack([(answers == i).mean(axis=1) for i in range(r)], axis=1)


FINE = 60  # a share is off by the cells that a border between classes crosses: some 1/FINE of them


@pytest.mark.parametrize("r", [2, 3])
def test_a_random_shift_answers_with_the_probabilities_of_the_projection(r):
    scores = np.random.default_rng(r).normal(1 / r, 0.4, (200, r))
    scores += (1 - scores.sum(axis=1, keepdims=True)) / r
    near = onto_simplex(2 * scores)[0]
    np.testing.assert_allclose(shares(scores, shifts(r, FINE)), near, atol=1 / FINE)


NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)


def four_shares(p, y):
    """The share of class y among shifts on twice the boundary of the tetrahedron: a sum of polynomials (docs/heads.md).

    The integral is over pieces on which the integrand is linear.
    """
    d = np.delete(p[y] - p, y)
    found = max(0, 1 - np.maximum(-d, 0).sum()) ** 2
    for k in range(3):
        if d[k] > 0:
            s = (NODES + 1) / 2 * d[k]
            height = 1 - s - np.maximum(s[:, None] - np.delete(d, k), 0).sum(axis=1)
            found += d[k] * WEIGHTS @ np.maximum(0, height)
    return found / 4


def test_a_random_shift_of_four_classes_errs_no_more_than_the_squared_error():
    rng = np.random.default_rng(0)
    scores = rng.normal(0.25, 0.35, (24, 4))
    scores += (1 - scores.sum(axis=1, keepdims=True)) / 4
    found = np.array([[four_shares(p, y) for y in range(4)] for p in scores])
    # The quadrature of a function with corners is off by the square of its step.
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(shares(scores, shifts(4, 30)), found, atol=2 / 30)
    bound = 2 * scores - (scores**2).sum(axis=1, keepdims=True)
    assert (found - bound).min() > -1e-4
    # Met at the centre of each face, where nothing is to spare.
    for s in (1, 2, 3, 4):
        p = np.where(np.arange(4) < s, 1 / s, 0)
        assert four_shares(p, 0) == pytest.approx(2 * p[0] - p @ p, abs=1e-4)


@pytest.mark.parametrize("r", [2, 3, 4])
def test_up_to_four_classes_some_linear_head_errs_no_more_than_the_residual(r):
    """The best shift of a grid, for scores of least squares on features that have a constant."""
    rng = np.random.default_rng(r)
    tried = shifts(r, 41 if r < 4 else 21)
    for _ in range(20):
        n = 25
        p, labels, target = rng.dirichlet(np.ones(n)), rng.integers(0, r, n), np.eye(r)
        root = np.sqrt(p)[:, None]
        features = np.column_stack([np.ones(n), rng.normal(size=(n, rng.integers(1, 6)))])
        fitted = features @ np.linalg.lstsq(root * features, root * target[labels], rcond=None)[0]
        residual = p @ ((target[labels] - fitted) ** 2).sum(axis=1)
        values = 2 * fitted[:, None, :] - tried[None]
        own = np.take_along_axis(values, labels[:, None, None], axis=2)[..., 0]
        wins = ((values < own[..., None]).sum(axis=2)) == r - 1  # a tie is an error
        errors = p @ ~wins
        assert errors.min() <= residual

"""Moments and errors of walks against enumerated transition matrices, for every kind of law."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.factorization.operators import choose
from mmcl_theory.factorization.operators.mesh import rows_mesh
from mmcl_theory.walks.moments import centred, pair_errors, pair_moments, unanswered, walk_errors, walk_moments

STEPS = 7
ROUNDING = 1e-13  # T_m has slopes of m² at the ends, so 50 ulps, over sums of a hundred terms


def joint():
    return mt.generators.random_dirichlet(6, 5, 3, bayes_labels=False, key=jax.random.key(1))


def transitions(given):
    """The probability of going from image to image by way of one of its texts."""
    P = np.asarray(given.law.to_dense())
    return (P / P.sum(axis=1, keepdims=True)) @ (P / P.sum(axis=0)).T


def walked(given, steps):
    """The probability that the labels of the two ends differ, walk by walk."""
    labels, start = np.asarray(given.image_labels), np.asarray(given.image_marginal)
    law = start[:, None] * np.linalg.matrix_power(transitions(given), steps)
    return law[labels[:, None] != labels].sum()


def test_errors_are_those_of_enumerated_walks():
    given = joint()
    expected = [walked(given, steps) for steps in range(STEPS + 1)]
    for kind in (given, given.to_sparse()):
        np.testing.assert_allclose(walk_errors(kind, STEPS), expected, rtol=1e-13)
    np.testing.assert_allclose(pair_errors(given.text_induced(), STEPS), expected, rtol=1e-13)


def test_small_errors_keep_their_digits():
    """Of noise β on m images the error after n steps is (1−(1−β)^{2n})(1−1/m): tiny, not a difference from 1."""
    noise = 1e-12
    errors = np.asarray(walk_errors(mt.generators.isotropic_noise(4, noise), 3))
    np.testing.assert_allclose(errors, -np.expm1(2 * np.arange(4) * np.log1p(-noise)) * 0.75, rtol=1e-4)


def test_moments_are_those_of_enumerated_walks():
    given = joint()
    start = np.asarray(given.image_label_matrix)
    step = np.asarray(given.normalized_law.to_dense())
    step = step @ step.T
    powers = [np.sum(start * (np.linalg.matrix_power(step, m) @ start)) for m in range(STEPS + 1)]
    # T_m(2x − 1) in powers of x.
    shifted = np.polynomial.Polynomial([-1, 2])
    expected = [
        np.dot(np.polynomial.Chebyshev.basis(m).convert(kind=np.polynomial.Polynomial)(shifted).coef, powers[: m + 1])
        for m in range(STEPS + 1)
    ]
    laws = given.normalized_law, given.to_sparse().normalized_law
    operators = [*map(choose.operator_of, laws), choose.operator_of(laws[0], rows_mesh(jax.devices()[:1]))]
    for operator in operators:
        found = walk_moments(operator, given.image_label_matrix, STEPS)
        np.testing.assert_allclose(found, expected, atol=1e-10)  # the powers lose five digits at degree 7
    np.testing.assert_allclose(
        walk_moments(operators[0], start, STEPS), walk_moments(operators[1], start, STEPS), atol=ROUNDING
    )
    np.testing.assert_allclose(
        walk_moments(operators[0], start, STEPS), walk_moments(operators[2], start, STEPS), atol=ROUNDING
    )
    np.testing.assert_allclose(
        pair_moments(step, start, STEPS), walk_moments(operators[0], start, STEPS), atol=ROUNDING
    )


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_there_is_a_moment_for_each_step_and_one(steps):
    given = joint()
    assert walk_moments(choose.operator_of(given.normalized_law), given.image_label_matrix, steps).shape == (steps + 1,)
    assert walk_errors(given, steps).shape == pair_errors(given.text_induced(), steps).shape == (steps + 1,)


def test_what_is_centred_has_no_mass_at_one():
    given = joint()
    block = centred(given.image_label_matrix, given.image_marginal)
    classes = np.bincount(given.image_labels, given.image_marginal)
    assert float(np.sum(block**2)) == pytest.approx(1 - np.sum(classes**2))
    np.testing.assert_allclose(np.sqrt(given.image_marginal) @ block, 0, atol=1e-15)


def test_what_zero_shot_leaves_has_the_norm_of_two_errors():
    """‖Y − AW‖² = 2α − α_V."""
    given = joint()
    expected = 2 * given.labeling_error - given.transpose().text_induced_error
    assert float(np.sum(unanswered(given) ** 2)) == pytest.approx(float(expected), abs=1e-14)

"""``mt.walk_bounds`` on every kind of joint, and its refusals."""

import itertools

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.factorization.operators.mesh import rows_mesh
from mmcl_theory.joints.settings import STEPS_LIMIT

KS = range(1, 10)


@pytest.fixture(scope="module")
def joint():
    return mt.Joint(np.random.default_rng(3).gamma(0.3, size=(14, 10)), np.arange(14) % 3)


@pytest.fixture(scope="module")
def pairs(joint):
    return mt.Instance(joint, augmentation=joint.text_induced())


def residuals(instance, name):
    return np.array([float(getattr(mt.measure(instance, k), name)) for k in KS])


@pytest.mark.parametrize(
    ("residual", "name"),
    [("probe", "probe_residual"), ("zero-shot", "zero_shot_residual"), ("single-modal", "sscl_residual")],
)
def test_bounds_enclose_residuals_and_close(pairs, residual, name):
    true, widths = residuals(pairs, name), []
    for steps in (1, 4, 32):
        lower, upper = mt.walk_bounds(pairs, KS, steps, residual=residual)
        assert max((lower - true).max(), (true - upper).max()) <= 1e-12  # the rounding of the decomposition
        widths.append(upper - lower)
    assert all((after <= before + 1e-9).all() for before, after in itertools.pairwise(widths))
    assert widths[-1].max() < 1e-4  # 13 atoms are determined by 26 moments, as far as double precision tells


def test_every_kind_of_joint_has_the_same_bounds(joint):
    expected = mt.walk_bounds(joint, 3, 5)
    for other in (
        joint.to_sparse(),
        mt.Joint.of_channels(np.eye(14), conditional(joint), joint.image_marginal, joint.image_labels),
    ):
        np.testing.assert_allclose(mt.walk_bounds(other, 3, 5), expected, atol=1e-7)  # σ² to 1e-8
    mesh = rows_mesh(jax.devices()[:1])
    np.testing.assert_allclose(mt.walk_bounds(joint, 3, 5, mesh=mesh), expected, atol=1e-7)


def conditional(joint):
    P = np.asarray(joint.matrix)
    return P / P.sum(axis=1, keepdims=True)


def test_measure_gives_the_same(pairs):
    instance = mt.Instance(pairs.joint, augmentation=pairs.augmentation, steps=4)
    measured = mt.measure(instance, 3)
    for residual, name in (("probe", "walk"), ("zero-shot", "zero_shot_walk"), ("single-modal", "sscl_walk")):
        bounds = mt.walk_bounds(instance, 3, 4, residual=residual)
        found = [getattr(measured, f"{name}_{side}") for side in ("lower", "upper")]
        np.testing.assert_allclose(found, bounds, atol=1e-10)


def test_one_step_is_the_bound_from_text_induced_pairs(joint):
    upper = mt.walk_bounds(joint, KS, 1).upper
    quantities = [mt.measure(joint, k) for k in KS]
    trivial = [1 - float(q.class_collision) for q in quantities]
    bounds = [float(q.text_induced_error / (1 - q.sigma_next**2)) for q in quantities]
    np.testing.assert_allclose(upper, np.minimum(bounds, trivial), atol=1e-10)


def test_an_encoder_that_is_not_unique_has_no_bounds():
    """Isotropic noise: σ_2 = σ_3 = σ_4."""
    joint = mt.generators.isotropic_noise(4, 0.25)
    lower, upper = mt.walk_bounds(joint, [1, 2, 4], 3)
    assert np.isnan(lower).tolist() == np.isnan(upper).tolist() == [False, True, False]
    assert upper[0] == pytest.approx(0.75, abs=1e-9)
    assert np.isnan(mt.walk_bounds(joint, 2, 3)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 11}, "k: must be 1 … 10, got 11"),
        ({"steps": 0}, f"steps: must be 1 … {STEPS_LIMIT}, got 0"),
        ({"steps": STEPS_LIMIT + 1}, "steps: must be"),
        ({"residual": "text"}, "residual: must be one of probe, zero-shot, single-modal, got 'text'"),
        ({"residual": "single-modal"}, "joint: augmentation pairs are needed"),
        ({"tol": 0.0}, "tol: must be"),
    ],
)
def test_refusals(joint, arguments, message):
    with pytest.raises(ValueError, match=message):
        mt.walk_bounds(joint, **({"k": 3} | arguments))


def test_pairs_with_negative_eigenvalues_are_refused(joint):
    matrix = np.ones((14, 14)) - np.eye(14)
    instance = mt.Instance(joint, augmentation=mt.PairGraph(matrix, joint.image_labels))
    with pytest.raises(ValueError, match="negative eigenvalues"):
        mt.walk_bounds(instance, 3, residual="single-modal")

"""``measure`` under JAX's transformations, and ``class_spectrum``."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_worlds import instances

import mmcl_theory as mt
from mmcl_theory.factorization.dense import svd
from mmcl_theory.quantities.decompositions import decomposed
from mmcl_theory.quantities.measurement import Measurement
from mmcl_theory.quantities.quantities import extras_of, quantities_of

JOINT = mt.generators.random_dirichlet(6, 7, 3, key=jax.random.key(1))


def fields(quantities):
    return {f.name: getattr(quantities, f.name) for f in dataclasses.fields(quantities)}


def test_vmap_over_k_gives_each_k():
    every = jax.vmap(lambda k: mt.measure(JOINT, k))(jnp.arange(1, 6))
    for k in range(1, 6):
        for name, value in fields(mt.measure(JOINT, k)).items():
            if value is not None:
                np.testing.assert_allclose(getattr(every, name)[k - 1], value, atol=1e-12)  # batched rounding


def test_vmap_over_a_batch_of_joints_made_inside_it():
    keys = jax.random.split(jax.random.key(2), 3)

    def residual(key):
        law = jax.random.dirichlet(key, jnp.ones(12)).reshape(3, 4)
        return mt.measure(mt.Joint(law, [0, 1, 1], [0, 1, 1, 0], n_classes=2), 1).probe_residual

    batched = jax.jit(jax.vmap(residual))(keys)
    np.testing.assert_allclose(batched, [residual(key) for key in keys], atol=1e-12)  # batched rounding


def named(instance, k, names):
    """Measure named quantities alone, as derivatives of all are traced for long."""
    instance = mt.Instance.of(instance)
    return quantities_of(Measurement(instance, decomposed(instance, k, extras_of(names)), k), names)


def with_slopes(values):
    """Compile the slopes of values in their first argument and the values, as one program."""
    return jax.jit(jax.jacrev(lambda *given: (values(*given),) * 2, has_aux=True))


SMOOTH = """
    labeling_error text_induced_error sigma_2 sigma_k sigma_next inertia tail probe_residual text_probe_residual
    zero_shot_residual optimal_loss chi_square mutual_information class_conductance
"""


@functools.cache
def slopes():
    """Each smooth quantity's slope along a direction, as JAX and as a central difference give it."""
    labels, text_labels = [0, 1, 2, 0, 1], [0, 1, 2, 2, 1, 0]
    law = jax.random.dirichlet(jax.random.key(4), jnp.full(30, 2.0)).reshape(5, 6)
    direction = jax.random.normal(jax.random.key(5), law.shape)

    @with_slopes
    def values(t):
        found = mt.measure(mt.Joint(law * jnp.exp(t * direction), labels, text_labels), 2)
        return jnp.stack([getattr(found, name) for name in SMOOTH.split()])

    step = 1e-5  # the error of a central difference is of order step² = 1e-10, rounding 1e-16/step = 1e-11
    difference = (values(step)[1] - values(-step)[1]) / (2 * step)
    return dict(zip(SMOOTH.split(), np.column_stack([values(0.0)[0], difference]), strict=True))


@pytest.mark.parametrize("name", SMOOTH.split())
def test_gradients_agree_with_finite_differences(name):
    found, difference = slopes()[name]
    np.testing.assert_allclose(found, difference, rtol=1e-6, atol=1e-8)


def test_gradient_of_the_residual_where_other_singular_values_are_equal():
    """Isotropic noise: σ_2 = … = σ_m, yet Π_1 and so r_1 = 1 − 1/m are smooth."""

    @with_slopes
    def residual(t):
        law = (0.7 + t) * jnp.eye(4) / 4 + (0.3 - t) / 16
        tilted = law + 0.01 * t * jnp.arange(16.0).reshape(4, 4)
        return named(mt.Joint(tilted, range(4), range(4)), 1, ["probe_residual"]).probe_residual

    slope, _ = residual(0.0)
    assert np.isfinite(slope)
    step = 1e-5
    np.testing.assert_allclose(slope, (residual(step)[1] - residual(-step)[1]) / (2 * step), atol=1e-7)


CIRCULANT = np.array([np.roll([5.0, 2, 1, 2], shift) for shift in range(4)])  # 10, 4, 4, 2 before normalization
HADAMARD = np.kron([[1, 1], [1, -1]], [[1, 1], [1, -1]]) + 2.0  # 8 and three times 4
READ = [
    "probe_residual",
    "text_probe_residual",
    "zero_shot_residual",
    "optimal_loss",
    "optimal_text_induced_loss",
    "tail",
    "inertia",
    "text_induced_tail",
    "sscl_residual",
    "sample_residual",
]
# The covariance of one-hot features lacks the first direction, so that a cut after one is among equal values there.
TIES = {
    "circulant": (CIRCULANT, 3, [*READ, "linear_loss", "linear_optimum"]),
    "circulant-after-one": (CIRCULANT, 1, READ),
    "hadamard": (HADAMARD, 1, READ),
}


@functools.cache
def on_a_way(k, names):
    """Compile quantities of joints, and their slopes, on a way in a direction that has no symmetry."""
    way = np.random.default_rng(0).standard_normal((4, 4))

    @with_slopes
    def values(t, masses):
        matrix = masses * jnp.exp(t * way)
        joint = mt.Joint(matrix / matrix.sum(), [0, 0, 1, 1], [0, 1, 1, 0], n_classes=2)
        views = mt.PairGraph.of_symmetric(matrix @ matrix.T / jnp.sum(matrix @ matrix.T), joint.image_labels, 2)
        instance = mt.Instance(joint, augmentation=views, encoders=(jnp.eye(4), jnp.eye(4)), sample=1000 * matrix)
        found = named(instance, k, names)
        return jnp.stack([getattr(found, quantity) for quantity in names])

    return values


@pytest.mark.parametrize("name", TIES)
def test_gradients_where_singular_values_on_one_side_of_the_cut_are_equal(name):
    """Compare smooth quantities with differences."""
    masses, k, names = TIES[name]
    values = on_a_way(k, tuple(names))
    step = 1e-4  # Richardson's error is of order step⁴, rounding 1e-16/step
    one, two = ((values(h, masses)[1] - values(-h, masses)[1]) / (2 * h) for h in (step, 2 * step))
    expected, (found, _) = (4 * one - two) / 3, values(0.0, masses)
    assert dict(zip(names, found.tolist(), strict=True)) == pytest.approx(
        dict(zip(names, expected.tolist(), strict=True)), abs=1e-9
    )


def test_gradient_of_the_zero_shot_residual_of_a_circulant():
    def residual(masses):
        joint = mt.Joint(masses / masses.sum(), [0, 0, 1, 1], [0, 0, 1, 1])
        return named(joint, 3, ["zero_shot_residual"]).zero_shot_residual

    slope = jax.jit(jax.grad(residual))(jnp.asarray(CIRCULANT))
    for place in ((0, 0), (0, 1), (1, 0), (2, 3), (0, 2)):
        step = np.zeros((4, 4))
        step[place] = 1e-5
        difference = (residual(CIRCULANT + step) - residual(CIRCULANT - step)) / 2e-5
        assert float(slope[place]) == pytest.approx(float(difference), abs=1e-9)
    assert float(slope[0, 1]) == pytest.approx(-0.009, abs=1e-12)


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (5, 5)])
def test_svd_reverse_mode_agrees_with_finite_differences_in_a_smooth_function(shape):
    matrix, direction = jax.random.normal(jax.random.key(6), (2, *shape))

    def smooth(t):
        left, sigma, right = svd(matrix + t * direction)
        projector = left[:, :2] @ left[:, :2].T
        return jnp.sum(projector * jnp.arange(1.0, 1 + shape[0])) + jnp.sum(left @ sigma**3 @ right.T)

    step, smooth = 1e-5, with_slopes(smooth)
    difference = (smooth(step)[1] - smooth(-step)[1]) / (2 * step)
    np.testing.assert_allclose(smooth(0.0)[0], difference, rtol=1e-7, atol=1e-7)


def test_absent_parts_are_absent():
    bare, whole = mt.measure(JOINT, 1), mt.measure(instances("dirichlet", 1)[0], 1)
    assert bare.garbled_sigma_next is None
    assert bare.contrastive_loss is None
    assert all(value is not None for value in fields(whole).values())


def test_class_spectrum_shares_add_up_to_what_the_probe_explains():
    table = mt.class_spectrum(JOINT)
    explained = np.cumsum(table.image_share)
    for k in (1, 3, 5):
        np.testing.assert_allclose(1 - explained[k - 1], mt.measure(JOINT, k).probe_residual, atol=1e-13)  # rounding


def test_class_spectrum_does_not_depend_on_the_basis_of_equal_values():
    table = mt.class_spectrum(mt.generators.isotropic_noise(5, 0.3))
    # Four equal directions carry what the constant one leaves, 1 − 1/m, in equal parts.
    np.testing.assert_allclose(table.image_share, [0.2] * 5, atol=1e-14)

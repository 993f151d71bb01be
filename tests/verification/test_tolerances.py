"""How far rounding may move the sides: in proportion to what is small, and by the gap at which a spectrum is cut."""

import dataclasses

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory._arrays import on_host
from mmcl_theory.factorization.precision import rounding
from mmcl_theory.quantities.decompositions import decomposed
from mmcl_theory.quantities.measurement import Measurement
from mmcl_theory.quantities.quantities import errors_of, quantities_of

HALF = mt.rational(1, 2)


def row(joint, theorem, k=1):
    (only,) = mt.verify(joint, k, theorem).to_dict("records")
    return only


def halved(slug):
    """A bound without half of its right-hand side: false wherever less than half of the bound is spare."""
    bound = mt.theorems[slug]
    return dataclasses.replace(bound, slug="halved", rhs=lambda q: HALF * bound.rhs(q))


def rare(mistaken):
    """Two clear classes; a share of the pairs of the first have a text of the second, which tells nothing else."""
    return mt.Joint([[1 - mistaken, 0, mistaken], [0, 1, mistaken]], [0, 1], [0, 1, 1])


@pytest.mark.parametrize("alpha", [0.1, 1e-6, 7e-13, 1e-100, 1e-300])
@pytest.mark.parametrize("slug", ["label-transfer", "label-transfer-classes"])
def test_a_bound_that_is_false_by_half_is_violated_however_small_it_is(slug, alpha):
    joint = mt.generators.isotropic_noise(2, 2 * alpha)
    assert float(joint.labeling_error) == pytest.approx(alpha)
    assert row(joint, halved(slug))["verdict"] == "violated"
    assert row(joint, slug)["verdict"] != "violated"


@pytest.mark.parametrize("mistaken", [1e-3, 7e-13, 1e-20])
def test_a_small_labeling_error_is_told_from_none(mistaken):
    """Half of the pairs of the ambiguous text's images differ; a claim that is a hundredth short of it is violated."""
    joint = rare(mistaken)
    assert float(joint.text_induced_error) == pytest.approx(mistaken / (2 + mistaken), rel=1e-12)
    short = dataclasses.replace(
        mt.theorems["label-transfer"], slug="short", rhs=lambda q: mt.rational(99, 100) * q.text_induced_error
    )
    assert row(joint, short)["verdict"] == "violated"


@pytest.mark.parametrize("alpha", [0.3, 1e-13, 1e-17])
def test_what_the_formula_itself_rounds_is_allowed_for(alpha):
    """1 − (1 − α) loses all digits of a small α, which is known to its last one."""
    same = dataclasses.replace(
        mt.theorems["label-transfer"],
        slug="same",
        lhs=lambda q: q.labeling_error,
        rhs=lambda q: 1 - (1 - q.labeling_error),
    )
    joint = mt.generators.isotropic_noise(2, 2 * alpha)
    assert row(joint, same)["verdict"] in ("agrees", "vacuous")
    assert row(joint, dataclasses.replace(same, slug="turned", kind=mt.Kind.LOWER_BOUND))["verdict"] != "violated"


def test_residuals_near_zero_are_not_taken_for_violations():
    """Where the bound is 0 the measured residual is what rounding left, far below any fixed tolerance."""
    for seed in range(5):
        weights = np.kron(np.eye(3), np.random.default_rng(seed).random((2, 3)))
        joint = mt.Joint(weights, np.repeat(range(3), 2), np.repeat(range(3), 3))
        found = row(joint, "probe-text-induced", k=3)
        assert found["rhs"] == 0
        assert found["lhs"] <= found["tolerance"] < 1e-20
        assert found["verdict"] == "agrees"


@pytest.mark.parametrize("gap", [1e-1, 1e-4, 1e-7])
def test_a_near_tie_turns_the_projector_as_far_as_rounding_over_the_gap(gap):
    """Images of a diagonal joint, mixed by a rotation within a nearly tied pair: r_k is known in closed form."""
    # Symmetric A with eigenvalues 1, ½, ½ − gap: the second is split between the classes, unlike the third.
    basis = np.linalg.qr(np.column_stack([np.ones(3), [1.0, -1.0, 0.3], [0.2, 0.1, 1.0]]))[0]
    law = basis @ np.diag([1, 0.5, 0.5 - gap]) @ basis.T / 3
    joint = mt.Joint(law, [0, 1, 1], [0, 1, 1])
    wide = row(joint, "zero-shot-probe", k=2)["tolerance"]
    assert rounding() / gap < wide < 50 * rounding() / gap


def test_what_lapack_does_to_a_near_tie_is_within_the_tolerance():
    """The same joint with its texts in another order has the same residual: decompositions differ by less."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(np.column_stack([np.ones(6), rng.normal(size=(6, 5))]))[0]
    law = basis @ np.diag([1, 0.6, 0.3, 0.3 - 1e-7, 0.1, 0]) @ basis.T / 6
    labels = [0, 0, 1, 1, 2, 2]
    first = row(mt.Joint(law, labels), "probe-text-induced", k=3)
    moved = []
    for _ in range(20):
        rows, columns = rng.permutation(6), rng.permutation(6)
        other = mt.Joint(law[rows][:, columns], np.array(labels)[rows])
        moved.append(abs(row(other, "probe-text-induced", k=3)["lhs"] - first["lhs"]))
    error = first["tolerance"]
    assert 1e-13 < max(moved) < error  # more than the 1e-15 of a well separated spectrum


@pytest.mark.parametrize("gap", [1e-2, 1e-7])
def test_what_a_sample_teaches_at_a_near_tie_is_known_as_far_as_its_gap_allows(gap):
    """A sample whose matrices have a near tie, with its texts and images in another order: the residuals move less."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(np.column_stack([np.ones(6), rng.normal(size=(6, 5))]))[0]
    law = basis @ np.diag([1, 0.6, 0.3, 0.3 - gap, 0.1, 0.05]) @ basis.T / 6
    counts, labels = np.round(1e15 * law), np.array([0, 0, 1, 1, 2, 2])
    found = {"sample_residual": [], "practical_residual": []}
    errors = {name: [] for name in found}
    for turn in range(8):
        rows, columns = (rng.permutation(6) if turn else np.arange(6) for _ in range(2))
        order = np.ix_(rows, columns)
        instance = on_host(mt.Instance(mt.Joint(law[order], labels[rows]), sample=counts[order]))
        m = Measurement(instance, decomposed(instance, 3, ()), 3)
        measured = quantities_of(m, found)
        allowed = errors_of(m, measured)
        for name in found:
            found[name].append(float(getattr(measured, name)))
            errors[name].append(float(getattr(allowed, name)))
    for name, values in found.items():
        assert np.ptp(values) < min(errors[name]), name
        assert max(errors[name]) < 50 * rounding() / gap, name
        if gap < 1e-6:
            assert np.ptp(values) > rounding(), f"{name}: rounding alone, without its gap, would be enough"


def nearly_optimal(size):
    """A joint of small labeling error, with the optimal encoders of dimension 2 moved by ``size``."""
    joint = mt.generators.block_joint(8, 8, (1, 1), label_noise=1e-4, contrast=0.3, key=jax.random.key(0))
    found = mt.factorize(joint, 2)
    images, texts = np.asarray(found.image_features), np.asarray(found.text_features)
    turned = images * (1 + size * np.random.default_rng(1).normal(size=images.shape))
    return mt.Instance(joint, encoders=(turned, texts))


@pytest.mark.parametrize("size", [0, 1e-9, 1e-6, 1e-3])
def test_the_tolerance_of_a_nearly_optimal_encoder_is_a_small_share_of_its_bound(size):
    for k in (1, 2):
        found = row(nearly_optimal(size), "suboptimal-encoder", k)
        if found["verdict"] != "not applicable":
            assert found["tolerance"] < 1e-2 * found["rhs"], k


def test_the_excess_loss_is_not_clipped():
    signs = set()
    for seed in range(20):
        joint = mt.generators.random_dirichlet(5, 6, 2, key=jax.random.key(seed))
        found = mt.factorize(joint, 2)
        instance = mt.Instance(joint, encoders=(found.image_features, found.text_features))
        excess = float(mt.measure(instance, 1).excess_loss)
        assert abs(excess) < 1e-14
        signs.add(np.sign(excess))
        assert row(instance, "suboptimal-encoder")["verdict"] != "violated"
    assert -1 in signs

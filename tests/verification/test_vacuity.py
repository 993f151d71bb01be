"""What is trivial: a formula of the labels, compared with what a bound says up to rounding."""

import dataclasses

import jax
import numpy as np
import pytest
from small_worlds import instances

import mmcl_theory as mt
from mmcl_theory.theory.theorem import BOUNDS


def row(joint, slug, k=1):
    (only,) = mt.verify(joint, k, slug).to_dict("records")
    return only


def test_the_trivial_value_is_that_of_independent_images():
    joint = mt.Joint(np.diag([5, 3, 2]) + 1.0, [0, 1, 2])
    masses = np.array([8, 6, 5]) / 19
    held = row(joint, "probe-text-induced", k=2)
    assert held["trivial"] == pytest.approx(1 - np.sum(masses**2))
    assert row(joint, "probe-error", k=2)["trivial"] == 1
    rare = mt.Joint([[98, 1], [0, 1]], [0, 1])
    assert row(rare, "probe-error")["trivial"] == pytest.approx(2 * (1 - 0.99**2 - 0.01**2))


def test_a_bound_between_the_trivial_value_and_one_is_vacuous():
    """α_T/(1−σ²) of uneven classes: below 1, and above what predicting the frequencies leaves."""
    joint = mt.Joint([[8, 1, 0], [1, 8, 1], [0, 1, 2]], [0, 0, 1], [0, 0, 1])
    told = row(joint, "probe-mmcl", k=1)
    assert told["trivial"] < told["rhs"] < 1
    assert told["verdict"] == "vacuous"
    assert told["reason"].startswith(f"the bound says no more than the trivial value {told['trivial']:.3g}")


def test_a_lower_bound_of_rounding_is_vacuous():
    """1e-16 of what should be 0 is no bound."""
    little = dataclasses.replace(mt.theorems["probe-mmcl-lower"], slug="little", rhs=lambda q: q.sigma_2 - q.sigma_k)
    joint = mt.generators.random_dirichlet(5, 6, 2, key=jax.random.key(0))
    lifted = dataclasses.replace(little, slug="lifted", rhs=lambda q: q.sigma_2 - q.sigma_k + mt.rational(1, 10**14))
    assert [row(joint, bound, k=2)["verdict"] for bound in (little, lifted)] == ["vacuous"] * 2


def test_single_modal_bounds_are_measured_by_their_own_marginal():
    joint = mt.generators.isotropic_noise(2, 0.5)
    graph = mt.PairGraph([[8, 1], [1, 2]], [0, 1])
    held = row(mt.Instance(joint, augmentation=graph), "probe-sscl")
    assert held["trivial"] == pytest.approx(1 - (9**2 + 3**2) / 12**2)
    assert row(mt.Instance(joint, augmentation=graph), "probe-text-induced")["trivial"] == pytest.approx(0.5)


def test_what_is_no_bound_has_no_trivial_value():
    table = mt.verify(instances("dirichlet", 1)[0], 2)
    bounds = {kind.value for kind in (*BOUNDS, mt.Kind.PROBABILISTIC)}
    assert table.trivial[~table.kind.isin(bounds)].isna().all()
    applicable = table[table.kind.isin(bounds) & (table.verdict != "not applicable")]
    assert applicable.trivial.notna().all()


def test_a_batch_tells_the_trivial_value_of_each_joint():
    joints = [mt.Joint(np.diag([w, 1.0]) + 0.5, [0, 1]) for w in (1, 3, 9)]
    table = mt.verify(joints, 1, "probe-text-induced")
    assert [reason.split("value ")[1].split(";")[0] for reason in table.reason] == [f"{t:.3g}" for t in table.trivial]
    assert table.trivial.nunique() == 3

"""The probe that is fitted on labelled images, and the part of an instance that holds them."""

import jax
import numpy as np
import pytest
from refusals import assert_refused

import mmcl_theory as mt

JOINT = mt.generators.random_dirichlet(6, 7, 3, key=jax.random.key(0))


def test_with_the_populations_frequencies_the_fitted_probe_is_the_probe():
    joint = mt.Joint([[3, 1, 0], [1, 2, 1], [0, 2, 6]], [0, 1, 1], [0, 1, 1])
    measured = mt.measure(mt.Instance(joint, labelled=[4, 4, 8]), 2)
    assert float(measured.fitted_residual) == pytest.approx(float(measured.probe_residual), abs=1e-12)  # rounding


def test_images_that_leave_the_probe_open_have_no_residual():
    instance = mt.Instance(JOINT, labelled=[50_000, 70_000, 0, 0, 0, 0])
    assert np.isfinite([float(mt.measure(instance, k).fitted_residual) for k in (1, 2)]).all()
    assert float(mt.measure(instance, 3).fitted_residual) == np.inf
    (row,) = mt.verify(instance, 3, "probe-samples").to_dict("records")
    assert row["verdict"] == "not applicable"
    proof = mt.certify("probe-samples", instance, 3)
    assert proof.verdict == "undecided"
    assert "do not tell" in proof.reason


def test_too_few_labelled_images_are_told_to_be_so():
    (row,) = mt.verify(mt.Instance(JOINT, labelled=[1] * 6), 2, "probe-samples").to_dict("records")
    assert (row["verdict"], row["reason"][:20]) == ("not applicable", "2κ log(2k/δ) ≥ N: so")


def test_few_draws_exceed_the_bound():
    keys = jax.random.split(jax.random.key(1), 200)
    instances = [mt.Instance.with_random_parts(JOINT, drawn=["labelled"], n_labelled=200, key=key) for key in keys]
    assert all(int(instance.labelled.sum()) == 200 for instance in instances)
    rates = mt.failure_rates(mt.verify(instances, 2, "probe-samples"))
    assert rates.consistent.all()
    assert rates.draws.sum() == 200
    # Markov's inequality is generous, but not by so much that the bound would hold with a tenth of its second term.
    residuals = np.array([float(mt.measure(instance, 2).fitted_residual) for instance in instances[:20]])
    assert (residuals >= float(mt.measure(JOINT, 2).probe_residual) - 1e-12).all()


@pytest.mark.parametrize(
    ("labelled", "error", "message"),
    [
        ([1, 2], ValueError, "labelled: 6 counts image 2"),
        ([0.5] * 6, ValueError, "labelled: whole 0.5"),
        ([0] * 6, ValueError, "labelled"),
        ([-1, 1, 1, 1, 1, 1], ValueError, "labelled"),
        ("many", TypeError, "labelled"),
    ],
)
def test_counts_of_labelled_images_are_checked(labelled, error, message):
    assert_refused(error, message, lambda: mt.Instance(JOINT, labelled=labelled))


def test_a_certificate_keeps_the_counts_and_refuses_none():
    from mmcl_theory.certification.arithmetic.exact import ExactInstance

    exact = ExactInstance.of(mt.Instance(JOINT, labelled=[1, 2, 3, 4, 5, 6]))
    assert exact.labelled == (1, 2, 3, 4, 5, 6)
    assert ExactInstance.from_json(exact.to_json()) == exact
    with pytest.raises(ValueError, match="labelled: no image is"):
        ExactInstance.from_json(exact.to_json() | {"labelled": [0] * 6})
    with pytest.raises(ValueError, match="failure_probability"):
        ExactInstance.from_json({name: v for name, v in exact.to_json().items() if name != "failure_probability"})

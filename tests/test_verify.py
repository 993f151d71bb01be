"""The table: verdicts and their reasons, columns, batches."""

import dataclasses

import jax
import numpy as np
import pytest
from conftest import instances

import mmcl_theory as mt

COLUMNS = "joint theorem kind k lhs rhs slack ratio tolerance verdict reason labeling_error sigma_next"
JOINT = mt.generators.isotropic_noise(4, 0.2)


def row(joint, slug, k=1):
    (only,) = mt.verify(joint, k, slug).to_dict("records")
    return only


def test_columns_and_order_are_as_documented():
    table = mt.verify(JOINT, k=[2, 1])
    assert " ".join(table.columns) == COLUMNS
    assert list(dict.fromkeys(table.theorem)) == list(mt.theorems)
    assert list(table.k[table.theorem == "amf-optimum"]) == [1, 2]
    assert table.k[table.theorem == "label-transfer"].isna().all()


def test_a_tight_bound_holds_and_says_that_its_sides_agree():
    tight = row(JOINT, "probe-text-induced")
    assert tight["verdict"] == "holds"
    assert "agree within rounding" in tight["reason"]


def test_equal_singular_values_make_the_projector_not_unique():
    tied = row(JOINT, "probe-text-induced", k=2)
    assert tied["verdict"] == "not applicable"
    assert "σ_k = σ_{k+1}" in tied["reason"]
    assert np.isnan(tied["lhs"])


def test_a_disconnected_graph_has_no_bound_below_its_components():
    joint = mt.Joint([[2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], [0, 0, 1, 1])
    cut = row(joint, "probe-mmcl")
    assert cut["verdict"] == "not applicable"
    assert "more than k components" in cut["reason"]
    assert row(joint, "probe-mmcl", k=3)["verdict"] == "holds"


def test_a_bound_above_one_is_vacuous():
    assert row(mt.generators.isotropic_noise(4, 0.6), "probe-error-mmcl")["verdict"] == "vacuous"


def test_a_missing_part_is_named():
    assert "needs a caption channel" in row(JOINT, "caption-garbling")["reason"]
    assert "needs a pair of encoders" in row(JOINT, "scl-amf")["reason"]
    large = mt.generators.isotropic_noise(17, 0.2)
    assert "needs 2 to 16 images" in row(large, "cheeger")["reason"]


def test_an_order_statement_is_never_said_to_hold():
    order = row(JOINT, "probe-mmcl-paper")
    assert order["verdict"] == "order"
    assert order["ratio"] == pytest.approx(order["lhs"] / order["rhs"])


def test_a_false_theorem_is_violated_whatever_its_kind():
    theorem = mt.theorems["label-transfer"]
    for kind, change in ((mt.Kind.UPPER_BOUND, -1e-6), (mt.Kind.LOWER_BOUND, 1.0), (mt.Kind.IDENTITY, 1e-6)):
        false = dataclasses.replace(
            theorem,
            kind=kind,
            slug="false",
            lhs=lambda q: q.labeling_error,
            rhs=lambda q, d=change: q.labeling_error + d,
        )
        assert row(JOINT, false)["verdict"] == "violated"


def test_a_side_that_is_no_number_is_never_a_pass():
    theorem = dataclasses.replace(mt.theorems["label-transfer"], slug="nan", rhs=lambda q: q.labeling_error * np.nan)
    assert row(JOINT, theorem)["verdict"] == "not applicable"


def test_an_unknown_quantity_is_named():
    theorem = dataclasses.replace(mt.theorems["label-transfer"], slug="typo", rhs=lambda q: q.labelling_error)
    with pytest.raises(AttributeError, match="labelling_error"):
        mt.verify(JOINT, 1, theorem)


def test_the_tolerance_grows_where_the_formula_magnifies_rounding():
    near = mt.generators.isotropic_noise(4, 1e-6)  # 1 − σ² = 2e-6 divides
    assert row(near, "probe-text-induced")["tolerance"] > 1e3 * row(JOINT, "probe-text-induced")["tolerance"]
    assert row(near, "probe-text-induced")["verdict"] == "holds"


def test_a_batch_gives_what_its_joints_give_alone():
    batch = instances("dirichlet", 3) + instances("wide dirichlet", 2) + instances("dirichlet", 1)
    together = mt.verify(batch, k=[1, 2, 3])
    for position, instance in enumerate(batch):
        alone = mt.verify(instance, k=[1, 2, 3])
        part = together[together.joint == position].reset_index(drop=True)
        assert list(part.verdict) == list(alone.verdict)
        # Batched and single LAPACK calls round differently.
        np.testing.assert_allclose(part.rhs, alone.rhs, rtol=1e-9, atol=1e-12)


def test_splitting_work_changes_nothing(monkeypatch):
    batch, ks = instances("dirichlet", 5), [1, 2, 3, 4, 5]
    whole = mt.verify(batch, ks)
    monkeypatch.setattr("mmcl_theory.checking.verify._AT_ONCE", 2 * 64)  # two of k, one joint at a time
    split = mt.verify(batch, ks)
    assert list(split.verdict) == list(whole.verdict)
    np.testing.assert_allclose(split.lhs, whole.lhs, rtol=1e-9, atol=1e-12)


def test_the_same_call_gives_the_same_table_bit_for_bit():
    joint = mt.generators.random_dirichlet(key=jax.random.key(5))
    again = mt.generators.random_dirichlet(key=jax.random.key(5))
    assert mt.verify(joint, [1, 3]).equals(mt.verify(again, [1, 3]))


def test_emoji_gives_the_recorded_values(emoji):
    """Labeling error 0.1569, α_T 0.2024, 39 components; at k = 400 a residual 0.1558 against 0.4894."""
    table = mt.verify(emoji, k=[38, 39, 400], theorems=["label-transfer", "probe-text-induced"])
    assert table.labeling_error[0].round(4) == 0.1569
    assert table.lhs[0].round(4) == 0.2024
    assert list(table.verdict[1:]) == ["not applicable", "vacuous", "holds"]
    assert table.lhs.round(4).iloc[-1] == 0.1558
    assert table.rhs.round(4).iloc[-1] == 0.4894

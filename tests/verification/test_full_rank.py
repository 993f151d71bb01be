"""The largest encoder dimension, min(n_V, n_L), where nothing is left out; joints of one image or of one text."""

import dataclasses
import functools

import jax
import numpy as np
import pytest

import mmcl_theory as mt

KEY = jax.random.key(0)
# What certify may say where verify says this; a draw's equal sides are not always rational.
AGREES = {
    "holds": {"holds", "consistent", "undecided"},
    "agrees": {"holds", "undecided"},
    "vacuous": {"holds", "undecided"},
    "order": {"not applicable"},
    "not applicable": {"not applicable"},
}
TABLES = {
    "two prompts": [[3, 1], [0, 2], [1, 1]],
    "one image": [[2, 1, 1]],
    "one text": [[2], [1], [1]],
    "of rank one": [[1, 1], [1, 1]],
}


@functools.cache
def instance(name):
    """A small table with every part."""
    table = np.array(TABLES[name])
    labels = [np.arange(size) % 2 for size in table.shape]
    joint = mt.Joint(table, *labels, n_classes=2)
    pairs = mt.PairGraph(np.ones((len(table), len(table))) + np.eye(len(table)), labels[0], 2)
    return mt.Instance.with_random_parts(joint, n_pairs=100, augmentation=pairs, key=KEY)


@pytest.mark.parametrize("name", TABLES)
def test_every_statement_has_a_meaning_or_a_reason_and_certify_agrees(name):
    tried = instance(name)
    k = min(tried.joint.matrix.shape)
    table = mt.verify(tried, k)
    assert "violated" not in set(table.verdict)
    assert "a side is not a number" not in set(table.reason)
    for row in table.itertuples():
        proof = mt.certify(row.theorem, tried, k)
        assert proof.verdict in AGREES.get(row.verdict, {row.verdict}), (row, proof.reason)


def test_nothing_is_left_out():
    quantities = mt.measure(instance("two prompts").joint, 2)
    assert [float(getattr(quantities, name)) for name in ("sigma_next", "sigma_after", "tail")] == [0, 0, 0]
    assert float(quantities.text_probe_residual) == pytest.approx(0, abs=1e-12)
    # Π_2 of three images: on the two directions that texts tell apart, not on the third.
    assert 0.01 < float(quantities.probe_residual) < 1
    assert mt.verify(instance("of rank one").joint, 2, "probe-mmcl").reason[0].startswith("σ_k = σ_{k+1}")


@pytest.mark.parametrize("name", ["one image", "one text"])
def test_one_image_or_text_is_the_constant_encoder(name):
    """r_1 = 1 − Σ_i Pr(y = i)² by definition: the best constant prediction; 0 for a single image."""
    joint = instance(name).joint
    quantities = mt.measure(joint, 1)
    for residual, labels, marginal in (
        ("probe_residual", joint.image_labels, joint.image_marginal),
        ("text_probe_residual", joint.text_labels, joint.text_marginal),
    ):
        classes = np.bincount(labels, weights=marginal)
        assert float(getattr(quantities, residual)) == pytest.approx(1 - np.sum(classes**2), abs=1e-12)
    assert float(quantities.sigma_2) == 0
    values = [getattr(quantities, field.name) for field in dataclasses.fields(quantities)]
    assert all(np.isfinite(value) for value in values if value is not None)


@pytest.mark.parametrize("name", ["two prompts", "one image"])
def test_the_factorization_is_complete_on_every_path(name):
    joint = instance(name).joint
    k = min(joint.matrix.shape)
    for made in (joint, joint.to_sparse()):
        found = mt.factorize(made, k)
        assert found.singular_values.shape == (k + 1,)
        assert found.singular_values[k] == 0
        assert float(np.max(found.residual_norms)) < 1e-8
        law = np.sqrt(found.image_marginal)[:, None] * np.asarray(found.image_features @ found.text_features.T)
        np.testing.assert_allclose(law * np.sqrt(found.text_marginal), joint.normalized_law.to_dense(), atol=1e-8)


def test_a_sparse_joint_agrees_at_full_rank():
    tried = instance("two prompts")
    sparse = dataclasses.replace(tried, joint=tried.joint.to_sparse())
    chosen = ["probe-mmcl", "zero-shot", "label-transfer-classes", "suboptimal-encoder", "caption-garbling"]
    dense, other = (mt.verify(one, 2, chosen) for one in (tried, sparse))
    assert (dense.verdict == other.verdict).all()
    np.testing.assert_allclose(dense[["lhs", "rhs"]], other[["lhs", "rhs"]], atol=1e-7)


def test_falsify_searches_there_too():
    worst = mt.falsify("probe-text-induced", 2, 3, k=2, key=KEY, budget=1, restarts=8)
    assert worst.verdict in ("holds", "vacuous")
    assert mt.falsify("label-transfer", 2, 1, key=KEY, budget=1, restarts=8).ratio <= 1


def test_a_certificate_of_the_largest_k_is_checked(tmp_path):
    proof = mt.certify("probe-mmcl", instance("two prompts").joint, 2)
    proof.save(tmp_path / "proof.json")
    assert mt.Certificate.load(tmp_path / "proof.json").check() == []

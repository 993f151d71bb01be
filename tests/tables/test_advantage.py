"""The three-way verdict of the comparison, and constants of order statements over sizes."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt


def compared(steps=16, **knobs):
    world = mt.worlds.content_style(3, 27, 3, 4, **knobs, caption_of="view")
    captions = jax.random.multinomial(jax.random.key(0), 2, world.joint.matrix / world.joint.image_marginal[:, None])
    joint = mt.Joint(captions, world.joint.image_labels, world.joint.text_labels)
    table = mt.verify(mt.Instance(joint, augmentation=world.augmentation, steps=steps), 3, mt.COMPARISON)
    (row,) = mt.advantage(table).to_dict("records")
    return row


@pytest.mark.parametrize(
    ("winner", "knobs"),
    [
        ("mmcl", {"content_change": 0.5, "caption_error": 0.0, "caption_omission": 0.5}),
        ("sscl", {"content_change": 0.0, "caption_error": 0.6, "caption_omission": 0.5}),
        ("undecided", {"content_change": 0.3, "caption_error": 0.3, "caption_omission": 0.5, "steps": 1}),
        ("mmcl", {"content_change": 0.3, "caption_error": 0.3, "caption_omission": 0.5, "steps": 4}),  # walks decide
    ],
)
def test_an_advantage_is_proved_where_one_upper_bound_is_below_the_other_lower_bound(winner, knobs):
    row = compared(**knobs)
    assert row["verdict"] == winner
    proofs = {
        "mmcl": row["mmcl_upper"] < row["sscl_lower"],
        "sscl": row["sscl_upper"] < row["mmcl_lower"],
    }
    assert [name for name, proved in proofs.items() if proved] == [winner] * (winner != "undecided")
    if winner == "mmcl":
        assert row["mmcl_residual"] < row["sscl_residual"]
    if winner == "sscl":
        assert row["sscl_residual"] < row["mmcl_residual"]


def test_under_different_marginals_nothing_is_proved_however_far_the_bounds_are_apart():
    """Of two images the bounds at k = 1 are equalities: r_1 = ½ − 2t² where the masses are ½ ± t."""
    masses = np.array([0.75, 0.25])
    joint = mt.Joint((np.diag(masses) + np.outer(masses, masses)) / 2, [0, 1], [0, 1])
    graphs = [mt.PairGraph(np.diag(p) + np.outer(p, p), [0, 1]) for p in (masses, np.array([0.5, 0.5]))]
    report = mt.advantage(mt.verify([mt.Instance(joint, augmentation=graph) for graph in graphs], 1, mt.COMPARISON))
    assert list(report.verdict) == ["undecided", "different marginals"]
    assert report.marginal_distance.tolist() == pytest.approx([0, 0.25], abs=1e-12)
    assert report.mmcl_upper[1] == pytest.approx(0.375)
    assert report.sscl_lower[1] == pytest.approx(0.5)
    table = mt.verify(mt.Instance(joint, augmentation=graphs[1]), 1, "mmcl-advantage")
    assert list(table.reason) == ["the two graphs have different image marginals"]
    assert mt.certify("mmcl-advantage", mt.Instance(joint, augmentation=graphs[1]), 1).verdict == "not applicable"


def test_walks_bound_nothing_where_an_eigenvalue_is_negative_and_the_other_bounds_still_do():
    """A triangle with weights 1, 2, 3 has λ_3 < 0; at k = 1 the bounds without walks apply."""
    pairs = np.array([[0.0, 1, 2], [1, 0, 3], [2, 3, 0]])
    marginal = pairs.sum(axis=1) / pairs.sum()
    joint = mt.Joint(np.diag(marginal) * 0.5 + np.outer(marginal, marginal) * 0.5, range(3), range(3))
    instance = mt.Instance(joint, augmentation=mt.PairGraph(pairs, range(3)))
    table = mt.verify(instance, 1, mt.COMPARISON).set_index("theorem")
    assert table.reason["probe-sscl-walk"] == "λ_min < 0: the augmentation graph is not positive semidefinite"
    measured = mt.measure(instance, 1)
    assert measured.sscl_walk_lower == 0
    assert measured.sscl_walk_upper == pytest.approx(1 - float(measured.augmentation_collision), abs=1e-15)
    (row,) = mt.advantage(table.reset_index()).to_dict("records")
    assert row["sscl_upper"] == table.rhs["probe-sscl"]
    assert row["sscl_lower"] == table.rhs["probe-sscl-lower-classes"]
    assert row["sscl_lower"] <= row["sscl_residual"] <= row["sscl_upper"]


def test_the_least_constant_of_a_size_is_the_largest_ratio_of_its_instances():
    joints = [mt.generators.isotropic_noise(m, noise) for m in (3, 5) for noise in (0.1, 0.4)]
    table = mt.verify(joints, [1, 2], "probe-mmcl-paper")
    constants = mt.order_constants(table)
    # All scores tie, so e_1 = 1; α = noise·(1 − 1/m), σ_2 = 1 − noise; k = 2 is not applicable, as σ_2 = σ_3.
    ratios = {m: [(2 - noise) / (1 - 1 / m) for noise in (0.1, 0.4)] for m in (3, 5)}
    assert list(constants.n_items) == [6, 10]
    assert list(constants.rows) == [2, 2]
    assert constants.constant.tolist() == pytest.approx([max(ratios[3]), max(ratios[5])], abs=1e-12)
    assert constants.so_far.tolist() == pytest.approx(np.maximum.accumulate(constants.constant), abs=0)

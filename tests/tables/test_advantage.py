"""The three-way verdict of the comparison, and constants of order statements over sizes."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt


def compared(**knobs):
    world = mt.worlds.content_style(3, 27, 3, 4, **knobs, caption_of="view")
    captions = jax.random.multinomial(jax.random.key(0), 2, world.joint.matrix / world.joint.image_marginal[:, None])
    joint = mt.Joint(captions, world.joint.image_labels, world.joint.text_labels)
    table = mt.verify(mt.Instance(joint, augmentation=world.augmentation), 3, mt.COMPARISON)
    (row,) = mt.advantage(table).to_dict("records")
    return row


@pytest.mark.parametrize(
    ("winner", "knobs"),
    [
        ("mmcl", {"content_change": 0.5, "caption_error": 0.0, "caption_omission": 0.5}),
        ("sscl", {"content_change": 0.0, "caption_error": 0.6, "caption_omission": 0.5}),
        ("undecided", {"content_change": 0.3, "caption_error": 0.3, "caption_omission": 0.5}),
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


def test_each_residual_is_under_its_own_marginal_and_the_report_says_where_they_differ():
    joint = mt.generators.isotropic_noise(4, 0.2)
    graphs = [mt.PairGraph(np.diag(masses) + 0.1, range(4)) for masses in ([1, 1, 1, 1], [4, 2, 1, 1])]
    instances = [mt.Instance(joint, augmentation=graph) for graph in graphs]
    report = mt.advantage(mt.verify(instances, 1, mt.COMPARISON))
    assert list(report.note) == ["", "each residual under its own image marginal"]
    # The masses are (4, 2, 1, 1) + 0.4 over 9.6, the other marginal is uniform.
    assert report.marginal_distance[1] == pytest.approx((4.4 / 9.6 - 0.25 + 2.4 / 9.6 - 0.25), abs=1e-12)


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

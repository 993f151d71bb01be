"""Both sides of a statement, and a joint, are drawn as they are."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

import mmcl_theory as mt


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table():
    """Two data sets of isotropic noise, at k = 1."""
    joints = [mt.generators.isotropic_noise(4, noise / 10) for noise in range(1, 9)]
    table = mt.verify(joints, 1, ["probe-mmcl", "label-transfer-classes"])
    return table.assign(half=np.where(table.joint < 4, "little noise", "much noise"))


def test_sides_draws_a_point_for_each_row(table):
    ax = mt.plotting.sides(table, "probe-mmcl", by="half")
    points = {line.get_label(): line.get_xydata() for line in ax.get_lines() if not line.get_label().startswith("_")}
    for name, part in table[table.theorem == "probe-mmcl"].groupby("half"):
        np.testing.assert_array_equal(points[name], part[["rhs", "lhs"]])
    (diagonal,) = [line.get_xydata() for line in ax.get_lines() if line.get_label().startswith("_")]
    np.testing.assert_array_equal(diagonal[:, 0], diagonal[:, 1])


def test_a_bound_far_beyond_what_is_measured_stands_at_the_edge(table):
    far = table.assign(rhs=table.rhs.where(table.joint > 0, 1000))
    ax = mt.plotting.sides(far, "probe-mmcl")
    (points,) = [line.get_xdata() for line in ax.get_lines() if line.get_linestyle() == "None"]
    assert max(points) == 3 * far[far.theorem == "probe-mmcl"].lhs.max()
    assert ax.get_xlabel() == "bound (right side; at the edge: beyond)"


def test_a_decision_has_quarters():
    world = mt.worlds.coloured(3, 0.5, 0.8, 0.6, 0.7, 0.9)
    table = mt.verify(mt.Instance(world.joint, attribute=world.attribute), [3, 4], "class-or-colour")
    ax = mt.plotting.sides(table, "class-or-colour")
    assert ax.get_xlabel() == "right side"
    assert len(ax.get_lines()) == 3  # the points and two axes, no diagonal


def test_sides_of_what_does_not_apply_are_refused(table):
    with pytest.raises(ValueError, match="no applicable row of 'chi-square'"):
        mt.plotting.sides(table, "chi-square")


def test_joint_shades_and_writes_probabilities():
    joint = mt.Joint([[3, 1, 0], [0, 0, 4]], image_labels=[0, 1], text_labels=[0, 0, 1])
    ax = mt.plotting.joint(joint)
    np.testing.assert_allclose(ax.get_images()[0].get_array(), np.array([[3, 1, 0], [0, 0, 4]]) / 8)
    assert [text.get_text() for text in ax.texts] == ["0.375", "0.125", "0", "0", "0", "0.5"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0", "1"]
    with pytest.raises(ValueError, match="joint: at most 200 images and texts"):
        mt.plotting.joint(mt.generators.isotropic_noise(201, 0.1))

"""Figures show the numbers of the tables they are given."""

import matplotlib

matplotlib.use("Agg")

import jax
import numpy as np
import pytest

import mmcl_theory as mt

JOINT = mt.generators.block_joint(label_noise=0.2, key=jax.random.key(0)).sample(2000, key=jax.random.key(1))


def curve(ax, label):
    (line,) = [line for line in ax.get_lines() if label in line.get_label()]
    return line.get_xdata(), line.get_ydata()


def test_gap_draws_measured_values_and_bounds():
    table = mt.verify(JOINT, k=[2, 3, 4, 8])
    ax = mt.plotting.gap(table)
    rows = table[table.theorem == "probe-text-induced"]
    for label, column in (("measured residual", "lhs"), ("\\alpha_T", "rhs")):
        x, y = curve(ax, label)
        np.testing.assert_array_equal(x, rows.k)
        np.testing.assert_array_equal(y, rows[column])


def test_gap_of_a_table_without_probe_rows_is_refused():
    with pytest.raises(ValueError, match="joint 0"):
        mt.plotting.gap(mt.verify(JOINT, k=1, theorems="chi-square"))


def test_spectrum_draws_singular_values_and_what_they_explain():
    table = mt.class_spectrum(JOINT)
    ax = mt.plotting.spectrum(table)
    np.testing.assert_array_equal(ax.collections[0].get_offsets()[:, 1], table.sigma)
    _, explained = curve(ax, "explained")
    np.testing.assert_allclose(1 - explained[3], mt.measure(JOINT, 4).probe_residual, atol=1e-13)  # rounding


def test_against_draws_each_joint_over_its_labeling_error():
    joints = [mt.generators.isotropic_noise(4, noise / 10) for noise in range(1, 6)]
    table = mt.verify(joints, k=1, theorems="probe-mmcl")
    x, y = curve(mt.plotting.against(table, "labeling_error"), "bound")
    np.testing.assert_allclose(x, [0.075, 0.15, 0.225, 0.3, 0.375])
    np.testing.assert_array_equal(y, table.rhs)
    with pytest.raises(ValueError, match="x: must be one of"):
        mt.plotting.against(table, "height")
    with pytest.raises(ValueError, match="no applicable row"):
        mt.plotting.against(table, theorem="zero-shot")


def test_save_writes_a_vector_and_a_pixel_file_with_fonts_embedded(tmp_path):
    paths = mt.plotting.save(mt.plotting.gap(mt.verify(JOINT, k=[2, 4])), tmp_path / "new" / "gap.png")
    assert [path.suffix for path in paths] == [".pdf", ".png"]
    pdf = paths[0].read_bytes()
    assert b"/FontFile2" in pdf  # an embedded TrueType font
    assert b"/Type3" not in pdf

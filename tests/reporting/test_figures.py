"""A figure that cannot be drawn is left out, and said to be."""

import mmcl_theory as mt
from mmcl_theory.reporting.figures import write_verification_figures


def test_a_figure_without_its_theorems_is_left_out_with_a_line(tmp_path, capsys):
    joint = mt.generators.isotropic_noise(3, 0.1)
    table = mt.verify(joint, 1, "label-transfer")
    paths = write_verification_figures(table, [joint], str(tmp_path / "new" / "isotropic"))
    assert [path.name for path in paths] == ["isotropic_spectrum.pdf", "isotropic_spectrum.png"]
    assert all(path.stat().st_size > 1000 for path in paths)
    assert capsys.readouterr().err.startswith("no gap figure: table: joint 0 has no applicable row")

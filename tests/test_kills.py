"""Every writer leaves the old file or the new one, whatever ends it."""

import kills
import pandas as pd
from forks import found_by

import mmcl_theory as mt


def test_every_writer_leaves_the_old_file_or_the_new_one(tmp_path):
    amid = found_by(kills.hurt, tmp_path, 3)
    assert len(amid) == 8
    # What was left at the end is read again as what it was.
    table = kills.table_of(mt.generators.isotropic_noise(4, 0.25))
    for name in ("table.csv", "table.parquet"):
        pd.testing.assert_frame_equal(mt.tables.read(tmp_path / name.replace(".", "_") / name), table)
    assert mt.Joint.load(tmp_path / "joint_npz" / "joint.npz").n_images == 4
    assert mt.Falsification.load(tmp_path / "falsification_npz" / "falsification.npz").search.n_images == 2
    assert mt.Certificate.load(tmp_path / "certificate_json" / "certificate.json").check() == []

"""The rows of a sweep are those of its joints one by one, however it is cut up, gone on with, or laid out."""

import dataclasses
import hashlib
import itertools
import json
import shutil

import jax
import matplotlib
import numpy as np
import pandas as pd
import pytest
from small_sweeps import CELLS, GRID, SIZE, drawn, files_of, swept

import mmcl_theory as mt

matplotlib.use("Agg")


def key_of(knobs, seed, purpose):
    """The key of a cell, from its definition."""
    text = json.dumps([knobs, seed, purpose], sort_keys=True)
    words = np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], np.uint32)
    return jax.random.wrap_key_data(jax.numpy.array(words), impl="threefry2x32")


def assert_same_rows(found, expected):
    """Assert that two tables agree: sides to what rounding may move them by, draws and verdicts exactly."""
    assert len(found) == len(expected)
    for name in ("theorem", "kind", "k", "verdict", "reason", "labeling_error", "sample_size"):
        pd.testing.assert_series_equal(found[name], expected[name], check_names=False, rtol=1e-14)
    for side in ("lhs", "rhs"):
        allowed = np.nan_to_num(found.tolerance + expected.tolerance)
        assert np.all(np.nan_to_num(np.abs(found[side] - expected[side])) <= allowed), side


def test_rows_are_those_of_verify_on_each_joint(whole):
    _, table = whole
    assert len(table) == SIZE * 5  # probe-mmcl and finite-sample at two k, label-transfer once
    cells = itertools.product(GRID["label_noise"], GRID["n_images"], range(2))
    for number, (noise, n_images, seed) in enumerate(cells):
        knobs = {"label_noise": noise, "n_images": n_images, "n_texts": 6, "sample": 500}
        joint = mt.generators.block_joint(n_images, 6, label_noise=noise, key=key_of(knobs, seed, "world"))
        parts = {"n_pairs": 500, "drawn": ["sample"], "key": key_of(knobs, seed, "parts")}
        instance = mt.Instance.with_random_parts(joint, **parts)
        expected = mt.verify(instance, [2, 4], ["probe-mmcl", "label-transfer", "finite-sample"])
        found = table[table.joint == number].reset_index(drop=True)
        assert (found[["label_noise", "n_images", "seed"]] == [noise, n_images, seed]).all(axis=None)
        assert_same_rows(found, expected)


def test_the_store_reads_back_as_the_table_and_as_a_folder_of_parquet(whole):
    store, table = whole
    pd.testing.assert_frame_equal(mt.tables.read(store), table)
    assert len(pd.read_parquet(store)) == len(table)
    assert len(list(store.glob("block-*.parquet"))) == SIZE / CELLS


def test_what_is_missing_is_made_again_bit_for_bit_and_nothing_else(whole, tmp_path):
    store, table = whole
    part = tmp_path / "part"
    shutil.copytree(store, part)
    (part / "block-000001.parquet").unlink()
    with pytest.warns(UserWarning, match="is not finished, 1 of 3 blocks are missing"):
        assert mt.tables.read(part).joint.nunique() == SIZE - CELLS
    kept = [(path, path.stat().st_mtime_ns) for path in part.iterdir() if path.name != "_lock"]
    pd.testing.assert_frame_equal(swept(part), table)
    assert files_of(part) == files_of(store)
    assert [(path, path.stat().st_mtime_ns) for path, _ in kept] == kept


def test_a_finished_store_is_not_written_to(whole, tmp_path):
    store, table = whole
    copy = tmp_path / "copy"
    shutil.copytree(store, copy)
    (copy / "_lock").unlink()
    pd.testing.assert_frame_equal(swept(copy), table)
    assert not (copy / "_lock").exists()


def test_a_larger_grid_in_another_order_has_the_same_rows_for_the_same_cells(whole, tmp_path):
    _, table = whole
    larger = {"sample": 500, "n_images": [8, 7, 6], "n_texts": [6], "label_noise": [0.3, 0.25, 0.1, 0.2]}
    found = swept(tmp_path / "larger", larger, seeds=[1, 5, 0])
    differing = mt.tables.differences(table, found)
    assert set(differing.difference) == {"only in second"}
    assert len(differing) == len(found) - len(table)
    both = table.merge(found, on=["label_noise", "n_images", "seed", "theorem", "k"])
    assert len(both) == len(table)
    np.testing.assert_allclose(both.labeling_error_x, both.labeling_error_y, rtol=1e-14)  # as many units as sums have


def test_a_function_of_the_user_and_a_world_that_is_made_are_swept(tmp_path):
    table = swept(tmp_path / "f", {"noise": [0.2, 0.4]}, "probe-mmcl", world=drawn, k=2, seeds=2)
    for number, (noise, seed) in enumerate(itertools.product([0.2, 0.4], range(2))):
        joint = drawn(noise, key=key_of({"noise": noise}, seed, "world"))
        assert_same_rows(table[table.joint == number].reset_index(drop=True), mt.verify(joint, 2, "probe-mmcl"))
    world = mt.worlds.content_style(n_contents=2, n_styles=3, n_classes=2)
    table = swept(tmp_path / "w", {"temperature": [0.5, 1.0]}, ["probe-sscl", "probe-mmcl"], world=world, k=2, seeds=1)
    instance = mt.Instance(world.joint, augmentation=world.augmentation, attribute=world.attribute, temperature=0.5)
    expected = mt.verify(instance, 2, ["probe-sscl", "probe-mmcl"])
    assert_same_rows(table[table.temperature == 0.5].reset_index(drop=True), expected)


def test_pairs_replace_the_joint_by_that_of_pairs_drawn_from_it(tmp_path):
    table = swept(tmp_path / "p", {"noise": 0.3, "n_classes": 3, "pairs": [50, 5000]}, world="isotropic", k=2, seeds=1)
    for number, pairs in enumerate((50, 5000)):
        key = key_of({"noise": 0.3, "n_classes": 3, "pairs": pairs}, 0, "pairs")
        joint = mt.generators.isotropic_noise(3, 0.3).sample(pairs, key=key)
        assert table.labeling_error[table.joint == number].iloc[0] == pytest.approx(float(joint.labeling_error))


def test_a_cell_that_cannot_be_made_has_rows_that_say_why_and_the_others_have_theirs(tmp_path):
    grid = {"noise": [0.1, 1.5, 0.2], "n_classes": [3, 5]}
    table = swept(tmp_path / "s", grid, ["probe-mmcl", "label-transfer"], world="isotropic", k=[1, 4], seeds=1)
    failed = table[table.reason.str.startswith("the cell cannot be made")]
    assert (failed.verdict == "not applicable").all()
    assert sorted(set(failed.joint)) == [0, 2, 3, 4]
    assert (failed[failed.noise == 1.5].reason == "the cell cannot be made (noise: must be in [0, 1], got 1.5)").all()
    few = failed[(failed.noise != 1.5)]
    assert (few.n_classes == 3).all()
    assert (few.reason == "the cell cannot be made (k: must be 1 … 3, got 4)").all()
    alone = mt.verify(mt.generators.isotropic_noise(5, 0.2), [1, 4], ["probe-mmcl", "label-transfer"])
    assert_same_rows(table[table.joint == 5].reset_index(drop=True), alone)
    assert table[alone.columns].dtypes.equals(alone.dtypes)


def test_probable_bounds_are_judged_by_the_draws_of_all_blocks(tmp_path):
    given = mt.theorems["cooccurrence-concentration"]
    false = dataclasses.replace(given, slug="false", rhs=lambda q: 0 * given.rhs(q))
    table = swept(tmp_path / "s", theorems=false, k=1)
    assert len(list((tmp_path / "s").glob("block-*"))) == 3
    assert (table.verdict == "violated").all()
    assert set(table.reason) == {"12 of 12 draws exceed the bound, of which 0.05 may; 0.531 at least do"}
    assert pytest.approx(0.531, abs=1e-3) == 0.0005 ** (1 / 12)  # the end of the exact interval of level 99.9 %


def test_figures_take_the_table_of_a_sweep(whole):
    _, table = whole
    one = table[(table.n_images == 8) & (table.seed == 1)]
    first = mt.plotting.gap(one, by="label_noise")
    panels = [ax for ax in first.get_figure().axes if ax.lines]
    assert len(panels) == 3
    for ax, noise in zip(panels, GRID["label_noise"], strict=True):
        drawn_rows = one[(one.theorem == "probe-mmcl") & (one.label_noise == noise)]
        assert ax.lines[0].get_ydata().tolist() == drawn_rows.rhs.tolist()

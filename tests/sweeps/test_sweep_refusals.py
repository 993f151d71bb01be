"""What a sweep refuses, in a sentence that names the argument or the file."""

import errno
import fcntl
import json
import os
import shutil

import pytest
from refusals import assert_refused, bad
from small_sweeps import GRID, drawn, files_of, swept

import mmcl_theory as mt

ISOTROPIC = {"noise": [0.1, 0.2]}
MANY = [i / 1e4 for i in range(10000)]


def sweep(path, grid=ISOTROPIC, world="isotropic", theorems="label-transfer", **more):
    return mt.sweep(world, grid, theorems, path / "store", **({"k": 1} | more))


def mine():
    return mt.Theorem(
        slug="mine",
        title="Mine",
        kind=mt.Kind.UPPER_BOUND,
        statement="α ≤ 1",
        source="a test",
        proof="α is a probability.",
        lhs=lambda q: q.labeling_error,
        rhs=lambda q: 1 + 0 * q.labeling_error,
    )


BAD = [
    bad("world", ValueError, "world: 'moon'", lambda p: sweep(p, world="moon")),
    bad("world-type", TypeError, "world: 3", lambda p: sweep(p, world=3)),
    bad("grid-type", TypeError, "grid: mapping", lambda p: sweep(p, [0.1])),
    bad("knob", ValueError, "grid: 'moon' noise, n_classes, pairs,", lambda p: sweep(p, {"moon": [1]})),
    bad("no-values", ValueError, "grid: noise", lambda p: sweep(p, {"noise": []})),
    bad("twice", ValueError, "grid: noise 0.1 twice", lambda p: sweep(p, {"noise": [0.1, 0.2, 0.1]})),
    bad("nan", ValueError, "grid: noise nan", lambda p: sweep(p, {"noise": [float("nan")]})),
    bad("object", TypeError, "grid: noise object", lambda p: sweep(p, {"noise": [object()]})),
    bad("setting", ValueError, "grid: temperature", lambda p: sweep(p, {"temperature": [0.0]})),
    bad("pairs", ValueError, "grid: pairs", lambda p: sweep(p, {"pairs": [0]})),
    bad("needed", ValueError, "grid: 'noise'", lambda p: sweep(p, {"n": [3]}, drawn)),
    bad("no-k", ValueError, "k:", lambda p: sweep(p, k=None)),
    bad("two-k", ValueError, "k:", lambda p: sweep(p, {"k": [1]}, k=2)),
    bad("k-zero", ValueError, "k: 0", lambda p: sweep(p, k=0)),
    bad("seeds", ValueError, "seeds: 0", lambda p: sweep(p, seeds=0)),
    bad("seeds-twice", ValueError, "seeds: [1, 1]", lambda p: sweep(p, seeds=[1, 1])),
    bad("theorem", ValueError, "theorems: 'moon'", lambda p: sweep(p, theorems="moon")),
    bad("workers", ValueError, "workers: 0", lambda p: sweep(p, workers=0)),
    bad("cells", ValueError, "grid: 100000000", lambda p: sweep(p, {"noise": MANY}, seeds=10000)),
    bad("sent-theorem", ValueError, "theorems: 'mine' worker", lambda p: sweep(p, theorems=mine(), workers=2)),
    bad("sent-world", ValueError, "world: module", lambda p: sweep(p, {}, world=lambda: None, workers=2)),
    bad("scheduler", ValueError, "scheduler: 'tcp://127.0.0.1:1'", lambda p: sweep(p, scheduler="tcp://127.0.0.1:1")),
    bad("store-type", TypeError, "store: 3", lambda p: mt.sweep("isotropic", {}, store=3, k=1)),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path, monkeypatch):
    from mmcl_theory.sweeps import cluster

    monkeypatch.setattr(cluster, "_SECONDS", 1)
    assert_refused(error, words, lambda: call(tmp_path))
    assert not list(tmp_path.glob("store/block*"))


def test_a_file_and_a_folder_of_other_things_are_no_store(tmp_path):
    (tmp_path / "store").write_text("")
    assert_refused(ValueError, "store: folder", lambda: sweep(tmp_path))
    (tmp_path / "store").unlink()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "thesis.tex").write_text("")
    assert_refused(ValueError, "store: not empty", lambda: sweep(tmp_path))
    assert_refused(ValueError, "path: is no store", lambda: mt.tables.read(tmp_path / "store"))


@pytest.mark.parametrize(
    "other",
    [
        {"seeds": 3},
        {"k": [2, 3]},
        {"theorems": ["probe-mmcl"]},
        {"grid": GRID | {"label_noise": [0.1, 0.2]}},
        {"world": "dirichlet", "grid": {}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_store_of_another_sweep_is_refused_and_left(other, whole):
    store, _ = whole
    before = files_of(store)
    assert_refused(ValueError, f"store: another its {next(iter(other))}", lambda: swept(store, **other))
    assert files_of(store) == before


def test_another_formula_or_another_function_of_the_same_name_is_another_sweep(tmp_path):
    sweep(tmp_path, theorems=mine())
    other = mine()
    object.__setattr__(other, "rhs", lambda q: 2 + 0 * q.labeling_error)
    assert_refused(ValueError, "store: its theorems", lambda: sweep(tmp_path, theorems=other))


def test_two_runs_at_once_are_refused(whole, tmp_path):
    store, table = whole
    copy = tmp_path / "copy"
    shutil.copytree(store, copy)
    (copy / "block-000001.parquet").unlink()
    with open(copy / "_lock", "ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert_refused(ValueError, "store: another run is writing", lambda: swept(copy))
    assert swept(copy).equals(table)


def test_without_locks_it_runs_with_a_warning(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.warns(UserWarning, match="cannot be locked here"):
        assert len(sweep(tmp_path)) == 2


def test_other_versions_read_a_store_but_do_not_go_on_with_it(whole, tmp_path):
    store, table = whole
    copy = tmp_path / "copy"
    shutil.copytree(store, copy)
    manifest = json.loads((copy / "_sweep.json").read_text())
    manifest["versions"]["jax"] = "0.0.1"
    (copy / "_sweep.json").write_text(json.dumps(manifest))
    assert swept(copy).equals(table)
    (copy / "block-000001.parquet").unlink()
    assert_refused(ValueError, "store: gone on jax 0.0.1", lambda: swept(copy))


DAMAGES = {
    "cut": lambda content, other: content[:-100],
    "empty": lambda content, other: b"",
    "flipped": lambda content, other: content[:-8] + b"\xff\xff" + content[-6:],
    "another block": lambda content, other: other,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_block_is_named(damage, whole, tmp_path):
    store, _ = whole
    copy = tmp_path / "copy"
    shutil.copytree(store, copy)
    path = copy / "block-000001.parquet"
    path.write_bytes(DAMAGES[damage](path.read_bytes(), (copy / "block-000002.parquet").read_bytes()))
    assert_refused(ValueError, "store: block-000001.parquet", lambda: swept(copy))
    assert_refused(ValueError, "path: block-000001.parquet", lambda: mt.tables.read(copy))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 2}', '{"format": 1, "cells": 0}'])
def test_a_damaged_manifest_is_named(content, whole, tmp_path):
    store, _ = whole
    copy = tmp_path / "copy"
    shutil.copytree(store, copy)
    (copy / "_sweep.json").write_text(content)
    assert_refused(ValueError, "store: _sweep.json", lambda: swept(copy))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_store_is_one_sentence(whole, tmp_path):
    store, _ = whole
    copy = tmp_path / "copy"
    shutil.copytree(store, copy)
    (copy / "block-000001.parquet").unlink()
    copy.chmod(0o555)
    assert_refused(OSError, "store: cannot be written", lambda: swept(copy))
    copy.chmod(0o755)


def test_differences_are_found_and_bad_tables_refused(whole):
    _, table = whole
    changed = table.copy()
    changed.loc[0, "lhs"] += 1e-3
    changed.loc[1, "verdict"] = "violated"
    changed = changed.drop(index=2).sample(frac=1, random_state=0)
    found = mt.tables.differences(table, changed)
    assert sorted(found.difference) == ["lhs", "only in first", "verdict"]
    assert mt.tables.differences(table, changed, tolerance=0.01).difference.tolist().count("lhs") == 0
    merged = table.drop(columns="seed")
    assert_refused(ValueError, "second: label_noise", lambda: mt.tables.differences(table, merged))
    assert_refused(ValueError, "first: two rows", lambda: mt.tables.differences(merged, merged))

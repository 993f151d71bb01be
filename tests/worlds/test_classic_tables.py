"""Check the classic tables of correspondence analysis against their published inertias, on every path to a joint."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from classic_tables import TABLES

import mmcl_theory as mt


def long_form(counts):
    """Return the cells of a table as columns, each row a class of its own; cells without counts are left out."""
    rows, columns = np.nonzero(counts)
    names = {"image": [f"row {i}" for i in rows], "text": [f"column {j}" for j in columns]}
    return names | {"label": [str(i) for i in rows], "count": counts[rows, columns]}


def from_frame(counts, path):
    frame = pd.DataFrame(long_form(counts))
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return mt.datasets.from_file(path, count="count")


def from_narrow_entries(counts):
    """Make the joint of a sparse matrix of the narrowest integers, each entry of which is repeated."""
    ones, tens = counts % 10, counts // 10
    rows, columns = np.nonzero(counts)
    parts = [ones[rows, columns], *np.repeat(tens[None, rows, columns], 10, axis=0)]
    values = np.concatenate(parts).astype(np.uint8 if counts.max() < 2000 else np.uint16)
    places = (np.tile(rows, len(parts)), np.tile(columns, len(parts)))
    return mt.Joint(scipy.sparse.coo_array((values, places), shape=counts.shape), range(len(counts)))


def from_lists(counts):
    columns = long_form(counts)
    return mt.datasets.from_pairs(columns["image"], columns["text"], columns["label"], counts=columns["count"])


PATHS = {
    "dense": lambda counts, _: mt.Joint(counts, range(len(counts))),
    "sparse": lambda counts, _: mt.Joint(counts, range(len(counts))).to_sparse(),
    "narrow-entries": lambda counts, _: from_narrow_entries(counts),
    "transposed": lambda counts, _: mt.Joint(counts.T, range(len(counts.T))),
    "pairs": lambda counts, _: from_lists(counts),
    "sparse-pairs": lambda counts, _: from_lists(counts).to_sparse(),
    "csv": lambda counts, folder: from_frame(counts, folder / "a.csv"),
    "parquet": lambda counts, folder: from_frame(counts, folder / "a.parquet"),
}


def printed_like(published, value):
    """Return a value with as many digits as the published one has."""
    return f"{value:.{len(published.partition('.')[2])}f}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", TABLES)
def test_published_inertias(name, path, tmp_path):
    table = TABLES[name]
    joint = PATHS[path](table.counts, tmp_path)
    roots = np.sqrt(joint.image_marginal)[:, None], np.sqrt(joint.text_marginal)[:, None]
    chi_square = float(joint.normalized_law.squared_distance(*roots))
    assert printed_like(table.inertia, chi_square) == table.inertia
    assert joint.counts.sum() == table.counts.sum()
    if joint.is_dense or name in ("smoking", "housetasks"):  # a Krylov search is compiled for each shape
        values = np.asarray(mt.factorize(joint, min(table.counts.shape) - 1).singular_values)[1:] ** 2
        assert tuple(map(printed_like, table.principal, values)) == table.principal

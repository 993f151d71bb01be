"""Read a table that lies in a folder, a block of rows a file, as sweeps write it."""

import dataclasses
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _archive, _checks
from ..verification.frequencies import judge_frequencies

if TYPE_CHECKING:
    import pandas as pd

# What the whole is stands in a file whose name begins with an underscore, which readers of such folders pass over.
MANIFEST = _archive.FileKind("sweep", 1, "store", "is no store of a sweep, or a damaged one")
_NAME = "_sweep.json"
_DAMAGED = "is no block of this sweep, or a damaged one; without it, the same sweep makes it again"


def manifest_path(folder: str) -> str:
    """Return the name of the file that says what a folder is."""
    return os.path.join(folder, _NAME)


def block_path(folder: str, number: int) -> str:
    """Return the name of the file with a block of rows."""
    return os.path.join(folder, f"block-{number:06d}.parquet")


def read_manifest(folder: str, argument: str = "path") -> dict[str, Any]:
    """Read what a folder is, with the numbers of cells, of cells in a block and of rows of a cell."""
    path = manifest_path(folder)
    if not os.path.isfile(path):
        raise ValueError(f"{argument}: the folder {_checks.quoted(folder)} is no store of a sweep")
    with dataclasses.replace(MANIFEST, argument=argument).reading_json(path) as content:
        MANIFEST.check_format(content["format"])
        for name in ("cells", "block", "rows_per_cell"):
            _checks.integer(name, content[name], 1)
        for name in ("hash", "versions", "sweep"):
            content[name]
        return content


def finished_blocks(folder: str, manifest: dict[str, Any]) -> list[int]:
    """List the numbers of the blocks that are there."""
    there = set(os.listdir(folder))
    return [block for block in range(n_blocks(manifest)) if os.path.basename(block_path("", block)) in there]


def n_blocks(manifest: dict[str, Any]) -> int:
    """Count the blocks of a whole table; the last one may have fewer cells."""
    return -(-manifest["cells"] // manifest["block"])


def cells_of_block(manifest: dict[str, Any], block: int) -> range:
    """Return the numbers of the cells in a block."""
    return range(block * manifest["block"], min((block + 1) * manifest["block"], manifest["cells"]))


def read_partitioned(folder: str, argument: str = "path") -> "pd.DataFrame":
    """Read all blocks that are there; warn where some are missing.

    Raises
    ------
    ValueError
        If the folder is not that of a sweep or has no block yet, or a file in it is damaged: the message names it.
    """
    import pandas as pd

    manifest = read_manifest(folder, argument)
    blocks = finished_blocks(folder, manifest)
    if not blocks:
        raise ValueError(f"{argument}: the sweep of {_checks.quoted(folder)} has no finished block yet")
    missing = n_blocks(manifest) - len(blocks)
    if missing:
        of_all = f"{missing} of {missing + len(blocks)} blocks"
        _checks.warn_user(f"{argument}: the sweep of {_checks.quoted(folder)} is not finished, {of_all} are missing")
    tables = [_read_block(folder, manifest, block, argument) for block in blocks]
    # Only all draws together tell whether a probable bound is exceeded too often.
    return judge_frequencies(pd.concat(tables, ignore_index=True))


def _read_block(folder: str, manifest: dict[str, Any], block: int, argument: str) -> "pd.DataFrame":
    """Read a block, and check that its rows are those of its cells."""
    path = block_path(folder, block)
    with _archive.refusing(argument, path, _DAMAGED):
        table = _archive.read_parquet(path)
        expected = np.repeat(cells_of_block(manifest, block), manifest["rows_per_cell"])
        if not np.array_equal(table["joint"].to_numpy(), expected):
            raise ValueError("its rows are not those of its cells")
    return table

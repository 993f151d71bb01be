"""Keep the rows of a sweep in a folder: what it is in one file, and each block of cells in another, written whole."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import _archive, _checks
from ..tables import partitioned
from .blocks import block_size
from .grid import Sweep

if TYPE_CHECKING:
    import pandas as pd

_LOCK = "_lock"
# What flock answers where the file system, as some network ones, has no locks.
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


def begun(folder: str, sweep: Sweep) -> dict[str, Any]:
    """Write what a folder is about, or check that it is about this sweep, and return what stands there.

    Raises
    ------
    ValueError
        If the folder holds something else, or another sweep.
    OSError
        If it cannot be written.
    """
    if os.path.exists(partitioned.manifest_path(folder)):
        manifest = partitioned.read_manifest(folder, "store")
        if manifest["hash"] != sweep.hash:
            raise ValueError(f"store: {_checks.quoted(folder)} is of another sweep{_difference(manifest, sweep)}")
        return manifest
    # A run that was killed before it wrote what the sweep is left the lock, and perhaps a part of that.
    if os.path.isdir(folder) and not all(name == _LOCK or name.endswith(".partial") for name in os.listdir(folder)):
        raise ValueError(f"store: {_checks.quoted(folder)} is no store of a sweep, and not empty")
    manifest = {
        "format": partitioned.MANIFEST.number,
        "hash": sweep.hash,
        "cells": sweep.size,
        "block": block_size(sweep),
        "rows_per_cell": sweep.rows_per_cell,
        "versions": _archive.versions(),
        "sweep": sweep.about,
    }
    partitioned.MANIFEST.write_json(partitioned.manifest_path(folder), manifest)
    return manifest


def missing_blocks(folder: str, manifest: dict[str, Any]) -> list[int]:
    """List the blocks that are still to be made; refuse to add to those of other versions.

    Raises
    ------
    ValueError
        If blocks are missing, and other versions of the packages made those that are there.
    """
    there = set(partitioned.finished_blocks(folder, manifest))
    missing = [block for block in range(partitioned.n_blocks(manifest)) if block not in there]
    other = _archive.other_versions(manifest["versions"])
    if missing and other:
        raise ValueError(f"store: {_checks.quoted(folder)} cannot be gone on with{other}")
    return missing


def write_block(folder: str, block: int, table: "pd.DataFrame") -> None:
    """Write the rows of a block."""
    with _archive.writing(partitioned.block_path(folder, block), "store") as file:
        table.to_parquet(file, index=False)


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """Hold the lock of a folder while the body runs; it ends with the process, whatever ends that.

    Where there are no such locks (Windows, some network file systems) the body runs with a warning: each file is
    written whole, and two runs write the same rows, so the second only does twice what the first does.

    Raises
    ------
    ValueError
        If another process holds it.
    OSError
        If the folder cannot be written.
    """
    path = os.path.join(folder, _LOCK)
    try:
        os.makedirs(folder, exist_ok=True)
        file = open(path, "ab")  # noqa: SIM115 (closed below)
    except OSError as error:
        message = f"store: {_checks.quoted(folder)} cannot be written ({error.strerror or error})"
        raise type(error)(message) from error
    with file:
        _lock(file.fileno(), folder)
        yield


def _lock(handle: int, folder: str) -> None:
    """Take the lock of an open file."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ValueError(f"store: another run is writing {_checks.quoted(folder)}") from error
    except (ImportError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _WITHOUT_LOCKS:
            raise
        _checks.warn_user(f"store: {_checks.quoted(folder)} cannot be locked here; do not run two sweeps on it at once")


def _difference(manifest: dict[str, Any], sweep: Sweep) -> str:
    """Say in which entry the sweep of a folder is another, as the end of a sentence."""
    theirs = manifest.get("sweep")
    if isinstance(theirs, dict):
        for name, ours in sweep.about.items():
            if theirs.get(name) != ours:
                return f": its {name} is {_checks.quoted(theirs.get(name))}, here {_checks.quoted(ours)}"
    return ""

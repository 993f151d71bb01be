"""Write the state of a training to a file, and read it back into the same training only."""

import hashlib
import os
from typing import Any

import equinox as eqx
import jax
import numpy as np

from .. import _archive

CHECKPOINTS = _archive.FileKind(
    "checkpoint", 1, "checkpoint", "was not written by a training like this", compressed=False
)


def fingerprint(*parts: Any) -> str:
    """Return a digest of arrays and of everything else that a training is given, to the last bit."""
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(parts):
        if isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        if eqx.is_array(leaf):
            array = np.asarray(leaf)
            digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
        else:
            # A function by its name: its address, which ``repr`` may tell, is another one in every process.
            plain = isinstance(leaf, int | float | str)
            digest.update((repr(leaf) if plain else getattr(leaf, "__qualname__", type(leaf).__qualname__)).encode())
    return digest.hexdigest()


def write(path: str | os.PathLike[str], state: Any, history: list[dict[str, float]], given: str) -> None:
    """Write the arrays of ``state``, the history and the fingerprint ``given`` of the training."""
    columns = list(history[0])
    rows = np.array([[row[name] for name in columns] for row in history])
    leaves = {f"leaf_{i}": np.asarray(leaf) for i, leaf in enumerate(_arrays(state))}
    CHECKPOINTS.write_arrays(path, {"given": np.array(given), "columns": np.array(columns), "history": rows} | leaves)


def read(path: str | os.PathLike[str], like: Any, given: str) -> tuple[Any, list[dict[str, float]]]:
    """Read the state, of the structure of ``like``, and the history that ``write`` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no checkpoint, or that of another training.
    """
    with CHECKPOINTS.reading_arrays(path) as stored:
        theirs, columns, rows = str(stored["given"]), list(stored["columns"]), stored["history"]
        leaves = [stored[f"leaf_{i}"] for i in range(len(_arrays(like)))]
    if theirs != given:
        raise ValueError(f"checkpoint: {os.fspath(path)!r} is of a training with other data, encoders, loss or key")
    arrays, rest = eqx.partition(like, eqx.is_array)
    restored = jax.tree.unflatten(jax.tree.structure(arrays), [jax.numpy.asarray(leaf) for leaf in leaves])
    history = [dict(zip(map(str, columns), map(float, row), strict=True)) for row in rows]
    return eqx.combine(restored, rest), history


def _arrays(state: Any) -> list[Any]:
    """List the arrays among the leaves of a state."""
    return jax.tree.leaves(eqx.filter(state, eqx.is_array))

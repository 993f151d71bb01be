"""The state of a training on disk: written whole or not at all, and refused by any other training."""

import hashlib
import os
from typing import Any

import equinox as eqx
import jax
import numpy as np


def fingerprint(*parts: Any) -> str:
    """A digest of arrays and of all else that a training is given, to the last bit."""
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
    """Write the arrays of ``state`` and the history; whenever the process dies, the file is the old or the new one."""
    leaves = {f"leaf_{i}": np.asarray(leaf) for i, leaf in enumerate(_arrays(state))}
    columns = list(history[0])
    rows = np.array([[row[name] for name in columns] for row in history])
    partial = f"{os.fspath(path)}.partial"
    os.makedirs(os.path.dirname(partial) or ".", exist_ok=True)
    with open(partial, "wb") as file:
        np.savez(file, given=given, columns=columns, history=rows, **leaves)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def read(path: str | os.PathLike[str], like: Any, given: str) -> tuple[Any, list[dict[str, float]]]:
    """The state, of the structure of ``like``, and the history that ``write`` wrote.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or that of another training.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        theirs, columns, rows = str(stored["given"]), list(stored["columns"]), stored["history"]
        leaves = [stored[f"leaf_{i}"] for i in range(len(_arrays(like)))]
    except Exception as error:  # a damaged archive raises many kinds; all mean that train did not write it
        raise ValueError(
            f"checkpoint: {os.fspath(path)!r} was not written by a training like this ({error})"
        ) from error
    if theirs != given:
        raise ValueError(f"checkpoint: {os.fspath(path)!r} is of a training with other data, encoders, loss or key")
    arrays, rest = eqx.partition(like, eqx.is_array)
    restored = jax.tree.unflatten(jax.tree.structure(arrays), [jax.numpy.asarray(leaf) for leaf in leaves])
    history = [dict(zip(map(str, columns), map(float, row), strict=True)) for row in rows]
    return eqx.combine(restored, rest), history


def _arrays(state: Any) -> list[Any]:
    return jax.tree.leaves(eqx.filter(state, eqx.is_array))

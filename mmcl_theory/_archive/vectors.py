"""Read vectors with their names from the files in which embeddings are kept."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from .cells import parquet_columns, read_parquet
from .members import Members, checked_shape
from .refusals import existing_file, refusing
from .safetensors import read_safetensors

_ENDINGS = (".npy", ".npz", ".parquet", ".safetensors")
_BYTES_LIMIT = 2**34  # of vectors: those of Members
_NUMBERS_LIMIT = 2**29  # in a Parquet file, whose size on disk says little: four gigabytes
_NAMES_LIMIT = 2**28  # bytes of a file of names


def read_features(argument: str, path: str | os.PathLike[str]) -> tuple[list[Any], np.ndarray]:
    """Read named vectors from a file: return the names, and an array with a row for each.

    An .npz file has the arrays ``names`` and ``features``, and a .parquet file a column ``name`` and either columns of
    numbers or one of lists; or an .npz or .safetensors file has one array a vector, under its name.  Names of a single
    array with a row a vector, of an .npy or .safetensors file, stand in the file beside it that ends in .txt, one a
    line.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message begins with ``argument``.
    ValueError
        If the file is not of this form, or too large.
    """
    given = existing_file(argument, path)
    stem, ending = os.path.splitext(given)
    if ending.lower() not in _ENDINGS:
        raise ValueError(f"{argument}: must end in {', '.join(_ENDINGS)}, got {given!r}")
    with refusing(argument, given, f"cannot be read as {ending[1:].lower()}"):
        if ending.lower() == ".parquet":
            return _of_table(given)
        if ending.lower() == ".npy":
            arrays: Mapping[str, np.ndarray] = {"features": _npy(given)}
        elif ending.lower() == ".npz":
            arrays = Members(given)
        else:
            arrays = read_safetensors(given, _BYTES_LIMIT)
        if "names" in arrays and "features" in arrays:
            return _words(arrays["names"]), arrays["features"]
        arrays = dict(arrays)
        if len(arrays) != 1 or next(iter(arrays.values())).ndim != 2:
            return _one_each(arrays)
    (features,) = arrays.values()
    return _names_beside(argument, f"{stem}.txt", len(features)), features


def _npy(path: str) -> np.ndarray:
    """Read the array of an .npy file, without pickle, once its declared shape is known to be that of its entries."""
    with open(path, "rb") as file:
        checked_shape("it", os.path.getsize(path), file)
        file.seek(0)
        array = np.lib.format.read_array(file, allow_pickle=False)
    if array.ndim != 2:
        raise ValueError(f"a row for each vector is needed, got shape {array.shape}")
    return array


def _words(array: np.ndarray) -> list[str]:
    """Return the strings of an array."""
    if array.dtype.kind != "U" or array.ndim != 1:
        raise ValueError(f"names: a string for each vector is needed, got {array.dtype} of shape {array.shape}")
    return [str(name) for name in array]


def _one_each(arrays: Mapping[str, np.ndarray]) -> tuple[list[str], np.ndarray]:
    """Stack vectors of one length that each stand under their name."""
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or any(len(shape) != 1 for shape in shapes):
        shown = ", ".join(f"{name} {array.shape}" for name, array in list(arrays.items())[:3])
        raise ValueError(f"names and features, or a vector of one length for each name, are needed; it has {shown}")
    return list(arrays), np.stack(list(arrays.values()))


def _of_table(path: str) -> tuple[list[Any], np.ndarray]:
    """Read vectors from a Parquet file: its column ``name``, and columns of numbers or one of lists."""
    names = parquet_columns(path)  # says what to install where pyarrow is not
    import pyarrow.parquet as pq

    if "name" not in names:
        raise ValueError(f"it has no column 'name'; it has {', '.join(names[:5])}")
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    count = sum(group.column(j).num_values for group in groups for j in range(group.num_columns))
    if count > _NUMBERS_LIMIT:
        raise ValueError(f"it has {count} numbers, more than {_NUMBERS_LIMIT}")
    table = read_parquet(path)
    features = table.drop(columns="name")
    if features.shape[1] == 1 and features.dtypes.iloc[0].kind == "O":
        return table["name"].tolist(), np.stack(features.iloc[:, 0].tolist())
    return table["name"].tolist(), features.to_numpy(dtype=float)


def _names_beside(argument: str, path: str, count: int) -> list[str]:
    """Read the names of so many vectors, one a line."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{argument}: names are needed, one a line, in {path!r}, and there is no such file")
    with refusing(argument, path, "cannot be read as names, one a line"):
        if os.path.getsize(path) > _NAMES_LIMIT:
            raise ValueError(f"it takes more than {_NAMES_LIMIT} bytes")
        with open(path, encoding="utf-8-sig") as file:
            names = file.read().removesuffix("\n").split("\n")
        if len(names) != count:
            raise ValueError(f"{count} names are needed, got {len(names)}")
    return names

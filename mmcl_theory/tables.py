"""Tidy tables on disk."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write(table: "pd.DataFrame", path: str | os.PathLike[str]) -> None:
    """Write a table as Parquet or CSV, by the name's ending; folders are made as needed.

    Raises
    ------
    ValueError
        If the name ends in neither .parquet nor .csv.

    Examples
    --------
    >>> import pathlib, tempfile, mmcl_theory as mt
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "table.parquet"
    >>> table = mt.verify(mt.generators.isotropic_noise(4, 0.25), k=[1, 2])
    >>> mt.tables.write(table, path)
    >>> mt.tables.read(path).equals(table)
    True
    """
    suffix = check_path(path)
    os.makedirs(os.path.dirname(os.fspath(path)) or ".", exist_ok=True)
    if suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False)


def read(path: str | os.PathLike[str]) -> "pd.DataFrame":
    """Read a table that ``write`` wrote, with its column types.

    Raises
    ------
    ValueError
        If the name ends in neither .parquet nor .csv.
    FileNotFoundError
        If there is no such file.
    """
    import pandas as pd

    suffix = check_path(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"path: there is no file {os.fspath(path)!r}")
    if suffix == ".parquet":
        return pd.read_parquet(path)
    types = {"k": "Int64"}
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values={"k": [""]}, float_precision="round_trip")


def check_path(path: str | os.PathLike[str]) -> str:
    """The ending of a table's name, if it is one of the two."""
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in (".parquet", ".csv"):
        raise ValueError(f"path: a table's name must end in .parquet or .csv, got {os.fspath(path)!r}")
    return suffix

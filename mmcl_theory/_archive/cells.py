"""Read tables: CSV files strictly, Parquet files within limits."""

import csv
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import _checks

if TYPE_CHECKING:
    import pandas as pd

_CELLS_LIMIT = 2**27  # cells that are read of a Parquet file, whose size on disk says little: a gigabyte of numbers
_BYTES_LIMIT = 2**30  # bytes of a Parquet file before it is compressed, and of all its cells of text


def rows_of(path: str | os.PathLike[str], separator: str = ",") -> Iterator[list[str]]:
    r"""Yield the rows of a CSV file in UTF-8, of which the first is the header; empty lines are passed over.

    Parameters
    ----------
    path
        Name of the file.
    separator
        What stands between two cells, a comma or a tab.

    Raises
    ------
    ValueError
        If a row is longer or shorter than the header, if text follows the quotation mark that closes a cell, or if
        none closes it; the message names the line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pairs.csv"
    >>> _ = path.write_text('image,text\n1.png,"a cat, asleep"\n')
    >>> list(rows_of(path))
    [['image', 'text'], ['1.png', 'a cat, asleep']]
    """
    width = None
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=separator, strict=True)
        try:
            for row in reader:
                width = width or len(row)
                if row and len(row) != width:
                    raise ValueError(f"{len(row)} cells under a header of {width}")
                if row:
                    yield row
        except (ValueError, csv.Error) as error:
            raise ValueError(f"line {max(1, reader.line_num)}: {error}") from error


def parquet_columns(path: str) -> list[str]:
    """Return the names of the columns of a Parquet file."""
    return _parquet().read_schema(path).names


def read_parquet(path: str, columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Read the columns of these names of a Parquet file, by default all.

    Raises
    ------
    ValueError
        If these are more cells or bytes than can be held, or pyarrow is not installed.
    """
    import pandas as pd

    metadata = _parquet().read_metadata(path)
    if metadata.num_rows * (metadata.num_columns if columns is None else len(columns)) > _CELLS_LIMIT:
        raise ValueError(f"it has more than {_CELLS_LIMIT} cells")
    stored = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if stored > _BYTES_LIMIT or _bytes_of_text(path, columns) > _BYTES_LIMIT:
        raise ValueError(f"it takes more than {_BYTES_LIMIT} bytes")
    return pd.read_parquet(path, columns=None if columns is None else list(columns))


def _bytes_of_text(path: str, columns: Sequence[str] | None) -> int:
    """Count the bytes of all cells of text of a Parquet file, which stores a text of many cells but once."""
    import pyarrow.compute as pc
    from pyarrow import types

    schema = _parquet().read_schema(path)
    texts = [
        field.name
        for field in schema
        if (columns is None or field.name in columns)
        and (types.is_string(field.type) or types.is_large_string(field.type) or types.is_binary(field.type))
    ]
    found = _parquet().read_table(path, columns=texts, read_dictionary=texts)
    chunks = [chunk for column in found.columns for chunk in column.chunks]
    sizes = [pc.sum(pc.take(pc.binary_length(chunk.dictionary), chunk.indices)).as_py() for chunk in chunks]
    return sum(size or 0 for size in sizes)


def _parquet() -> Any:
    """Return the module that reads Parquet files; raise ``ValueError`` if it is not installed."""
    return _checks.installed("Parquet", "pyarrow.parquet")

"""Read tables: CSV files strictly, Parquet files within limits."""

import csv
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_CELLS_LIMIT = 2**27  # cells that are read of a Parquet file, whose size on disk says little: a gigabyte of numbers


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
        If these are more cells than can be held, or pyarrow is not installed.
    """
    import pandas as pd

    metadata = _parquet().read_metadata(path)
    if metadata.num_rows * (metadata.num_columns if columns is None else len(columns)) > _CELLS_LIMIT:
        raise ValueError(f"it has more than {_CELLS_LIMIT} cells")
    return pd.read_parquet(path, columns=None if columns is None else list(columns))


def _parquet() -> Any:
    """Return the module that reads Parquet files; raise ``ValueError`` if it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ValueError("Parquet files need pyarrow: pip install 'mmcl-theory[parquet]'") from error
    return pyarrow.parquet

"""Read tables: CSV files strictly, Parquet files within limits."""

import csv
import functools
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import _checks

if TYPE_CHECKING:
    import pandas as pd

_CELLS_LIMIT = 2**27  # cells that are read of a Parquet file, whose size on disk says little: a gigabyte of numbers
_RECORD_LIMIT = 2**20  # letters of a row that goes over several lines
_QUOTED = '"[^"]*+(?:""[^"]*+)*+"'  # the pattern of a quoted cell
_BYTES_LIMIT = 2**30  # bytes of a Parquet file before it is compressed, and of all its cells of text


class QuotationError(ValueError):
    """Say that the quotation marks of a file are not as the format has them."""


def rows_of(
    path: str | os.PathLike[str], separator: str = ",", *, quoted: bool = True
) -> Iterator[tuple[int, list[str]]]:
    r"""Yield the rows of a CSV file in UTF-8, each with the number of its first line; empty lines are passed over.

    The first row is the header.  The rules are those of RFC 4180: a cell with a quotation mark, a separator or a line
    end is enclosed in quotation marks, and each mark within is doubled.

    Parameters
    ----------
    path
        Name of the file.
    separator
        What stands between two cells, a comma or a tab.
    quoted
        Whether these rules hold; otherwise a quotation mark is a letter like any other, and each line is a row.

    Raises
    ------
    QuotationError
        If a mark stands where the rules allow none, if none closes a cell, or if a cell from one mark to the next
        takes in lines that are rows themselves, in a file whose header is not quoted; the message names the line.
    ValueError
        If a row is longer or shorter than the header, or the file is not in UTF-8; the message names the line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pairs.csv"
    >>> _ = path.write_text('image,text\n1.png,"a cat, asleep"\n')
    >>> list(rows_of(path))
    [(1, ['image', 'text']), (2, ['1.png', 'a cat, asleep'])]
    """
    width, all_text_quoted = 0, False
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            for number, lines in _records(file, quoted):
                row = _cells(number, lines, separator) if quoted else lines[0].rstrip("\r\n").split(separator)
                if not width:
                    all_text_quoted = quoted and _is_quoted("".join(lines), separator)
                elif width > 1 and len(lines) > 1 and not all_text_quoted and _are_rows(lines, width, separator):
                    last = number + len(lines) - 1
                    raise QuotationError(
                        f"lines {number} to {last}: the cell from one quotation mark to the next takes in whole rows"
                    )
                width = width or len(row)
                if len(row) != width:
                    raise ValueError(f"line {number}: {len(row)} cells under a header of {width}")
                yield number, row
        except UnicodeDecodeError as error:
            raise ValueError(f"line {_undecodable(path)}: it is not text in UTF-8") from error


def _records(file: Iterable[str], quoted: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each row with the number of the first: several where a quoted cell goes over line ends."""
    numbered = enumerate(file, 1)
    for number, line in numbered:
        lines, marks, length = [line], line.count('"'), len(line)
        while quoted and marks % 2:
            _, line = next(numbered, (0, ""))
            length += len(line)
            if not line or length > _RECORD_LIMIT:
                raise QuotationError(f"line {number}: a quotation mark opens a cell, and none closes it")
            lines.append(line)
            marks += line.count('"')
        if line.strip("\r\n") or len(lines) > 1:
            yield number, lines


def _cells(number: int, lines: list[str], separator: str) -> list[str]:
    """Split the lines of a row into its cells, by the rules of ``rows_of``."""
    if '"' not in lines[0]:
        return lines[0].rstrip("\r\n").split(separator)
    if not _row_pattern(separator, f'(?:{_QUOTED}|[^"{separator}\r\n]*+)').fullmatch("".join(lines)):
        raise QuotationError(
            f"line {number}: a quotation mark stands in a cell that none encloses, or is not doubled within one"
        )
    try:
        return next(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error as error:  # a cell of too many letters
        raise ValueError(f"line {number}: {error}") from error


def _are_rows(lines: list[str], width: int, separator: str) -> bool:
    """Say whether each line of a row has separators enough for a row of its own; an empty one needs none."""
    return all(line.count(separator) >= width - 1 for line in lines if line.strip("\r\n"))


def _is_quoted(record: str, separator: str) -> bool:
    """Say whether every cell of a row is quoted."""
    return _row_pattern(separator, _QUOTED).fullmatch(record) is not None


@functools.cache
def _row_pattern(separator: str, cell: str) -> re.Pattern[str]:
    """Return the pattern of a row of such cells."""
    return re.compile(f"{cell}(?:{separator}{cell})*+[\r\n]*")


def _undecodable(path: str | os.PathLike[str]) -> int:
    """Return the number of the first line that is not in UTF-8."""
    with open(path, "rb") as file:
        return 1 + sum(1 for _ in itertools.takewhile(_is_decodable, file))


def _is_decodable(line: bytes) -> bool:
    """Say whether a line is in UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def parquet_columns(path: str) -> list[str]:
    """Return the names of the columns of a Parquet file."""
    with _refusing_damage():
        parquet = _parquet()
    with _refusing_damage():
        return parquet.read_schema(path).names


def read_parquet(path: str, columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Read the columns of these names of a Parquet file, by default all.

    Raises
    ------
    ValueError
        If these are more cells or bytes than can be held, or pyarrow is not installed.
    """
    import pandas as pd

    parquet = _parquet()
    with _refusing_damage():
        metadata = parquet.read_metadata(path)
        stored = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if metadata.num_rows * (metadata.num_columns if columns is None else len(columns)) > _CELLS_LIMIT:
        raise ValueError(f"it has more than {_CELLS_LIMIT} cells")
    with _refusing_damage():
        of_text = _bytes_of_text(path, columns) if stored <= _BYTES_LIMIT else 0
    if max(stored, of_text) > _BYTES_LIMIT:
        raise ValueError(f"it takes more than {_BYTES_LIMIT} bytes")
    with _refusing_damage():
        return pd.read_parquet(path, columns=None if columns is None else list(columns))


@contextmanager
def _refusing_damage() -> Iterator[None]:
    """Say in our words that a file is no Parquet file, where the library that reads it fails in its own."""
    try:
        yield
    except Exception as error:
        raise ValueError("it is no Parquet file, or a damaged one") from error


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

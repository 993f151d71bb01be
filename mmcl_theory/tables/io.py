"""Read and write tidy tables as files."""

import csv
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _archive, _checks
from .markup import to_html, to_latex, to_markdown
from .partitioned import read_partitioned

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 10_000  # rows of which the text is held at once
_COLUMNS_LIMIT = 10_000  # of a table; each takes pandas a moment
READ = (".parquet", ".csv")  # endings of names of files that are read
_FOR_PEOPLE = {".tex": to_latex, ".md": to_markdown, ".html": to_html}
WRITTEN = (*READ, *_FOR_PEOPLE)
# A number as ``write`` writes it, or a person would: no leading zeros, underscores or digits of other scripts.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]+)?|-?inf|nan|")


def write(table: "pd.DataFrame", path: str | os.PathLike[str]) -> None:
    """Write a table in the format that the ending of the name says; create the folders of the path.

    ``read`` gives Parquet and CSV back; LaTeX, Markdown and HTML are laid out for people, as by ``to_latex``.

    In a CSV file text is quoted and numbers are not, so that the file itself says which is which; a missing number is
    ``nan``.  The index is not written.

    Raises
    ------
    ValueError
        If the name ends in none of .parquet, .csv, .tex, .md and .html, or two columns have one name.
    TypeError
        If the table is not a DataFrame, or ``path`` is no path.
    OSError
        If the file cannot be written; the old one is still there.

    Examples
    --------
    >>> import pathlib, tempfile, mmcl_theory as mt
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "table.parquet"
    >>> table = mt.verify(mt.generators.isotropic_noise(4, 0.25), [1, 2], "label-transfer")
    >>> mt.tables.write(table, path)
    >>> mt.tables.read(path).equals(table)
    True
    """
    import pandas as pd

    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table: a DataFrame is needed, got {type(table).__name__}")
    suffix = check_path(path, WRITTEN)
    try:
        _check_columns(list(map(str, table.columns)))
    except ValueError as error:
        raise ValueError(f"table: {error}") from error
    if suffix in _FOR_PEOPLE:
        _archive.write_text(path, _FOR_PEOPLE[suffix](table))
        return
    if suffix == ".parquet":
        _checks.installed("path", "pyarrow")
    with _archive.writing(path) as file:
        if suffix == ".parquet":
            table.to_parquet(file, index=False)
        else:
            for text in _csv_lines(table):
                file.write(text.encode())


def read(path: str | os.PathLike[str]) -> "pd.DataFrame":
    """Read a table that ``write`` wrote, with its column types, or that of a sweep from the folder of its store.

    In a CSV file of another program, the header of which is not quoted, a column of nothing but numbers is one of
    numbers.

    Raises
    ------
    ValueError
        If the name ends in neither .parquet nor .csv, or the file is not in the format that its name says, was cut
        off, or has a row that is longer or shorter than the header.
    TypeError
        If ``path`` is no path.
    FileNotFoundError
        If there is no such file.
    """
    if os.path.isdir(_checks.file_name("path", path)):
        return read_partitioned(os.fsdecode(path))
    suffix = check_path(path)
    given = _archive.existing_file("path", path)
    with _archive.refusing("path", given, f"cannot be read as {suffix[1:]}"):
        return _archive.read_parquet(given) if suffix == ".parquet" else _read_csv(given)


def to_csv(table: "pd.DataFrame") -> str:
    r"""Write a table as the text of a CSV file, as ``write`` does it.

    Examples
    --------
    >>> import pandas as pd
    >>> to_csv(pd.DataFrame({"theorem": ["probe-mmcl"], "ratio": [0.5]}))
    '"theorem","ratio"\n"probe-mmcl",0.5\n'
    """
    return "".join(_csv_lines(table))


def _csv_lines(table: "pd.DataFrame") -> Iterator[str]:
    """Yield the text of a table, some thousand lines at a time."""
    yield ",".join(map(_quoted, table.columns)) + "\n"
    cells_of = [_number if _is_of_numbers(column) else _quoted for _, column in table.items()]
    for start in range(0, len(table), _CHUNK):
        part = table.iloc[start : start + _CHUNK]
        columns = [map(of, column) for of, (_, column) in zip(cells_of, part.items(), strict=True)]
        yield "".join(",".join(row) + "\n" for row in zip(*columns, strict=True))


def _is_of_numbers(column: "pd.Series") -> bool:
    """Say whether a column holds nothing but numbers and missing values."""
    if column.dtype == object:
        return all(_number(cell) is not None for cell in column)
    return column.dtype.kind in "iuf"


def _number(cell: Any) -> str | None:
    """Write a number so that it is read back to the last bit, a missing value as nan; return None for anything else."""
    if isinstance(cell, float | np.floating):
        return repr(float(cell))
    if isinstance(cell, int | np.integer) and not isinstance(cell, bool):
        return str(int(cell))
    return "nan" if _is_missing(cell) else None


def _quoted(cell: Any) -> str:
    """Write anything as text between quotation marks."""
    text = "nan" if _is_missing(cell) else str(cell)
    return '"' + text.replace('"', '""') + '"'


def _is_missing(cell: Any) -> bool:
    """Say whether a cell has no value."""
    # Not a number is unlike itself; so is pandas' NaT, and its NA, which is neither true nor false.
    return cell is None or type(cell).__name__ in ("NAType", "NaTType") or (isinstance(cell, float) and cell != cell)


def _read_csv(path: str) -> "pd.DataFrame":
    """Read a CSV file: a column whose cells ``write`` quoted is text, and so is one with a cell that is no number."""
    import pandas as pd

    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 1))
        if file.read() not in b"\n":
            raise ValueError("the last line has no end, so the file was cut off")
    rows = (row for _, row in _archive.rows_of(path))
    header = next(rows, [])
    _check_columns(header)
    columns = dict(zip(header, zip(*rows, strict=True), strict=False)) or dict.fromkeys(header, ())
    quoted = _quoted_columns(path, len(header))
    table = pd.DataFrame(
        {
            name: pd.Series(cells, dtype=str) if text or not _are_numbers(cells) else _numbers(cells)
            for (name, cells), text in zip(columns.items(), quoted, strict=True)
        }
    )
    return table.astype({"k": "Int64"}) if "k" in table and not quoted[header.index("k")] else table


def _check_columns(names: list[str]) -> None:
    """Raise ``ValueError`` unless there are columns, not too many, of which no two have one name."""
    if not 0 < len(names) <= _COLUMNS_LIMIT:
        raise ValueError(f"1 … {_COLUMNS_LIMIT} columns are needed, got {len(names)}")
    twice = _checks.repeated(names)
    if twice is not None:
        raise ValueError(f"two columns are named {_checks.quoted(twice)}")


def _quoted_columns(path: str, width: int) -> list[bool]:
    """Say for each column of a CSV file whether its first cell is quoted, as ``write`` does it with text."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        # Python reads what is not quoted as a number; what it cannot read so was not written by ``write``.
        reader = csv.reader(file, strict=True, quoting=csv.QUOTE_NONNUMERIC)
        try:
            next(reader)
            return [isinstance(cell, str) for cell in next(reader, [0.0] * width)]
        except ValueError:
            return [False] * width


def _are_numbers(cells: tuple[str, ...]) -> bool:
    """Say whether all cells are numbers or empty, and not all empty."""
    return any(cells) and all(map(_NUMBER.fullmatch, cells))


def _numbers(cells: tuple[str, ...]) -> "pd.Series":
    """Convert cells to numbers, exact to the last bit; an empty one is a missing number."""
    import pandas as pd

    return pd.Series([int(cell) if cell.lstrip("-").isdigit() else float(cell or "nan") for cell in cells])


def check_path(path: str | os.PathLike[str], allowed: tuple[str, ...] = READ) -> str:
    """Check that a table's name ends in one of the allowed endings, and return it."""
    given = _checks.file_name("path", path)
    suffix = os.path.splitext(given)[1].lower()
    if suffix not in allowed:
        endings = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        raise ValueError(f"path: a table's name must end in {endings}, got {_checks.quoted(given)}")
    return suffix

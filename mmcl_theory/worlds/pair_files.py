"""Make joints of pairs in files."""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from .. import _archive, _checks
from ..joints.joint import Joint
from .columns import Column, joint_of_columns

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_QUOTING = ("csv", "none")
_NUMBER = re.compile(r" *\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *")
_COMPARED = 1000  # columns of a file that are compared with a name that it lacks


def from_file(
    path: str | os.PathLike[str],
    *,
    image: str = "image",
    text: str = "text",
    label: str = "label",
    text_label: str | None = None,
    count: str | None = None,
    quoting: str = "csv",
) -> Joint:
    r"""Make the joint of the pairs in a CSV, TSV or Parquet file, one pair a row.

    Cells are compared as they are written, in Parquet files too: the class 0 is the class "0".

    Parameters
    ----------
    path
        Name of the file, which ends in .csv, .tsv or .parquet.
    image, text, label, text_label, count
        Names of the columns, the last two if there are any; see ``from_pairs``.  A column that is called like one of
        these two and not read gives a warning.
    quoting
        "csv": a cell with a quotation mark, a separator or a line end is enclosed in quotation marks, and those within
        are doubled.  "none": a quotation mark of a .csv or .tsv file is a letter, and each line is a pair.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be read in the format that its name says, lacks a column, has two of one name, or a cell is
        wrong; the message says which, with its line (the header is line 1) or its row in a Parquet file.

    Examples
    --------
    >>> import pathlib, tempfile, mmcl_theory as mt
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pairs.csv"
    >>> _ = path.write_text("image,text,label\n1.png,a cat,cat\n2.png,a dog,dog\n")
    >>> mt.datasets.from_file(path)
    Joint(2 images × 2 texts, 2 classes)
    """
    given = _archive.existing_file("path", path)
    suffix = os.path.splitext(given)[1].lower()
    if suffix not in (*_SEPARATORS, ".parquet"):
        raise ValueError(f"path: must end in .csv, .tsv or .parquet, got {_checks.quoted(given)}")
    if quoting not in _QUOTING or (quoting == "none" and suffix == ".parquet"):
        allowed = (
            "'csv' or 'none'" if suffix in _SEPARATORS else "'csv' for a Parquet file, which has no quotation marks"
        )
        raise ValueError(f"quoting: must be {allowed}, got {_checks.quoted(quoting)}")
    if image == text:
        raise ValueError(f"text: images and texts are needed in two columns, got {_checks.quoted(text)} for both")
    optional = {"text_label": text_label, "count": count}
    wanted = {"image": image, "text": text, "label": label}
    wanted |= {argument: column for argument, column in optional.items() if column is not None}
    names, columns = _read(given, suffix, wanted, quoting == "csv")
    weights = columns.pop("count", None)
    joint = joint_of_columns(
        columns["image"],
        columns["text"],
        columns["label"],
        columns.get("text_label"),
        None if weights is None else _numbers(weights),
    )
    for argument in (argument for argument in optional if argument not in wanted):
        for name in names:
            if _plain(name) == _plain(argument) and name not in wanted.values():
                shown = f"{_checks.quoted(name)} of {_checks.quoted(given)}"
                _checks.warn_user(f"{argument}: column {shown} is not read; name it to read it")
    return joint


def _read(path: str, suffix: str, wanted: Mapping[str, str], quoted: bool) -> tuple[list[str], dict[str, Column]]:
    """Read the names of all columns, and the columns that arguments name."""
    rows = _archive.rows_of(path, _SEPARATORS.get(suffix, ","), quoted=quoted)
    with _refusing(path, suffix):
        names = _archive.parquet_columns(path) if suffix == ".parquet" else next(rows, (1, []))[1]
        if not names:
            raise ValueError("it has no columns")
    for argument, column in wanted.items():
        if names.count(column) != 1:
            raise ValueError(f"{argument}: {_checks.quoted(path)} has {_lacking(names, column, suffix)}")
    twice = _checks.repeated(filter(None, names))
    if twice is not None:
        raise ValueError(f"path: {_checks.quoted(path)} has several columns {_checks.quoted(twice)}")
    with _refusing(path, suffix):
        if suffix == ".parquet":
            table = _archive.read_parquet(path, list(dict.fromkeys(wanted.values())))
            lines: Sequence[int] = range(1, 1 + len(table))
            cells = [[_written(cell) for cell in table[column].tolist()] for column in wanted.values()]
        else:
            places = [names.index(column) for column in wanted.values()]
            kept = [(line, [row[place] for place in places]) for line, row in rows]
            lines = [line for line, _ in kept]
            cells = [[row[i] for _, row in kept] for i in range(len(wanted))]
        if not lines:
            raise ValueError("it has no rows")
    where = f"{'row' if suffix == '.parquet' else 'line'} {{}}, column {{}}, of {{}}"
    return names, {
        argument: Column(argument, things, _places(where, lines, column, path))
        for (argument, column), things in zip(wanted.items(), cells, strict=True)
    }


@contextmanager
def _refusing(path: str, suffix: str) -> Iterator[None]:
    """Refuse a file that cannot be read; where quotation marks are the reason, name the argument that helps."""
    try:
        with _archive.refusing("path", path, f"cannot be read as {suffix[1:]}"):
            yield
    except ValueError as error:
        if not isinstance(error.__cause__, _archive.QuotationError):
            raise
        advice = "where marks are letters of plain text, 'none' reads them so"
        raise ValueError(f"quoting: {_checks.quoted(path)}, {error.__cause__}; {advice}") from error


def _places(template: str, lines: Sequence[int], column: str, path: str) -> Callable[[int], str]:
    """Return a function that says where an entry of a column stands."""
    return lambda entry: template.format(lines[entry], _checks.quoted(column), _checks.quoted(path))


def _lacking(names: list[str], column: Any, suffix: str) -> str:
    """Say that a column is not there, or more than once, and what is probably meant."""
    if column in names:
        return f"several columns {_checks.quoted(column)}"
    said = f"no column {_checks.quoted(column)}; it has {_checks.quoted(names)[1:-1]}"
    other = next((mark for mark in ",\t;|" if len(names) == 1 and mark in names[0]), None)
    if other is not None and suffix in _SEPARATORS:
        own = _SEPARATORS[suffix]
        return f"{said}: between columns there is {own!r} in a {suffix} file, and not {other!r}"
    near = _near(names, column)
    return f"{said}; is it {_checks.quoted(near[0])}?" if near else said


def _near(names: list[str], column: Any) -> list[str]:
    """List the columns whose names differ from one in blanks, capitals, marks, or in a letter or two."""
    compared, plain = names[:_COMPARED], _plain(str(column))
    alike = [name for name in compared if _plain(name) == plain]
    return alike or difflib.get_close_matches(str(column), compared, n=1, cutoff=0.8)


def _plain(name: str) -> str:
    """Return a name without capitals, blanks, marks, and the s of a plural."""
    return re.sub(r"[\W_]+", "", name).casefold().removesuffix("s")


def _written(cell: Any) -> Any:
    """Return a cell of a Parquet file as it would be written in a CSV file; what cannot be, as it is."""
    if isinstance(cell, bytes):
        return cell.decode(errors="backslashreplace")
    missing = cell is None or (pd.api.types.is_scalar(cell) and pd.isna(cell))
    return cell if missing or not pd.api.types.is_scalar(cell) else str(cell)


def _numbers(column: Column) -> np.ndarray:
    """Read the weights of pairs from cells."""
    counts = np.array([float(cell) if _NUMBER.fullmatch(str(cell)) else np.nan for cell in column.things])
    wrong = np.flatnonzero(~np.isfinite(counts))
    if wrong.size:
        raise ValueError(f"{column.name}: a finite number ≥ 0 is needed, got {column.shown(int(wrong[0]))}")
    if not counts.any():
        raise ValueError(f"{column.name}: the total is zero, from {column.shown(0)} to {column.shown(len(counts) - 1)}")
    return counts

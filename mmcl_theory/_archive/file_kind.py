"""Write and read the kinds of files of the package, each with its name and format."""

import dataclasses
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import _checks
from .members import Members
from .refusals import existing_file, refusing
from .values import parsed, written
from .writer import writing

_MARKS_LIMIT = 2**10  # bytes of the array that names the kind of a file, and of that of its format
_MARK = "file_kind"  # the array that names the kind of a file; files of earlier versions have none


@dataclasses.dataclass(frozen=True)
class FileKind:
    """Describe one kind of file: what is it called, which number has its format, and how is a wrong file refused.

    Attributes
    ----------
    name
        The word that a file of arrays carries, such as ``joint``.
    number
        The number of the format that is written and read.
    argument
        The argument that names the file, with which an error message begins.
    refusal
        What an error message says of a file that is not of this kind, or damaged.
    compressed
        Whether arrays are compressed.
    """

    name: str
    number: int
    argument: str
    refusal: str
    compressed: bool = True

    def write_arrays(self, path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
        """Write named arrays to a NumPy archive; entries that are None are left out."""
        kept = {name: array for name, array in arrays.items() if array is not None}
        save = np.savez_compressed if self.compressed else np.savez
        mark = {_MARK: np.array(self.name), "format": np.int64(self.number)}
        with writing(path, self.argument) as file:  # an open file, so that NumPy does not add a suffix of its own
            save(file, **(mark | kept))

    def write_json(self, path: str | os.PathLike[str], content: Any) -> None:
        """Write JSON values as text that a person can read."""
        text = written(content)
        with writing(path, self.argument) as file:
            file.write(text)

    @contextmanager
    def reading_arrays(self, path: str | os.PathLike[str]) -> Iterator[Members]:
        """Hand over the arrays of a file, each read when it is asked for; refuse the file if that, or the body, fails.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not of this kind and format, or too large, or if the body of the ``with`` fails.
        """
        existing_file(self.argument, path)
        with self.refusing(path):
            arrays = Members(path)
            kind = str(arrays.read(_MARK, _MARKS_LIMIT)) if _MARK in arrays else self.name
            if kind != self.name:
                raise ValueError(f"it is a {kind}")
            if "format" in arrays:
                self.check_format(int(arrays.read("format", _MARKS_LIMIT)))
            yield arrays

    @contextmanager
    def reading_json(self, path: str | os.PathLike[str]) -> Iterator[Any]:
        """Read the JSON values of a file like ``reading_arrays``; their format is for the body to check."""
        existing_file(self.argument, path)
        with self.refusing(path):
            with open(path, "rb") as file:
                content = parsed(file)
            yield content

    @contextmanager
    def refusing(self, path: str | os.PathLike[str]) -> Iterator[None]:
        """Turn any failure of the body into one error that says what is wrong with the file."""
        with refusing(self.argument, path, self.refusal):
            yield

    def check_format(self, number: Any) -> None:
        """Raise ``ValueError`` if the number of a file's format is not the one that is read."""
        if number != self.number:
            raise ValueError(f"format {_checks.quoted(number)}, this version reads {self.number}")

"""Read and write every kind of file of the package: whole or not at all, without pickle, and of a limited size."""

import dataclasses
import json
import math
import os
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import numpy as np

_ARRAYS_LIMIT = 2**35  # bytes of all arrays of a file: several times the largest joint that can be held densely
_MEMBERS_LIMIT = 10_000  # arrays of a file: far more than the leaves of any state of a training
_JSON_LIMIT = 2**26  # bytes of a JSON file: ten times the certificate of the largest instance
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
        # An open file, so that NumPy does not add a suffix of its own.
        _replace(path, lambda file: save(file, **(mark | kept)))

    def write_json(self, path: str | os.PathLike[str], content: Any) -> None:
        """Write JSON values as text that a person can read."""
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        _replace(path, lambda file: file.write(text.encode()))

    @contextmanager
    def reading_arrays(self, path: str | os.PathLike[str]) -> Iterator[dict[str, np.ndarray]]:
        """Read the arrays of a file and hand them over; refuse the file if that, or what is done with them, fails.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not of this kind and format, or too large, or if the body of the ``with`` fails.
        """
        self._check_exists(path)
        with self.refusing(path):
            arrays = _read_arrays(path)
            kind = str(arrays.pop(_MARK, self.name))
            if kind != self.name:
                raise ValueError(f"it is a {kind}")
            if "format" in arrays:
                self.check_format(int(arrays["format"]))
            yield arrays

    @contextmanager
    def reading_json(self, path: str | os.PathLike[str]) -> Iterator[Any]:
        """Read the JSON values of a file like ``reading_arrays``; their format is for the body to check."""
        self._check_exists(path)
        with self.refusing(path):
            if os.path.getsize(path) > _JSON_LIMIT:
                raise ValueError(f"longer than {_JSON_LIMIT} bytes")
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
            yield content

    @contextmanager
    def refusing(self, path: str | os.PathLike[str]) -> Iterator[None]:
        """Turn any failure of the body into one error that says what is wrong with the file."""
        try:
            yield
        except Exception as error:  # a damaged file raises many kinds; all mean that we did not write it
            raise ValueError(f"{self.argument}: {os.fspath(path)!r} {self.refusal} ({error})") from error

    def check_format(self, number: Any) -> None:
        """Raise ``ValueError`` if the number of a file's format is not the one that is read."""
        if number != self.number:
            raise ValueError(f"format {number}, this version reads {self.number}")

    def _check_exists(self, path: str | os.PathLike[str]) -> None:
        """Raise ``FileNotFoundError`` if there is no file of this name."""
        if not os.path.isfile(path):
            raise FileNotFoundError(f"{self.argument}: there is no file {os.fspath(path)!r}")


def packed(content: Any) -> np.ndarray:
    """Return JSON values as an array of bytes; NumPy's own strings lose what follows a NUL at their end."""
    return np.frombuffer(json.dumps(content).encode(), dtype=np.uint8)


def unpacked(array: np.ndarray) -> Any:
    """Return the JSON values that ``packed`` turned into an array."""
    return json.loads(array.tobytes())


def _replace(path: str | os.PathLike[str], write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file; whenever the process dies, the file of this name is the old or the new one."""
    target = os.path.realpath(path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    partial = f"{target}.{os.getpid()}-{threading.get_ident()}.partial"
    try:
        with open(partial, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except BaseException:
        if os.path.exists(partial):
            os.remove(partial)
        raise


def _read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read all arrays of a NumPy archive, once their declared sizes are within the limits and true."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > _MEMBERS_LIMIT:
            raise ValueError(f"it holds {len(members)} arrays, more than {_MEMBERS_LIMIT}")
        if sum(member.file_size for member in members) > _ARRAYS_LIMIT:
            raise ValueError(f"its arrays take more than {_ARRAYS_LIMIT} bytes")
        for member in members:
            with archive.open(member) as file:
                _check_size(member, file)
    with np.load(path, allow_pickle=False) as opened:
        return {name: opened[name] for name in opened.files}


def _check_size(member: zipfile.ZipInfo, file: IO[bytes]) -> None:
    """Raise ``ValueError`` if an array holds Python objects, or does not have the size that its header declares.

    NumPy allocates what a header declares before it reads the entries, however few there are.
    """
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"{member.filename}: an array of NumPy's format {version}")
    shape, _, dtype = readers[version](file)
    if dtype.hasobject:
        raise ValueError(f"{member.filename}: Python objects are not read")
    if math.prod(shape) * dtype.itemsize != member.file_size - file.tell():
        raise ValueError(f"{member.filename}: {shape} entries are declared, and not there")

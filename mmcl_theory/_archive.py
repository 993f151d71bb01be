"""Read and write every kind of file of the package: whole or not at all, without pickle, and of a limited size."""

import dataclasses
import json
import math
import os
import secrets
import shutil
import stat
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

import numpy as np

from . import _checks

_ARRAYS_LIMIT = 2**35  # bytes of all arrays of a file: several times the largest joint that can be held densely
_MEMBERS_LIMIT = 10_000  # arrays of a file: far more than the leaves of any state of a training
_JSON_LIMIT = 2**26  # bytes of a JSON file: ten times the certificate of the largest instance
_PARTIAL = ".partial"  # the ending of a file that is being written
_STALE = 86_400  # seconds after which what a killed writer left is removed: no write pauses for a day
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
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        with writing(path, self.argument) as file:
            file.write(text.encode())

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


@contextmanager
def writing(path: str | os.PathLike[str], name: str = "path") -> Iterator[IO[bytes]]:
    """Open a file for writing; whenever the process dies, the file of this name is the old or the new one, whole.

    What is written goes to another file beside it, of a name that no other writer has, which takes its place at the
    end; folders that are missing are made.  What a writer that was killed left beside it is removed after a day.

    Raises
    ------
    TypeError, ValueError
        If no file can have this name.
    OSError
        If the file cannot be written, as the disk is full or the folder read-only; the message begins with ``name``.
        The old file is still there.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "new" / "words.txt"
    >>> with writing(path) as file:
    ...     _ = file.write(b"whole")
    >>> path.read_bytes(), [found.name for found in path.parent.iterdir()]
    (b'whole', ['words.txt'])
    """
    given = _checks.file_name(name, path)
    try:
        target = _target(given)
        folder = os.path.dirname(target)
        os.makedirs(folder, exist_ok=True)
        _remove_stale(target)
        partial = _partial(target)
        try:
            with open(partial, "xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            with suppress(OSError):  # there is no old file, or its permissions cannot be given to another
                shutil.copymode(target, partial)
            os.replace(partial, target)
        except BaseException:
            with suppress(OSError):
                os.remove(partial)
            raise
        _flush_folder(folder)
    except OSError as error:
        raise type(error)(_unwritable(name, given, error)) from error


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text in UTF-8, as ``writing`` does."""
    with writing(path) as file:
        file.write(text.encode())


def check_writable(name: str, path: str | os.PathLike[str]) -> None:
    """Refuse a path that could not be written after the work; nothing is left behind, and an old file is not touched.

    Raises
    ------
    TypeError
        If ``path`` is no path.
    ValueError
        If no file can have this name, or a file or folder cannot be made there: the message begins with ``name``.
    """
    given = _checks.file_name(name, path)
    try:
        target = _target(given)
        folder, file = os.path.split(target)
        missing = [file]
        while not os.path.exists(folder):
            folder, part = os.path.split(folder)
            missing.append(part)
        # A file of the longest name that has to be made, in the folder in which the first of them is made.
        probe = _partial(os.path.join(folder, max(missing, key=lambda part: len(os.fsencode(part)))))
        with open(probe, "xb"):
            pass
        os.remove(probe)
    except OSError as error:
        raise ValueError(_unwritable(name, given, error)) from error


def _target(path: str) -> str:
    """Return the file that a path leads to over links; raise ``OSError`` if no file can be put in its place."""
    target = os.path.realpath(path)
    if path.endswith(os.sep):
        raise IsADirectoryError("it is the name of a folder")
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode):
        raise IsADirectoryError("it is a folder")
    if not stat.S_ISREG(mode):  # such as /dev/null, which a new file must not replace
        raise OSError("it is no regular file")
    if not os.access(target, os.W_OK):
        raise PermissionError("it is read-only")
    return target


def _partial(target: str) -> str:
    """Return a name beside a file that no other writer has."""
    return f"{target}.{secrets.token_hex(8)}{_PARTIAL}"


def _remove_stale(target: str) -> None:
    """Remove what writers of this file left that were killed; what was touched within a day may still be written."""
    folder, name = os.path.split(target)
    with os.scandir(folder) as entries:
        beside = [entry for entry in entries if entry.name.startswith(f"{name}.") and entry.name.endswith(_PARTIAL)]
    for entry in beside:
        with suppress(OSError):
            if time.time() - entry.stat().st_mtime > _STALE:
                os.remove(entry.path)


def _flush_folder(folder: str) -> None:
    """Flush a folder, so that a file's new name outlives a loss of power, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritable(name: str, path: str, error: OSError) -> str:
    """Say that a file cannot be written, and why."""
    return f"{name}: {_checks.quoted(path)} cannot be written ({error.strerror or error})"


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

"""Write files so that whenever the process dies, each is the old or the new one, whole."""

import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from .. import _checks

_PARTIAL = ".partial"  # the ending of a file that is being written
_STALE = 86_400  # seconds after which what a killed writer left is removed: no write pauses for a day


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

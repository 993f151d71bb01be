"""Refuse files that are not there or not what they should be, in one sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from .. import _checks


def existing_file(name: str, path: str | os.PathLike[str]) -> str:
    """Return the path of a file as a string.

    Raises
    ------
    TypeError, ValueError
        If no file can have this name; the message begins with ``name``.
    FileNotFoundError
        If there is no such file.
    """
    given = _checks.file_name(name, path)
    if not os.path.isfile(given):
        raise FileNotFoundError(f"{name}: there is no file {_checks.quoted(given)}")
    return given


@contextmanager
def refusing(name: str, path: str | os.PathLike[str], refusal: str) -> Iterator[None]:
    """Turn any failure of the body into one ``ValueError``, which says that the file ``refusal``, and why."""
    try:
        yield
    except Exception as error:  # readers raise many kinds; all mean that the file is not what its name says
        raise ValueError(f"{name}: {_checks.quoted(os.fsdecode(path))} {refusal} ({_checks.reason(error)})") from error

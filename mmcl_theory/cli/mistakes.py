"""Turn mistakes of the user into error messages that name the option."""

import os
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from .compilation import ignore_trouble

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LONGEST = 1000  # characters of a message; what a file holds may stand in it
_ALLOWED = "formulas use + − * / ** and sqrt, log, minimum, maximum of mmcl_theory"


@contextmanager
def naming_options(**options: str) -> Iterator[None]:
    """Name the option in error messages about the argument that it sets: messages begin with the argument's name.

    Examples
    --------
    >>> with naming_options(n_pairs="--sample"):
    ...     raise ValueError("n_pairs: must be at least 1, got 0")
    Traceback (most recent call last):
    ValueError: --sample: must be at least 1, got 0
    """
    try:
        yield
    except (ValueError, TypeError, OSError) as error:
        named = _named(str(error), options)
        if named is None:
            raise
        raise ValueError(named) from error


@contextmanager
def saying_warnings(**options: str) -> Iterator[None]:
    """Say each warning of the body in a line on standard error, and name the option as ``naming_options`` does."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        ignore_trouble()
        yield
    for warning in caught:
        message = str(warning.message)
        print(f"mmcl-theory: {one_line(_named(message, options) or message)}", file=sys.stderr)


def _named(message: str, options: Mapping[str, str]) -> str | None:
    """Begin a message with the option in place of the argument; return None where it begins with neither of them."""
    place, _, said = message.partition(": ")
    argument, bracket, index = place.partition("[")  # a message may be about an entry, such as branching[0]
    return f"{options[argument]}{bracket}{index}: {said}" if argument in options else None


@contextmanager
def running_formulas(option: str, files: Iterable[str]) -> Iterator[None]:
    """Name the line of the user's Python file in the error message where what stands in it fails, or exits."""
    known = set(files)
    try:
        yield
    except (Exception, SystemExit) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in known]
        if not frames:
            raise
        line = f"line {frames[-1].lineno} of {frames[-1].filename!r}"
        raise ValueError(f"{option}: {line} fails ({_reason(error)})") from error


def _reason(error: BaseException) -> str:
    """Say why a line of the user's file fails: where a library refuses its numbers, what it is to use."""
    name = type(error).__name__
    if isinstance(error, TypeError | ValueError) and not _is_deliberate(error):
        return f"{name}; {_ALLOWED}"
    return f"{name}: {error}".splitlines()[0]


def explained(error: BaseException) -> tuple[int, str]:
    """Return the exit code of an error, and what to say of it.

    Of the exceptions that a mistake of the user's leads to, this package raises all itself, and says what is wrong;
    of the same kinds, those that come up by themselves are mistakes of ours.

    Examples
    --------
    >>> explained(MemoryError())
    (2, 'what is asked for does not fit into memory')
    >>> explained(KeyError("k"))[0]
    4
    """
    if hasattr(error, "format_message"):  # the errors of the command-line parser have it
        return 2, error.format_message()
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        return 2, "what is asked for does not fit into memory"
    if isinstance(error, OSError) and error.strerror:
        return 2, f"{error.filename or 'the output'}: {error.strerror}"
    if isinstance(error, OSError) or (isinstance(error, ValueError | TypeError) and _is_deliberate(error)):
        return 2, str(error)
    told = f"internal error ({type(error).__name__}: {one_line(str(error))})"
    return 4, f"{told}; please report it with the command and what --debug prints"


def _is_deliberate(error: BaseException) -> bool:
    """Tell whether a ``raise`` of this package raised the error."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(_PACKAGE) and (frames[-1].line or "").startswith("raise")


def one_line(message: str) -> str:
    r"""Write a message in one line of limited length, without a character that a terminal would obey.

    Examples
    --------
    >>> one_line("there is no\n'\x1b[8m'")
    "there is no '\\x1b[8m'"
    """
    words = " ".join(message[: 2 * _LONGEST].split())
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in words)
    return shown if len(message) <= _LONGEST else f"{shown[:_LONGEST]}… ({len(message)} characters)"

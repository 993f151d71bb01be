"""Turn mistakes of the user into error messages that name the option."""

import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


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
        place, _, message = str(error).partition(": ")
        argument, bracket, index = place.partition("[")  # a message may be about an entry, such as branching[0]
        if argument not in options:
            raise
        raise ValueError(f"{options[argument]}{bracket}{index}: {message}") from error


@contextmanager
def running_formulas(option: str, files: Iterable[str]) -> Iterator[None]:
    """Name the line of the user's Python file in the error message where a formula that stands in it fails."""
    known = set(files)
    try:
        yield
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in known]
        if not frames:
            raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ValueError(f"{option}: line {frames[-1].lineno} of {frames[-1].filename!r} fails ({reason})") from error


@contextmanager
def writing(option: str, path: str) -> Iterator[None]:
    """Name the option in the error message where the file or folder that it names cannot be written."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"{option}: {path!r} cannot be written ({error.strerror or error})") from error

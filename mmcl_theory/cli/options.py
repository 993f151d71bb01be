"""Define how commands share options: in groups, by the same texts, and named in every error message."""

import dataclasses
import inspect
import os
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.models import OptionInfo

if TYPE_CHECKING:
    from jaxtyping import PRNGKeyArray

    from ..theory.theorem import Theorem

Seed = Annotated[int, typer.Option(help="Seed of all random numbers: the same seed gives the same results.")]
TableFile = Annotated[str | None, typer.Option(help="Write the table to this file, a .parquet or .csv file.")]


def grouped(command: Callable[..., int]) -> Callable[..., int]:
    """Allow a command to take its options in groups, each a dataclass with a field for each option.

    Typer wants a parameter for each option: it is given a function with the fields of all groups as parameters, which
    puts the groups together.  The options of a group stand under its ``panel`` in the help.
    """
    groups = {name: parameter.annotation for name, parameter in inspect.signature(command).parameters.items()}

    @wraps(command)
    def flat(**values: Any) -> int:
        made = {
            name: group(**{field.name: values[field.name] for field in dataclasses.fields(group)})
            for name, group in groups.items()
        }
        return command(**made)

    flat.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=_in_panel(field.type, group.panel),
            )
            for group in groups.values()
            for field in dataclasses.fields(group)
        ]
    )
    return flat


def _in_panel(annotation: Any, panel: str) -> Any:
    """Put an option under a panel of the help; leave an argument where it is."""
    kind, option = get_args(annotation)
    if isinstance(option, OptionInfo):
        option = copy(option)
        option.rich_help_panel = panel
    return Annotated[kind, option]


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


def seeded_key(seed: int) -> "PRNGKeyArray":
    """Make a JAX key of the seed."""
    import jax

    try:
        return jax.random.key(seed)
    except OverflowError as error:
        raise ValueError(f"--seed: a whole number of at most 64 bits is needed, got {seed}") from error


def whole_numbers(option: str, text: str) -> list[int]:
    """Parse whole numbers separated by commas."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ValueError(f"{option}: whole numbers separated by commas are needed, got {text!r}") from error


def chosen_theorems(names: list[str], option: str = "--theorem") -> list["Theorem"]:
    """Find theorems by their slugs, and those that the user's Python files define."""
    from ..theory.registry import select

    chosen: list[Theorem] = []
    for name in names:
        if name.endswith(".py"):
            chosen += defined_theorems(name, option)
        else:
            with naming_options(theorems=option):
                chosen += select(name)
    return chosen


def defined_theorems(path: str, option: str = "--theorem") -> list["Theorem"]:
    """Run a user's Python file and collect the theorems that it defines."""
    import runpy

    from ..theory.theorem import Theorem

    if not os.path.isfile(path):
        raise FileNotFoundError(f"{option}: there is no file {path!r}")
    try:
        defined = runpy.run_path(path)
    except Exception as error:
        raise ValueError(f"{option}: {path!r} does not run ({type(error).__name__}: {error})") from error
    found = [value for value in defined.values() if isinstance(value, Theorem)]
    if not found:
        raise ValueError(f"{option}: {path!r} defines no Theorem")
    return found

"""Define options that several commands share, and how a command takes its options in groups."""

import dataclasses
import inspect
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.models import OptionInfo

from .mistakes import naming_options, writing

if TYPE_CHECKING:
    import pandas as pd
    from jaxtyping import PRNGKeyArray


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


def check_table_name(path: str | None) -> None:
    """Refuse a name for --out that no table can have, before the work begins."""
    from ..tables import check_path

    if path is not None:
        with naming_options(path="--out"):
            check_path(path)


def write_table(table: "pd.DataFrame", path: str | None) -> None:
    """Write the table to the file that --out names, if it names one, and say so."""
    from ..tables import write

    if path is not None:
        with writing("--out", path):
            write(table, path)
        print(f"table: {path}")


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

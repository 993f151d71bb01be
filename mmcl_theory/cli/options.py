"""Define options that several commands share, and how a command takes its options in groups."""

import dataclasses
import hashlib
import inspect
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.models import OptionInfo

if TYPE_CHECKING:
    from jaxtyping import PRNGKeyArray


Seed = Annotated[int, typer.Option(help="Seed of all random numbers: the same seed gives the same results.")]


def grouped(command: Callable[..., int]) -> Callable[..., int]:
    """Allow a command to take its options in groups, each a dataclass with a field for each option.

    Typer wants a parameter for each option: it is given a function with the fields of all groups as parameters, which
    puts the groups together.  The options of a group stand under its ``panel`` in the help.
    """
    groups = {name: parameter.annotation for name, parameter in inspect.signature(command).parameters.items()}

    @wraps(command)
    def flat(**values: Any) -> int:
        made = {
            name: group(**{field.name: values.get(field.name, field.default) for field in dataclasses.fields(group)})
            for name, group in groups.items()
        }
        return command(**made)

    flat.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default,
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


def seeded_key(seed: int) -> "PRNGKeyArray":
    """Make a JAX key of the seed, a whole number of any size."""
    import jax
    import numpy as np

    try:
        return jax.random.key(seed)
    except OverflowError:  # it has more bits than JAX takes at once
        key = jax.random.key(0)
        for word in np.frombuffer(hashlib.sha256(str(seed).encode()).digest(), np.uint32):
            key = jax.random.fold_in(key, word)
        return key


def whole_numbers(option: str, text: str) -> list[int]:
    """Parse whole numbers separated by commas."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ValueError(f"{option}: whole numbers separated by commas are needed, got {text!r}") from error

"""Make the joints that a command is about: of a named world, of the user's own pairs, or from a saved file."""

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from ..worlds.registry import WORLDS
from .mistakes import naming_options, saying_warnings
from .options import Seed

if TYPE_CHECKING:
    from jaxtyping import PRNGKeyArray

    from ..joints.joint import Joint
    from ..worlds.world import World


_MOST_JOINTS = 100_000  # the table of all theorems on so many takes a few gigabytes

# The options that say how --pairs is read, by the argument of ``from_file`` that each sets.
_OF_PAIRS = {
    "image": "--images",
    "text": "--texts",
    "label": "--labels",
    "text_label": "--text-label",
    "count": "--count",
    "quoting": "--quoting",
}


@dataclasses.dataclass(frozen=True)
class Source:
    """Hold the options that say where joints come from."""

    panel: ClassVar[str] = "Joints: exactly one of --data, --pairs and --joint is needed"

    data: Annotated[str | None, typer.Option(help=f"Take a world by its name: {', '.join(WORLDS)}.")] = None
    knob: Annotated[
        list[str] | None,
        typer.Option("--set", help="Set a knob of the world, as name=value.  The option can be repeated."),
    ] = None
    joints: Annotated[int, typer.Option(help="Draw this many joints, where the world is random.")] = 1
    pairs: Annotated[
        str | None, typer.Option(help="Read your own pairs from a .csv, .tsv or .parquet file, one pair a row.")
    ] = None
    images: Annotated[str, typer.Option(help="Name the column of --pairs with the image.")] = "image"
    texts: Annotated[str, typer.Option(help="Name the column of --pairs with the text.")] = "text"
    labels: Annotated[str, typer.Option(help="Name the column of --pairs with the class of the image.")] = "label"
    text_label: Annotated[
        str | None, typer.Option(help="Name the column of --pairs with the class of the text, if there is one.")
    ] = None
    count: Annotated[
        str | None, typer.Option(help="Name the column of --pairs that says how often each pair came, if there is one.")
    ] = None
    quoting: Annotated[
        str, typer.Option(help="Say none if quotation marks in a .csv or .tsv file are letters like any others.")
    ] = "csv"
    joint: Annotated[str | None, typer.Option(help="Read a joint that Joint.save wrote.")] = None
    seed: Seed = 0

    @property
    def title(self) -> str:
        """Return the name of the world or of the file."""
        return str(self.data or self.pairs or self.joint)

    def make(self, key: "PRNGKeyArray") -> list["Joint | World"]:
        """Make the joints or worlds that the options name."""
        from .._checks import integer
        from ..joints.joint import Joint
        from ..worlds import datasets

        if sum(option is not None for option in (self.data, self.pairs, self.joint)) != 1:
            raise ValueError("--data, --pairs, --joint: exactly one of them is needed")
        given = [option for name, option in _OF_PAIRS.items() if self._of_pairs()[name] != Source()._of_pairs()[name]]
        if given and self.pairs is None:
            raise ValueError(f"{given[0]}: only for pairs that --pairs names")
        count = integer("--joints", self.joints, 1, _MOST_JOINTS)
        if self.data is not None:
            return _drawn(self.data, self.knob or [], count, key)
        if self.knob or count != 1:
            raise ValueError("--set, --joints: only for a world named with --data")
        if self.joint is not None:
            with naming_options(path="--joint"):
                return [Joint.load(self.joint)]
        with naming_options(path="--pairs", **_OF_PAIRS), saying_warnings(matrix="--pairs", **_OF_PAIRS):
            return [datasets.from_file(str(self.pairs), **self._of_pairs())]

    def _of_pairs(self) -> dict[str, Any]:
        """Return the arguments of ``from_file`` that options give."""
        return {name: getattr(self, option[2:].replace("-", "_")) for name, option in _OF_PAIRS.items()}


def described_worlds() -> str:
    """Describe every world in a line, as paragraphs for the end of a help text."""
    lines = ["Worlds:"]
    for world in WORLDS.values():
        marks = ["random"] * world.is_random + ["with augmentation pairs"] * world.has_augmentations
        name = f"{world.name} ({', '.join(marks)})" if marks else world.name
        lines.append(f"{name}: {world.description}")
    return "\n\n".join(lines)


def _drawn(name: str, knobs: list[str], count: int, key: "PRNGKeyArray") -> list["Joint | World"]:
    """Make the world of this name as often as asked for, with its knobs set."""
    import jax

    from .._checks import dense_size

    if name not in WORLDS:
        raise ValueError(f"--data: must be one of {', '.join(WORLDS)}, got {name!r}")
    world = WORLDS[name]
    settings = dict(_setting(knob) for knob in knobs)
    for setting in settings:
        if setting not in world.knobs:
            raise ValueError(f"--set: {name} has no knob {setting!r}; it has {', '.join(world.knobs)}")
    with naming_options(drawings="--data", **{knob: f"--set {knob}" for knob in world.knobs}):
        if world.is_random:
            keys = [key] if count == 1 else jax.random.split(key, count)
            first = world.function(**settings, key=keys[0])
            dense_size("--joints", count, first.law.size)
            return [first, *(world.function(**settings, key=one) for one in keys[1:])]
        if count != 1:
            raise ValueError(f"--joints: {name} is not random, so there is only 1, got {count}")
        return [world.function(**settings)]


def _setting(text: str) -> tuple[str, Any]:
    """Parse name=value; the value is read as JSON where it is JSON (a number, a list, true), otherwise as text."""
    from .._checks import quoted

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError(f"--set: name=value is needed, got {text!r}")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
    except (RecursionError, ValueError) as error:  # a list in a list in a list …, or thousands of digits
        raise ValueError(f"--set {name}: {quoted(value)} cannot be read ({type(error).__name__})") from error

"""Choose the numbers that statements read beside a joint."""

import dataclasses
from typing import Annotated, Any, ClassVar

import typer

from ..joints.settings import SETTINGS, Settings
from .mistakes import naming_options

_OPTIONS = {name: f"--{name.replace('_', '-')}" for name in SETTINGS}


@dataclasses.dataclass(frozen=True)
class Chosen:
    """Hold the options that set the numbers of an instance."""

    panel: ClassVar[str] = "Settings of the statements that read them"

    steps: Annotated[int, typer.Option(help="Follow text walks for up to this many steps.")] = Settings.steps
    candidates: Annotated[int, typer.Option(help="Let the InfoNCE loss choose among this many candidates.")] = (
        Settings.candidates
    )
    temperature: Annotated[
        float, typer.Option(help="Divide the scores of encoders by this temperature in the InfoNCE loss.")
    ] = Settings.temperature
    mismatch: Annotated[float, typer.Option(help="Let this share of the pairs keep their captions.")] = (
        Settings.mismatch
    )
    failure_probability: Annotated[
        float, typer.Option(help="Let a bound that holds with high probability fail with this probability.")
    ] = Settings.failure_probability

    def checked(self) -> dict[str, Any]:
        """Return the settings by their names, once it is known that an instance can have them."""
        with naming_options(**_OPTIONS):
            return dataclasses.asdict(Settings(**dataclasses.asdict(self)))

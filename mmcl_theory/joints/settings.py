"""Define the numbers that statements read beside a joint and its parts; it is imported without JAX."""

import dataclasses
from typing import Any

# Beyond so many steps a bound moves by less than double precision tells; a loss of more candidates is not enumerated.
STEPS_LIMIT = 64
CANDIDATES_LIMIT = 64
_TEMPERATURE_LIMIT = 1e6


@dataclasses.dataclass(frozen=True)
class Settings:
    """Hold δ, τ, η and how many steps and candidates an instance has, by default or as chosen; see ``Instance``.

    Raises
    ------
    ValueError, TypeError
        If one is not in its range; the message names it.
    """

    failure_probability: Any = 0.05
    temperature: Any = 1.0
    mismatch: Any = 0.5
    steps: int = 16
    candidates: int = 2

    def __post_init__(self) -> None:
        from .. import _checks  # here, as the command line reads the defaults before it loads JAX

        checked: dict[str, float] = {
            "steps": _checks.integer("steps", self.steps, 1, STEPS_LIMIT),
            "candidates": _checks.integer("candidates", self.candidates, 2, CANDIDATES_LIMIT),
        }
        for name, high, open_low in (
            ("failure_probability", 1.0, True),
            ("temperature", _TEMPERATURE_LIMIT, True),
            ("mismatch", 1.0, False),
        ):
            value = getattr(self, name)
            if not _checks.is_traced(value):
                checked[name] = _checks.real(name, value, 0, high, open_low=open_low)
        if checked.get("failure_probability") == 1:
            raise ValueError("failure_probability: must be below 1, got 1")
        for name, number in checked.items():
            object.__setattr__(self, name, number)


# Their names, in the order of the fields.
SETTINGS = tuple(field.name for field in dataclasses.fields(Settings))

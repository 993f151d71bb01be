"""Register how each quantity is enclosed, under the name that it has in ``Quantities``."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from .exact_measurement import ExactMeasurement

Rule = Callable[[ExactMeasurement], Any]

ENCLOSURES: dict[str, Rule] = {}


def encloses(rule: Rule) -> Rule:
    """Register a function of an exact measurement as the enclosure of the quantity whose name it has.

    The function gives a ``Ball``, a rational number, or None where the instance has no such quantity.
    """
    if rule.__name__ in ENCLOSURES:
        raise ValueError(f"enclosures: there are two of {rule.__name__}")
    ENCLOSURES[rule.__name__] = rule
    return rule


def encloses_with(*parts: str) -> Callable[[Callable[..., Any]], Rule]:
    """Register a function of an exact measurement and of parts of it; where it lacks one, the enclosure is None."""

    def register(rule: Callable[..., Any]) -> Rule:
        """Register the rule as one of the measurement alone."""

        @wraps(rule)
        def measured(m: ExactMeasurement) -> Any:
            """Apply the rule where there are all parts."""
            values = [getattr(m, part) for part in parts]
            return None if any(value is None for value in values) else rule(m, *values)

        return encloses(measured)

    return register

"""Enclose the quantities of an exact instance at one k, each when a formula reads it."""

from typing import Any

from flint import ctx

from ...quantities.quantities import Quantities
from ..arithmetic.ball import Ball
from ..arithmetic.exact import ExactInstance
from ..arithmetic.forms import Undecided
from . import (
    alignment,
    attribute,
    augmentation,
    chains,
    contrastive,
    diversity,
    drawn,
    encoders,
    heads,
    information,
    label_law,
    labelled,
    labels,
    minima,
    resampled,
    retrieval,
    sampled_walks,
    samples,
    spectrum,
    text_walks,
    walks,
    zero_shot,
)
from .exact_measurement import ExactMeasurement
from .registry import ENCLOSURES

# Imported for what they register: one file for each family of quantities.
FAMILIES = (
    *(labels, spectrum, heads, walks, text_walks, information, encoders, augmentation, samples),
    *(contrastive, retrieval, alignment),
    *(drawn, zero_shot, chains, diversity, labelled, minima, sampled_walks, attribute, resampled, label_law),
)


class Enclosures:
    """Offer the fields of ``Quantities`` to a theorem's formulas, each as a ``Ball`` that contains the number.

    Each is computed when it is first read at a working precision; what is rational, at no larger one again.  Where
    the instance lacks a part, the quantity is None, as in ``Quantities``; what no precision would decide raises
    ``Undecided``.  What was read before, at whichever precision, changes nothing.
    """

    # How a theorem's formulas know which names are quantities and what they need.
    __dataclass_fields__ = Quantities.__dataclass_fields__

    def __init__(self, exact: ExactInstance, k: int):
        self._measurement = ExactMeasurement(exact, k)
        self._known: dict[str, dict[int, Any]] = {}  # by name and precision
        self._tied: set[tuple[str, int]] = set()

    def leaves_ties_open(self, name: str) -> bool:
        """Say whether this is an error in which a tie of scores is not told from a near one at this precision."""
        return (name, ctx.prec) in self._tied

    def __getattr__(self, name: str) -> Ball | None:
        """Return the enclosure of the quantity of this name."""
        if name.startswith("_"):
            raise AttributeError(name)
        known = self._known.setdefault(name, {})
        for bits, value in known.items():
            # What is rational at one precision may not be known to be so at a smaller one.
            if bits == ctx.prec or (bits < ctx.prec and (value is None or value.is_exact)):
                return value
        if name not in ENCLOSURES:
            raise Undecided(f"there is no enclosure of {name}", final=True)
        self._measurement.open_ties = False
        value = ENCLOSURES[name](self._measurement)
        if self._measurement.open_ties:
            self._tied.add((name, ctx.prec))
        known[ctx.prec] = value if value is None or isinstance(value, Ball) else Ball(value)
        return known[ctx.prec]

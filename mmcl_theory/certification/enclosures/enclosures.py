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

    Each is computed when it is read, at the working precision of that moment; what is rational, only once.  Where the
    instance lacks a part, the quantity is None, as in ``Quantities``; what no precision would decide raises
    ``Undecided``.
    """

    # How a theorem's formulas know which names are quantities and what they need.
    __dataclass_fields__ = Quantities.__dataclass_fields__

    def __init__(self, exact: ExactInstance, k: int):
        self._measurement = ExactMeasurement(exact, k)
        self._rationals: dict[str, Any] = {}
        self._balls: dict[str, Any] = {}
        self._precision = 0

    @property
    def open_ties(self) -> bool:
        """Say whether an error was read in which a tie of scores could not be told from a near one."""
        return self._measurement.open_ties

    def __getattr__(self, name: str) -> Ball | None:
        """Return the enclosure of the quantity of this name."""
        if name.startswith("_"):
            raise AttributeError(name)
        if self._precision != ctx.prec:
            self._balls, self._precision = {}, ctx.prec
            self._measurement.forget_precision()
        if name in self._rationals:
            return self._rationals[name]
        if name not in self._balls:
            if name not in ENCLOSURES:
                raise Undecided(f"there is no enclosure of {name}", final=True)
            value = ENCLOSURES[name](self._measurement)
            value = value if value is None or isinstance(value, Ball) else Ball(value)
            self._balls[name] = value
            if value is None or value.is_exact:
                self._rationals[name] = value
        return self._balls[name]

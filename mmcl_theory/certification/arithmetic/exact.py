"""Represent an instance by exact rationals, as a certificate carries it."""

import dataclasses
import functools
import itertools
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from ...joints.instance import Instance
from ...joints.laws.dense import as_law
from ...joints.pairs import PairGraph
from ...joints.settings import CANDIDATES_LIMIT, STEPS_LIMIT
from .. import limits

Matrix = tuple[tuple[Fraction, ...], ...]
Labels = tuple[int, ...]

_FRACTION = re.compile(rf"(-?\d{{1,{limits.DIGITS}}})(?:/(\d{{1,{limits.DIGITS}}}))?", re.ASCII)
_ATTRIBUTE = ("attribute of images", "attribute of texts")
# How Arb writes a number, and a ball.
DECIMAL = r"-?\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,6})?"
BALL = rf"\[(?:{DECIMAL} )?\+/- {DECIMAL}\]"


@dataclasses.dataclass(frozen=True)
class ExactInstance:
    """Hold the numbers of an ``Instance`` to the last bit, a float as the rational that it is, and nothing else.

    Weights are kept as given and normalized in exact arithmetic where they are used: the joint, the pairs of images
    and the sample by their totals, the channel and the law of a label by the total of each row.  Pairs of images
    represent (P + Pᵀ)/2, which is P itself if P is symmetric to the last bit.

    Attributes
    ----------
    matrix
        Weights of the joint, n_V rows of n_L.
    image_labels, text_labels, n_classes
        y_V, y_L and r.
    encoders, channel, augmentation, auxiliary_labels, sample, labelled, walks, attribute, resampled,
    label_law, negatives
        The further parts of an ``Instance``, or None.
    failure_probability
        δ, where there is a sample or there are labelled images or walks; else None.
    temperature, mismatch, steps, candidates
        τ, η, and how many steps and candidates, as of an ``Instance``.

    Raises
    ------
    ValueError
        If a part does not fit the joint, or is so large that exact arithmetic on it would take too long or too much
        memory (``certification/limits.py``).
    """

    matrix: Matrix
    image_labels: Labels
    text_labels: Labels
    n_classes: int
    encoders: tuple[Matrix, Matrix] | None = None
    channel: Matrix | None = None
    augmentation: Matrix | None = None
    auxiliary_labels: Labels | None = None
    sample: Matrix | None = None
    failure_probability: Fraction | None = None
    temperature: Fraction = Fraction(1)
    mismatch: Fraction = Fraction(1, 2)
    steps: int = 16
    candidates: int = 2
    labelled: Labels | None = None
    walks: Labels | None = None
    attribute: tuple[Labels, Labels | None] | None = None
    resampled: Matrix | None = None
    label_law: Matrix | None = None
    negatives: Matrix | None = None

    def __post_init__(self) -> None:
        n_images, n_texts = len(self.matrix), len(self.matrix[0]) if self.matrix else 0
        if max(n_images, n_texts) > limits.LARGEST:
            raise ValueError(f"matrix: at most {limits.LARGEST} images and texts can be certified")
        _weights("matrix", self.matrix, (n_images, n_texts), rows=True, columns=True)
        bits = limits.check_joint_work(self.matrix)
        if not 1 <= self.n_classes <= limits.WIDEST:
            raise ValueError(f"n_classes: from 1 to {limits.WIDEST} can be certified")
        _labels("image_labels", self.image_labels, n_images, self.n_classes)
        _labels("text_labels", self.text_labels, n_texts, self.n_classes)
        if self.encoders is not None:
            width = len(self.encoders[0][0]) if self.encoders[0] else 0
            for part, size in zip(self.encoders, (n_images, n_texts), strict=True):
                _shape("encoders", part, (size, width))
            limits.check_encoders_work(self.encoders, bits)
        if self.channel is not None:
            width = len(self.channel[0]) if self.channel else 0
            _weights("channel", self.channel, (n_texts, width), rows=True)
            limits.check_channel_work(self.channel, n_images, bits)
        for name in ("augmentation", "resampled", "negatives"):
            if (graph := getattr(self, name)) is not None:
                _weights(name, graph, (n_images, n_images), rows=True, columns=True)
                limits.check_part_work(name, graph, graph, 0)
        if self.auxiliary_labels is not None:
            _labels("auxiliary_labels", self.auxiliary_labels, n_images, max(n_images, self.n_classes))
        for name, labels, size in zip(_ATTRIBUTE, self.attribute or (), (n_images, n_texts), strict=False):
            if labels is not None:
                _labels(name, labels, size, max(n_images, n_texts, self.n_classes))
        if self.label_law is not None:
            _weights("label_law", self.label_law, (n_images, self.n_classes), rows=True)
            limits.check_label_law_work(self.label_law, bits)
        if self.sample is not None:
            _weights("sample", self.sample, (n_images, n_texts))
            limits.check_part_work("sample", self.sample, self.matrix, bits)
        if self.labelled is not None:
            _labels("labelled", self.labelled, n_images, limits.MOST_LABELLED + 1)
            if not any(self.labelled):
                raise ValueError("labelled: no image is")
        if self.walks is not None:
            _labels("walks", self.walks, self.steps + 1, limits.MOST_LABELLED + 1)
            if not 0 < self.walks[0] == max(self.walks):
                raise ValueError("walks: the first count, of all walks, must be positive and no other larger")
        if (self.failure_probability is None) != (self.sample is self.labelled is self.walks is None):
            raise ValueError("failure_probability: is needed with a sample, labelled images or walks, and only then")
        if self.failure_probability is not None and not 0 < self.failure_probability < 1:
            raise ValueError("failure_probability: must be between 0 and 1")
        if not self.temperature > 0:
            raise ValueError("temperature: must be positive")
        if not 0 <= self.mismatch <= 1:
            raise ValueError("mismatch: must be between 0 and 1")

    def __hash__(self) -> int:
        return self._hash

    @functools.cached_property
    def _hash(self) -> int:
        """Hash all numbers once: of a fraction it takes a while."""
        return hash(tuple(getattr(self, field.name) for field in dataclasses.fields(self)))

    @staticmethod
    def of(instance: Instance) -> "ExactInstance":
        """Take the exact numbers of an instance."""
        joint, encoders = instance.joint, instance.encoders
        joint.law.check_entries("joint")
        drawn = any(part is not None for part in (instance.sample, instance.labelled, instance.walks))
        return ExactInstance(
            matrix=_matrix(joint.matrix if joint.counts is None else joint.counts),
            image_labels=_integers(joint.image_labels),
            text_labels=_integers(joint.text_labels),
            n_classes=joint.n_classes,
            encoders=None if encoders is None else (_matrix(encoders[0]), _matrix(encoders[1])),
            channel=None if instance.channel is None else _matrix(instance.channel),
            augmentation=None if instance.augmentation is None else _pairs(instance.augmentation),
            auxiliary_labels=None if instance.auxiliary_labels is None else _integers(instance.auxiliary_labels),
            sample=None if instance.sample is None else _matrix(instance.sample),
            failure_probability=Fraction(float(instance.failure_probability)) if drawn else None,
            temperature=Fraction(float(instance.temperature)),
            mismatch=Fraction(float(instance.mismatch)),
            steps=instance.steps,
            candidates=instance.candidates,
            labelled=None if instance.labelled is None else _integers(instance.labelled),
            walks=None if instance.walks is None else _integers(instance.walks),
            attribute=None if instance.attribute is None else _attribute(instance.attribute),
            resampled=None if instance.resampled is None else _pairs(instance.resampled),
            label_law=None if instance.label_law is None else _matrix(instance.label_law),
            negatives=None if instance.negatives is None else _pairs(instance.negatives),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name as JSON values, fractions as strings; parts that are the default are left out."""
        fields = [(field, getattr(self, field.name)) for field in dataclasses.fields(self)]
        return {field.name: _written(value) for field, value in fields if value != field.default}

    @staticmethod
    def from_json(data: Any) -> "ExactInstance":
        """Build the instance that ``to_json`` wrote, checked.

        Raises
        ------
        ValueError, TypeError
            If it is malformed; the message names the part.
        """
        required = ("matrix", "image_labels", "text_labels", "n_classes")
        if not isinstance(data, dict) or not set(required) <= data.keys() <= _READERS.keys():
            raise ValueError(
                f"instance: an object with {', '.join(required)} and no other keys than these is needed: "
                f"{', '.join(_READERS)}"
            )
        return ExactInstance(**{name: _READERS[name](name, value) for name, value in data.items()})


def _matrix(array: Any) -> Matrix:
    """Turn an array of floats, or a distribution, into fractions."""
    return tuple(tuple(Fraction(entry.item()) for entry in row) for row in np.asarray(as_law(array).to_dense()))


def _pairs(graph: PairGraph) -> Matrix:
    """Turn a graph of pairs of images into fractions, the numbers that it was made of where it has them."""
    return _matrix(graph.matrix if graph.counts is None else graph.counts)


def _integers(array: Any) -> Labels:
    """Turn an array of labels into a tuple."""
    return tuple(int(label) for label in np.asarray(array))


def _attribute(pair: Any) -> tuple[Labels, Labels | None]:
    """Turn the attributes of images, and of texts where they have one, into tuples."""
    images, texts = pair
    return _integers(images), None if texts is None else _integers(texts)


def _written(value: Any) -> Any:
    """Turn tuples into lists and fractions into strings."""
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    return str(value) if isinstance(value, Fraction) else value


def read_list(name: str, value: Any, most: int) -> list:
    """Check that a JSON value is a list of at most so many values."""
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"{name}: a list of at most {most} values is needed")
    return value


def read_integer(name: str, value: Any, low: int, high: int) -> int:
    """Check that a JSON value is an integer from ``low`` to ``high``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name}: an integer from {low} to {high} is needed")
    return value


def _read_matrix(name: str, rows: Any) -> Matrix:
    """Read the rows of a matrix of fractions."""
    return tuple(
        tuple(_read_fraction(name, entry) for entry in read_list(name, row, limits.WIDEST))
        for row in read_list(name, rows, limits.LARGEST)
    )


def _read_fraction(name: str, text: Any) -> Fraction:
    """Read a fraction from its string."""
    found = _FRACTION.fullmatch(text) if isinstance(text, str) else None
    if not found or (found[2] is not None and int(found[2]) == 0):
        raise ValueError(f'{name}: fractions such as "3/4", of at most {limits.DIGITS} digits, are needed')
    return Fraction(int(found[1]), int(found[2] or 1))


def _read_labels(name: str, labels: Any) -> Labels:
    """Read labels of images or texts."""
    return tuple(read_integer(name, label, 0, limits.WIDEST) for label in read_list(name, labels, limits.LARGEST))


def _read_attribute(name: str, pair: Any) -> tuple[Labels, Labels | None]:
    """Read the attributes of images, and of texts unless they are null."""
    if len(read_list(name, pair, 2)) != 2:
        raise ValueError(f"{name}: labels of images, and labels of texts or null, are needed")
    return _read_labels(name, pair[0]), None if pair[1] is None else _read_labels(name, pair[1])


def _read_encoders(name: str, pair: Any) -> tuple[Matrix, ...]:
    """Read the features of images and of texts."""
    if len(read_list(name, pair, 2)) != 2:
        raise ValueError(f"{name}: features of images and of texts are needed")
    return tuple(_read_matrix(name, part) for part in pair)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "matrix": _read_matrix,
    "image_labels": _read_labels,
    "text_labels": _read_labels,
    "n_classes": lambda name, value: read_integer(name, value, 1, limits.WIDEST),
    "encoders": _read_encoders,
    "channel": _read_matrix,
    "augmentation": _read_matrix,
    "auxiliary_labels": _read_labels,
    "sample": _read_matrix,
    "attribute": _read_attribute,
    "resampled": _read_matrix,
    "label_law": _read_matrix,
    "negatives": _read_matrix,
    "failure_probability": _read_fraction,
    "temperature": _read_fraction,
    "mismatch": _read_fraction,
    "steps": lambda name, value: read_integer(name, value, 1, STEPS_LIMIT),
    "candidates": lambda name, value: read_integer(name, value, 2, CANDIDATES_LIMIT),
    "labelled": lambda name, value: tuple(
        read_integer(name, count, 0, limits.MOST_LABELLED) for count in read_list(name, value, limits.LARGEST)
    ),
    "walks": lambda name, value: tuple(
        read_integer(name, count, 0, limits.MOST_LABELLED) for count in read_list(name, value, STEPS_LIMIT + 1)
    ),
}


def _shape(name: str, matrix: Matrix, shape: tuple[int, int]) -> None:
    """Check the shape of a matrix."""
    if shape[1] < 1 or len(matrix) != shape[0] or any(len(row) != shape[1] for row in matrix):
        raise ValueError(f"{name}: {shape[0]} rows of the same positive length are needed")
    if shape[1] > limits.WIDEST:
        raise ValueError(f"{name}: at most {limits.WIDEST} columns can be certified")


def _weights(name: str, matrix: Matrix, shape: tuple[int, int], rows: bool = False, columns: bool = False) -> None:
    """Check that weights are non-negative, with a positive total, and one for each row or column where asked for."""
    _shape(name, matrix, shape)
    entries = list(itertools.chain(*matrix))
    if min(entries) < 0:
        raise ValueError(f"{name}: entries must be non-negative")
    lines = [*(matrix if rows else ()), *(zip(*matrix, strict=True) if columns else ()), entries]
    if not all(any(line) for line in lines):
        raise ValueError(f"{name}: there is a row or column without mass, or no mass at all")


def _labels(name: str, labels: Labels, length: int, n_classes: int) -> None:
    """Check the number and the range of labels."""
    if len(labels) != length or not all(0 <= label < n_classes for label in labels):
        raise ValueError(f"{name}: {length} labels in 0 … {n_classes - 1} are needed")

"""Make a joint of columns: equal things are one image, text or class, and each is called by its ``str``."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import scipy

from .. import _checks
from ..joints.joint import Joint
from ..joints.names import Names


@dataclasses.dataclass(frozen=True)
class Column:
    """Hold a thing for each pair.

    Attributes
    ----------
    name
        The argument that gave them, with which error messages begin.
    things
        Hashable things, one a pair.
    place
        Says where the thing of a number stands, such as "entry 3" or "line 5, column 'text', of 'pairs.csv'".
    """

    name: str
    things: list
    place: Callable[[int], str]

    def numbered(self) -> tuple[np.ndarray, list]:
        """Number the things in order of appearance: return the number of each, and the distinct ones.

        Raises
        ------
        ValueError
            If there are none, one is missing, equal things are written differently (1 and True), or different ones
            alike (1 and "1").
        TypeError
            If a thing is not hashable.
        """
        if not self.things:
            raise ValueError(f"{self.name}: must not be empty")
        try:
            codes, distinct = pd.factorize(pd.Series(self.things, dtype=object))
            first = np.unique(codes, return_index=True)[1]
            suspects = np.append(first, np.flatnonzero(codes < 0)[:1])  # one of each distinct thing, and a missing one
        except TypeError:
            suspects = np.arange(len(self.things))
        for entry in np.sort(suspects):
            self._check_thing(int(entry))
        self._check_writing(codes, list(distinct))
        return codes, list(distinct)

    def shown(self, entry: int) -> str:
        """Write a thing for an error message, with its place."""
        return f"{_checks.quoted(self.things[entry])} ({self.place(int(entry))})"

    def _check_thing(self, entry: int) -> None:
        """Refuse a thing that cannot be compared with others (unhashable), or is None, NaN or of no letter."""
        thing = self.things[entry]
        try:
            hash(thing)
        except TypeError as error:
            kind = type(thing).__name__
            raise TypeError(f"{self.name}: hashable things are needed, got {kind} in {self.place(entry)}") from error
        if pd.isna(thing) is True or (isinstance(thing, str | bytes) and not thing):
            raise ValueError(f"{self.name}: a value is missing in {self.place(entry)}")

    def _check_writing(self, codes: np.ndarray, distinct: list) -> None:
        """Refuse things that are equal but written differently, or written alike but not equal."""
        names = [str(thing) for thing in distinct]
        twice = _checks.repeated(names)
        if twice is not None:
            alike = [self.shown(int(np.argmax(codes == code))) for code, name in enumerate(names) if name == twice]
            raise ValueError(f"{self.name}: {alike[0]} and {alike[1]} are written alike but not equal")
        if len({type(thing) for thing in self.things}) > 1:
            for entry, (thing, code) in enumerate(zip(self.things, codes, strict=True)):
                if str(thing) != names[code]:
                    shown = f"{self.shown(int(np.argmax(codes == code)))} and {self.shown(entry)}"
                    raise ValueError(f"{self.name}: {shown} are equal but written differently")


def joint_of_columns(
    images: Column,
    texts: Column,
    labels: Column | Mapping[Any, Any],
    text_labels: Column | Mapping[Any, Any] | None,
    weights: np.ndarray | None,
) -> Joint:
    """Make the joint of pairs, each with its weight; see ``from_pairs``."""
    image_codes, image_things = images.numbered()
    text_codes, text_things = texts.numbered()
    if len(image_codes) != len(text_codes):
        raise ValueError(
            f"{texts.name}: one for each of the {len(image_codes)} images is needed, got {len(text_codes)}"
        )
    image_classes = _class_of_each("labels", labels, image_codes, image_things)
    text_classes = []
    if text_labels is not None:
        text_classes = _class_of_each("text_labels", text_labels, text_codes, text_things)
        _check_vocabulary(getattr(text_labels, "name", "text_labels"), image_classes, text_classes)
    class_codes, classes = pd.factorize(pd.Series(image_classes + text_classes, dtype=object))
    weights = np.ones(len(image_codes)) if weights is None else weights
    with np.errstate(over="ignore"):
        weights = weights / weights.max() if np.isinf(weights.sum()) else weights
    shape = (len(image_things), len(text_things))
    return Joint(
        scipy.sparse.coo_array((weights, (image_codes, text_codes)), shape=shape),
        class_codes[: shape[0]],
        class_codes[shape[0] :] if text_classes else None,
        n_classes=len(classes),
        names=Names(*(tuple(str(thing) for thing in things) for things in (image_things, text_things, classes))),
    )


def _class_of_each(name: str, labels: Column | Mapping[Any, Any], codes: np.ndarray, things: list) -> list:
    """Find the class of each distinct thing, from a mapping or from a class for each pair."""
    if isinstance(labels, Mapping):
        labels = _looked_up(name, labels, codes, things)
    label_codes, classes = labels.numbered()
    if len(label_codes) != len(codes):
        raise ValueError(f"{labels.name}: one for each of the {len(codes)} pairs is needed, got {len(label_codes)}")
    entries = np.zeros(len(things), dtype=int)
    entries[codes[::-1]] = np.arange(len(codes))[::-1]  # the first pair of each thing
    conflict = np.flatnonzero(label_codes[entries[codes]] != label_codes)
    if conflict.size:
        thing = codes[conflict[0]]
        shown = f"{labels.shown(entries[thing])} and {labels.shown(conflict[0])}"
        raise ValueError(f"{labels.name}: {_checks.quoted(things[thing])} has two classes, {shown}")
    return [classes[code] for code in label_codes[entries]]


def _looked_up(name: str, labels: Mapping[Any, Any], codes: np.ndarray, things: list) -> Column:
    """Look up the class of each pair's thing in a mapping."""
    for thing in things:
        if thing not in labels:
            near = next((key for key in labels if str(key) == str(thing)), None)
            other = "" if near is None else f"; {_checks.quoted(near)}, which is written alike, has one"
            raise ValueError(f"{name}: {_checks.quoted(thing)} has no class{other}")
    found = [labels[things[code]] for code in codes]
    return Column(name, found, lambda entry: f"the class of {_checks.quoted(things[codes[entry]])}")


def _check_vocabulary(name: str, of_images: list, of_texts: list) -> None:
    """Refuse classes of texts that are none of images at all, or are written like one or equal to one but not both."""
    written = {str(thing): thing for thing in of_images}
    equal = {thing: thing for thing in of_images}
    for thing in dict.fromkeys(of_texts):
        other = written.get(str(thing), thing)
        if other != thing:
            both = f"{_checks.quoted(other)} of the images and {_checks.quoted(thing)} of the texts"
            raise ValueError(f"{name}: the classes {both} are written alike but not equal")
        if thing in equal and str(equal[thing]) != str(thing):
            both = f"{_checks.quoted(equal[thing])} of the images and {_checks.quoted(thing)} of the texts"
            raise ValueError(f"{name}: the classes {both} are equal but written differently")
    if equal.keys().isdisjoint(of_texts):
        images, texts = (_checks.quoted(list(dict.fromkeys(classes)))[1:-1] for classes in (of_images, of_texts))
        raise ValueError(
            f"{name}: texts and images have no class in common; images have {images}, and texts have {texts}"
        )

"""Write joints to files and read them back, bit for bit."""

import os
from typing import Any

import numpy as np

from .. import _archive, _checks
from .fields import checked_fields
from .laws.kinds import KINDS
from .names import PARTS, Names

_SMALL = 2**10  # bytes of an array of one or two entries, with its header
_NAMES_LIMIT = 2**28 + _SMALL  # bytes of the longest names that can be packed
_ALIKE = (("rows", "columns", "values"), ("image_ids", "image_labels"), ("text_ids", "text_labels"))

JOINTS = _archive.FileKind("joint", 1, "path", "is not a joint written by Joint.save")


def save(fields: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Write the fields of a joint; see ``Joint.save``."""
    names = fields["names"] and {part: getattr(fields["names"], part) for part in PARTS}
    try:
        packed = _archive.packed(names)
    except ValueError as error:
        raise ValueError(f"names: {error}") from error
    stored: dict[str, Any] = {
        "held": fields["law"].held,
        **fields["law"].arrays(),
        "image_labels": fields["image_labels"],
        "text_labels": fields["text_labels"],
        "image_ids": fields["image_ids"],
        "text_ids": fields["text_ids"],
        "n_classes": np.int64(fields["n_classes"]),
        "given_shape": np.array(fields["given_shape"]),
        "denominator": None if fields["denominator"] is None else np.int64(fields["denominator"]),
        "names": packed,
    }
    JOINTS.write_arrays(path, stored)


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the fields of a joint; see ``Joint.load``."""
    with JOINTS.reading_arrays(path) as arrays:
        return _restore(arrays)


def _restore(data: _archive.Members) -> dict[str, Any]:
    """Check the fields of the joint that the arrays of a file describe."""
    JOINTS.check_format(int(data.read("format", _SMALL)))
    for alike in _ALIKE:  # before any of them is read
        shapes = {name: data.shape(name) for name in alike if name in data}
        if len(set(shapes.values())) > 1:
            raise ValueError(f"arrays of one shape are needed, got {shapes}")
    given_shape = tuple(_checks.integer("given_shape", size, 1) for size in data.read("given_shape", _SMALL))
    n_images, n_texts = given_shape
    image_ids = _checks.increasing("image_ids", data["image_ids"], n_images)
    text_ids = _checks.increasing("text_ids", data["text_ids"], n_texts)
    shape = (len(image_ids), len(text_ids))
    names = _archive.unpacked(data.read("names", _NAMES_LIMIT))
    labels: Any = (
        data["image_labels"],
        data["text_labels"],
        _checks.integer("n_classes", data.read("n_classes", _SMALL), 1),
        names and Names(*(tuple(names[part]) if isinstance(names[part], list) else names[part] for part in PARTS)),
        # Joints of before they kept their counts have none.
        _checks.integer("denominator", data.read("denominator", _SMALL), 1) if "denominator" in data else None,
    )
    # Files of before joints were held in other ways do not say how.
    held = str(data.read("held", _SMALL)) if "held" in data else "dense"
    if held not in KINDS:
        raise ValueError(f"held: must be dense, sparse or factored, got {_checks.quoted(held)}")
    fields = checked_fields(KINDS[held].of_arrays(data, shape), *labels)
    if fields["law"].shape != shape:
        raise ValueError("rows or columns of zero mass")
    ids = {"image_ids": np.asarray(image_ids), "text_ids": np.asarray(text_ids)}
    return fields | ids | {"given_shape": given_shape}

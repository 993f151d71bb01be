"""Store joints on disk as NumPy archives, without pickle."""

import json
import os
from typing import Any

import jax.numpy as jnp
import numpy as np

from .. import _checks
from .fields import checked_fields
from .laws.kinds import KINDS
from .names import PARTS, Names

FORMAT = 1


def save(fields: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Write the fields of a joint; see ``Joint.save``."""
    # As JSON: NumPy's own strings lose what follows a NUL at their end.
    names = json.dumps(fields["names"] and {part: getattr(fields["names"], part) for part in PARTS})
    stored: dict[str, Any] = {
        "format": np.int64(FORMAT),
        "held": fields["law"].held,
        **fields["law"].arrays(),
        "image_labels": fields["image_labels"],
        "text_labels": fields["text_labels"],
        "image_ids": fields["image_ids"],
        "text_ids": fields["text_ids"],
        "n_classes": np.int64(fields["n_classes"]),
        "given_shape": np.array(fields["given_shape"]),
        "names": np.frombuffer(names.encode(), dtype=np.uint8),
    }
    with open(path, "wb") as file:  # an open file, so that NumPy does not add a suffix of its own
        np.savez_compressed(file, **stored)


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the fields of a joint; see ``Joint.load``."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"path: there is no file {os.fspath(path)!r}")
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            return _restore({name: file[name] for name in file.files})
    except Exception as error:  # a damaged archive raises many kinds; all mean that save did not write it
        raise ValueError(f"path: {os.fspath(path)!r} is not a joint written by Joint.save ({error})") from error


def _restore(data: dict[str, np.ndarray]) -> dict[str, Any]:
    if int(data["format"]) != FORMAT:
        raise ValueError(f"format {int(data['format'])}, this version reads {FORMAT}")
    given_shape = tuple(_checks.integer("given_shape", size, 1) for size in data["given_shape"])
    n_images, n_texts = given_shape
    image_ids = _checks.increasing("image_ids", data["image_ids"], n_images)
    text_ids = _checks.increasing("text_ids", data["text_ids"], n_texts)
    shape = (len(image_ids), len(text_ids))
    names = json.loads(data["names"].tobytes())
    labels: Any = (
        data["image_labels"],
        data["text_labels"],
        _checks.integer("n_classes", data["n_classes"], 1),
        names and Names(*(tuple(names[part]) if isinstance(names[part], list) else names[part] for part in PARTS)),
    )
    held = str(data.get("held", "dense"))  # files of before joints were held in other ways do not say how
    if held not in KINDS:
        raise ValueError(f"held: must be dense, sparse or factored, got {held!r}")
    fields = checked_fields(KINDS[held].of_arrays(data, shape), *labels)
    if fields["law"].shape != shape:
        raise ValueError("rows or columns of zero mass")
    ids = {"image_ids": jnp.asarray(image_ids), "text_ids": jnp.asarray(text_ids)}
    return fields | ids | {"given_shape": given_shape}

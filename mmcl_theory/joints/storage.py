"""Write joints to files and read them back, bit for bit."""

import os
from typing import Any

import jax.numpy as jnp
import numpy as np
import scipy.sparse

from .. import _archive, _checks
from .joint import PARTS, Joint, Names, build, checked_fields, factored_fields
from .laws.law import FactoredLaw, SparseLaw

JOINTS = _archive.FileKind("joint", 1, "path", "is not a joint written by Joint.save")


def save(joint: Joint, path: str | os.PathLike[str]) -> None:
    """Write a joint; see ``Joint.save``."""
    names = joint.names and {part: getattr(joint.names, part) for part in PARTS}
    fields: dict[str, Any] = {
        **_written(joint.matrix),
        "image_labels": joint.image_labels,
        "text_labels": joint.text_labels,
        "image_ids": joint.image_ids,
        "text_ids": joint.text_ids,
        "n_classes": np.int64(joint.n_classes),
        "given_shape": np.array(joint.given_shape),
        "names": _archive.packed(names),
    }
    JOINTS.write_arrays(path, fields)


def _written(matrix: Any) -> dict[str, Any]:
    """Return the arrays of P as it is held: its pairs of positive mass, or its factors."""
    if isinstance(matrix, FactoredLaw):
        return {"held": "factored", "natural": matrix.natural, "images": matrix.images, "texts": matrix.texts}
    if isinstance(matrix, SparseLaw):
        return {"held": "sparse", "rows": matrix.rows, "columns": matrix.columns, "values": matrix.values}
    dense = np.asarray(matrix)
    rows, columns = np.nonzero(dense)
    return {"held": "dense", "rows": rows, "columns": columns, "values": dense[rows, columns]}


def load(path: str | os.PathLike[str]) -> Joint:
    """Read a joint; see ``Joint.load``."""
    with JOINTS.reading_arrays(path) as arrays:
        return _restore(arrays)


def _restore(data: dict[str, np.ndarray]) -> Joint:
    """Build the joint that arrays of a file describe, all of them checked."""
    JOINTS.check_format(int(data["format"]))
    given_shape = tuple(_checks.integer("given_shape", size, 1) for size in data["given_shape"])
    n_images, n_texts = given_shape
    image_ids = _increasing("image_ids", data["image_ids"], n_images)
    text_ids = _increasing("text_ids", data["text_ids"], n_texts)
    shape = (len(image_ids), len(text_ids))
    names = _archive.unpacked(data["names"])
    labels: Any = (
        data["image_labels"],
        data["text_labels"],
        _checks.integer("n_classes", data["n_classes"], 1),
        names and Names(*(tuple(names[part]) if isinstance(names[part], list) else names[part] for part in PARTS)),
    )
    held = str(data.get("held", "dense"))  # files of before joints were held in other ways do not say how
    if held == "factored":
        fields = factored_fields(*_factors(data, shape), *labels)
    elif held in ("dense", "sparse"):
        fields = checked_fields(_matrix(data, shape, held), *labels, sparse=held == "sparse")
    else:
        raise ValueError(f"held: must be dense, sparse or factored, got {held!r}")
    if fields["matrix"].shape != shape:
        raise ValueError("rows or columns of zero mass")
    return build(
        **(
            fields
            | {"image_ids": jnp.asarray(image_ids), "text_ids": jnp.asarray(text_ids), "given_shape": given_shape}
        )
    )


def _matrix(data: dict[str, np.ndarray], shape: tuple[int, int], held: str) -> Any:
    """Build P, dense or as a SciPy sparse matrix, from the masses and places of its pairs."""
    values = _checks.weights("values", data["values"], 1)
    rows = _checks.label_array("rows", data["rows"], len(values), shape[0])
    columns = _checks.label_array("columns", data["columns"], len(values), shape[1])
    _increasing("cells", rows * shape[1] + columns, shape[0] * shape[1])
    if held == "sparse":
        return scipy.sparse.csr_array((values, (rows, columns)), shape=shape)
    _checks.dense_size("matrix", *shape)
    matrix = np.zeros(shape)
    matrix[rows, columns] = values
    return matrix


def _factors(data: dict[str, np.ndarray], shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check the factors of P: the channels to images and to texts, and the natural distribution."""
    natural = _checks.law("natural", data["natural"], 1)
    images, texts = _checks.stochastic("images", data["images"]), _checks.stochastic("texts", data["texts"])
    if (images.shape, texts.shape) != ((natural.size, shape[0]), (natural.size, shape[1])):
        raise ValueError(f"images, texts: channels to {shape} things are needed, got {images.shape} and {texts.shape}")
    return images, texts, natural


def _increasing(name: str, values: np.ndarray, below: int) -> np.ndarray:
    """Check integers within 0 … below − 1 that increase strictly."""
    array = _checks.label_array(name, values, np.size(values), below)
    if (np.diff(array) <= 0).any():
        raise ValueError(f"{name} are not in order")
    return array

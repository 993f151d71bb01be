"""Read the tensors of a safetensors file by their names, within limits."""

import io
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import _checks
from .values import parsed

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_METADATA = "__metadata__"


def read_safetensors(path: str | os.PathLike[str], limit: int) -> dict[str, np.ndarray]:
    """Read all tensors of floats, of a file that takes at most so many bytes; bfloat16 becomes single precision.

    The format: the length of a header in 8 bytes, the header in JSON, which gives each tensor's type, shape and place,
    and the entries, without gaps.

    Raises
    ------
    ValueError
        If the file is larger, not of this format, or holds a tensor that is not of floats.
    """
    size = os.path.getsize(path)
    if size > limit:
        raise ValueError(f"it takes more than {limit} bytes")
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise ValueError(f"a header of {length} bytes is declared in a file of {size}")
        header = parsed(io.BytesIO(file.read(length)))
        if not isinstance(header, dict):
            raise ValueError("its header is no object")
        header.pop(_METADATA, None)
        places = sorted(((*_place(name, entry), name) for name, entry in header.items()), key=lambda place: place[:2])
        tensors, reached = {}, 0
        for begin, end, name in places:
            if begin != reached:
                raise ValueError(f"{_checks.quoted(name)} does not begin where the tensor before it ends")
            tensors[name] = _tensor(header[name], file.read(end - begin))
            reached = end
        if reached != size - 8 - length:
            raise ValueError(f"its tensors take {reached} bytes, and {size - 8 - length} are there")
    return tensors


def _place(name: str, entry: Any) -> tuple[int, int]:
    """Check what the header says of a tensor, and return where its entries begin and end."""
    shown = _checks.quoted(name)
    if not isinstance(entry, Mapping) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{shown} has no dtype, shape and data_offsets")
    shape, offsets = entry["shape"], entry["data_offsets"]
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError(f"the shape and data_offsets of {shown} are not whole numbers")
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in _TYPES:
        kind = _checks.quoted(entry["dtype"])
        raise ValueError(f"{shown} is of type {kind}, and features are of {', '.join(_TYPES)}")
    count = math.prod(shape) * np.dtype(_TYPES[entry["dtype"]]).itemsize
    if len(offsets) != 2 or offsets[1] - offsets[0] != count:
        raise ValueError(f"{shown} is declared to take {count} bytes, from {_checks.quoted(offsets)}")
    return offsets[0], offsets[1]


def _tensor(entry: Mapping[str, Any], content: bytes) -> np.ndarray:
    """Return the entries of a tensor as an array of its shape."""
    array = np.frombuffer(content, _TYPES[entry["dtype"]])
    if entry["dtype"] == "BF16":  # the upper half of a number of single precision
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.reshape(entry["shape"])

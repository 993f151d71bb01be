"""Read JSON values that mean one thing only and are of limited size, from files and from arrays of bytes."""

import json
import math
from typing import IO, Any

import numpy as np

from .. import _checks

# Bytes of JSON, and values in it, of some 60 bytes of memory each: in a file, ten times the certificate of the largest
# instance; in an array, the names of a joint of some million images and texts.
_FILE_LIMITS = (2**26, 2**21)
_ARRAY_LIMITS = (2**28, 2**23)
_DEPTH_LIMIT = 32  # lists within lists: several times those of a certificate
_DIGITS_LIMIT = 400  # of an integer: that of the largest double has 309


def packed(content: Any) -> np.ndarray:
    """Return JSON values as an array of bytes; NumPy's own strings lose what follows a NUL at their end."""
    return np.frombuffer(_within(_ARRAY_LIMITS, json.dumps(content).encode()), dtype=np.uint8)


def unpacked(array: np.ndarray) -> Any:
    """Return the JSON values that ``packed`` turned into an array; unlike in a file, numbers may be infinite or NaN."""
    return _parsed(_within(_ARRAY_LIMITS, array.tobytes()))


def written(content: Any) -> bytes:
    """Return finite JSON values as text that a person can read, within the limits of ``parsed``."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return _within(_FILE_LIMITS, text.encode())


def parsed(file: IO[bytes]) -> Any:
    """Read JSON values that mean one thing only, and are of limited size, from a file.

    Raises
    ------
    ValueError
        If it is no JSON in UTF-8; if an object has a key twice; if a number is infinite or NaN; if it is too long,
        holds too many values, too deep lists, or integers of too many digits.
    """
    content = file.read(_FILE_LIMITS[0] + 1)
    return _parsed(_within(_FILE_LIMITS, content), parse_float=_finite, parse_constant=_finite)


def _parsed(content: bytes, **hooks: Any) -> Any:
    """Read JSON values that mean one thing only and are not nested too deep."""
    try:
        values = json.loads(content.decode(), object_pairs_hook=_object, parse_int=_integer, **hooks)
        depth = _depth(values)
    except RecursionError:
        depth = _DEPTH_LIMIT + 1
    if depth > _DEPTH_LIMIT:
        raise ValueError(f"its lists and objects are nested more than {_DEPTH_LIMIT} deep")
    return values


def _within(limits: tuple[int, int], content: bytes) -> bytes:
    """Raise ``ValueError`` if JSON is too long, or has more values than there may be, of which it has a comma each."""
    length, count = limits
    if len(content) > length:
        raise ValueError(f"JSON of more than {length} bytes is neither written nor read")
    if content.count(b",") + content.count(b"[") + content.count(b"{") > count:
        raise ValueError(f"JSON of more than {count} values is neither written nor read")
    return content


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its keys and values; raise ``ValueError`` where a key is there twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(f"the key {_checks.quoted(_checks.repeated(key for key, _ in pairs))} is there twice")
    return made


def _integer(digits: str) -> int:
    """Read an integer; raise ``ValueError`` if it is too long."""
    if len(digits) > _DIGITS_LIMIT:
        raise ValueError(f"an integer has {len(digits)} digits, more than {_DIGITS_LIMIT}")
    return int(digits)


def _finite(number: str) -> float:
    """Read a number; raise ``ValueError`` if it is infinite or not a number."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{_checks.quoted(number)} is no finite number")
    return value


def _depth(value: Any) -> int:
    """Count how deep lists and objects are nested."""
    depth, level = 0, [value]
    while depth <= _DEPTH_LIMIT and (outer := [held for held in level if isinstance(held, list | dict)]):
        level = [inner for held in outer for inner in (held.values() if isinstance(held, dict) else held)]
        depth += 1
    return depth

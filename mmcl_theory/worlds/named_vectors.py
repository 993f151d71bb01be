"""Find vectors by their names, in whatever form they are given: never by their order."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .. import _archive, _checks

_SHOWN = 3  # names in an error message
_FORMS = "{name: vector}, a DataFrame with names as its index, (names, array) or the path of a file"


def matched(argument: str, given: Any, wanted: Sequence[str], cosine: bool) -> np.ndarray:
    """Find the vector of each name; raise ``ValueError`` if there is none."""
    names, vectors = named(argument, given)
    place = {name: i for i, name in enumerate(names)}
    lacking = [name for name in wanted if name not in place]
    if lacking:
        shown = ", ".join(_checks.quoted(name) for name in names[:_SHOWN])
        raise ValueError(
            f"{argument}: {len(lacking)} of {len(wanted)} have no vector, such as {_checks.quoted(lacking[0])}; "
            f"the vectors' names are {shown}{', …' if len(names) > _SHOWN else ''}"
        )
    found = vectors[[place[name] for name in wanted]]
    return directions(argument, wanted, found) if cosine else found


def named(argument: str, given: Any) -> tuple[list[str], np.ndarray]:
    """Return names, and an array of finite numbers with a row for each."""
    things, vectors = _things_and_vectors(argument, given)
    names = [str(thing) for thing in things]
    missing = next((i for i, thing in enumerate(things) if pd.isna(thing) is True or not names[i]), None)
    if missing is not None:
        raise ValueError(f"{argument}: the name of vector {missing} is missing")
    if (twice := _checks.repeated(names)) is not None:
        raise ValueError(f"{argument}: {_checks.quoted(twice)} is the name of two vectors")
    if getattr(getattr(vectors, "dtype", None), "name", "") == "bfloat16":  # which NumPy does not count as real
        vectors = vectors.astype(np.float32)
    array = _checks.real_array(argument, vectors, 2)
    if len(array) != len(names):
        raise ValueError(f"{argument}: a vector for each of {len(names)} names is needed, got {len(array)}")
    return names, array


def _things_and_vectors(argument: str, given: Any) -> tuple[list[Any], Any]:
    """Return the names and the vectors of any form in which they may be given."""
    if isinstance(given, str | os.PathLike):
        return _archive.read_features(argument, given)
    if isinstance(given, Mapping):
        return list(given), [np.asarray(vector) for vector in given.values()]
    if isinstance(given, pd.DataFrame) and not isinstance(given.index, pd.RangeIndex):
        return list(given.index), given.to_numpy()
    if isinstance(given, tuple) and len(given) == 2 and np.ndim(given[0]) == 1:
        return list(given[0]), given[1]
    got = "a DataFrame with no names as its index" if isinstance(given, pd.DataFrame) else type(given).__name__
    raise TypeError(f"{argument}: vectors with names to match by are needed, {_FORMS}; got {got}")


def directions(argument: str, names: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    """Divide vectors by their lengths, whatever their size; raise ``ValueError`` if one has none."""
    largest = np.abs(vectors).max(axis=1)
    if not largest.all():
        zero = _checks.quoted(names[int(np.argmin(largest))])
        raise ValueError(f"{argument}: the vector of {zero} is zero, so it has no direction")
    scaled = vectors / largest[:, None]
    return scaled / np.linalg.norm(scaled, axis=1)[:, None]

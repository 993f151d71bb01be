"""Check the arguments of public functions; every message names the argument, what was got and what is allowed."""

import importlib
import inspect
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import jax
import jax.core
import numpy as np
import scipy

P = ParamSpec("P")
R = TypeVar("R")

# Characters of a value in an error message; the middle of a longer one is left out.
_QUOTED = 200

# A total is 1 if it is off by no more.
UNIT_WITHIN = 64 * np.finfo(float).eps

# What the extras of the package install: each module with the name of its package and of the extra.
_EXTRAS = {
    "distributed": ("distributed", "cluster"),
    "flint": ("python-flint", "certify"),
    "matplotlib": ("matplotlib", "plot"),
    "mlxtend": ("mlxtend", "digits"),
    "PIL": ("Pillow", "images"),
    "latex2mathml": ("latex2mathml", "report"),
    "plotly": ("plotly", "report"),
    "pyarrow": ("pyarrow", "parquet"),
}

# A dense float64 matrix of 2**28 entries takes 2 GiB, and its factorization several times as much.
DENSE_LIMIT = 2**28


def is_traced(*values: Any) -> bool:
    """Tell whether a value is known only inside a JAX transformation, so that it cannot be inspected."""
    return any(isinstance(value, jax.core.Tracer) for value in values)


def is_sparse(value: Any) -> bool:
    """Tell whether a value is a sparse matrix of SciPy, whose module is loaded only where one is made."""
    return "scipy.sparse" in sys.modules and scipy.sparse.issparse(value)


def quoted(value: Any) -> str:
    """Write a value for an error message, without its middle where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python does not write integers of thousands of digits
        text = f"an integer of about {value.bit_length() * 3 // 10} digits"
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED // 2]} … {text[-_QUOTED // 2 :]}"


def reason(error: BaseException) -> str:
    """Return what an exception says on its first line, printable and not long; the name of its type if nothing."""
    text = (f"no {error}" if isinstance(error, KeyError) else str(error)).split("\n")[0].strip()
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[: 3 * _QUOTED])
    return text or type(error).__name__


def repeated(names: Iterable[str]) -> str | None:
    """Find the first name that stands there a second time; return None if there is none."""
    seen = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def installed(name: str, module: str) -> Any:
    """Import a module that an extra of the package installs, and return it.

    Raises
    ------
    ValueError
        If it is not installed; the message says how to install it.

    Examples
    --------
    >>> installed("path", "pyarrow").__name__
    'pyarrow'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package, extra = _EXTRAS[module.partition(".")[0]]
        raise ValueError(f"{name}: {package} is needed: pip install 'mmcl-theory[{extra}]'") from error


def flag(name: str, value: Any) -> bool:
    """Check for True or False, of Python or NumPy, and return it as Python's."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: True or False is needed, got {quoted(value)}")
    return bool(value)


def file_name(name: str, value: Any) -> str:
    """Check for a path, and return it as a string."""
    if not isinstance(value, str | bytes | os.PathLike):
        raise TypeError(f"{name}: the name of a file is needed, got {quoted(value)}")
    path = os.fsdecode(value)
    if not path or "\0" in path:
        raise ValueError(f"{name}: the name of a file is needed, got {quoted(path)}")
    try:
        os.fsencode(path)
    except UnicodeError as error:
        raise ValueError(f"{name}: {quoted(path)} cannot be the name of a file") from error
    return path


def dense_size(name: str, *shape: int) -> None:
    """Refuse a shape whose dense array would not fit into memory."""
    if math.prod(shape) > DENSE_LIMIT:
        size = " x ".join(quoted(int(length)) for length in shape)
        raise ValueError(f"{name}: {size} is too large to be held densely (at most {DENSE_LIMIT} entries)")


def listed(name: str, value: Any) -> list:
    """List the entries of a list, array or column of NumPy, JAX, pandas, pyarrow or another library.

    What has no order (a set), would be taken apart into letters (a string) or used up (an iterator) is refused.
    """
    if isinstance(value, np.ndarray | jax.Array) and not isinstance(value, np.ma.MaskedArray | jax.core.Tracer):
        value = np.asarray(value)
        entries: Any = (
            list(value) if value.ndim else None
        )  # as they are: what a time turned into an integer would not be
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        entries = value.to_pylist() if hasattr(value, "to_pylist") else list(value)
    else:
        methods = (getattr(value, method, None) for method in ("to_pylist", "tolist", "to_list"))
        method = None if is_traced(value) else next(filter(callable, methods), None)
        entries = method() if method is not None else None
    if not isinstance(entries, list):
        raise TypeError(f"{name}: a sequence is needed, got {type(value).__name__}")
    return entries


def widened(matrix: Any) -> Any:
    """Return a SciPy sparse matrix of real numbers in double precision, in which sums of repeated entries are right."""
    return matrix.astype(np.float64) if matrix.dtype.kind in "biuf" else matrix


def real_array(name: str, value: Any, ndim: int) -> np.ndarray:
    """Convert anything array-like to a finite float64 NumPy array of ``ndim`` dimensions."""
    if is_sparse(value):
        dense_size(name, *value.shape)
        value = widened(value).toarray()
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array has entries without a value; fill or drop them first")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: rows have unequal lengths; a rectangular array is needed") from error
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: real numbers are needed, got dtype {array.dtype}")
    if array.ndim != ndim:
        raise ValueError(f"{name}: {ndim} dimension(s) are needed, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name}: must not be empty, got shape {array.shape}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}: entries must be finite, got {array[place]} at {place}")
    return array


def weights(name: str, value: Any, ndim: int) -> np.ndarray:
    """Check for finite non-negative numbers with a positive total, and return them unscaled."""
    array = real_array(name, value, ndim)
    if (array < 0).any():
        place = tuple(int(i) for i in np.argwhere(array < 0)[0])
        raise ValueError(f"{name}: entries must be non-negative, got {array[place]} at {place}")
    if not array.any():
        raise ValueError(f"{name}: the total mass is zero")
    return array


def law(name: str, value: Any, ndim: int) -> np.ndarray:
    """Check weights and normalize their total to 1, unless it is 1 within rounding already."""
    array = weights(name, value, ndim)
    with np.errstate(over="ignore"):
        total = array.sum()
    if not np.isfinite(total):
        array = array / array.max()
        total = array.sum()
    # A normalized array sums to 1 within a few units of rounding; dividing again would only change its bits.
    return array if abs(total - 1) <= UNIT_WITHIN else array / total


def entries(check: Callable[[str, Any, int], np.ndarray], name: str, matrix: Any) -> "scipy.sparse.csr_array":
    """Check the entries of a SciPy sparse matrix by ``check``, and return it with what that returns of them."""
    stored = scipy.sparse.csr_array(widened(matrix))
    if 0 in stored.shape:
        raise ValueError(f"{name}: empty, got shape {stored.shape}")
    stored.sum_duplicates()
    if stored.nnz == 0:
        raise ValueError(f"{name}: the total mass is zero")
    try:
        values = check(name, stored.data, 1)
    except ValueError as error:
        raise ValueError(str(error).replace(" at (", " at entry (")) from error
    return scipy.sparse.csr_array((values, stored.indices, stored.indptr), shape=stored.shape)


def stochastic(name: str, value: Any) -> np.ndarray:
    """Check for a row-stochastic matrix; sums may be off 1 by rounding, at most 1e-12 or machine epsilon an entry."""
    array = weights(name, value, 2)
    sum_to_one(name, array)
    return array


def sum_to_one(name: str, matrix: Any) -> None:
    """Raise a ValueError unless the rows of an array or a SciPy sparse matrix sum to 1, within rounding."""
    sums = matrix.sum(axis=1)
    off = np.abs(sums - 1)
    if off.max() > max(1e-12, matrix.shape[1] * np.finfo(float).eps):
        raise ValueError(f"{name}: rows must sum to 1, row {off.argmax()} sums to {sums[off.argmax()]}")


def label_array(name: str, value: Any, length: int, n_classes: int) -> np.ndarray:
    """Check for integer labels 0 … n_classes−1, one for each of ``length`` items."""
    try:
        array = np.asarray(value)
        array = np.array(array.tolist()) if array.dtype == object else array
    except ValueError as error:
        raise ValueError(f"{name}: one integer per item is needed, got nested sequences") from error
    if array.ndim != 1:
        raise ValueError(f"{name}: one integer per item is needed, got shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: integers are needed, got dtype {array.dtype}")
    if array.shape != (length,):
        raise ValueError(f"{name}: {length} labels are needed, got {len(array)}")
    if length and (array.min() < 0 or array.max() >= n_classes):
        wrong = array.min() if array.min() < 0 else array.max()
        raise ValueError(f"{name}: labels must be 0 … {n_classes - 1}, got {wrong}")
    return array.astype(np.int64)


def increasing(name: str, values: Any, below: int) -> np.ndarray:
    """Check for strictly increasing integers within 0 … below − 1, and return them as an array."""
    array = label_array(name, values, np.size(values), below)
    if (np.diff(array) <= 0).any():
        raise ValueError(f"{name} are not in order")
    return array


def class_count(name: str, value: Any, n_items: int) -> int:
    """Check for a number of classes whose label matrix over ``n_items`` fits into memory."""
    count = integer(name, value, 1)
    dense_size(name, n_items, count)
    return count


def integer(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Check for an integer (not a bool) within ``low`` … ``high``."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        if hasattr(value, "dtype") and getattr(value, "shape", None) == () and value.dtype.kind in "iu":
            value = int(value)
        else:
            raise TypeError(f"{name}: an integer is needed, got {quoted(value)}")
    if value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"{low} … {high}"
        raise ValueError(f"{name}: must be {allowed}, got {quoted(int(value))}")
    return int(value)


def boolean(name: str, value: Any) -> bool:
    """Check for true or false."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: true or false is needed, got {quoted(value)}")
    return bool(value)


def real(name: str, value: Any, low: float, high: float, *, open_low: bool = False) -> float:
    """Check for a real number within ``low`` … ``high``; ``open_low`` excludes the lower end."""
    try:
        if isinstance(value, str | bytes | bool):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{name}: a real number is needed, got {quoted(value)}") from error
    if not low <= number <= high or (open_low and number == low):
        raise ValueError(f"{name}: must be in {'(' if open_low else '['}{low}, {high}], got {quoted(value)}")
    return number


def random_key(name: str, value: Any) -> jax.Array:
    """Check for a single JAX key, of the new kind or the old."""
    if isinstance(value, jax.Array):
        typed = jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key)
        if (typed and value.shape == ()) or (value.dtype == np.uint32 and value.ndim == 1):
            return value
    raise TypeError(f"{name}: a single JAX key is needed, such as jax.random.key(0), got {quoted(value)}")


def dimensions(name: str, k: Any, rank: int) -> list[int]:
    """List one encoder dimension k, or several, each within 1 … rank, as many as there are singular values."""
    several = k if isinstance(k, Sequence | range) and not isinstance(k, str | bytes) else None
    if several is None and getattr(k, "ndim", 0) == 1:
        several = list(np.asarray(k))
    if several is not None and len(several) == 0:
        raise ValueError(f"{name}: at least one dimension is needed, got none")
    return [integer(name, value, 1, rank) for value in (several if several is not None else [k])]


def warn_user(message: str) -> None:
    """Warn at the line outside this package (and outside what wraps its classes) that led here."""
    depth = 1
    while sys._getframe(depth).f_globals.get("__name__", "").split(".")[0] in ("mmcl_theory", "equinox"):
        depth += 1
    warnings.warn(message, stacklevel=depth + 1)


def key_batch(name: str, value: Any) -> jax.Array:
    """Check for a batch of JAX keys along one axis."""
    if isinstance(value, jax.Array) and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key) and value.ndim == 1:
        return value
    raise TypeError(f"{name}: a batch of JAX keys is needed, such as jax.random.split(key, 10), got {quoted(value)}")


def reads_tables(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function, whose arguments that are annotated as a DataFrame must then be one, with the columns it reads.

    Raises
    ------
    TypeError
        If one of them is no DataFrame; the message begins with the name of the argument.
    ValueError
        If it lacks a column.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.order_constants(None)
    Traceback (most recent call last):
    TypeError: table: a DataFrame is needed, got None
    """
    signature = inspect.signature(function)
    names = [name for name, parameter in signature.parameters.items() if parameter.annotation == "pd.DataFrame"]

    @wraps(function)
    def checked(*args: P.args, **options: P.kwargs) -> R:
        """Check the tables, and name the one that lacks a column."""
        import pandas as pd

        given = signature.bind_partial(*args, **options).arguments
        for name in names:
            if name in given and not isinstance(given[name], pd.DataFrame):
                raise TypeError(f"{name}: a DataFrame is needed, got {quoted(given[name])}")
        try:
            return function(*args, **options)
        except (AttributeError, KeyError) as error:
            if isinstance(error, AttributeError) and not isinstance(error.obj, pd.DataFrame):
                raise
            column = error.name if isinstance(error, AttributeError) else error.args[0]
            lacking = [name for name in names if name in given and column not in list(given[name].columns)]
            if not lacking:
                raise
            raise ValueError(f"{lacking[0]}: has no column {quoted(column)}") from error

    return checked

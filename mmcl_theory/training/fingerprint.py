"""Compare what a training is given by its content: two things with one digest compute the same."""

import dataclasses
import dis
import enum
import functools
import hashlib
import inspect
import os
import sys
import sysconfig
import types
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

# The code of installed packages is told by its name; what it was called with is compared like everything else.
_INSTALLED = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
_PACKAGE = os.path.dirname(os.path.dirname(__file__))
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))
# What a class defines and computes with, other than by its fields.
_CODE = (types.FunctionType, property, staticmethod, classmethod)
_VALUES = (*_PLAIN, list, tuple, dict, np.ndarray, jax.Array, functools.partial)


class Incomparable(ValueError):
    """Say what cannot be compared by its content."""


def fingerprint(value: Any, named: str | None = None) -> str:
    """Return a digest of a value, which is the same in every process and another one where anything else is computed.

    Arrays count to the last bit, functions by their code, defaults, closures and the globals that they read, partial
    and compiled functions by what they wrap, optimizers of optax by the closures of their functions, and Equinox
    modules by all of their fields and by the code of their class.  What functions of an installed package read of that
    package is told by its names.

    Parameters
    ----------
    value
        What a training is given: an encoder, a loss, an optimizer, a sampler, arrays.
    named
        A name for whatever in it is of a type of which the content is not known.

    Raises
    ------
    Incomparable
        If there is something of such a type, and no name.

    Examples
    --------
    >>> import optax
    >>> fingerprint(optax.adam(0.1)) == fingerprint(optax.adam(0.1)) != fingerprint(optax.adam(0.2))
    True
    """
    digest = hashlib.sha256()
    for word in _words(value, [], named):
        digest.update(f"{len(word)}:".encode() + word)
    return digest.hexdigest()


def _words(value: Any, within: list[Any], named: str | None) -> Iterator[bytes]:
    """Yield the words that tell a value from others; one that it stands within, as in a recursion, by its place."""
    if type(value) in _PLAIN:
        yield f"{type(value).__name__} {value!r}".encode()
        return
    name = _imported(value)
    if name is not None:
        yield f"import {name}".encode()
        return
    for place, outer in enumerate(within):
        if outer is value:
            yield f"within {place}".encode()
            return
    kind, parts = _parts(value, named)
    yield f"{kind} {len(parts)}".encode()
    for part in parts:
        if isinstance(part, _Bytes):
            yield part
        else:
            yield from _words(part, [*within, value], named)


class _Bytes(bytes):
    """Mark the entries of an array, which are a word themselves."""


def _imported(value: Any) -> str | None:
    """Return the name under which an installed package or the interpreter has a value, if one has it."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", getattr(value, "__name__", None))
    if isinstance(value, types.BuiltinFunctionType):
        return f"{module}.{name}" if isinstance(value.__self__, types.ModuleType | None) else None
    if isinstance(value, types.MethodDescriptorType | types.WrapperDescriptorType):
        return f"{value.__objclass__.__module__}.{name}"
    if not isinstance(module, str) or not isinstance(name, str) or not _is_installed(module):
        return None
    try:
        found = functools.reduce(getattr, name.split("."), sys.modules[module])
    except AttributeError:  # such as a function that was made within another, whose name has <locals> in it
        return None
    return f"{module}.{name}" if found is value else None


def _is_installed(module: str) -> bool:
    """Decide whether a module is one of the interpreter, of an installed package or of this one."""
    if module == "__main__":  # of a notebook, too, whatever program runs it
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return module.split(".")[0] in sys.stdlib_module_names
    return file.startswith((*_INSTALLED, _PACKAGE + os.sep))


def _parts(value: Any, named: str | None) -> tuple[str, list[Any]]:
    """Return the kind of a value, and the values that it consists of."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, jax.Array) and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return f"key {jax.random.key_impl(value)}", [jax.random.key_data(value)]
    if isinstance(value, jax.Array | np.ndarray | np.generic) and not np.asarray(value).dtype.hasobject:
        array = np.asarray(value)
        return f"array {array.dtype}{array.shape}", [_Bytes(array.tobytes())]
    if isinstance(value, np.dtype):
        return f"dtype {value}", []
    if isinstance(value, enum.Enum):
        return f"{kind}.{value.name}", []
    if isinstance(value, types.CodeType):
        return "code", [value.co_code, value.co_names, value.co_varnames[: value.co_argcount], value.co_consts]
    if isinstance(value, types.FunctionType):
        return _function(value)
    if isinstance(value, types.MethodType):
        return "method", [value.__func__, value.__self__]
    if isinstance(value, functools.partial):
        return kind, [value.func, value.args, value.keywords]
    if isinstance(value, type):
        return f"class {value.__module__}.{value.__qualname__}", [value.__bases__, _methods(value)]
    if isinstance(value, list | tuple):
        return kind, list(value)
    if isinstance(value, dict):
        return kind, [*value, *value.values()]
    if isinstance(value, set | frozenset):
        return kind, sorted(fingerprint(item, named) for item in value)
    if dataclasses.is_dataclass(value):
        fields = [getattr(value, field.name, None) for field in dataclasses.fields(value)]
        return kind, [type(value), *fields]
    if isinstance(value, inspect.Signature):
        return kind, [(name, given.kind, given.default) for name, given in value.parameters.items()]
    if isinstance(value, property | staticmethod | classmethod):
        return kind, [getattr(value, name, None) for name in ("fget", "__func__")]
    if callable(value) and hasattr(value, "__wrapped__"):  # compiled, or with derivatives of its own
        return kind, [getattr(value, name, None) for name in ("__wrapped__", "jvp", "fwd", "bwd")]
    if isinstance(value, jax.tree_util.PyTreeDef):
        return kind, [value.num_leaves, value.node_data(), value.children()]
    if type(value) is object:  # which marks what is lacking
        return kind, []
    if named is None:
        raise Incomparable(f"{kind} cannot be compared by its content")
    return f"{kind} named {named}", []


def _function(function: types.FunctionType) -> tuple[str, list[Any]]:
    """Return the parts of a function: its defaults and its closure, its code, and the globals that it reads.

    Of an installed package the name is enough, so that another version of Python, with other codes, makes no other one.
    """
    cells = []
    for cell in function.__closure__ or ():
        try:
            cells.append(cell.cell_contents)
        except ValueError:  # not yet bound
            cells.append(None)
    parts: list[Any] = [function.__defaults__, function.__kwdefaults__, cells]
    # Its globals are those of its home, whatever a decorator calls it.
    if not _is_installed(str(function.__globals__.get("__name__"))):
        read = sorted(name for name in _globals(function.__code__) if name in function.__globals__)
        parts += [function.__code__, read, [function.__globals__[name] for name in read]]
    elif function.__name__ == "<lambda>":  # of which there may be several of one name
        parts += [function.__code__]
    return f"function {function.__module__}.{function.__qualname__}", parts


def _globals(code: types.CodeType) -> set[str]:
    """List the names of the globals that code reads, and the functions that are defined in it."""
    names = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    return names.union(*(_globals(inner) for inner in code.co_consts if isinstance(inner, types.CodeType)))


def _methods(cls: type) -> list[Any]:
    """List what a class defines and computes with: its functions and values, by name, without what Python adds."""
    defined = {}
    for name, value in vars(cls).items():
        value = getattr(value, "__wrapped__", value) if not isinstance(value, types.FunctionType) else value
        if isinstance(value, _CODE) or (isinstance(value, _VALUES) and not name.startswith("_")):
            defined[name] = value
    return [defined[name] for name in sorted(defined)] + sorted(defined)

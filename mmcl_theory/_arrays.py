"""Run one formula on NumPy's arrays and on JAX's.

A formula calls the functions of ``xp``.  Where an argument is of JAX, traced or not, they are those of ``jax.numpy``;
elsewhere they are NumPy's, and nothing is traced or compiled.  So a few small joints are measured in milliseconds, and
ten thousand of them, or derivatives, by one compiled program.  What only JAX has stands below in both forms: loops,
programs, rules for derivatives, and the records that hold arrays of either kind.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

# What formulas take and return; jaxtyping takes four times as long to write an annotation of two types.
if TYPE_CHECKING:
    Array: TypeAlias = jax.Array | np.ndarray
else:
    Array = jax.Array

# Which types are of JAX: asking takes longer than an operation on small arrays does.
_KINDS: dict[type, bool] = {}
# What most arguments are, none of it of JAX.
_HOST = frozenset({np.ndarray, np.float64, np.bool_, float, int, bool, type(None)})


def of_jax(*values: Any) -> bool:
    """Tell whether a value, or one within a list or a tuple, is an array of JAX.

    Examples
    --------
    >>> of_jax(np.ones(2), 1.0), of_jax(2, [np.ones(2), jnp.ones(2)])
    (False, True)
    """
    for value in values:
        kind = type(value)
        if kind is list or kind is tuple:
            if of_jax(*value):
                return True
            continue
        if kind not in _KINDS:
            _KINDS[kind] = isinstance(value, jax.Array)
        if _KINDS[kind]:
            return True
    return False


def on_host(tree: Any) -> Any:
    """Return a tree, such as an instance, with arrays of NumPy in the place of JAX's."""
    return jax.tree.map(np.asarray, tree)


def fixed(tree: Any) -> Any:
    """Return a tree of whose arrays of NumPy none can be written to, nor is one that its owner may write to.

    Examples
    --------
    >>> mine = np.zeros(2)
    >>> held = fixed(mine)
    >>> mine[0] = 1
    >>> held.tolist(), held.flags.writeable, fixed(held) is held
    ([0.0, 0.0], False, True)
    """
    return jax.tree.map(_fixed, tree)


def _fixed(leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray) or not leaf.flags.writeable:
        return leaf
    held = leaf.copy()
    held.flags.writeable = False
    return held


class _Functions:
    """Look up functions by NumPy's names: each is JAX's for arguments of JAX, and NumPy's for all others."""

    def __init__(self, of_numpy: Any, of_jax: Any):
        self._of_numpy, self._of_jax = of_numpy, of_jax

    def __getattr__(self, name: str) -> Any:
        ours, theirs = getattr(self._of_numpy, name), getattr(self._of_jax, name)
        if not callable(ours) or isinstance(ours, type):
            return ours

        def either(*arguments: Any, **named: Any) -> Any:
            if _HOST.issuperset(map(type, arguments)) and (not named or _HOST.issuperset(map(type, named.values()))):
                return ours(*arguments, **named)
            return (theirs if of_jax(*arguments, *named.values()) else ours)(*arguments, **named)

        setattr(self, name, either)
        return either


class _Arrays(_Functions):
    """Add functions that NumPy has under another name, or not at all."""

    linalg = _Functions(np.linalg, jnp.linalg)

    def log(self, x: Any) -> Any:
        """Return the natural logarithm, −∞ at 0 without a warning."""
        if of_jax(x):
            return jnp.log(x)
        with np.errstate(divide="ignore"):
            return np.log(x)

    def one_hot(self, labels: Any, n_classes: int, dtype: Any = float) -> Any:
        """Return 1[label = i] for each label and i < n_classes, as numbers."""
        return (self.asarray(labels)[..., None] == np.arange(n_classes)).astype(dtype)

    def bincount(self, labels: Any, length: int) -> Any:
        """Count how often each of the labels 0 … length − 1 comes."""
        return jnp.bincount(labels, length=length) if of_jax(labels) else np.bincount(labels, minlength=length)

    def logsumexp(self, scores: Any, axis: int, b: Any = 1.0) -> Any:
        """Return log Σ b e^s along an axis, b ≥ 0; −∞ of none."""
        if of_jax(scores, b):
            return jax.scipy.special.logsumexp(scores, axis=axis, b=b)
        scores = np.where(b > 0, scores, -np.inf)
        largest = np.max(scores, axis=axis, keepdims=True)
        largest = np.where(np.isfinite(largest), largest, 0)
        return self.log(np.sum(b * np.exp(scores - largest), axis=axis)) + np.squeeze(largest, axis)

    def log_softmax(self, scores: Any, axis: int) -> Any:
        """Return s − log Σ e^s along an axis."""
        return scores - self.expand_dims(self.logsumexp(scores, axis), axis)

    def sigmoid(self, scores: Any) -> Any:
        """Return 1/(1 + e^−s)."""
        return jax.nn.sigmoid(scores) if of_jax(scores) else (1 + np.tanh(scores / 2)) / 2

    def inverse_triangle(self, triangle: Any) -> Any:
        """Invert an upper triangular matrix."""
        if of_jax(triangle):
            return jax.scipy.linalg.solve_triangular(triangle, jnp.eye(len(triangle)))
        return np.linalg.inv(triangle)

    def constant(self, tree: Any) -> Any:
        """Return a tree as one on which no derivative depends."""
        return jax.lax.stop_gradient(tree) if of_jax(*jax.tree.leaves(tree)) else tree

    def scan(self, step: Callable[[Any, Any], tuple[Any, Any]], start: Any, length: int) -> tuple[Any, Any]:
        """Take ``length`` steps from a start, as ``jax.lax.scan`` does: return where they lead, and stacked results."""
        if of_jax(*jax.tree.leaves(start)):
            return jax.lax.scan(step, start, None, length=length)
        found = []
        for _ in range(length):
            start, one = step(start, None)
            found.append(one)
        return start, self.stack(found) if found[0] is not None else None


xp: Any = _Arrays(np, jnp)


class Record(eqx.Module):
    """Hold fields, as ``equinox.Module`` does, with methods that are Python's own.

    Equinox makes each method that is looked up a tree of its object's arrays, which takes longer than most formulas do.
    """

    __getattribute__ = object.__getattribute__


def program(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Compile a function for arguments of JAX, as ``jax.jit`` does with these options; of NumPy's it is just called."""
    compiled = jax.jit(function, **options)

    @functools.wraps(function)
    def either(*arguments: Any, **named: Any) -> Any:
        return (compiled if of_jax(*jax.tree.leaves((arguments, named))) else function)(*arguments, **named)

    return either


class DerivativeOf:
    """Give a function a rule for its derivative, as ``jax.custom_jvp`` does; of NumPy's arrays it is just called."""

    def __init__(self, function: Callable[..., Any]):
        self._function, self._traced = function, jax.custom_jvp(function)
        self.__doc__, self.__name__ = function.__doc__, function.__name__
        self.__module__, self.__wrapped__ = function.__module__, function

    def __call__(self, *arguments: Any) -> Any:
        """Compute the function."""
        return (self._traced if of_jax(*arguments) else self._function)(*arguments)

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule: from arguments and their tangents to results and theirs."""
        return self._traced.defjvp(rule)

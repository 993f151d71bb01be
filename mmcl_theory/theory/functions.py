"""Define what formulas may use besides + − * / **: functions, and constants that are exact in every arithmetic.

They stand in one small module, so that a new kind of number is taught to every theorem in one place.  A number that has
a method of the function's name (``certification.arithmetic.ball.Ball``) computes it itself; an array of JAX, also a
traced one, goes to JAX; an array or a number of NumPy goes to NumPy, and nothing is traced or compiled.  Of plain
numbers the functions give a ``Constant``, which each arithmetic computes for itself.
"""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["Constant", "log", "maximum", "minimum", "rational", "sqrt"]


def sqrt(x: Any) -> Any:
    """Return √x; not a number where x is negative.

    Examples
    --------
    >>> sqrt(np.array([4.0, 9.0])), 1.5 * sqrt(2)
    (array([2., 3.]), Constant(2.121320343559643))
    """
    x = _exact(x)
    return x.sqrt() if hasattr(x, "sqrt") else _call("sqrt", x)


def log(x: Any) -> Any:
    """Return the natural logarithm of x; not a number where x is negative, and no finite one at 0.

    Examples
    --------
    >>> log(np.array([1.0])), float(log(2))
    (array([0.]), 0.6931471805599453)
    """
    x = _exact(x)
    return x.log() if hasattr(x, "log") else _call("log", x)


def minimum(x: Any, y: Any) -> Any:
    """Return the smaller of two numbers."""
    x, y = _exact(x), _exact(y)
    for one, other in ((x, y), (y, x)):
        # A constant becomes what the other number is.
        if hasattr(one, "minimum") and (isinstance(other, Constant) or not isinstance(one, Constant)):
            return one.minimum(other)
    return _call("minimum", x, y)


def maximum(x: Any, y: Any) -> Any:
    """Return the larger of two numbers."""
    return -minimum(-_exact(x), -_exact(y))


def rational(numerator: int | Fraction, denominator: int = 1) -> "Constant":
    """Return a fraction that stays exact where a formula is certified, and is a float elsewhere.

    A float such as 1/3 is rounded as soon as Python divides, so ``certify`` refuses it in a formula.

    Raises
    ------
    TypeError
        If a part is not a whole number or a fraction.
    ZeroDivisionError
        If the denominator is 0.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> third = mt.rational(1, 3)
    >>> third * np.float64(0.5), third + third
    (np.float64(0.16666666666666666), Constant(0.6666666666666666))
    """
    for name, part in (("numerator", numerator), ("denominator", denominator)):
        if not isinstance(part, int | Fraction):
            raise TypeError(f"{name}: a whole number or a fraction is needed, got {part!r}")
    return Constant(None, Fraction(numerator) / denominator)


class Constant:
    """Represent a number that a formula states exactly, such as 1/3 or log 2.

    It is computed by the arithmetic that it meets: a float with floats and arrays, an enclosure under ``certify``.
    Constants that are written alike are one number, so that their difference is exactly 0.

    Examples
    --------
    >>> two = sqrt(2) * sqrt(2)
    >>> two, 1 - np.array([0.5]) * two
    (Constant(2.0000000000000004), array([-2.22044605e-16]))
    """

    __slots__ = ("_function", "_parts")
    # NumPy's numbers leave arithmetic with a constant to the constant.
    __array_ufunc__ = None

    def __init__(self, function: Callable[..., Any] | None, *parts: Any):
        # Without a function the only part is a plain number; else the parts are constants.
        self._function, self._parts = function, parts

    def computed(self, number: Callable[[Any], Any], known: dict["Constant", Any] | None = None) -> Any:
        """Compute the constant in the arithmetic whose numbers ``number`` makes of plain ones."""
        known = {} if known is None else known
        if self not in known:
            if self._function is None:
                known[self] = number(self._parts[0])
            else:
                known[self] = self._function(*(part.computed(number, known) for part in self._parts))
        return known[self]

    def __float__(self) -> float:
        with np.errstate(all="ignore"):
            return float(self.computed(np.float64))

    def __jax_array__(self) -> jax.Array:
        return jnp.asarray(float(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and (self._function, self._parts) == (other._function, other._parts)

    def __hash__(self) -> int:
        return hash((self._function, self._parts))

    def __repr__(self) -> str:
        return f"Constant({float(self)!r})"

    def _with(self, function: Callable[..., Any], other: Any, swapped: bool = False) -> Any:
        """Combine with a plain number to a constant, with NumPy's or JAX's to one of theirs."""
        other = _exact(other)
        if isinstance(other, Constant):
            return Constant(function, other, self) if swapped else Constant(function, self, other)
        if not isinstance(other, np.ndarray | np.generic | jax.Array):
            return NotImplemented  # a number that knows what to do with a constant
        with np.errstate(all="ignore"):
            return function(other, float(self)) if swapped else function(float(self), other)

    def __add__(self, other: Any) -> Any:
        return self._with(operator.add, other)

    def __radd__(self, other: Any) -> Any:
        return self._with(operator.add, other, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._with(operator.sub, other)

    def __rsub__(self, other: Any) -> Any:
        return self._with(operator.sub, other, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(operator.mul, other)

    def __rmul__(self, other: Any) -> Any:
        return self._with(operator.mul, other, swapped=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with(operator.truediv, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(operator.truediv, other, swapped=True)

    def __pow__(self, other: Any) -> Any:
        return self._with(operator.pow, other)

    def __rpow__(self, other: Any) -> Any:
        return self._with(operator.pow, other, swapped=True)

    def __neg__(self) -> "Constant":
        return Constant(operator.neg, self)

    def sqrt(self) -> "Constant":
        """Return the square root."""
        return Constant(sqrt, self)

    def log(self) -> "Constant":
        """Return the natural logarithm."""
        return Constant(log, self)

    def minimum(self, other: "Constant") -> "Constant":
        """Return the smaller of two constants."""
        return Constant(minimum, self, other)


def _exact(value: Any) -> Any:
    """Turn a plain number into a constant; leave everything else as it is, NumPy's floats too."""
    return Constant(None, value) if type(value) in (int, float, Fraction) else value


def _call(name: str, *values: Any) -> Any:
    """Apply JAX's function of this name where a value is JAX's, else NumPy's, which then warns of nothing either."""
    values = tuple(float(value) if isinstance(value, Constant) else value for value in values)
    if any(isinstance(value, jax.Array) for value in values):
        return getattr(jnp, name)(*values)
    with np.errstate(all="ignore"):
        return getattr(np, name)(*values)

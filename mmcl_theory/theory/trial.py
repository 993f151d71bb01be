"""Try a formula once on stand-ins for numbers: whatever no arithmetic could compute is refused, with what to write.

``verify``, ``falsify`` and ``certify`` take theorems by ``select``, which tries each that is not of the catalogue, so
that a mistake has the same sentence in all of them.
"""

import difflib
import math
import numbers
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from ..quantities.quantities import Quantities
from .functions import Constant

ALLOWED = "formulas use + − * / ** and sqrt, log, minimum, maximum, rational of mmcl_theory only"

# The bits of a float that may stand in a formula: a product or quotient that was rounded has more, as a rule 53.
_FLOAT_BITS = 36
# How NumPy calls the operations that formulas use, as they are where one of its numbers stands on the left.
_OPERATIONS = {"add", "subtract", "multiply", "divide", "true_divide", "power", "negative", "positive"}
# What to write for a function of NumPy's, or for a method that Python calls.
_WRITE = {
    "sqrt": "mt.sqrt(x)",
    "log": "mt.log(x)",
    "log1p": "mt.log(1 + x)",
    "log2": "mt.log(x) / mt.log(2)",
    "log10": "mt.log(x) / mt.log(10)",
    "square": "x**2",
    "reciprocal": "1 / x",
    **dict.fromkeys(("minimum", "fmin"), "mt.minimum(x, y)"),
    **dict.fromkeys(("maximum", "fmax"), "mt.maximum(x, y)"),
    **dict.fromkeys(("absolute", "fabs"), "mt.maximum(x, -x)"),
}


class Mistake(TypeError):
    """Report what a formula may not use, in a sentence that says what to write."""


class UnknownQuantity(AttributeError, Mistake):
    """Report a name that no quantity has."""


def refuse_comparison(*_: Any) -> Any:
    """Raise the error for what compares quantities: max, min, if, < and the like."""
    raise Mistake("quantities cannot be compared: for max, min, if, < and the like write mt.maximum and mt.minimum")


def refuse_float(*_: Any) -> Any:
    """Raise the error for what makes a float of a quantity, as the functions of ``math`` do."""
    raise Mistake("a quantity cannot be turned into a float: for math.sqrt and math.log write mt.sqrt and mt.log")


def refuse_abs(*_: Any) -> Any:
    """Raise the error for an absolute value."""
    raise Mistake("abs takes no quantity: write mt.maximum(x, -x)")


def unknown_quantity(name: str) -> UnknownQuantity:
    """Make the error for a name that no quantity has, with the nearest that one has.

    Examples
    --------
    >>> print(unknown_quantity("labelling_error"))
    there is no quantity 'labelling_error'; did you mean 'labeling_error'?
    """
    near = difflib.get_close_matches(name, Quantities.__dataclass_fields__, 1)
    return UnknownQuantity(
        f"there is no quantity {name!r}; " + (f"did you mean {near[0]!r}?" if near else "see mmcl_theory.Quantities")
    )


def exact_fraction(value: Any) -> Fraction:
    """Return a plain number as the fraction that it is, if it is exactly what its digits say.

    Raises
    ------
    Mistake
        If it is no finite real number, or a float such as 0.1 or 1/3, which was rounded before it came here, so that
        what is proven of it would be no proof of what was written.

    Examples
    --------
    >>> exact_fraction(0.5), exact_fraction(np.float32(2))
    (Fraction(1, 2), Fraction(2, 1))
    """
    if getattr(value, "shape", None) == ():  # a number of NumPy's or JAX's
        value = np.asarray(value)[()]
    if isinstance(value, numbers.Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, float | np.floating) and math.isfinite(value):
        exact = Fraction(*(int(part) for part in value.as_integer_ratio()))
        # The digits are the shortest that give this float in its own precision.
        if Fraction(Decimal(str(value))) == exact and _odd_bits(exact) <= _FLOAT_BITS:
            return exact
        raise Mistake(f"formulas: {value!s} was rounded, and nothing can be proven of it; write {_meant(exact)}")
    told = value if isinstance(value, float | np.floating) else type(value).__name__
    raise Mistake(f"formulas may combine quantities with finite real numbers, got {told}")


def _odd_bits(exact: Fraction) -> int:
    """Count the bits of the numerator of a dyadic fraction without its factors of 2."""
    bits = abs(exact.numerator)
    return (bits // (bits & -bits)).bit_length() if bits else 0


def _meant(exact: Fraction) -> str:
    """Suggest how a rounded number should be written: as the simple fraction that it is nearest to, if there is one."""
    for simple in (exact.limit_denominator(1000), Fraction(Decimal(str(float(exact))))):
        if float(simple) == float(exact) and abs(simple.numerator) < 10**6:
            return f"mt.rational({simple.numerator}, {simple.denominator})"
    return "mt.rational(1, 3), mt.sqrt(2), mt.log(2) or the like"


class Trial:
    """Stand for a number of any arithmetic: without a value, it takes what formulas may use and refuses all else."""

    __slots__ = ()

    def _with(self, other: Any) -> "Trial":
        """Combine with another number, if it is an exact one."""
        if isinstance(other, Constant):
            other.computed(_stand_in)
        elif not isinstance(other, Trial):
            exact_fraction(other)
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _with
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = minimum = _with

    def _same(self) -> "Trial":
        """Return a number for a number."""
        return self

    __neg__ = __pos__ = sqrt = log = _same

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __bool__ = refuse_comparison
    __float__ = __int__ = __complex__ = refuse_float
    __abs__ = refuse_abs
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "a quantity"

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Raise the error for what makes an array of quantities."""
        raise Mistake(f"an array cannot be made of quantities: {ALLOWED}")

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **_: Any) -> "Trial":
        """Do for NumPy what it calls an operation of formulas; refuse its functions."""
        name = function.__name__
        if method != "__call__" or name not in _OPERATIONS:
            write = f"write {_WRITE[name]}" if name in _WRITE else ALLOWED
            raise Mistake(f"np.{name} takes no quantity: {write}")
        for value in inputs:
            self._with(value)
        return self


def _stand_in(value: Any) -> Trial:
    """Return the stand-in for a plain number that is exact."""
    exact_fraction(value)
    return Trial()


class _Trials:
    """Stand for the quantities that a formula reads."""

    def __getattr__(self, name: str) -> Trial:
        """Return the stand-in for a quantity."""
        if name not in Quantities.__dataclass_fields__:
            raise unknown_quantity(name)
        return Trial()


def check_formula(place: str, formula: Callable[[Any], Any]) -> None:
    """Refuse a formula of quantities that uses what no arithmetic has, or does not give a number.

    Raises
    ------
    TypeError
        If it does (an ``UnknownQuantity`` is an ``AttributeError`` too); the message begins with ``place``.  What the
        formula itself raises otherwise, such as a ``NameError``, passes unchanged.

    Examples
    --------
    >>> check_formula("rhs", lambda q: abs(q.labeling_error))
    Traceback (most recent call last):
    mmcl_theory.theory.trial.Mistake: rhs: abs takes no quantity: write mt.maximum(x, -x)
    """
    try:
        result = formula(_Trials())
        if not isinstance(result, Trial | Constant | numbers.Real) and getattr(result, "shape", None) != ():
            raise Mistake(f"it gives {result!r}, and not a real number")
        Trial()._with(result)
    except Mistake as error:
        raise type(error)(f"{place}: {error}") from error
    except (TypeError, AttributeError) as error:
        told = str(error).splitlines()[0]
        told = f"{told}; " if Trial.__name__ not in told else ""  # which says nothing to who wrote the formula
        raise TypeError(f"{place}: {told}{ALLOWED}") from error

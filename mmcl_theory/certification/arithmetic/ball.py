"""Represent a real number that is known exactly, as a rational, or to lie in a ball."""

from collections.abc import Callable, Iterable
from typing import Any

from flint import arb, ctx, fmpq, fmpz
from flint.utils.flint_exceptions import DomainError

from ...theory.functions import Constant
from ...theory.trial import exact_fraction, refuse_abs, refuse_comparison, refuse_float

# The bits of a rational power that is computed exactly; the exact power of a large exponent would fill the memory.
_POWER_BITS = 2**20


class Ball:
    """Represent one real number: an exact rational, or a ball of Arb that contains it.

    Rational results stay rational: a sum of rationals is exact, and so are the root of a square and the square of a
    root.  Everything else becomes a ball at the working precision (``flint.ctx.prec``).  An object stands for one
    number, so x − x is exactly 0, also for a ball; but what is not a number stays so, in x − x and in x⁰ too.

    Comparisons and conversion to float raise ``TypeError``, because they would lose the radius, and so does a float
    that is not exactly what its digits say, such as 0.1 or 1/3: see ``rational``.

    Examples
    --------
    >>> Ball(1) / 3 + 0.5
    Ball(5/6)
    >>> x = (Ball(2)).sqrt()
    >>> x**2, x - x, (x + 1).value.contains(2.5)
    (Ball(2), Ball(0), False)
    """

    __slots__ = ("_square", "value")
    # NumPy numbers leave arithmetic with a ball to the ball.
    __array_ufunc__ = None

    def __init__(self, value: Any):
        if isinstance(value, Constant):
            value = value.computed(Ball)
        self.value: fmpq | arb = value if isinstance(value, arb) else _number(value)
        self._square: fmpq | None = value._square if isinstance(value, Ball) else None  # of a root

    @property
    def is_exact(self) -> bool:
        """Say whether the number is known as a rational."""
        return isinstance(self.value, fmpq)

    def enclosure(self) -> arb:
        """Return a ball at the working precision that contains the number."""
        return arb(self.value)

    def is_finite(self) -> bool:
        """Say whether the number is certainly defined: exact, or in a ball that does not reach to infinity."""
        return self.is_exact or self.enclosure().is_finite()

    def is_positive(self) -> bool | None:
        """Say whether the number is positive; None where this ball does not tell."""
        if isinstance(self.value, fmpq):
            return self.value > 0
        return True if self.value > 0 else False if self.value <= 0 else None

    def is_negative(self) -> bool | None:
        """Say whether the number is negative; None where this ball does not tell."""
        return (-self).is_positive()

    def __repr__(self) -> str:
        return f"Ball({self})"

    def __str__(self) -> str:
        """Write the rational, or a decimal ball that contains this one and which ``flint.arb`` reads."""
        if isinstance(self.value, fmpq):
            return str(self.value)
        bits = max(8, min(ctx.prec, self.value.rel_accuracy_bits()))
        return self.value.str(bits * 3 // 10 + 2)  # the radius printed covers the digits left out

    def __add__(self, other: Any) -> "Ball":
        return self._with(other, lambda x, y: x + y)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Ball":
        if other is self and self.is_finite():
            return Ball(0)
        return self._with(other, lambda x, y: x - y)

    def __rsub__(self, other: Any) -> "Ball":
        return self._with(other, lambda x, y: y - x)

    def __mul__(self, other: Any) -> "Ball":
        return self._with(other, lambda x, y: x * y)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Ball":
        return self._with(other, lambda x, y: x / y)

    def __rtruediv__(self, other: Any) -> "Ball":
        return self._with(other, lambda x, y: y / x)

    def __pow__(self, exponent: Any) -> "Ball":
        power = _number(exponent)
        if not (self.is_finite() and arb(power).is_finite()):
            return Ball(arb.nan())  # Arb has 1 for x⁰, also where x is undefined
        if isinstance(power, fmpq) and power == fmpq(1, 2):
            return self.sqrt()
        if not isinstance(power, fmpq) or power.q != 1:
            return Ball(arb(self.value) ** arb(power))
        if self._square is not None and power.p % 2 == 0:
            return Ball(_integer_power(self._square, int(power.p) // 2))
        return Ball(_integer_power(self.value, int(power.p)))

    def __rpow__(self, base: Any) -> "Ball":
        return Ball(_number(base)) ** self

    def __neg__(self) -> "Ball":
        return Ball(-self.value)

    def __pos__(self) -> "Ball":
        return self

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> "Ball":
        """Combine this number with another one."""
        return Ball(operation(self.value, _number(other)))

    def sqrt(self) -> "Ball":
        """Return the square root, a rational where it is one; not a number where the ball reaches below zero."""
        if not isinstance(self.value, fmpq) or self.value < 0:
            return Ball(arb(self.value).sqrt())
        try:
            return Ball(self.value.sqrt())
        except DomainError:  # not the square of a rational
            root = Ball(arb(self.value).sqrt())
            root._square = self.value
            return root

    def log(self) -> "Ball":
        """Return the natural logarithm; exact at 1."""
        return Ball(0) if self.is_exact and self.value == 1 else Ball(arb(self.value).log())

    def minimum(self, other: Any) -> "Ball":
        """Return the smaller of two numbers."""
        first, second = self.value, _number(other)
        if isinstance(first, fmpq) and isinstance(second, fmpq):
            return Ball(min(first, second))
        return Ball(arb(first).min(arb(second)))

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __bool__ = refuse_comparison
    __float__ = __int__ = refuse_float
    __abs__ = refuse_abs
    __hash__ = object.__hash__


def rational(value: Any) -> fmpq:
    """Return an int, a fraction or a number of flint's as a rational, and a float that is exactly what its digits say.

    Raises
    ------
    TypeError
        If it is none of these: see ``exact_fraction``.
    """
    if isinstance(value, fmpq | fmpz | int):
        return fmpq(value)
    exact = exact_fraction(value)
    return fmpq(exact.numerator, exact.denominator)


def _integer_power(value: fmpq | arb, power: int) -> fmpq | arb:
    """Compute a power with a whole exponent; as a ball where the exact one would be too long."""
    if isinstance(value, fmpq):
        bits = max(int(abs(value.p)).bit_length(), int(value.q).bit_length())
        if value == 0 or bits * abs(power) <= _POWER_BITS:
            return value ** (min(power, 1) if value == 0 else power)
        value = arb(value)
    if power > 0 and value.mid() == 0:  # python-flint gives no power of such a ball
        return arb(0, (arb(value.rad()) ** power).upper())
    return value**power


def _number(value: Any) -> fmpq | arb:
    """Return what a ball holds, a constant computed at the working precision, or a plain number as a rational."""
    if isinstance(value, Constant):
        value = value.computed(Ball)
    return value.value if isinstance(value, Ball) else rational(value)


def hull(low: fmpq | arb, high: fmpq | arb) -> Ball:
    """Return a ball that contains every number between the two."""
    if isinstance(low, fmpq) and isinstance(high, fmpq) and low == high:
        return Ball(low)
    return Ball(arb(low).union(arb(high)))


def total(terms: Iterable[Any]) -> Ball:
    """Sum balls, and rationals or plain numbers among them."""
    return sum(terms, Ball(0))

"""Write formulas of quantities in LaTeX, by evaluating them on symbols."""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..quantities.quantities import Quantities
from .functions import Constant

_SUM, _PRODUCT, _SYMBOL = range(3)  # what holds a formula together, from the weakest to the strongest


def to_latex(formula: Callable[[Any], Any]) -> str:
    r"""Write a formula of quantities in LaTeX.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> to_latex(lambda q: mt.minimum(1, 2 * (1 - q.class_collision)))
    '\\min(2(1-\\pi), 1)'
    >>> to_latex(mt.theorems["probe-mmcl"].rhs)
    '\\frac{2\\alpha-\\alpha^{2}}{1-\\sigma_{k+1}^{2}}'
    """
    return _written(formula(_Symbols())).latex


class Written:
    """Stand for a number of any arithmetic by how it is written."""

    __slots__ = ("_binding", "latex")

    def __init__(self, latex: str, binding: int = _SYMBOL):
        self.latex, self._binding = latex, binding

    def _within(self, binding: int) -> str:
        """Write it as a part of what binds as strongly, in parentheses where they are needed."""
        return self.latex if self._binding >= binding else f"({self.latex})"

    def __add__(self, other: Any) -> "Written":
        return Written(f"{self.latex}+{_written(other)._within(_PRODUCT)}", _SUM)

    def __sub__(self, other: Any) -> "Written":
        return Written(f"{self.latex}-{_written(other)._within(_PRODUCT)}", _SUM)

    def __mul__(self, other: Any) -> "Written":
        one, two = self._within(_PRODUCT), _written(other)._within(_PRODUCT)
        between = r"\cdot " if two[0].isdigit() else r"\," if one[-1].isalpha() and two[0] != "(" else ""
        return Written(one + between + two, _PRODUCT)

    def __truediv__(self, other: Any) -> "Written":
        return Written(rf"\frac{{{self.latex}}}{{{_written(other).latex}}}", _PRODUCT)

    def __pow__(self, other: Any) -> "Written":
        return Written(f"{self._within(_SYMBOL)}^{{{_written(other).latex}}}")

    def __radd__(self, other: Any) -> "Written":
        return _written(other) + self

    def __rsub__(self, other: Any) -> "Written":
        return _written(other) - self

    def __rmul__(self, other: Any) -> "Written":
        return _written(other) * self

    def __rtruediv__(self, other: Any) -> "Written":
        return _written(other) / self

    def __rpow__(self, other: Any) -> "Written":
        return _written(other) ** self

    def __neg__(self) -> "Written":
        return Written(f"-{self._within(_PRODUCT)}", _SUM)

    def sqrt(self) -> "Written":
        """Write the square root."""
        return Written(rf"\sqrt{{{self.latex}}}")

    def log(self) -> "Written":
        """Write the natural logarithm."""
        return Written(rf"\log {self._within(_SYMBOL)}", _PRODUCT)

    def minimum(self, other: Any) -> "Written":
        """Write the smaller of two numbers."""
        return Written(rf"\min({self.latex}, {_written(other).latex})")


class _Symbols:
    """Stand for the quantities that a formula reads."""

    def __getattr__(self, name: str) -> Written:
        """Return the symbol of the quantity."""
        latex = Quantities.__dataclass_fields__[name].metadata["symbol"]
        outside = re.sub(r"\\\|.*?\\\||\\langle.*?\\rangle|\([^()]*\)|\{[^{}]*\}", "", latex)
        sum_ = _SUM if re.search("[+-]", outside) else _PRODUCT
        return Written(latex, sum_ if re.search(r"[+^-]|\\sum|\\prod", outside) else _SYMBOL)


def _written(value: Any) -> Written:
    """Write a number: one that is written already, a constant of formulas, or a plain one."""
    if isinstance(value, Written):
        return value
    if isinstance(value, Constant):
        return value.computed(_written)
    if math.isinf(value):
        return Written(r"\infty") if value > 0 else Written(r"-\infty", _SUM)
    exact = Fraction(value)
    number = Written(str(abs(exact.numerator)))
    whole = number if exact.denominator == 1 else number / Written(str(exact.denominator))
    return whole if exact >= 0 else -whole

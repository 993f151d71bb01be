"""Represent a function of the cells of a joint exactly: ratios of polynomials, and square roots of such ratios."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from flint import fmpz, fmpz_mpoly

from ...theory.functions import Constant
from ...theory.trial import exact_fraction, refuse_abs, refuse_comparison, refuse_float
from .assertions import Assertion, NotNegative, every, manifest_sign, some


class OutOfReach(ValueError):
    """Report what a formula reads or does that no proof on the simplex of joints covers; the message says what."""


class Term(NamedTuple):
    """Hold a product n√f of polynomials."""

    root: fmpz_mpoly
    part: fmpz_mpoly


class Surd:
    """Represent Σ_f n_f √f / d, where n_f, f and d are polynomials of the cells, homogeneous of degree 0 in all.

    The denominator d is nowhere negative, so that the sign is that of the numerator.  A number means something where
    its denominator is positive and what is under its roots is not negative; nothing is said of it elsewhere.
    ``choose`` decides which of two numbers is the smaller one: it is told their difference, and says whether that is
    not negative.
    """

    __slots__ = ("choose", "denominator", "terms")
    __array_ufunc__ = None

    def __init__(self, terms: Iterable[Term], denominator: fmpz_mpoly, choose: Callable[["Surd"], bool]):
        collected: list[Term] = []
        for term in terms:
            same = next((place for place, (root, _) in enumerate(collected) if root == term.root), None)
            if same is None:
                collected.append(term)
            else:
                collected[same] = Term(term.root, collected[same].part + term.part)
        self.terms = [term for term in collected if not term.part.is_zero()]
        self.denominator = denominator if self.terms else denominator.context().constant(1)
        self.choose = choose
        common = self.denominator
        for _, part in self.terms:
            if common.is_one():
                return
            common = common.gcd(part)
        if not common.is_one() and (sign := manifest_sign(common)):
            self.terms = [Term(root, part / (sign * common)) for root, part in self.terms]
            self.denominator = self.denominator / (sign * common)

    @property
    def one(self) -> fmpz_mpoly:
        """Return the polynomial 1."""
        return self.denominator.context().constant(1)

    @property
    def numerator(self) -> fmpz_mpoly | None:
        """Return the numerator of a ratio of polynomials; None where there is a root."""
        if not self.terms:
            return 0 * self.one
        return self.terms[0].part if len(self.terms) == 1 and self.terms[0].root.is_one() else None

    def is_nonnegative(self, given: tuple[fmpz_mpoly, ...] = ()) -> Assertion:
        """Return the assertion that the number is not negative where ``given`` are not, about signs of polynomials.

        A + B√f is not negative where A and B are not, where A is not and A² ≥ B²f, and where B is not and B²f ≥ A²; and
        nowhere else.
        """
        if self.numerator is not None:
            return NotNegative.of(self.numerator, given)
        root, part = next(term for term in self.terms if not term.root.is_one())
        outside = self._whole(term for term in self.terms if term.root != root)
        if sum(not term.root.is_one() for term in outside.terms) > 1:
            raise OutOfReach("a sum of three square roots decides")
        difference = outside * outside - self._whole([Term(self.one, part * part * root)])
        positive, factor = outside.is_nonnegative(given), NotNegative.of(part, given)
        larger, smaller = (one.is_nonnegative(given) for one in (difference, -difference))
        return some([every([positive, factor]), every([positive, larger]), every([factor, smaller])])

    def _whole(self, terms: Iterable[Term]) -> "Surd":
        """Return a sum without a denominator."""
        return Surd(terms, self.one, self.choose)

    def on(self, images: Sequence[fmpz_mpoly]) -> "Surd":
        """Return a number of the same sign, as a function of the coordinates in a piece of the simplex."""
        return self._whole(Term(root.compose(*images), part.compose(*images)) for root, part in self.terms)

    def __add__(self, other: Any) -> "Surd":
        other = self._number(other)
        if self.denominator == other.denominator:  # which is not multiplied by itself, as most are the total mass
            return Surd([*self.terms, *other.terms], self.denominator, self.choose)
        scaled = [
            Term(root, part * by.denominator) for one, by in ((self, other), (other, self)) for root, part in one.terms
        ]
        return Surd(scaled, self.denominator * other.denominator, self.choose)

    __radd__ = __add__

    def __neg__(self) -> "Surd":
        return Surd([Term(root, -part) for root, part in self.terms], self.denominator, self.choose)

    def __pos__(self) -> "Surd":
        return self

    def __sub__(self, other: Any) -> "Surd":
        return self + -self._number(other)

    def __rsub__(self, other: Any) -> "Surd":
        return self._number(other) + -self

    def __mul__(self, other: Any) -> "Surd":
        other = self._number(other)
        terms = []
        for (first, one), (second, two) in itertools.product(self.terms, other.terms):
            # A square is what was under the root, which is not negative.
            outer, root = (first, self.one) if first == second else rooted(first * second)
            terms.append(Term(root, one * two * outer))
        return Surd(terms, self.denominator * other.denominator, self.choose)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Surd":
        return self * self._number(other).inverse()

    def __rtruediv__(self, other: Any) -> "Surd":
        return self._number(other) * self.inverse()

    def inverse(self) -> "Surd":
        """Return 1/x, so that its denominator is not negative either."""
        if not self.terms:
            raise ZeroDivisionError("division by zero")
        if len(self.terms) > 1:
            raise OutOfReach("it divides by a sum of square roots")
        ((root, part),) = self.terms
        under = part * root
        sign = manifest_sign(under)
        if sign:
            return Surd([Term(root, sign * self.denominator)], sign * under, self.choose)
        return Surd([Term(root, self.denominator * part)], under * part, self.choose)

    def __pow__(self, exponent: Any) -> "Surd":
        power = exact_fraction(exponent.computed(exact_fraction) if isinstance(exponent, Constant) else exponent)
        if power == Fraction(1, 2):
            return self.sqrt()
        if power.denominator != 1:
            raise OutOfReach(f"it takes the power {power}")
        product, base = self._number(1), self if power > 0 else self.inverse() if power < 0 else self
        for _ in range(abs(int(power))):
            product = product * base
        return product

    def __rpow__(self, _: Any) -> "Surd":
        raise OutOfReach("an exponent depends on the joint")

    def sqrt(self) -> "Surd":
        """Return the square root of a ratio of polynomials."""
        if self.numerator is None:
            raise OutOfReach("it takes the root of a root")
        if not self.terms:
            return self
        outer, root = rooted(self.numerator * self.denominator)
        return Surd([Term(root, outer)], self.denominator, self.choose)

    def log(self) -> "Surd":
        """Refuse: no logarithm is a ratio of polynomials, but that of 1."""
        if (self - 1).terms:
            raise OutOfReach("it takes a logarithm")
        return self._number(0)

    def minimum(self, other: Any) -> "Surd":
        """Return the smaller of two numbers, by what is assumed of their difference."""
        other = self._number(other)
        return self if self.choose(other - self) else other

    def _number(self, value: Any) -> "Surd":
        """Return a plain number, or a constant, as one of these."""
        if isinstance(value, Surd):
            return value
        if isinstance(value, Constant):
            return value.computed(self._number)
        exact = exact_fraction(int(value) if isinstance(value, fmpz) else value)
        return Surd([Term(self.one, self.one * exact.numerator)], self.one * exact.denominator, self.choose)

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __bool__ = refuse_comparison
    __float__ = __int__ = refuse_float
    __abs__ = refuse_abs
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        parts = " + ".join(f"({part})" + f"*sqrt({root})" * (not root.is_one()) for root, part in self.terms)
        return f"Surd(({parts or 0})/({self.denominator}))"


def rooted(square: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    """Split √q into a polynomial that is nowhere negative and the root of the rest.

    Examples
    --------
    >>> from flint import fmpz_mpoly_ctx
    >>> x, y = fmpz_mpoly_ctx.get(("x", "y")).gens()
    >>> rooted(12 * x**2 * (x - y) ** 2 * y)
    (2*x, 3*x^2*y - 6*x*y^2 + 3*y^3)
    """
    content, factors = square.factor()
    outer, root = square.context().constant(1), square.context().constant(1)
    # Small square factors of a whole number are those that formulas bring in.
    for prime in (2, 3, 5, 7):
        while content % prime**2 == 0:
            content, outer = content // prime**2, outer * prime
    for factor, power in factors:
        half = int(power) // 2
        sign = manifest_sign(factor) or (half % 2 == 0)
        if sign:
            outer *= (sign * factor) ** half
            root *= factor ** (int(power) % 2)
        else:
            root *= factor ** int(power)
    return outer, content * root

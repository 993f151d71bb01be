"""Assert that polynomials are nowhere negative on a simplex, and prove it from their coefficients.

A homogeneous polynomial whose coefficients are not negative is not negative where its variables are not: on a simplex,
whose barycentric coordinates they are, zeros at the boundary included.  The coefficients are those of Bernstein but
for positive factors.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from functools import cached_property

from flint import fmpz_mpoly

from .squares import is_sum_of_squares

Polynomials = Sequence[fmpz_mpoly]
Images = Polynomials  # of the variables
Blamed = Iterable[tuple[tuple[int, ...], float]]


def manifest_sign(polynomial: fmpz_mpoly) -> int | None:
    """Return 1 where no coefficient is negative, −1 where none is positive, and None where there are both.

    Examples
    --------
    >>> from flint import fmpz_mpoly_ctx
    >>> x, y = fmpz_mpoly_ctx.get(("x", "y")).gens()
    >>> manifest_sign(x + 2 * y), manifest_sign(-x * y), manifest_sign(x - y)
    (1, -1, None)
    """
    coefficients = polynomial.coeffs()
    if all(coefficient > 0 for coefficient in coefficients):
        return 1
    return -1 if all(coefficient < 0 for coefficient in coefficients) else None


class Assertion:
    """Represent an assertion about all points of a simplex."""

    @property
    def is_proven(self) -> bool:
        """Say whether the coefficients prove it."""
        raise NotImplementedError

    def is_proven_with(self, given: Polynomials, squares: Polynomials) -> bool:
        """Say whether it is proven with more effort, from more polynomials that are not negative."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Return the number of coefficients."""
        raise NotImplementedError

    def moved(self, images: Images) -> "Assertion":
        """Return it in the coordinates of a piece of the simplex; what is proven stays so."""
        raise NotImplementedError

    def fails_at(self, vertex: int) -> bool:
        """Say whether it is false at a vertex or, where it is known to be, just beside it."""
        raise NotImplementedError

    def blamed(self) -> Blamed:
        """List the monomials that stand in the way of a proof, each with how much."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class Settled(Assertion):
    """Represent what is known: true of all points, or false of all but some of the boundary."""

    is_proven: bool = True
    size: int = 1

    def is_proven_with(self, given: Polynomials, squares: Polynomials) -> bool:
        """Say whether it is true."""
        return self.is_proven

    def moved(self, images: Images) -> Assertion:
        """Return the same."""
        return self

    def fails_at(self, vertex: int) -> bool:
        """Say whether it is false."""
        return not self.is_proven

    def blamed(self) -> Blamed:
        """List nothing."""
        return ()


@dataclasses.dataclass(frozen=True)
class NotNegative(Assertion):
    """Represent the assertion that one homogeneous polynomial is not negative where all of ``given`` are not."""

    polynomial: fmpz_mpoly
    given: tuple[fmpz_mpoly, ...] = ()

    @staticmethod
    def of(polynomial: fmpz_mpoly, given: tuple[fmpz_mpoly, ...] = ()) -> Assertion:
        """Make it of the factors that decide: those of odd power that are not manifestly of one sign."""
        if polynomial.is_zero():
            return Settled()
        if sign := manifest_sign(polynomial):  # with no need to factor
            return Settled(sign > 0)
        content, factors = polynomial.factor()
        rest = polynomial.context().constant(1 if content > 0 else -1)
        for factor, power in factors:
            if int(power) % 2:
                rest *= manifest_sign(factor) or factor
        return NotNegative._settled(rest, given)

    @staticmethod
    def _settled(polynomial: fmpz_mpoly, given: tuple[fmpz_mpoly, ...]) -> Assertion:
        """Settle it where all coefficients have one sign."""
        sign = manifest_sign(polynomial)
        return NotNegative(polynomial, given) if sign is None else Settled(sign > 0)

    @cached_property
    def is_proven(self) -> bool:
        """Say whether the polynomial is a sum of squares and of what is not negative."""
        return is_sum_of_squares(self.polynomial, self.given)

    def is_proven_with(self, given: Polynomials, squares: Polynomials) -> bool:
        """Say whether the same is found with more of them, and their products."""
        known = [*self.given, *given]
        products = [one * other for one, other in itertools.combinations(known, 2)]
        return self.is_proven or is_sum_of_squares(self.polynomial, [*known, *products, *squares], thorough=True)

    @property
    def size(self) -> int:
        """Return the number of coefficients."""
        return len(self.polynomial)

    def moved(self, images: Images) -> Assertion:
        """Return it for the polynomial of the images."""
        first, *others = (one.compose(*images).primitive()[1] for one in (self.polynomial, *self.given))
        return NotNegative._settled(first, tuple(others))

    def fails_at(self, vertex: int) -> bool:
        """Say whether the polynomial is negative at a vertex, where it is a coefficient."""
        powers = [0] * self.polynomial.context().nvars()
        powers[vertex] = self.polynomial.total_degree()
        return self.polynomial[tuple(powers)] < 0

    def blamed(self) -> Blamed:
        """List the monomials with negative coefficients, by those of Bernstein."""
        degree, largest = self.polynomial.total_degree(), max(abs(int(one)) for one in self.polynomial.coeffs())
        for powers, coefficient in zip(self.polynomial.monoms(), self.polynomial.coeffs(), strict=True):
            if coefficient < 0:
                powers = tuple(int(power) for power in powers)
                orders = math.prod(math.factorial(power) for power in powers)
                yield powers, -int(coefficient) * orders / (math.factorial(degree) * largest)


@dataclasses.dataclass(frozen=True)
class Joined(Assertion):
    """Represent the assertion that every one of some assertions is true, or that at each point one of them is."""

    parts: tuple[Assertion, ...]
    every: bool

    @property
    def is_proven(self) -> bool:
        """Say whether every part is proven, or one is."""
        return (all if self.every else any)(part.is_proven for part in self.parts)

    def is_proven_with(self, given: Polynomials, squares: Polynomials) -> bool:
        """Say whether every part is proven so, or one is."""
        return (all if self.every else any)(part.is_proven_with(given, squares) for part in self.parts)

    @property
    def size(self) -> int:
        """Return the number of coefficients of all parts."""
        return sum(part.size for part in self.parts)

    def moved(self, images: Images) -> Assertion:
        """Return it for the parts that are left to prove."""
        if self.every:
            return every([part.moved(images) for part in self.parts if not part.is_proven])
        return some([part.moved(images) for part in self.parts])

    def fails_at(self, vertex: int) -> bool:
        """Say whether some part is false at a vertex, or every one is."""
        return (any if self.every else all)(part.fails_at(vertex) for part in self.parts)

    def blamed(self) -> Blamed:
        """List the monomials of all parts."""
        return (pair for part in self.parts for pair in part.blamed())


def every(parts: Sequence[Assertion]) -> Assertion:
    """Assert all of some assertions."""
    return _joined(parts, Settled(False), Settled(True), every=True)


def some(parts: Sequence[Assertion]) -> Assertion:
    """Assert that at each point one of some assertions is true."""
    return _joined(parts, Settled(True), Settled(False), every=False)


def _joined(parts: Sequence[Assertion], decisive: Settled, idle: Settled, every: bool) -> Assertion:
    """Join assertions, without those that are settled."""
    if decisive in parts:
        return decisive
    left = tuple(part for part in parts if part != idle)
    return left[0] if len(left) == 1 else Joined(left, every) if left else idle

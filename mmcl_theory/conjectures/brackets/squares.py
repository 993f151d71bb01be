"""Prove that a polynomial is not negative where its variables are not, as a sum of squares of binomials."""

import functools
import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from flint import fmpz_mpoly
from scipy import sparse
from scipy.optimize import linprog

Powers = tuple[int, ...]

_NEAREST = 16  # pairs of monomials that are tried for each one
_FULL = 1300  # monomials of a degree up to which all are tried, and products of the given with all
_RAISED = 1  # how often a polynomial is multiplied by the sum of its variables
_STEPS = 10_000  # of the simplex method, most of which takes some hundreds
_DENOMINATOR = 5040  # of the multiples of squares: a vertex of such a program has small fractions


def is_sum_of_squares(polynomial: fmpz_mpoly, given: Sequence[fmpz_mpoly] = (), thorough: bool = False) -> bool:
    """Say whether p = Σ λ x^γ (x^α − x^β)² + Σ μ x^γ g + Σ ν x^γ is found, with λ, μ, ν ≥ 0 and g among ``given``.

    That proves p ≥ 0 where the variables and the g are not negative.  λ and μ are found by a linear program and rounded
    to fractions; ν is computed exactly from them, so that rounding cannot make a proof of what is none.  If it is to be
    ``thorough``, all monomials are tried where they are few, for p and for p times the sum of the variables.

    Examples
    --------
    >>> from flint import fmpz_mpoly_ctx
    >>> x, y = fmpz_mpoly_ctx.get(("x", "y")).gens()
    >>> is_sum_of_squares(x**3 - 2 * x**2 * y + x * y**2 + y**3), is_sum_of_squares(x**2 - 3 * x * y + y**2)
    (True, False)
    >>> is_sum_of_squares(x**2 - 3 * x * y + y**2, [y - 3 * x])
    True
    """
    coefficients = _coefficients(polynomial)
    negative = [powers for powers, coefficient in coefficients.items() if coefficient < 0]
    if not negative:
        return True
    places = {powers: row for row, powers in enumerate(coefficients)}
    known = [_coefficients(one) for one in given]
    products = _squares(negative, places)
    products += [product for one in known for product in _multiples(one, negative, places)]
    if _is_combined(list(coefficients.values()), products):
        return True
    if not thorough:
        return False
    n, degree = polynomial.context().nvars(), polynomial.total_degree()
    for _ in range(_RAISED + 1):
        if math.comb(degree + n - 1, n - 1) > _FULL:
            return False
        coefficients = _coefficients(polynomial)
        places = {powers: row for row, powers in enumerate(_monomials(n, degree))}
        products = _squares(list(places), places)
        for one in known:
            products += _all_multiples(one, places, degree)
        if _is_combined([coefficients.get(powers, 0) for powers in places], products):
            return True
        polynomial, degree = polynomial * sum(polynomial.context().gens(), 0 * polynomial), degree + 1
    return False


def _is_combined(known: list[int], products: list[dict[int, int]]) -> bool:
    """Say whether multiples of some products, taken from the known coefficients, are found that leave none negative."""
    helped = {place for product in products for place, entry in product.items() if entry < 0}
    if not all(value >= 0 or place in helped for place, value in enumerate(known)):
        return False
    scale = max(abs(value) for value in known)
    columns = np.repeat(np.arange(len(products)), [len(product) for product in products])
    rows = np.fromiter((place for product in products for place in product), int)
    entries = np.fromiter((float(entry) for product in products for entry in product.values()), float)
    taken = sparse.csr_matrix((entries, (rows, columns)), (len(known), len(products)))
    found = linprog(
        np.ones(len(products)),
        A_ub=taken,
        b_ub=[value / scale for value in known],
        method="highs",
        options={"maxiter": _STEPS},
    )
    if found.status != 0:
        return False
    left = [Fraction(value) for value in known]
    for product, amount in zip(products, found.x, strict=True):
        if amount > 0:
            exact = Fraction(amount * scale).limit_denominator(_DENOMINATOR)
            for place, entry in product.items():
                left[place] -= exact * entry
    return min(left) >= 0


def _coefficients(polynomial: fmpz_mpoly) -> dict[Powers, int]:
    """Return the coefficient of each monomial."""
    monomials = (tuple(int(power) for power in powers) for powers in polynomial.monoms())
    return dict(zip(monomials, (int(value) for value in polynomial.coeffs()), strict=True))


def _squares(negative: list[Powers], places: dict[Powers, int]) -> list[dict[int, int]]:
    """List x^2α − 2 x^(α+β) + x^2β for negative monomials x^(α+β), the nearest ones first, times a common monomial."""
    ends, middles = np.array(list(places)), np.array(negative)
    # A number for each monomial: that of 2β − α is twice that of β less that of α.
    radix = (4 * int(ends.max()) + 1) ** np.arange(ends.shape[1])
    codes, wanted = ends @ radix, 2 * (middles @ radix)[:, None] - ends @ radix
    order = np.argsort(codes)
    others = order[np.searchsorted(codes, wanted, sorter=order).clip(max=len(order) - 1)]
    of, one = np.nonzero((codes[others] == wanted) & (np.arange(len(ends)) < others))
    other = others[of, one]
    # No number may stand for two monomials: a proof rests on these being squares.
    assert (ends[one] + ends[other] == 2 * middles[of]).all()
    by_distance = np.lexsort((one, np.abs(ends[one] - middles[of]).sum(axis=1), of))
    of, one, other = (part[by_distance] for part in (of, one, other))
    near = np.arange(len(of)) - np.searchsorted(of, of) < _NEAREST
    triples = zip(*(part[near].tolist() for part in (of, one, other)), strict=True)
    return [{first: 1, last: 1, places[negative[middle]]: -2} for middle, first, last in triples]


def _multiples(given: dict[Powers, int], negative: list[Powers], places: dict[Powers, int]) -> list[dict[int, int]]:
    """List the products of a polynomial with monomials that have a part in a negative monomial, and none beyond."""
    down = [powers for powers, coefficient in given.items() if coefficient < 0]
    factors = {tuple(a - b for a, b in zip(one, two, strict=True)) for one in negative for two in down}
    found = []
    for factor in sorted(factors):
        if min(factor) >= 0:
            product = {tuple(a + b for a, b in zip(factor, one, strict=True)): value for one, value in given.items()}
            if all(powers in places for powers, value in product.items() if value > 0):
                found.append({places[powers]: value for powers, value in product.items() if powers in places})
    return found


@functools.cache
def _monomials(n_variables: int, degree: int) -> list[Powers]:
    """List all monomials of a degree."""
    places = degree + n_variables - 1
    bars = itertools.combinations(range(places), n_variables - 1)
    return [tuple(b - a - 1 for a, b in itertools.pairwise((-1, *bar, places))) for bar in bars]


def _all_multiples(given: dict[Powers, int], places: dict[Powers, int], degree: int) -> list[dict[int, int]]:
    """List the products of a polynomial with all monomials that give a degree."""
    one = next(iter(given))
    missing = degree - sum(one)
    if missing < 0:
        return []
    return [
        {places[tuple(a + b for a, b in zip(factor, powers, strict=True))]: value for powers, value in given.items()}
        for factor in _monomials(len(one), missing)
    ]

"""Compute the moments ∫ x^m dμ of label functions on a graph of pairs, μ = Σ_j ⟨f, u_j⟩² δ_{λ_j}, by walking on it.

They are those of walks of m steps: ∫ x^m dμ = Σ_x p(x) f(x) (T^m f)(x), T = D^{-1}K the transition matrix.  Half of the
steps are taken from either end, ∫ x^{i+j} dμ = ⟨T^i f, T^j f⟩, so that M moments cost M/2 products.
"""

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from .ball import Ball
from .forms import Form

Moment = fmpq | arb

# Moments are rational; as fractions they are computed where these are no longer than this, and else enclosed.  Of a
# joint of 64 × 64 floats the sixteenth has 10⁵ digits, which nothing needs.
EXACT_BITS = 2**14
# Beyond so many bits a fraction is written as a ball: nobody reads 2,000 digits, and equalities of such fractions are
# none that anyone meant.
LONGEST_BITS = 2**12
# Bits beyond the working precision: powers of x on [0, 1] cost about 2.5 bits a degree, in the polynomials and again in
# the equations that determine their nodes.
GUARD_PER_STEP = 12
GUARD = 64


def guarded(steps: int) -> int:
    """Return the bits with which moments up to so many steps are computed."""
    return int(ctx.prec) + GUARD + GUARD_PER_STEP * steps


def moments(form: Form, functions: Sequence[list[fmpq]], steps: int, known: fmpq | int = 0) -> list[Moment]:
    """Compute ∫ x^m dμ for m = 0 … ``steps``, summed over the functions; as fractions where these are short enough.

    A mass that μ is known to have at the point 1, where it counts in every moment, is taken off.
    """
    n, columns = form.size, fmpq_mat(list(functions)).transpose()
    transition = fmpq_mat([[form.matrix[i, j] / form.weights[i] for j in range(n)] for i in range(n)])
    length = int(transition.numer_denom()[1]).bit_length() * steps
    is_exact = length <= EXACT_BITS or steps <= 2
    # Several bounds rest on the same moments; fractions are the same at every precision.
    at = 0 if is_exact else ctx.prec, steps, tuple(columns.entries())
    with ctx.workprec(guarded(steps)):
        if at not in form.moments:
            numbers: tuple[Any, Any, Any] = transition, columns, form.weights
            if not is_exact:
                numbers = arb_mat(transition), arb_mat(columns), [arb(weight) for weight in form.weights]
            form.moments[at] = _by_halves(*numbers, steps)
        return [moment - known for moment in form.moments[at]]


def _by_halves(transition: Any, column: Any, weights: Sequence[Any], steps: int) -> list[Moment]:
    """Compute the moments from T^i f, i = 0 … ⌈steps/2⌉, in the arithmetic of the matrices."""
    matrix, size = type(column), column.nrows() * column.ncols()
    masses = matrix([[weight if i == j else 0 for j in range(len(weights))] for i, weight in enumerate(weights)])
    walked = []
    for i in range((steps + 1) // 2 + 1):
        column = transition * column if i else column
        walked.append((matrix(1, size, (masses * column).entries()), matrix(size, 1, column.entries())))
    # Σ_x p(x) f(x) g(x), summed over the columns, is one product.
    return [(walked[m // 2][0] * walked[m - m // 2][1])[0, 0] for m in range(steps + 1)]


def as_ball(number: Moment) -> Ball:
    """Return a number as a ball at the working precision; a fraction as it is, unless it is very long."""
    if isinstance(number, fmpq):
        return Ball(number if int(number.q).bit_length() <= LONGEST_BITS else arb(number))
    return Ball(+number)

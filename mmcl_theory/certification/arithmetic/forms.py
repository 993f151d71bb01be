"""Decompose a weighted symmetric form with rational entries: find equal, rational and enclosed eigenvalues."""

import itertools
from functools import cached_property
from typing import Any, NamedTuple

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from .ball import Ball, rational
from .eigen import Diagonalization, diagonalize, frobenius


class Undecided(Exception):
    """Report what the working precision does not decide, or (``final``) no precision would; the message says what."""

    def __init__(self, reason: str, final: bool = False):
        super().__init__(reason)
        self.final = final


class Projection(NamedTuple):
    """Hold ⟨g, Πh⟩ of functions g, h = 1 … m, and the values of the Πg themselves, one row for each item."""

    products: list[list[Ball]]
    scores: list[list[Ball]]


class Form:
    """Represent the eigenvalue problem K f = λ D f, K symmetric and D diagonal and positive, both rational.

    Its eigenvalues are those of the symmetric matrix B = D^{-1/2} K D^{-1/2} and of the rational matrix D^{-1}K; the
    functions f correspond to eigenvectors D^{1/2} f.  So AAᵀ is the form K = P D_L^{-1} Pᵀ, D = D_V.

    A ball cannot tell that two eigenvalues are equal or that one is 1.  This is decided in exact arithmetic: a
    rational λ is an m-fold eigenvalue if K − λD has rank n − m; and if there are as many clusters of overlapping
    enclosures as the characteristic polynomial has distinct roots, each cluster is one eigenvalue.
    """

    def __init__(self, matrix: fmpq_mat, weights: list[fmpq]):
        self.matrix, self.weights = matrix, weights
        self._diagonalizations: dict[int, Diagonalization] = {}  # by precision, like the eigenvalues
        self._eigenvalues: dict[int, list[Ball]] = {}
        self.moments: dict[Any, list[fmpq | arb]] = {}  # of walks, which ``walk_moments`` keeps here

    @property
    def size(self) -> int:
        """Return the dimension n."""
        return len(self.weights)

    @property
    def diagonalization(self) -> Diagonalization:
        """Return B diagonalized at the working precision."""
        if ctx.prec not in self._diagonalizations:
            lower = max((bits for bits in self._diagonalizations if bits < ctx.prec), default=None)
            start = None if lower is None else self._diagonalizations[lower].basis
            self._diagonalizations[ctx.prec] = diagonalize(self._normalized(), start)
        return self._diagonalizations[ctx.prec]

    def eigenvalues(self) -> list[Ball]:
        """Return λ_1 ≥ λ_2 ≥ …; those that are proven equal are one object."""
        if ctx.prec not in self._eigenvalues:
            found = self.diagonalization
            self._eigenvalues[ctx.prec] = [
                ball
                for first, size in self._clusters(found)
                for ball in self._resolve([found.eigenvalue(i) for i in range(first, first + size)])
            ]
        return self._eigenvalues[ctx.prec]

    def _clusters(self, found: Diagonalization) -> list[tuple[int, int]]:
        """List (first, size) of the maximal runs of eigenvalues that are not certainly apart."""
        starts = [0, *(k for k in range(1, self.size) if found.separates(k)), self.size]
        return [(start, end - start) for start, end in itertools.pairwise(starts)]

    def _resolve(self, enclosures: list[arb]) -> list[Ball]:
        """Decide what the eigenvalues of one cluster are: one rational, one enclosed number, or several balls."""
        size = len(enclosures)
        value = self._rational(enclosures)
        if value is not None:
            return [Ball(value)] * size
        if size > 1 and self.n_distinct == len(self._clusters(self.diagonalization)):
            return [Ball(enclosures[0])] * size  # one eigenvalue, which each of them encloses
        return [Ball(enclosure) for enclosure in enclosures]

    def _rational(self, enclosures: list[arb]) -> fmpq | None:
        """Find the rational that all eigenvalues of a cluster are, if there is one.

        Only a rational is tried that is so simple that it would not lie in so small an interval by chance.
        """
        common = enclosures[0]
        for enclosure in enclosures[1:]:
            if not common.overlaps(enclosure):
                return None
            common = common.intersection(enclosure)
        if not common.is_finite():
            return None
        candidate = simplest(common.lower(), common.upper())
        accuracy = -_exponent(common.rad())
        if 2 * int(candidate.q).bit_length() + 16 > accuracy:
            return None
        return candidate if self.size - self._less(candidate).rank() == len(enclosures) else None

    def _less(self, value: fmpq) -> fmpq_mat:
        """Compute K − λD."""
        matrix = fmpq_mat(self.matrix)
        for i, weight in enumerate(self.weights):
            matrix[i, i] -= value * weight
        return matrix

    @cached_property
    def n_distinct(self) -> int:
        """Return the number of distinct eigenvalues, from the characteristic polynomial of D^{-1}K."""
        n = self.size
        polynomial = fmpq_mat([[self.matrix[i, j] / self.weights[i] for j in range(n)] for i in range(n)]).charpoly()
        return n - polynomial.gcd(polynomial.derivative()).degree()

    def _normalized(self) -> arb_mat:
        """Compute B."""
        n, roots = self.size, [arb(weight).rsqrt() for weight in self.weights]
        return arb_mat([[arb(self.matrix[i, j]) * roots[i] * roots[j] for j in range(n)] for i in range(n)])

    def is_unique(self, k: int) -> bool:
        """Say whether the first k eigenvalues are above the others, so that there is one projector Π_k.

        Raises
        ------
        Undecided
            If the working precision does not tell.
        """
        if k == self.size or self.diagonalization.separates(k):
            return True
        values = self.eigenvalues()
        if values[k - 1] is values[k]:
            return False
        raise Undecided(f"eigenvalues {k} and {k + 1} are not told apart")

    def project(self, functions: list[list[fmpq]], k: int) -> Projection:
        """Apply Π_k to rational functions, given by values; exact where the first k eigenvalues are all rational.

        Raises
        ------
        Undecided
            If the first k eigenvalues are not certainly above the others.
        """
        columns = self._rational_span(k)
        return self._nearly(functions, k) if columns is None else project_onto(columns, self.weights, functions)

    def span(self, k: int) -> list[list[fmpq]] | arb_mat:
        """Return functions that span the first k eigenfunctions: rational ones, or enclosed ones as columns.

        The enclosed ones are Π_kQ_k, to which Q_kQ_kᵀQ_k is as near as Q_kQ_kᵀ is to Π_k.  They span the
        eigenfunctions only if they are independent, which the caller must check.

        Raises
        ------
        Undecided
            If the first k eigenvalues are not certainly above the others.
        """
        columns = self._rational_span(k)
        if columns is not None:
            return columns
        found = self.diagonalization
        kept = arb_mat([row[:k] for row in found.basis.tolist()])
        error = arb(0, found.projector_error(k) * frobenius(kept))
        near = (kept * (kept.transpose() * kept)).tolist()
        return arb_mat([[(x + error) * arb(w).rsqrt() for x in row] for row, w in zip(near, self.weights, strict=True)])

    def _rational_span(self, k: int) -> list[list[fmpq]] | None:
        """Return rational functions that span the first k eigenfunctions, if these eigenvalues or all functions do."""
        if k == self.size:
            return [[fmpq(int(i == j)) for j in range(k)] for i in range(k)]
        first = self._first(k)
        return self._null_spaces(first) if all(value.is_exact for value in first) else None

    def _first(self, k: int) -> list[Ball]:
        """Return the first k eigenvalues, certainly above the others."""
        if not self.is_unique(k):
            raise Undecided(
                f"eigenvalues {k} and {k + 1} are equal: the first {k} directions are not unique", final=True
            )
        return self.eigenvalues()[:k]

    def _null_spaces(self, eigenvalues: list[Ball]) -> list[list[fmpq]]:
        """Compute bases of the null spaces of K − λD, which are orthogonal in the inner product of D."""
        distinct = dict.fromkeys(rational(value.value) for value in eigenvalues)
        return [column for value in distinct for column in _null_space(self._less(value))]

    def _nearly(self, functions: list[list[fmpq]], k: int) -> Projection:
        """Project with Q_kQ_kᵀ for Π_k in the coordinates of B, and widen by the bound on their difference."""
        found = self.diagonalization
        roots = [arb(weight).sqrt() for weight in self.weights]
        vectors = arb_mat([[root * value for root, value in zip(roots, f, strict=True)] for f in functions]).transpose()
        basis = arb_mat([row[:k] for row in found.basis.tolist()])
        coordinates = basis.transpose() * vectors
        error = found.projector_error(k)
        m = len(functions)
        norms = [frobenius(arb_mat([[vectors[i, j]] for i in range(self.size)])) for j in range(m)]
        inner, projected = coordinates.transpose() * coordinates, basis * coordinates
        return Projection(
            [[Ball(inner[g, h] + arb(0, error * norms[g] * norms[h])) for h in range(m)] for g in range(m)],
            [
                [Ball((projected[i, g] + arb(0, error * norms[g])) / roots[i]) for g in range(m)]
                for i in range(self.size)
            ],
        )


def project_onto(columns: list[list[fmpq]], weights: list[fmpq], functions: list[list[fmpq]]) -> Projection:
    """Project functions onto the span of independent ones, in the inner product of the weights, exactly."""
    if not columns:
        return Projection([[Ball(0)] * len(functions)] * len(functions), [[Ball(0)] * len(functions)] * len(weights))
    basis, target = fmpq_mat(columns), fmpq_mat(functions)
    weighted = fmpq_mat([[w * x for w, x in zip(weights, column, strict=True)] for column in columns])
    moments = weighted * target.transpose()
    solved = (weighted * basis.transpose()).solve(moments)
    products, scores = moments.transpose() * solved, basis.transpose() * solved
    return Projection(*([[Ball(entry) for entry in row] for row in part.tolist()] for part in (products, scores)))


def independent_columns(columns: list[list[fmpq]]) -> list[list[fmpq]]:
    """Select the first of some functions that span what all of them do; the rank is decided exactly."""
    reduced, rank = fmpq_mat(columns).transpose().rref()
    pivots = [next(j for j, entry in enumerate(row) if entry != 0) for row in reduced.tolist()[:rank]]
    return [columns[j] for j in pivots]


def _null_space(matrix: fmpq_mat) -> list[list[fmpq]]:
    """Compute a basis of the null space of a rational matrix."""
    reduced, rank = matrix.rref()
    rows = reduced.tolist()[:rank]
    pivots = [next(j for j, entry in enumerate(row) if entry != 0) for row in rows]
    space = []
    for free in sorted(set(range(matrix.ncols())) - set(pivots)):
        vector = [fmpq(0)] * matrix.ncols()
        vector[free] = fmpq(1)
        for pivot, row in zip(pivots, rows, strict=True):
            vector[pivot] = -row[free]
        space.append(vector)
    return space


def _exponent(number: arb) -> int:
    """Return the e of the least 2^e above an exact number; very negative for 0."""
    mantissa, exponent = number.man_exp()
    return int(exponent) + int(abs(mantissa)).bit_length() if mantissa else -(10**9)


def simplest(low: arb, high: arb) -> fmpq:
    """Find the rational of least denominator between two exact numbers, by continued fractions.

    Examples
    --------
    >>> from flint import arb
    >>> simplest(arb(0.33), arb(0.34)), simplest(arb(-0.5), arb(0.5))
    (1/3, 0)
    """
    a, b = fraction(low), fraction(high)
    if a <= 0 <= b:
        return fmpq(0)
    if b < 0:
        return -simplest(-high, -low)
    terms = []
    # Whole numbers of Python: fractions would be reduced again and again.
    over, under, high_over, high_under = int(a.p), int(a.q), int(b.p), int(b.q)
    while True:
        floor, rest = divmod(over, under)
        if rest == 0 or (floor + 1) * high_under <= high_over:
            terms.append(floor + (rest != 0))
            break
        terms.append(floor)
        over, under, high_over, high_under = high_under, high_over - floor * high_under, under, rest
    over, under = terms.pop(), 1
    while terms:
        over, under = terms.pop() * over + under, over
    return fmpq(over, under)


def fraction(number: arb) -> fmpq:
    """Turn an exact number into a fraction."""
    mantissa, exponent = number.man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)

"""Compute what exact distributions of pairs say, in rational arithmetic, by definition (theory, sections 1 and 3)."""

import itertools
import math
from fractions import Fraction
from functools import cached_property

from flint import fmpq, fmpq_mat

from .ball import rational
from .forms import Form

Function = list[fmpq]


class PairLaw:
    """Represent a distribution of pairs (x, l), normalized: P, p_V, p_L and the labels of both."""

    def __init__(self, matrix: fmpq_mat, row_labels: tuple[int, ...], column_labels: tuple[int, ...], n_classes: int):
        self.matrix, self.row_labels, self.column_labels, self.n_classes = matrix, row_labels, column_labels, n_classes
        self.rows = matrix.tolist()
        self.row_marginal: Function = [sum(row, fmpq(0)) for row in self.rows]
        self.column_marginal: Function = [sum(column, fmpq(0)) for column in zip(*self.rows, strict=True)]

    @cached_property
    def transposed(self) -> "PairLaw":
        """Return the same pairs with the roles exchanged."""
        return PairLaw(self.matrix.transpose(), self.column_labels, self.row_labels, self.n_classes)

    def disagreement(self, row_labels: tuple[int, ...], column_labels: tuple[int, ...]) -> fmpq:
        """Compute Pr[ŷ(x) ≠ ŷ(l)]."""
        return sum((mass for x, text, mass in self.cells() if row_labels[x] != column_labels[text]), fmpq(0))

    def cells(self) -> list[tuple[int, int, fmpq]]:
        """List each pair as (x, l, P(x, l)), without those of no mass."""
        return [(x, text, mass) for x, row in enumerate(self.rows) for text, mass in enumerate(row) if mass != 0]

    @cached_property
    def induced(self) -> "PairLaw":
        """Return P D_L^{-1} Pᵀ, the distribution of two rows drawn independently given one column."""
        return PairLaw(self.induced_by(self.matrix), self.row_labels, self.row_labels, self.n_classes)

    def induced_by(self, matrix: fmpq_mat) -> fmpq_mat:
        """Compute M D_L^{-1} Mᵀ, D_L of this distribution."""
        weighted = [[entry / q for entry, q in zip(row, self.column_marginal, strict=True)] for row in matrix.tolist()]
        return fmpq_mat(weighted) * matrix.transpose()

    @cached_property
    def form(self) -> Form:
        """Return AAᵀ as a form: its eigenvalues are the σ_j², and zeros where there are more rows than columns."""
        return Form(self.induced.matrix, self.row_marginal)

    def form_of(self, matrix: fmpq_mat) -> Form:
        """Return M̂M̂ᵀ as a form, M̂ = D_V^{-1/2} M D_L^{-1/2} with the marginals of this distribution."""
        return Form(self.induced_by(matrix), self.row_marginal)

    @cached_property
    def smaller(self) -> "PairLaw":
        """Return the distribution itself or its transposed, with no more rows than columns."""
        return self if len(self.row_marginal) <= len(self.column_marginal) else self.transposed

    @cached_property
    def targets(self) -> list[Function]:
        """Return 1[y(x) = i] for each class i."""
        return [[fmpq(int(label == i)) for label in self.row_labels] for i in range(self.n_classes)]

    @cached_property
    def posteriors(self) -> list[Function]:
        """Return Pr[y(l) = i | x] for each class i."""
        mass = [[fmpq(0)] * len(self.rows) for _ in range(self.n_classes)]
        for x, text, weight in self.cells():
            mass[self.column_labels[text]][x] += weight / self.row_marginal[x]
        return mass

    @cached_property
    def class_masses(self) -> Function:
        """Return Pr[y(x) = i] for each class i."""
        return [self.mean(target) for target in self.targets]

    def mean(self, function: Function) -> fmpq:
        """Compute E f(x)."""
        return sum((p * value for p, value in zip(self.row_marginal, function, strict=True)), fmpq(0))

    def squared_norm(self) -> fmpq:
        """Compute ‖A‖_F²."""
        p, q = self.row_marginal, self.column_marginal
        return sum((mass**2 / (p[x] * q[text]) for x, text, mass in self.cells()), fmpq(0))

    def chi_square(self) -> fmpq:
        """Compute χ²(P ‖ p_V p_Lᵀ), cell by cell."""
        total = fmpq(0)
        for row, p in zip(self.rows, self.row_marginal, strict=True):
            for mass, q in zip(row, self.column_marginal, strict=True):
                total += (mass - p * q) ** 2 / (p * q)
        return total

    def class_conductances(self) -> Function:
        """Compute Pr[y(x') ≠ i | y(x) = i] for each class i with mass; for pairs of one kind."""
        leaving = [fmpq(0)] * self.n_classes
        for x, other, mass in self.cells():
            if self.row_labels[x] != self.row_labels[other]:
                leaving[self.row_labels[x]] += mass
        return [out / mass for out, mass in zip(leaving, self.class_masses, strict=True) if mass > 0]

    def bayes_error(self) -> fmpq:
        """Compute E_l[1 − max_i Pr(y(x) = i | l)]."""
        mass = [[fmpq(0)] * self.n_classes for _ in self.column_marginal]
        for x, text, weight in self.cells():
            mass[text][self.row_labels[x]] += weight
        return 1 - sum((max(row) for row in mass), fmpq(0))

    def contributions(self) -> Function:
        """Compute Σ_l P(x,l)/(p_V(x)p_L(l)) for each x."""
        sums = [fmpq(0)] * len(self.rows)
        for x, text, mass in self.cells():
            sums[x] += mass / self.row_marginal[x] / self.column_marginal[text]
        return sums

    def conductance(self) -> fmpq:
        """Compute φ(G) = min over sets S of at most half the mass of Pr[x' ∉ S | x ∈ S], for a symmetric distribution.

        By enumeration of the sets that lack the last image, in the order of a Gray code, so that each differs by one
        image from the set before it.
        """
        scale = math.lcm(*(int(entry.q) for row in self.rows for entry in row))
        weights = [[int(entry * scale) for entry in row] for row in self.rows]
        sizes = [sum(row) for row in weights]
        n, total = len(weights), sum(sizes)
        inside, crossing, mass, least = [False] * n, 0, 0, Fraction(1)
        for step in range(1, 2 ** (n - 1)):
            x = (step & -step).bit_length() - 1
            sign = -1 if inside[x] else 1
            to_inside = sum(weight for other, weight in enumerate(weights[x]) if inside[other] and other != x)
            crossing += sign * (sizes[x] - weights[x][x] - 2 * to_inside)
            mass += sign * sizes[x]
            inside[x] = not inside[x]
            smaller = min(mass, total - mass)
            if crossing * least.denominator < least.numerator * smaller:
                least = Fraction(crossing, smaller)
        return rational(least)


def normalized(matrix: tuple[tuple[Fraction, ...], ...]) -> fmpq_mat:
    """Divide weights by their total."""
    total = rational(sum(itertools.chain(*matrix), Fraction(0)))
    return fmpq_mat([[rational(entry) / total for entry in row] for row in matrix])

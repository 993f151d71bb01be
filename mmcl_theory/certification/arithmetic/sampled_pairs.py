"""Compute what a finite sample of pairs teaches: as analysed, and as practised, with the sample's own marginals."""

from functools import cached_property

from flint import arb, arb_mat, fmpq, fmpq_mat

from .ball import Ball, rational
from .eigen import diagonalize
from .exact import Matrix
from .forms import Form, Undecided, project_onto
from .pair_law import PairLaw, normalized


class SampledPairs:
    """Represent N·P̂, drawn from a distribution of pairs."""

    def __init__(self, law: PairLaw, counts: Matrix):
        self._law, self._estimate = law, normalized(counts)
        self.size: fmpq = sum((rational(count) for row in counts for count in row), fmpq(0))

    @cached_property
    def form(self) -> Form:
        """Return ÂÂᵀ as a form, Â = D_V^{-1/2} P̂ D_L^{-1/2}."""
        return self._law.form_of(self._estimate)

    @cached_property
    def _deviation_form(self) -> Form:
        """Return (Â−A)(Â−A)ᵀ as a form, or its transposed counterpart where that is smaller."""
        difference, law = self._estimate - self._law.matrix, self._law
        return law.smaller.form_of(difference if law.smaller is law else difference.transpose())

    def deviation(self) -> Ball:
        """Compute the deviation t = ‖Â − A‖₂, the root of the largest eigenvalue of (Â−A)(Â−A)ᵀ."""
        return self._deviation_form.eigenvalues()[0].sqrt()

    @cached_property
    def _own(self) -> PairLaw:
        """Return P̂ of the images and texts that were drawn."""
        law = PairLaw(self._estimate, self._law.row_labels, self._law.column_labels, self._law.n_classes)
        rows, columns = self._drawn(law.row_marginal), self._drawn(law.column_marginal)
        matrix = fmpq_mat([[law.rows[x][text] for text in columns] for x in rows])
        row_labels = tuple(law.row_labels[x] for x in rows)
        return PairLaw(matrix, row_labels, tuple(law.column_labels[text] for text in columns), law.n_classes)

    @staticmethod
    def _drawn(masses: list[fmpq]) -> list[int]:
        """List the items that were drawn."""
        return [item for item, mass in enumerate(masses) if mass != 0]

    def practical_deviation(self) -> Ball:
        """Compute ‖Ã − A‖₂, Ã normalized by the sample's own marginals and 0 where nothing was drawn.

        Entries of Ã and A are roots of rationals, which tell those that are equal.
        """
        off = [
            [Ball(0) if new == old else Ball(new).sqrt() - Ball(old).sqrt() for new, old in zip(*rows, strict=True)]
            for rows in zip(_squares(self._estimate), _squares(self._law.matrix), strict=True)
        ]
        if all(entry.is_exact and entry.value == 0 for row in off for entry in row):
            return Ball(0)
        matrix = arb_mat([[entry.enclosure() for entry in row] for row in off])
        wide = matrix.nrows() <= matrix.ncols()
        gram = matrix * matrix.transpose() if wide else matrix.transpose() * matrix
        return Ball(diagonalize(gram).eigenvalue(0).nonnegative_part().sqrt())

    def practical_residual(self, k: int) -> Ball:
        """Compute ‖(I−Π̃_k)Y‖² = 1 − Σ_i ⟨1_i, Π̃_k1_i⟩, under the population's marginal.

        The features f(x) = p̂_V(x)^{-1/2} u(x) are eigenfunctions of the sample's own graph on the images that were
        drawn, and 0 on the others.

        Raises
        ------
        Undecided
            If the first k are not unique, or not certainly so.
        """
        own = self._own
        drawn = self._drawn([sum(row, fmpq(0)) for row in self._estimate.tolist()])
        weights = [self._law.row_marginal[x] for x in drawn]
        if k >= len(drawn):
            if own.induced.matrix.rank() < len(drawn):
                raise Undecided(f"fewer than {k} directions of the sample are unique", final=True)
            return Ball(1 - sum(weights, fmpq(0)))  # features of every drawn image, and no others
        features = own.form.span(k)
        if isinstance(features, arb_mat):
            return 1 - _explained(features, weights, own.targets)
        products = project_onto(features, weights, own.targets).products
        return 1 - sum((products[i][i] for i in range(len(products))), Ball(0))


def _squares(matrix: fmpq_mat) -> list[list[fmpq]]:
    """Compute P(x,l)²/(p_V(x)p_L(l)) with the matrix's own marginals; 0 where it has no pair."""
    rows = matrix.tolist()
    p, q = [sum(row, fmpq(0)) for row in rows], [sum(column, fmpq(0)) for column in zip(*rows, strict=True)]
    return [
        [fmpq(0) if mass == 0 else mass**2 / (p[x] * q[text]) for text, mass in enumerate(row)]
        for x, row in enumerate(rows)
    ]


def _explained(features: arb_mat, weights: list[fmpq], functions: list[list[fmpq]]) -> Ball:
    """Sum ⟨g_i, Πg_i⟩ over functions g_i, Π onto the span of the columns of features under the weights."""
    weighted = arb_mat([[w * entry for entry in row] for w, row in zip(weights, features.tolist(), strict=True)])
    moments = weighted.transpose() * arb_mat(functions).transpose()
    try:
        solved = (weighted.transpose() * features).solve(moments)
    except ZeroDivisionError as error:
        raise Undecided("the sample's features are not told apart") from error
    products = moments.transpose() * solved
    return Ball(sum((products[i, i] for i in range(products.nrows())), arb(0)))

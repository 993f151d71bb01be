"""Compute the losses of an encoder pair, which are rational functions of its features (theory, sections 1 and 2)."""

from fractions import Fraction
from functools import cached_property

from flint import fmpq, fmpq_mat

from .ball import Ball, rational
from .forms import Form, independent_columns, project_onto
from .pair_law import Function, PairLaw


class EncoderPair:
    """Represent f_V and f_L on a distribution of pairs; the rank of f_V is decided in exact arithmetic."""

    def __init__(self, law: PairLaw, encoders: tuple[tuple[tuple[Fraction, ...], ...], ...]):
        self._law = law
        self._image, self._text = (fmpq_mat([[rational(entry) for entry in row] for row in part]) for part in encoders)
        self.scores: list[Function] = (self._image * self._text.transpose()).tolist()
        self.dimension = self._image.ncols()

    def cosines(self) -> list[list[Ball]]:
        """Return cos(f_V(x), f_L(l)), 0 where a feature vector is 0."""
        squares = [[sum((x * x for x in row), fmpq(0)) for row in part.tolist()] for part in (self._image, self._text)]
        return [
            [
                Ball(score) / Ball(one * other).sqrt() if score != 0 else Ball(0)
                for score, other in zip(row, squares[1], strict=True)
            ]
            for row, one in zip(self.scores, squares[0], strict=True)
        ]

    @property
    def _columns(self) -> list[Function]:
        """Return components of f_V that span all of them."""
        return independent_columns(self._image.transpose().tolist())

    def _weighted(self) -> list[tuple[fmpq, fmpq, fmpq]]:
        """List (P(x,l), p_V(x) p_L(l), f_V(x)ᵀf_L(l)) of every cell."""
        law = self._law
        return [
            (law.rows[x][text], p * q, self.scores[x][text])
            for x, p in enumerate(law.row_marginal)
            for text, q in enumerate(law.column_marginal)
        ]

    def contrastive_loss(self) -> fmpq:
        """Compute −2 E_P f_Vᵀf_L + E (f_Vᵀf_L)², the second expectation under p_V p_L."""
        return sum((-2 * mass * score + pq * score**2 for mass, pq, score in self._weighted()), fmpq(0))

    def factorization_loss(self) -> fmpq:
        """Compute ‖A − F_V F_Lᵀ‖²: (P/√(pq) − √(pq) score)² = (P − pq score)²/(pq) in each cell."""
        return sum(((mass - pq * score) ** 2 / pq for mass, pq, score in self._weighted()), fmpq(0))

    def cross_energy(self) -> fmpq:
        """Compute E (f_Vᵀf_L)² under p_V p_L."""
        return sum((pq * score**2 for _, pq, score in self._weighted()), fmpq(0))

    def intra_energy(self) -> fmpq:
        """Compute E (f_V(x)ᵀf_V(x'))² under p_V p_V, and the same of texts."""
        sides = ((self._image, self._law.row_marginal), (self._text, self._law.column_marginal))
        return sum(
            (
                p * q * score**2
                for features, masses in sides
                for p, scores in zip(masses, (features * features.transpose()).tolist(), strict=True)
                for q, score in zip(masses, scores, strict=True)
            ),
            fmpq(0),
        )

    def best_text_loss(self) -> fmpq:
        """Compute the factorization loss with the best text encoder, a weighted least-squares problem for each text.

        The column of A of text l, as a function of images, is c_l(x) = P(x,l)/p_V(x) over √p_L(l); its best
        approximation by f_V is Πc_l, and what is left is summed image by image.
        """
        law = self._law
        densities = [
            [mass / p for mass, p in zip(column, law.row_marginal, strict=True)]
            for column in zip(*law.rows, strict=True)
        ]
        fitted = project_onto(self._columns, law.row_marginal, densities).scores
        return sum(
            (
                p * (densities[text][x] - rational(fitted[x][text].value)) ** 2 / q
                for x, p in enumerate(law.row_marginal)
                for text, q in enumerate(law.column_marginal)
            ),
            fmpq(0),
        )

    def unexplained(self) -> fmpq:
        """Compute Tr (I − Π)AAᵀ = ‖A‖² − Σ ⟨b_i, AAᵀ b_j⟩ G^{-1}_{ji}, b the components of f_V, G their Gram matrix."""
        law, columns = self._law, self._columns
        if not columns:
            return law.squared_norm()
        basis = fmpq_mat(columns)
        weighted = fmpq_mat([[p * x for p, x in zip(law.row_marginal, column, strict=True)] for column in columns])
        gram, induced = weighted * basis.transpose(), basis * law.induced.matrix * basis.transpose()
        solved = gram.solve(induced)
        return law.squared_norm() - sum((solved[i, i] for i in range(solved.nrows())), fmpq(0))

    def residual(self) -> fmpq:
        """Compute r(F_V) = min_B E‖onehot(y(x)) − Bᵀf_V(x)‖² = 1 − Σ_i ⟨1_i, Π1_i⟩."""
        products = project_onto(self._columns, self._law.row_marginal, self._law.targets).products
        return 1 - sum((rational(products[i][i].value) for i in range(len(products))), fmpq(0))

    @cached_property
    def _centred_pair(self) -> tuple[fmpq_mat, fmpq_mat]:
        """Return the components of f_V − E f_V and of f_L − E f_L, one a row."""
        law = self._law
        return (
            _centred(self._image.transpose().tolist(), law.row_marginal),
            _centred(self._text.transpose().tolist(), law.column_marginal),
        )

    @cached_property
    def _covariance(self) -> fmpq_mat:
        """Return C = E_P (f_V − E f_V)(f_L − E f_L)ᵀ."""
        images, texts = self._centred_pair
        return images * self._law.matrix * texts.transpose()

    def alignment(self) -> fmpq:
        """Compute E_P⟨f_V, f_L⟩ − ⟨E f_V, E f_L⟩."""
        return sum((self._covariance[i, i] for i in range(self.dimension)), fmpq(0))

    @cached_property
    def variance_forms(self) -> tuple[Form, Form]:
        """Return the covariances of f_V and of f_L as forms, whose eigenvalues are the s_j and t_j."""
        marginals = (self._law.row_marginal, self._law.column_marginal)
        weighted = [
            fmpq_mat([[p * x for p, x in zip(marginal, row, strict=True)] for row in centred.tolist()])
            for marginal, centred in zip(marginals, self._centred_pair, strict=True)
        ]
        one, other = (part * centred.transpose() for part, centred in zip(weighted, self._centred_pair, strict=True))
        return Form(one, [fmpq(1)] * self.dimension), Form(other, [fmpq(1)] * self.dimension)

    @cached_property
    def _covariance_form(self) -> Form:
        """Return CCᵀ as a form; its eigenvalues are the s_j²."""
        covariance = self._covariance
        return Form(covariance * covariance.transpose(), [fmpq(1)] * self.dimension)

    def linear_loss(self, k: int) -> Ball:
        """Compute −⟨C_k, C⟩ + ½‖C_k‖² = ½‖C − C_k‖² − ½‖C‖² at the truncated decomposition C_k."""
        form = self._covariance_form
        norm = sum((form.matrix[i, i] for i in range(self.dimension)), fmpq(0))
        return (sum(form.eigenvalues()[k:], Ball(0)) - norm) / 2

    def given_linear_loss(self, k: int) -> fmpq:
        """Compute −Tr(G_1CG_2ᵀ) + ½‖G_1ᵀG_2‖² where both maps keep the first k components as they are."""
        kept = min(k, self.dimension)
        return fmpq(kept, 2) - sum((self._covariance[i, i] for i in range(kept)), fmpq(0))

    @cached_property
    def affine_columns(self) -> list[Function]:
        """Return the constant function and components of f_V that span, with it, all affine functions of f_V."""
        return independent_columns([[fmpq(1)] * len(self._law.rows), *self._image.transpose().tolist()])

    def unexplained_energy(self) -> Ball:
        """Compute the least of gᵀ(D−P_T)g over the squared distance of g from the affine functions of f_V; 1 for none.

        With orthogonal functions h of the complement, and s of the span on which the Laplacian L is not singular, it is
        the least eigenvalue of L_hh − L_hs L_ss^{-1} L_sh against the squared norms of the h.
        """
        law, inside = self._law, self.affine_columns
        rows, p = law.induced.rows, law.row_marginal
        laplacian = fmpq_mat(
            [[(p[x] if x == z else 0) - mass for z, mass in enumerate(row)] for x, row in enumerate(rows)]
        )
        complement = _orthogonal(inside, p)
        if not complement:
            return Ball(1)
        span, rest = fmpq_mat(inside), fmpq_mat(complement)
        moved = (laplacian * span.transpose()).transpose().tolist()
        chosen = fmpq_mat([inside[i] for i in _pivots(moved)]) if any(any(row) for row in moved) else None
        schur = rest * laplacian * rest.transpose()
        if chosen is not None:
            across = chosen * laplacian * rest.transpose()
            schur -= across.transpose() * (chosen * laplacian * chosen.transpose()).solve(across)
        norms = [sum((w * e * e for w, e in zip(p, row, strict=True)), fmpq(0)) for row in complement]
        return Form(schur, norms).eigenvalues()[-1]

    def linear_optimum(self, k: int) -> Ball:
        """Compute −½Σ_{j≤k} s_j²."""
        return -sum(self._covariance_form.eigenvalues()[:k], Ball(0)) / 2


def _pivots(rows: list[Function]) -> list[int]:
    """List the first rows that span what all of them do."""
    reduced, rank = fmpq_mat(rows).transpose().rref()
    return [next(j for j, entry in enumerate(row) if entry != 0) for row in reduced.tolist()[:rank]]


def _orthogonal(inside: list[Function], weights: Function) -> list[Function]:
    """Return orthogonal functions that, with those given, span all, in the inner product of the weights."""
    n, found = len(weights), []
    basis: list[tuple[Function, fmpq]] = []
    units = [[fmpq(int(i == j)) for j in range(n)] for i in range(n)]
    for place, function in enumerate([*inside, *units]):
        left = function
        for other, norm in basis:
            share = sum((w * a * b for w, a, b in zip(weights, left, other, strict=True)), fmpq(0)) / norm
            left = [a - share * b for a, b in zip(left, other, strict=True)]
        norm = sum((w * a * a for w, a in zip(weights, left, strict=True)), fmpq(0))
        if norm != 0:
            basis.append((left, norm))
            if place >= len(inside):
                found.append(left)
    return found


def _centred(components: list[Function], masses: Function) -> fmpq_mat:
    """Subtract its mean from each function."""
    means = [sum((p * x for p, x in zip(masses, function, strict=True)), fmpq(0)) for function in components]
    return fmpq_mat([[x - mean for x in function] for function, mean in zip(components, means, strict=True)])

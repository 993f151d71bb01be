"""Enclose the eigenvalues of a symmetric matrix, whatever their multiplicities.

Let B be symmetric and Q any square matrix with ‖QᵀQ − I‖ ≤ f < 1, QᵀBQ = Λ + E with Λ diagonal in descending order, and
‖E‖ ≤ e.  Write Q = WH with W orthogonal and H = (QᵀQ)^{1/2}.  The eigenvalues of H lie in [√(1−f), √(1+f)], so with

    h = 1/√(1−f) − 1  ≥ ‖H⁻¹ − I‖,        g = 1 − √(1−f)  ≥ ‖H − I‖,

M = WᵀBW = H⁻¹(Λ+E)H⁻¹ is within  e' = e(1+h)² + ‖Λ‖(2h + h²)  of Λ.

*Eigenvalues.*  B and M have the same; by Weyl |λ_i(B) − Λ_i| ≤ e', for every i, also where several are equal.

*Projectors.*  Let δ = Λ_k − Λ_{k+1} − 2e' > 0.  Let X be the first k unit vectors, J = XXᵀ, A = XᵀMX, and V the
eigenvectors of M for its last n−k eigenvalues, which form the diagonal matrix L.  Then A ≥ Λ_k − e' and
L ≤ Λ_{k+1} + e' (Weyl), and Z = VᵀX solves LZ − ZA = VᵀR, R = MX − XA, whose norm is at most that of M − Λ, since Λ is
diagonal.  As A and L are apart by δ, −Z = ∫₀^∞ e^{tL} VᵀR e^{−tA} dt, so ‖Z‖ ≤ e'/δ (Davis and Kahan); and for two
projectors of one rank ‖Π_M − J‖ = ‖VᵀX‖.  Back in the coordinates of B, Π_k = WΠ_MWᵀ and QJQᵀ = W HJH Wᵀ with
‖HJH − J‖ ≤ 2g + g².  So

    ‖Π_k − Q_kQ_kᵀ‖ ≤ e'/δ + 2g + g²,   Q_k the first k columns of Q.
"""

from typing import NamedTuple

import numpy as np
from flint import arb, arb_mat, ctx

# Both iterations converge quadratically, from 16 digits as a rule; these only end what does not converge.
_SWEEPS = 40
_STEPS = 20


class Diagonalization(NamedTuple):
    """Hold Q and Λ of the text above, exact, and bounds on what remains."""

    basis: arb_mat
    values: list[arb]
    error: arb  # e'
    skewness: arb  # 2g + g²

    def eigenvalue(self, i: int) -> arb:
        """Return a ball around the i-th largest eigenvalue, i from 0."""
        return self.values[i] + arb(0, self.error)

    def separates(self, k: int) -> bool:
        """Say whether the first k eigenvalues are certainly above the others, and their balls too.

        By twice what the errors need, because the radius of a ball is rounded up.
        """
        return bool(self.values[k - 1] - self.values[k] > 4 * self.error)

    def projector_error(self, k: int) -> arb:
        """Bound ‖Π_k − Q_kQ_kᵀ‖, where the first k eigenvalues are separate."""
        gap = self.values[k - 1] - self.values[k] - 2 * self.error
        return (self.error / gap + self.skewness).upper()


def diagonalize(matrix: arb_mat, start: arb_mat | None = None) -> Diagonalization:
    """Find Q and Λ of a symmetric matrix of balls at the working precision, from a starting basis if there is one.

    How the basis is found does not matter to the bounds, which are computed from it in ball arithmetic.
    """
    basis = _orthonormal(_float_basis(matrix) if start is None else start)
    return enclose(matrix, _orthonormal(_jacobi(matrix, basis)))


def enclose(matrix: arb_mat, basis: arb_mat) -> Diagonalization:
    """Compute the bounds of the text above for any basis, its columns put in order; not numbers where f ≥ 1."""
    n = matrix.nrows()
    product = basis.transpose() * matrix * basis
    order = sorted(range(n), key=lambda i: product[i, i].mid(), reverse=True)
    basis = arb_mat([[basis[row, column] for column in order] for row in range(n)])
    values = [product[i, i].mid() for i in order]
    rest = arb_mat([[product[i, j] - (values[a] if i == j else 0) for j in order] for a, i in enumerate(order)])
    skew = frobenius(_skew(basis))
    root = (1 - skew).sqrt()
    h, g = 1 / root - 1, 1 - root
    scale = max(abs(value) for value in values)
    # Squares as products: python-flint has no power of a ball around exactly 0, as h and g may be.
    error = frobenius(rest) * (1 + h) * (1 + h) + scale * (2 * h + h * h)
    return Diagonalization(basis, values, error.upper(), (2 * g + g * g).upper())


def frobenius(matrix: arb_mat) -> arb:
    """Bound ‖matrix‖_F, and so the spectral norm, from above by an exact number."""
    return sum((entry.abs_upper() ** 2 for entry in matrix.entries()), arb(0)).sqrt().upper()


def _skew(basis: arb_mat) -> arb_mat:
    """Compute QᵀQ − I."""
    product = basis.transpose() * basis
    for i in range(product.nrows()):
        product[i, i] -= 1
    return product


def _float_basis(matrix: arb_mat) -> arb_mat:
    """Compute eigenvectors in double precision, of the matrix scaled so that no entry overflows."""
    largest = max(entry.abs_upper() for entry in matrix.entries())
    scaled = (matrix * (1 / largest).mid() if largest > 0 else matrix).tolist()
    entries = np.array([[float(entry.mid()) for entry in row] for row in scaled])
    return arb_mat(np.linalg.eigh(entries)[1].tolist())


def _orthonormal(basis: arb_mat) -> arb_mat:
    """Orthonormalize a nearly orthonormal basis to the working precision by Newton's iteration Q(3I − QᵀQ)/2."""
    small = basis.nrows() ** 2 * arb(2) ** (6 - ctx.prec)
    for _ in range(_STEPS):
        skew = _skew(basis)
        if not frobenius(skew) > small:
            break
        basis = (basis - basis * skew * arb(0.5)).mid()
    return basis


def _jacobi(matrix: arb_mat, basis: arb_mat) -> arb_mat:
    """Rotate the basis, two columns at a time, until the matrix is diagonal in it to the working precision."""
    inner = (basis.transpose() * matrix * basis).mid().tolist()
    columns = basis.transpose().tolist()
    n = len(inner)
    small = frobenius(arb_mat(inner)) * arb(2) ** (8 - ctx.prec)
    for _ in range(_SWEEPS):
        rotated = False
        for i in range(n):
            for j in range(i + 1, n):
                if abs(inner[i][j]) > small:
                    rotated = True
                    _rotate(inner, columns, i, j)
        if not rotated:
            break
        inner = arb_mat(inner).mid().tolist()
        columns = arb_mat(columns).mid().tolist()
    return arb_mat(columns).transpose()


def _rotate(inner: list[list[arb]], columns: list[list[arb]], i: int, j: int) -> None:
    """Rotate basis vectors i and j, by at most 45°, so that ``inner[i][j]`` becomes zero."""
    first, second = inner[i], inner[j]
    cot = ((second[j] - first[i]) / (2 * first[j])).mid()
    tangent = (1 if cot >= 0 else -1) / (abs(cot) + (cot**2 + 1).sqrt())
    cosine = (1 / (tangent**2 + 1).sqrt()).mid()
    sine = (tangent * cosine).mid()
    corner = tangent * first[j]
    diagonal = first[i] - corner, second[j] + corner
    for r, row in enumerate(inner):
        x, y = first[r], second[r]
        row[i] = first[r] = cosine * x - sine * y
        row[j] = second[r] = sine * x + cosine * y
    first[i], second[j] = diagonal
    first[j] = second[i] = arb(0)
    x_column, y_column = columns[i], columns[j]
    columns[i] = [cosine * x - sine * y for x, y in zip(x_column, y_column, strict=True)]
    columns[j] = [sine * x + cosine * y for x, y in zip(x_column, y_column, strict=True)]

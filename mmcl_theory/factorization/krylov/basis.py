"""Build an orthonormal basis of a block Krylov space, and project a polynomial of AᵀA onto it.

The polynomial is AᵀA itself at first, a Chebyshev filter later: d products with AᵀA then advance the Krylov space
nearly as far as d blocks would, for the orthogonalization and the memory of one.  Converged Ritz vectors are locked
before, and deflated from all images: the filter would amplify them beyond what rounding permits.

In exact arithmetic the image of a block has components along that block, the one before and the next only (the
three-term recurrence of block Lanczos).  Rounding adds others, the faster the nearer a Ritz vector is to an eigenvector
(Paige).  In double precision each image is therefore orthogonalized against the whole basis; in single precision this
is done selectively, at intervals that follow from the measured loss of orthogonality.

C. Paige: Error analysis of the Lanczos algorithm for tridiagonalizing a symmetric matrix, J. Inst. Math. Appl. 18
(1976).  H. Simon: The Lanczos algorithm with partial reorthogonalization, Math. Comp. 42 (1984).  K. Wu, H. Simon:
Thick-restart Lanczos method for large symmetric eigenvalue problems, SIAM J. Matrix Anal. Appl. 22 (2000).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float, PRNGKeyArray

from .. import settings
from ..devices import on_gpu
from ..operators.operator import Operator, RowBlock, times
from . import bounds, row_products
from .polynomial import Polynomial, gram_times
from .step import Space, take_step


class Ritz(NamedTuple):
    """Hold the largest Ritz values θ of AᵀA and what is known of them.

    Attributes
    ----------
    values
        θ, the largest first, from the Ritz values p(θ) of the filter.
    vectors
        Coefficients of the Ritz vectors in terms of the locked and the basis vectors, one column each.
    residuals
        Residual norms ‖AᵀA·x − θx‖, estimated unless p is AᵀA.
    errors
        Bounds on how much θ is too small, see ``bounds``: those for p(θ), divided by p′(θ), as p is convex there.
    """

    values: np.ndarray
    vectors: np.ndarray
    residuals: np.ndarray
    errors: np.ndarray


class Basis:
    """Hold orthonormal rows Q of the row space of A, orthogonal to the locked vectors, and H = Q p(AᵀA) Qᵀ.

    ``rest`` is the component of p(AᵀA) times the last block outside the space: the residual of a Ritz vector Qᵀy under
    p(AᵀA) is the combination of ``rest`` by the last entries of y.
    """

    def __init__(self, operator: Operator, block: int, key: PRNGKeyArray):
        self.operator, self.block = operator, block
        self.height = settings.GPU_CHUNK_VECTORS if on_gpu() else settings.CHUNK_VECTORS  # of the arrays of the basis
        self.generator = np.random.default_rng(np.asarray(jax.random.key_data(key)))
        self.eps = float(jnp.finfo(operator.dtype).eps)
        self.selective = self.eps > settings.SELECTIVE_EPS
        self.locked: list[Array] = []
        self.locked_values, self.locked_residuals = np.zeros(0), np.zeros(0)
        self.chunks: list[Array] = []
        self._begin(Polynomial())

    def _begin(self, polynomial: Polynomial) -> None:
        """Begin an empty basis with a polynomial; locked vectors stay, and the old arrays are reused."""
        self.polynomial = polynomial
        self.projection = np.zeros((0, 0))
        self.spare, self.chunks = self.chunks, []
        self.last, self.size = 0, 0  # where the last block begins and ends
        self.previous: RowBlock | None = None  # None where the three-term recurrence does not hold for the next block
        self.coupling = np.zeros((0, 0))
        # Blocks until the next full reorthogonalization, which two consecutive blocks need to restore the recurrence
        # (−1 at the second), and the blocks between two such.
        self.until_full, self.interval = 0, 0

    @property
    def dimension(self) -> int:
        """Return the dimension of the space together with the locked vectors."""
        return self.locked_values.size + self.size

    @property
    def nonzero(self) -> np.ndarray:
        """Return which rows, the locked ones first, are not zeros in the place of directions that do not exist."""
        return np.concatenate([np.ones(self.locked_values.size, bool), np.diagonal(self.projection) != 0])

    # --- growth -------------------------------------------------------------------------------------------------------

    def expand(self, rows: RowBlock) -> None:
        """Append an orthonormal block, multiply it by p(AᵀA), and orthogonalize the image against the basis."""
        before, self.last = self.last, self.size
        self._append(rows)
        recurrence = self.previous is not None
        rounds = 2 if not recurrence else int(self.until_full <= 0)
        coupling, basis = self.coupling if recurrence else None, self.chunks if rounds else []
        space = Space(self.locked, self.previous, coupling, basis)
        step = take_step(self.operator, self.polynomial, rows, space, rounds)
        self.rest, self.following, self.gram, self.norm = step.rest, step.following, step.gram, step.norm
        self.previous = rows
        column = np.zeros((self.size, len(rows)))
        column[self.last :] = step.own
        if recurrence:
            column[before : self.last] = self.coupling
        else:
            column += step.along.sum(axis=0)[: self.size]
        self.projection = np.block([[self.projection, column[: self.last]], [column.T]])
        corner = self.projection[self.last :, self.last :]
        self.projection[self.last :, self.last :] = (corner + corner.T) / 2
        if recurrence and self.selective:
            if self.until_full == 0:
                lost = np.abs(step.along[-1]).max()
                self._set_interval(float(lost / np.sqrt(max(np.linalg.eigvalsh(self.gram)[0], 1e-300))))
            self.until_full = self.interval if self.until_full < 0 else self.until_full - 1

    def _set_interval(self, lost: float) -> None:
        """Set the interval between full reorthogonalizations from the measured loss, assuming geometric growth."""
        orders = np.log(max(lost / self.eps, 2.0)), np.log(settings.ORTHOGONALITY_LOSS / self.eps)
        self.interval = max(int(max(self.interval, 1) * min(orders[1] / orders[0], settings.INTERVAL_GROWTH)), 1)

    def next_block(self) -> RowBlock | None:
        """Orthonormalize the rest to the next block; deficient directions are replaced by random ones.

        None on breakdown: the space, with what is locked, is the whole row space.
        """
        if np.linalg.eigvalsh(self.gram)[0] > self.eps**settings.CHOLESKY_POWER * self.norm**2:
            # Of condition below eps^(−1/4).
            rows, self.coupling = self.following or row_products.cholesky_qr2(self.rest, self.operator.mesh)
            return rows
        self.previous = None
        rows = self._orthonormalize(self.rest, max(float(np.abs(np.diagonal(self.projection)).max()), 1e-300))
        missing = np.diagonal(self._gram(rows)) == 0
        if missing.any():
            rows = self._orthonormalize(jnp.where(missing[:, None], self._random_rows(len(rows)), rows), 1.0)
        return rows if self._gram(rows).any() else None

    def widen(self, rows: RowBlock) -> RowBlock:
        """Add as many random rows to the block as blocks had at first; from here on blocks are that wide."""
        self.previous = None
        return self._orthonormalize(jnp.concatenate([rows, self._random_rows(self.block)]), 1.0)

    # --- Ritz values and vectors --------------------------------------------------------------------------------------

    def ritz(self, k: int) -> Ritz:
        """Compute the largest Ritz values, the locked ones among them, and some beyond the (k+1)-th."""
        locked = self.locked_values.size
        extra = max(settings.EXTRA_RITZ_VALUES, k // settings.EXTRA_RITZ_DIVISOR)
        count = min(k + 1 + extra - locked, self.size)
        images, vectors = scipy.linalg.eigh(self.projection, subset_by_index=(self.size - count, self.size - 1))
        images, vectors = images[::-1], vectors[:, ::-1]
        end = vectors[self.last :]
        products = end.T @ self.gram @ end  # Gram matrix of the residuals under p
        values = self.polynomial.inverse(images)
        slopes = self.polynomial.slope(values)
        errors = bounds.cluster_bounds(images, products)
        if locked <= k < locked + count:
            place = k - locked
            errors[place] = min(errors[place], bounds.lehmann_bound(images, products, place, self.block))
        norms = np.sqrt(np.maximum(np.diagonal(products), 0))
        values = np.concatenate([self.locked_values, values])
        residuals = np.concatenate([self.locked_residuals, norms / slopes])
        errors = np.concatenate([self.locked_residuals, errors / slopes])
        order = np.argsort(-values, kind="stable")
        whole = scipy.linalg.block_diag(np.eye(locked), vectors)
        return Ritz(values[order], whole[:, order], residuals[order], errors[order])

    def combine(self, vectors: np.ndarray) -> RowBlock:
        """Compute combinations of the locked and the basis vectors, one for each column of ``vectors``."""
        total = row_products.zeros_for(self.operator, vectors.shape[1])
        of_locked, of_basis = np.split(vectors, [self.locked_values.size])
        for parts, coefficients in (self.locked, of_locked), (self.chunks, of_basis):
            first = 0
            for part in parts:
                of_part = coefficients[first : first + len(part)]
                first += len(part)
                if of_part.any():
                    of_part = np.pad(of_part, ((0, len(part) - len(of_part)), (0, 0)))
                    total = row_products.add_combinations(total, part, of_part)
        return total

    # --- thick restart, locking and filter ----------------------------------------------------------------------------

    def thick_restart(self, count: int) -> None:
        """Replace the basis by its ``count`` best Ritz vectors; the next block stays as it is."""
        size, locked = self.size, self.locked_values.size
        values, vectors = scipy.linalg.eigh(self.projection, subset_by_index=(size - count, size - 1))
        # The projection is that onto the basis that Gram–Schmidt would make of this one (Simon 1984), and so are the
        # vectors.
        vectors = scipy.linalg.solve_triangular(np.linalg.cholesky(self._gram_of_basis()).T, vectors)
        padded = np.pad(vectors, ((locked, 0), (0, -count % self.height)))
        kept = [self.combine(part) for part in np.split(padded, padded.shape[1] // self.height, axis=1)]
        self._begin(self.polynomial)
        self.chunks, self.size, self.projection = kept, count, np.diag(values)

    def lock_and_filter(self, polynomial: Polynomial, ritz: Ritz, count: int) -> RowBlock:
        """Lock the first ``count`` Ritz vectors and begin a new basis with another polynomial; return its first block.

        The block is made of random combinations of the other Ritz vectors.
        """
        others = ritz.vectors[:, count:]
        rows = self.combine(others @ self.generator.standard_normal((others.shape[1], self.block)))
        if count:
            wanted = self.combine(np.pad(ritz.vectors[:, :count], ((0, 0), (0, -count % settings.HEIGHT))))
            self.locked = [row_products.cholesky_qr2(wanted, self.operator.mesh, count)[0]]
        self.locked_values, self.locked_residuals = ritz.values[:count], np.zeros(count)
        self._begin(polynomial)
        return self._orthonormalize(rows, 1.0)

    def _gram_of_basis(self) -> np.ndarray:
        """Compute the Gram matrix of the basis vectors."""
        mesh = self.operator.mesh
        blocks = [
            np.concatenate([row_products.coefficients(other, chunk, mesh) for other in self.chunks])
            for chunk in self.chunks
        ]
        return np.concatenate(blocks, axis=1)[: self.size, : self.size].astype(float)

    # --- random vectors -----------------------------------------------------------------------------------------------

    def random_block(self) -> RowBlock | None:
        """Draw an orthonormal block of the row space, orthogonal to the basis; None where that is exhausted."""
        rows = self._orthonormalize(self._random_rows(self.block), 1.0)
        return rows if self._gram(rows).any() else None

    def random_columns(self, count: int) -> Float[Array, "m count"]:
        """Draw standard normal columns for ``transpose_times``; rows that only pad are zero."""
        drawn = self.generator.standard_normal((self.operator.shape[0], count))
        return row_products.internal_columns(self.operator, drawn)

    def _random_rows(self, count: int) -> RowBlock:
        """Draw images of random vectors under Aᵀ, or AᵀA: as they lie in the row space, its exhaustion can be detected.

        Only double precision can tell small singular values from their squares, and so needs Aᵀ.
        """
        if self.selective:  # this compiles no further product
            drawn = self.generator.standard_normal((self.operator.shape[1], count))
            columns, _ = gram_times(self.operator, row_products.internal_columns(self.operator.T, drawn))
        else:
            columns = times(self.operator.T, self.random_columns(count))
        rows = row_products.rows_of(columns)
        norms = np.sqrt(np.diagonal(self._gram(rows)))
        return row_products.transform(np.diag(1 / np.maximum(norms, 1e-30)), rows)

    # --- orthonormalization and storage -------------------------------------------------------------------------------

    def _orthonormalize(self, rows: RowBlock, scale: float) -> RowBlock:
        """Orthonormalize rows against the basis and among themselves; rows that are rounding at ``scale`` become 0."""
        rows = row_products.transform(np.eye(len(rows)), rows)  # a copy whose buffer can be donated
        for _ in range(3):
            for part in (*self.locked, *self.chunks):
                rows = row_products.subtract(rows, part, row_products.coefficients(part, rows, self.operator.mesh))
            rows = row_products.transform(np.linalg.eigh(self._gram(rows))[1].T, rows)
            norms = np.sqrt(np.diagonal(self._gram(rows)))
            vanishing = self.eps**settings.DEPENDENT_POWER * scale
            inverse = np.where(norms > vanishing, 1 / np.maximum(norms, 1e-300), 0.0)
            rows, scale = row_products.transform(np.diag(inverse), rows), 1.0
        return rows

    def _gram(self, rows: RowBlock) -> np.ndarray:
        return row_products.gram(rows, self.operator.mesh)

    def _empty_chunk(self) -> RowBlock:
        if self.spare:
            return row_products.clear(self.spare.pop())
        return row_products.zeros_for(self.operator, self.height)

    def _append(self, rows: RowBlock) -> None:
        """Store rows behind the basis, in arrays of equal height, so that nothing is compiled again as it grows."""
        done = 0
        while done < len(rows):
            room = sum(len(chunk) for chunk in self.chunks)
            if room == self.size:
                self.chunks.append(self._empty_chunk())
                room += len(self.chunks[-1])
            whole = done == 0 and room - self.size >= len(rows)
            part = rows if whole else rows[done : done + room - self.size]
            self.chunks[-1] = row_products.store(self.chunks[-1], part, len(self.chunks[-1]) - room + self.size)
            self.size += len(part)
            done += len(part)

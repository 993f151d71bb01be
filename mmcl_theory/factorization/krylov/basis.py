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

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float, PRNGKeyArray

from ..._arrays import Array, xp
from .. import settings
from ..devices import on_gpu
from ..operators.operator import Operator, RowBlock, times
from ..operators.products import rows_of, zeros_for
from . import bounds, row_products
from .gram_schmidt import orthonormal_block
from .polynomial import Polynomial, gram_times
from .step import Growth, Space, Step, take_step, take_steps


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

    def __init__(self, operator: Operator, block: int, most: int, key: PRNGKeyArray):
        self.block = block
        self._multiply_by(operator)
        # On one GPU a program takes many steps, and the basis is one array, for as many vectors as there may be.
        self.many_steps = on_gpu() and operator.mesh is None
        room = most + settings.GPU_STEPS * block
        self.height = room + -room % settings.HEIGHT if self.many_steps else settings.CHUNK_VECTORS
        self.generator = np.random.default_rng(np.asarray(jax.random.key_data(key)))
        self.locked_dtype = operator.dtype
        self.locked: list[Array] = []
        self.deflated: list[Array] = []  # the same in the precision of the products
        self.locked_values, self.locked_residuals = np.zeros(0), np.zeros(0)
        self.chunks: list[Array] = []
        self._begin(Polynomial())

    def _multiply_by(self, operator: Operator) -> None:
        self.operator = operator
        self.eps = float(np.finfo(operator.dtype).eps)
        self.selective = self.eps > settings.SELECTIVE_EPS

    def _begin(self, polynomial: Polynomial) -> None:
        """Begin an empty basis with a polynomial; locked vectors stay, and the old arrays are reused."""
        self.polynomial = polynomial
        self.space = np.zeros((0, 0))  # the projection, and room for more
        self.spare, self.chunks = self.chunks, []
        self.last, self.size = 0, 0  # where the last block begins and ends
        self.previous: RowBlock | None = None  # None where the three-term recurrence does not hold for the next block
        self.coupling: Any = np.zeros((0, 0))
        # Blocks until the next full reorthogonalization, which two consecutive blocks need to restore the recurrence
        # (−1 at the second), and the blocks between two such.
        self.until_full, self.interval = 0, 0

    @property
    def projection(self) -> Float[np.ndarray, "size size"]:
        """Return H, the projection of p(AᵀA) onto the basis."""
        return self.space[: self.size, : self.size]

    @property
    def dimension(self) -> int:
        """Return the dimension of the space together with the locked vectors."""
        return self.locked_values.size + self.size

    @property
    def nonzero(self) -> np.ndarray:
        """Return which rows, the locked ones first, are not zeros in the place of directions that do not exist."""
        return np.concatenate([np.ones(self.locked_values.size, bool), np.diagonal(self.projection) != 0])

    # --- growth -------------------------------------------------------------------------------------------------------

    def grow(self, rows: RowBlock, blocks: int) -> RowBlock | None:
        """Append blocks, an orthonormal one and those that follow from it; return the next one, None on breakdown."""
        following: RowBlock | None = rows
        while blocks > 0 and following is not None:
            before, known = self.size, self.size == 0 or self.previous is not None
            following = self._take_steps(following, blocks) if self.many_steps and known else self._take_step(following)
            blocks -= (self.size - before) // len(rows)
        return following

    def _take_step(self, rows: RowBlock) -> RowBlock | None:
        """Append a block, multiply it by p(AᵀA), and orthogonalize the image against the basis; return the next."""
        self._append(rows)
        recurrence = self.previous is not None
        rounds = 2 if not recurrence else int(self.until_full <= 0)
        space = Space(self.deflated, self.previous, self.coupling, self.chunks)
        self.rest, step = take_step(self.operator, self.polynomial, rows, space, rounds)
        self._record(step, self.coupling if recurrence else None)
        self.previous = rows
        if recurrence and self.selective:
            if self.until_full == 0:
                self._set_interval(float(step.lost / np.sqrt(max(np.linalg.eigvalsh(self.gram)[0], 1e-300))))
            self.until_full = self.interval if self.until_full < 0 else self.until_full - 1
        return self.next_block()

    def _take_steps(self, rows: RowBlock, blocks: int) -> RowBlock | None:
        """Do what ``_take_step`` does on a GPU, with many blocks, all orthogonalized against the whole basis."""
        blocks, width = blocks + -blocks % settings.GPU_STEPS, len(rows)
        coupling = np.zeros((width, width)) if self.previous is None else self.coupling
        start = Growth(self._with_room(blocks * width), np.int32(self.size), rows, [])
        growth, steps, factors = take_steps(self.operator, self.polynomial, start, self.deflated, blocks)
        for step, known in zip(steps, [None if self.previous is None else coupling, *factors], strict=False):
            self._record(step, known)
        self.chunks, self.coupling = [growth.basis], [coupling, *factors][len(steps)]
        following = growth.rows
        if len(steps) < blocks:  # the host takes again the step that led to a deficient block
            following = row_products.part_of(growth.basis, self.size, width)
            self.chunks = [row_products.beginning_of(growth.basis, self.size)]
        if self.size:
            self.previous = row_products.part_of(self.chunks[0], self.size - width, width)
        return following if len(steps) == blocks else self._take_step(following)

    def _record(self, step: Step, coupling: np.ndarray | None) -> None:
        """Extend the projection by a block that was appended, coupled to the last alone or, if None, to the whole."""
        before, self.last = self.last, self.size
        self.size += len(step.own)
        column = np.zeros((self.size, len(step.own)))
        column[self.last :] = (step.own + step.own.T) / 2
        if coupling is None:
            column[: self.last] = step.along[: self.last]
        else:
            column[before : self.last] = coupling
        if self.size > len(self.space):
            self.space = np.pad(self.space, (0, self.size))
        self.space[: self.size, self.last : self.size] = column
        self.space[self.last : self.size, : self.size] = column.T
        self.gram, self.norm = step.gram, step.norm

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
            rows, self.coupling = row_products.cholesky_qr2(self.rest, self.gram, self.operator.mesh)
            return rows
        self.previous = None
        rows = self._orthonormalize(self.rest, max(float(np.abs(np.diagonal(self.projection)).max()), 1e-300))
        missing = np.diagonal(self._gram(rows)) == 0
        if missing.any():
            rows = self._orthonormalize(xp.where(missing[:, None], self._random_rows(len(rows)), rows), 1.0)
        return rows if self._gram(rows).any() else None

    def widen(self, rows: RowBlock) -> RowBlock:
        """Add as many random rows to the block as blocks had at first; from here on blocks are that wide."""
        self.previous = None
        return self._orthonormalize(xp.concatenate([rows, self._random_rows(self.block)]), 1.0)

    # --- Ritz values and vectors --------------------------------------------------------------------------------------

    def ritz(self, k: int) -> Ritz:
        """Compute the largest Ritz values, the locked ones among them, and some beyond the (k+1)-th."""
        locked = self.locked_values.size
        extra = max(settings.EXTRA_RITZ_VALUES, k // settings.EXTRA_RITZ_DIVISOR)
        count = min(k + 1 + extra - locked, self.size)
        images, vectors = self._largest(count)
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

    def _largest(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Compute the largest eigenvalues of the projection, in ascending order, and their vectors."""
        size = self.size
        if size < settings.WHOLE_EIGH_SIZE:
            values, vectors = np.linalg.eigh(self.projection)
            return values[-count:], vectors[:, -count:]
        if not self.many_steps:
            return scipy.linalg.eigh(self.projection, subset_by_index=(size - count, size - 1))
        # Filled up to one size, which is compiled once; what it is filled with are the smallest eigenvalues.
        padded = np.diag(np.full(len(self.chunks[0]), -2 * np.linalg.norm(self.projection)))
        padded[:size, :size] = self.projection
        values, vectors = jax.device_get(row_products.eigh(jnp.asarray(padded)))
        return values[-count:], vectors[:size, -count:]

    def combine(self, vectors: np.ndarray, dtype: Any = None) -> RowBlock:
        """Compute combinations of the locked and the basis vectors, one for each column of ``vectors``."""
        total = zeros_for(self.operator, vectors.shape[1], dtype or self.operator.dtype)
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
        locked = self.locked_values.size
        values, vectors = self._largest(count)
        # The projection is that onto the basis that Gram–Schmidt would make of this one (Simon 1984), and so are the
        # vectors.
        vectors = scipy.linalg.solve_triangular(np.linalg.cholesky(self._gram_of_basis()).T, vectors)
        padded = np.pad(vectors, ((locked, 0), (0, -count % self.height)))
        kept = [self.combine(part) for part in np.split(padded, padded.shape[1] // self.height, axis=1)]
        self._begin(self.polynomial)
        self.chunks, self.size, self.space = kept, count, np.diag(values)

    def lock_and_filter(self, polynomial: Polynomial, ritz: Ritz, count: int, operator: Operator) -> RowBlock:
        """Lock the first ``count`` Ritz vectors and begin a new basis with another polynomial; return its first block.

        The block is made of random combinations of the other Ritz vectors.  ``operator`` is A, perhaps in single
        precision from here on; what is locked keeps the precision that the basis had at first.
        """
        others = ritz.vectors[:, count:]
        weights = others @ self.generator.standard_normal((others.shape[1], self.block))
        rows = self.combine(weights, operator.dtype)
        if count:
            padded = np.pad(ritz.vectors[:, :count], ((0, 0), (0, -count % settings.HEIGHT)))
            wanted = self.combine(padded, self.locked_dtype)
            self.locked = [row_products.cholesky_qr2(wanted, self._gram(wanted), self.operator.mesh, count)[0]]
            self.deflated = [row_products.cast(part, operator.dtype) for part in self.locked]
        self.locked_values, self.locked_residuals = ritz.values[:count], np.zeros(count)
        if operator is not self.operator:
            self.chunks = []
            self._multiply_by(operator)
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

    def random_columns(self, operator: Operator, count: int) -> Float[Array, "m count"]:
        """Draw standard normal columns for ``transpose_times`` of an operator; rows that only pad are zero."""
        return row_products.internal_columns(operator, self._normal(operator.shape[0], count))

    def _normal(self, rows: int, count: int) -> Any:
        """Draw standard normal numbers; on a GPU there, from a seed that is drawn here."""
        if not on_gpu():
            return self.generator.standard_normal((rows, count))
        seed = self.generator.integers(2**32, size=4, dtype=np.uint32)
        return row_products.standard_normal(seed, (rows, count))

    def _random_rows(self, count: int) -> RowBlock:
        """Draw images of random vectors under Aᵀ, or AᵀA: as they lie in the row space, its exhaustion can be detected.

        Only double precision can tell small singular values from their squares, and so needs Aᵀ.
        """
        if self.selective:  # this compiles no further product
            columns, _ = gram_times(self.operator, self.random_columns(self.operator.T, count))
        else:
            columns = times(self.operator.T, self.random_columns(self.operator, count))
        rows = rows_of(columns)
        norms = np.sqrt(np.diagonal(self._gram(rows)))
        return row_products.transform(np.diag(1 / np.maximum(norms, 1e-30)), rows)

    # --- orthonormalization and storage -------------------------------------------------------------------------------

    def _orthonormalize(self, rows: RowBlock, scale: float) -> RowBlock:
        """Orthonormalize rows against the basis and among themselves; rows that are rounding at ``scale`` become 0."""
        if self.many_steps and not self.chunks:
            found, sound = orthonormal_block(rows, self.deflated, scale)
            if sound:
                return found
        rows = row_products.transform(np.eye(len(rows)), rows)  # a copy whose buffer can be donated
        for _ in range(3):
            for part in (*self.deflated, *self.chunks):
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
        return zeros_for(self.operator, self.height, self.operator.dtype)

    def _append(self, rows: RowBlock) -> None:
        """Store rows behind the basis, in arrays of equal height, so that nothing is compiled again as it grows."""
        done = 0
        while done < len(rows):
            place, room = self.size + done, sum(len(chunk) for chunk in self.chunks)
            if room == place:
                self.chunks.append(self._empty_chunk())
                room += len(self.chunks[-1])
            whole = done == 0 and room - place >= len(rows)
            part = rows if whole else rows[done : done + room - place]
            self.chunks[-1] = row_products.store(self.chunks[-1], part, len(self.chunks[-1]) - room + place)
            done += len(part)

    def _with_room(self, count: int) -> RowBlock:
        """Give up the basis, as one array with room for so many more rows."""
        first, *others = self.chunks or [self._empty_chunk()]
        basis, self.chunks = jnp.concatenate([first, *others]) if others else first, []
        lacking = self.size + count - len(basis)
        return jnp.pad(basis, ((0, lacking + -lacking % settings.HEIGHT), (0, 0))) if lacking > 0 else basis

"""An orthonormal basis that grows by blocks, and the projection onto it of a polynomial of AᵀA.

The polynomial is AᵀA itself at first, later one of Chebyshev's: d products with AᵀA advance the Krylov space as far as
d blocks would, for the orthogonalization and the memory of one.  Eigenvalues that have converged are locked before, and
kept out of the space: the polynomial would blow them up beyond what rounding bears.

A block has one row for each vector, as the basis has: such products run near the peak of the machine.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Float, PRNGKeyArray

from . import bounds
from .operators import ROWS, Operator, everywhere
from .polynomial import Polynomial, polynomial_image
from .refine import Refined, orthonormal

# Basis vectors are stored in chunks of this many, so that each product is compiled once whatever the size.
_CHUNK = 32

Rows = Float[Array, "b n"]


class Ritz(NamedTuple):
    """The largest Ritz values θ of AᵀA, as far as p tells them; their vectors in terms of the locked and the basis.

    ``residuals`` are the norms ‖AᵀA·x − θx‖, estimated unless p is AᵀA; ``errors`` bound by how much θ is too small,
    see ``bounds``: for p(AᵀA), divided by p′(θ), as p is convex there.  ``free`` are the places of those that are not
    locked: where values are equal they may come before the locked.
    """

    values: np.ndarray
    vectors: np.ndarray
    residuals: np.ndarray
    errors: np.ndarray
    free: np.ndarray


class Basis:
    """Orthonormal rows Q of the row space of A, without what is locked, and H = Q p(AᵀA) Qᵀ.

    ``rest`` is what p(AᵀA) leaves of the last block outside the space: the residual of a Ritz vector Qᵀy under
    p(AᵀA) is the combination of ``rest`` by the last entries of y.

    ``operator`` may be of single precision, and the basis is then; what is locked comes from elsewhere, and is not.
    """

    def __init__(self, operator: Operator, block: int, key: PRNGKeyArray):
        self.operator, self.block, self.key = operator, block, key
        self.eps = float(jnp.finfo(operator.dtype).eps)
        self.locked: Array | None = None
        self.purged: list[Array] = []  # the locked vectors in the precision of the basis
        self.locked_values, self.locked_residuals = np.zeros(0), np.zeros(0)
        self.chunks: list[Array] = []
        self._begin(Polynomial())

    def _begin(self, polynomial: Polynomial) -> None:
        self.polynomial = polynomial
        self.projection = np.zeros((0, 0))
        self.spare, self.chunks = self.chunks, []
        self.last, self.size = 0, 0  # where the last block begins and ends
        self.previous: Rows | None = None
        self.coupling = np.zeros((0, 0))
        self.passes = 1

    @property
    def dimension(self) -> int:
        """Of the space together with what is locked."""
        return self.locked_values.size + self.size

    @property
    def alive(self) -> np.ndarray:
        """Which rows, locked ones first, are not zeros in the place of directions that do not exist."""
        return np.concatenate([np.ones(self.locked_values.size, bool), np.diagonal(self.projection) != 0])

    def expand(self, rows: Rows) -> None:
        """Append an orthonormal block and multiply it by p(AᵀA)."""
        before, self.last = self.last, self.size
        self._append(rows)
        image = polynomial_image(self.operator, self.polynomial, rows.T, self.purged)
        rest, own, norm = _own_part(rows, image, self.operator.mesh)
        column, self.norm = np.zeros((self.size, len(rows))), float(norm)
        column[self.last :] = own
        if self.previous is not None:  # what it shares with the block before is known
            rest = _subtract(rest, self.previous, self.coupling)
            column[before : self.last] = self.coupling
        for _ in range(self.passes):
            parts = [_coefficients(chunk, rest, self.operator.mesh) for chunk in (*self.purged, *self.chunks)]
            for chunk, part in zip((*self.purged, *self.chunks), parts, strict=True):
                rest = _subtract(rest, chunk, part)
            found = np.concatenate([np.asarray(part) for part in parts[len(self.purged) :]])
            column += found[: self.size]
        self.projection = np.block([[self.projection, column[: self.last]], [column.T]])
        corner = self.projection[self.last :, self.last :]
        self.projection[self.last :, self.last :] = (corner + corner.T) / 2
        self.rest, self.gram, self.passes, self.previous = rest, self._products(rest), 1, rows

    def ritz(self, k: int) -> Ritz:
        """The largest Ritz values, the locked among them, up to two blocks beyond the (k+1)-th."""
        locked = self.locked_values.size
        count = min(k + 1 + 2 * self.block - locked, self.size)
        images, vectors = scipy.linalg.eigh(self.projection, subset_by_index=(self.size - count, self.size - 1))
        images, vectors = images[::-1], vectors[:, ::-1]
        end = vectors[self.last :]
        products = end.T @ self.gram @ end  # of residuals under p
        values = self.polynomial.inverse(images)
        slopes = self.polynomial.slope(values)
        errors = bounds.of_clusters(images, products)
        if locked <= k < locked + count:
            errors[k - locked] = min(errors[k - locked], bounds.lehmann(images, products, k - locked, self.block))
        norms = np.sqrt(np.maximum(np.diagonal(products), 0))
        values = np.concatenate([self.locked_values, values])
        residuals = np.concatenate([self.locked_residuals, norms / slopes])
        errors = np.concatenate([self.locked_residuals, errors / slopes])
        order = np.argsort(-values, kind="stable")
        whole = scipy.linalg.block_diag(np.eye(locked), vectors)
        return Ritz(values[order], whole[:, order], residuals[order], errors[order], np.flatnonzero(order >= locked))

    def combine(self, vectors: np.ndarray) -> Float[Array, "p n"]:
        """Combinations of the locked vectors and of the basis, one for each column of ``vectors``; double precision."""
        locked = self.locked_values.size
        padded = np.zeros((_CHUNK * len(self.chunks), vectors.shape[1]))
        padded[: len(vectors) - locked] = vectors[locked:]
        parts = np.split(padded, len(self.chunks))
        rows = sum(_combine(chunk, part) for chunk, part in zip(self.chunks, parts, strict=True)).astype(float)
        return rows if self.locked is None else rows + _combine(self.locked, vectors[:locked])

    def restart(self, count: int) -> None:
        """Keep the ``count`` best Ritz vectors; the block that comes next stays as it is."""
        size, locked = self.size, self.locked_values.size
        images, vectors = scipy.linalg.eigh(self.projection, subset_by_index=(size - count, size - 1))
        kept, _ = orthonormal(self.combine(np.pad(vectors, ((locked, 0), (0, 0)))))
        self._begin(self.polynomial)
        self._append(kept.astype(self.operator.dtype))
        self.projection, self.passes = np.diag(images), 2

    def filtered(self, polynomial: Polynomial, near: Float[Array, "p n"], lock: Refined) -> Rows:
        """Lock more, and begin anew with another polynomial; the block to begin with, a mixture of ``near``."""
        if len(lock.values):
            rows = lock.rows if self.locked is None else jnp.concatenate([self.locked, lock.rows])
            self.locked, self.purged = rows, [rows.astype(self.operator.dtype)]
            self.locked_values = np.concatenate([self.locked_values, lock.values])
            self.locked_residuals = np.concatenate([self.locked_residuals, lock.residuals])
        self._begin(polynomial)
        mixture = jax.random.normal(self._draw(), (len(near), self.block), near.dtype)
        return self._orthonormal(_combine(near, mixture).astype(self.operator.dtype), 1.0)

    def sharp(self, value: float) -> bool:
        """Whether p loses little of its steepness at θ to what it has spread below."""
        return self.polynomial.degree > 1 and self.polynomial.scale * value - 1 < np.cosh(3 / self.polynomial.degree)

    def following(self) -> Rows | None:
        """The next block of the Krylov space; fresh directions stand in for those that vanish; None: exhausted."""
        norms = np.linalg.eigvalsh(self.gram)
        if norms[0] > self.eps**0.5 * self.norm**2:
            rows, factor = orthonormal(self.rest)  # of condition below eps^(−1/4)
            self.coupling = np.asarray(factor)
            return rows
        self.previous, self.passes = None, 2
        rows = self._orthonormal(self.rest, max(float(np.abs(np.diagonal(self.projection)).max()), 1e-300))
        missing = np.diagonal(self._products(rows)) == 0
        if missing.any():
            rows = self._orthonormal(jnp.where(missing[:, None], self._random(len(rows)), rows), 1.0)
        return rows if self._products(rows).any() else None

    def widened(self, rows: Rows) -> Rows:
        """The block together with as many fresh rows as blocks had at first; from here on blocks are that wide."""
        self.previous, self.passes = None, 2
        return self._orthonormal(jnp.concatenate([rows, self._random(self.block)]), 1.0)

    def fresh(self) -> Rows | None:
        """A random block of the row space, orthonormal and orthogonal to the basis; None where that is exhausted."""
        rows = self._orthonormal(self._random(self.block), 1.0)
        return rows if self._products(rows).any() else None

    def normal(self, count: int) -> Float[Array, "m count"]:
        """Random columns for ``transpose_times``; zero in the rows that only pad."""
        return _normal(self.operator, self._draw(), count)

    def _draw(self) -> PRNGKeyArray:
        self.key, key = jax.random.split(self.key)
        return key

    def _random(self, count: int) -> Rows:
        """Random combinations of rows of A: in the row space, so that its exhaustion can be told from rounding."""
        rows = self.operator.transpose_times(self.normal(count)).T
        return rows / jnp.linalg.norm(rows, axis=1, keepdims=True)

    def _orthonormal(self, rows: Rows, scale: float) -> Rows:
        """Orthonormal among themselves and to the basis; zeros for what is less than rounding at this scale."""
        rows = rows + 0  # a copy to write over
        for _ in range(3):
            for chunk in (*self.purged, *self.chunks):
                rows = _subtract(rows, chunk, _coefficients(chunk, rows, self.operator.mesh))
            rows = _transform(np.linalg.eigh(self._products(rows))[1].T, rows)
            norms = np.sqrt(np.diagonal(self._products(rows)))
            inverse = np.where(norms > self.eps**0.75 * scale, 1 / np.maximum(norms, 1e-300), 0.0)
            rows, scale = _transform(np.diag(inverse), rows), 1.0
        return rows

    def _products(self, rows: Rows) -> np.ndarray:
        return np.asarray(_gram(rows, self.operator.mesh), dtype=float)

    def _append(self, rows: Rows) -> None:
        done = 0
        while done < len(rows):
            place = self.size % _CHUNK
            if place == 0:
                self.chunks.append(_cleared(self.spare.pop()) if self.spare else _zeros(self.operator))
            part = rows[done : done + _CHUNK - place]
            self.chunks[-1] = _store(self.chunks[-1], part, place)
            self.size += len(part)
            done += len(part)


@eqx.filter_jit
def _zeros(operator: Operator) -> Array:
    zeros = jnp.zeros((_CHUNK, operator.padded[1]), operator.dtype)
    if operator.mesh is None:
        return zeros
    return jax.lax.with_sharding_constraint(zeros, NamedSharding(operator.mesh, PartitionSpec(None, ROWS)))


@partial(jax.jit, donate_argnums=0)
def _cleared(chunk: Array) -> Array:
    return 0 * chunk


@eqx.filter_jit
def _normal(operator: Operator, key: PRNGKeyArray, count: int) -> Array:
    height = operator.shape[0]
    drawn = jax.random.normal(key, (height, count), operator.dtype)
    return jnp.pad(drawn, ((0, operator.padded[0] - height), (0, 0)))


@partial(jax.jit, static_argnums=2)
def _own_part(rows: Rows, columns: Float[Array, "n b"], mesh: Any) -> tuple[Rows, Array, Array]:
    """The columns as rows, less what they share with ``rows``; the coefficients of that; and the norm before."""
    image = columns.T
    own = jnp.einsum("mn,bn->mb", rows, image)
    norm = jnp.linalg.norm(image) / np.sqrt(len(rows))
    return image - jnp.einsum("mn,mb->bn", rows, own), everywhere(own, mesh), everywhere(norm, mesh)


@partial(jax.jit, static_argnums=2)
def _coefficients(chunk: Array, rows: Rows, mesh: Any) -> Array:
    return everywhere(jnp.einsum("mn,bn->mb", chunk, rows), mesh)


@partial(jax.jit, donate_argnums=0)
def _subtract(rows: Rows, chunk: Array, coefficients: Array) -> Rows:
    return rows - jnp.einsum("mn,mb->bn", chunk, coefficients.astype(rows.dtype))


@jax.jit
def _combine(chunk: Array, vectors: Array) -> Array:
    return jnp.einsum("mn,mp->pn", chunk, vectors.astype(chunk.dtype))


@partial(jax.jit, static_argnums=1)
def _gram(rows: Rows, mesh: Any) -> Array:
    return everywhere(jnp.einsum("an,bn->ab", rows, rows), mesh)


@jax.jit
def _transform(matrix: Array, rows: Rows) -> Rows:
    return jnp.einsum("ab,bn->an", matrix.astype(rows.dtype), rows)


@partial(jax.jit, donate_argnums=0)
def _store(chunk: Array, rows: Rows, place: int) -> Array:
    return jax.lax.dynamic_update_slice(chunk, rows, (place, 0))

"""An orthonormal basis that grows by blocks, and the projection onto it of a polynomial of AᵀA.

The polynomial is AᵀA itself at first, later one of Chebyshev's: d products with AᵀA advance the Krylov space nearly as
far as d blocks would, for the orthogonalization and the memory of one.  Vectors that have converged are set apart
before, and removed from all images: the polynomial would blow them up beyond what rounding bears.

In exact arithmetic the image of a block shares something with that block, the one before and the next only.  Rounding
adds to this, and the faster the nearer a Ritz vector is to an eigenvector (Paige).  In single precision, images are
made orthogonal to the whole basis at intervals only, of which what rounding is found to have added tells the length.

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

from ..operators.operator import ROWS, Operator, everywhere, times
from . import bounds
from .polynomial import Polynomial, gram_times, polynomial_image
from .refine import orthonormal

# Basis vectors are stored in chunks of so many; of Ritz vectors beyond the wanted ones so many are told, at least.
_CHUNK, _BEYOND = 64, 16
# Where rounding is that of single precision, blocks may share so much with the basis.
_SHARED = 1e-4

Rows = Float[Array, "b n"]


class Ritz(NamedTuple):
    """The largest Ritz values θ of AᵀA, as far as p tells them; their vectors in terms of what is apart and the basis.

    ``residuals`` are the norms ‖AᵀA·x − θx‖, estimated unless p is AᵀA; ``errors`` bound by how much θ is too small,
    see ``bounds``: for p(AᵀA), divided by p′(θ), as p is convex there.
    """

    values: np.ndarray
    vectors: np.ndarray
    residuals: np.ndarray
    errors: np.ndarray


class Basis:
    """Orthonormal rows Q of the row space of A, without what is apart, and H = Q p(AᵀA) Qᵀ.

    ``rest`` is what p(AᵀA) leaves of the last block outside the space: the residual of a Ritz vector Qᵀy under
    p(AᵀA) is the combination of ``rest`` by the last entries of y.
    """

    def __init__(self, operator: Operator, block: int, key: PRNGKeyArray):
        self.operator, self.block, self.key = operator, block, key
        self.eps = float(jnp.finfo(operator.dtype).eps)
        self.thrifty = self.eps > 1e-10
        self.apart: list[Array] = []
        self.apart_values, self.apart_residuals = np.zeros(0), np.zeros(0)
        self.chunks: list[Array] = []
        self._begin(Polynomial())

    def _begin(self, polynomial: Polynomial) -> None:
        self.polynomial = polynomial
        self.projection = np.zeros((0, 0))
        self.spare, self.chunks = self.chunks, []
        self.last, self.size = 0, 0  # where the last block begins and ends
        self.previous: Rows | None = None  # None where the image of the next block is not known to be as in theory
        self.coupling = np.zeros((0, 0))
        # Blocks until the next two in turn, of which all that follow are made, are made orthogonal to everything.
        self.loose, self.interval = 0, 0

    @property
    def dimension(self) -> int:
        """Of the space together with what is apart."""
        return self.apart_values.size + self.size

    @property
    def alive(self) -> np.ndarray:
        """Which rows, those apart first, are not zeros in the place of directions that do not exist."""
        return np.concatenate([np.ones(self.apart_values.size, bool), np.diagonal(self.projection) != 0])

    def expand(self, rows: Rows) -> None:
        """Append an orthonormal block and multiply it by p(AᵀA)."""
        before, self.last = self.last, self.size
        self._append(rows)
        image = polynomial_image(self.operator, self.polynomial, rows.T)
        rest, own, norm = _own_part(rows, image, self.apart, self.operator.mesh)
        column, self.norm = np.zeros((self.size, len(rows))), float(norm)
        column[self.last :] = own
        known = self.previous is not None
        if known:
            rest = _subtract(rest, self.previous, self.coupling)
            column[before : self.last] = self.coupling
            if self.loose <= 0:
                rest, shared = self._orthogonal(rest)
        else:
            for _ in range(2):
                rest, found = self._orthogonal(rest)
                column += found
        self.projection = np.block([[self.projection, column[: self.last]], [column.T]])
        corner = self.projection[self.last :, self.last :]
        self.projection[self.last :, self.last :] = (corner + corner.T) / 2
        self.rest, self.gram, self.previous = rest, self._products(rest), rows
        if known and self.thrifty:
            if self.loose == 0:
                self._measured(float(np.abs(shared).max() / np.sqrt(max(np.linalg.eigvalsh(self.gram)[0], 1e-300))))
            self.loose = self.interval if self.loose < 0 else self.loose - 1

    def _orthogonal(self, rows: Rows) -> tuple[Rows, np.ndarray]:
        """The rows without what they share with the basis, and the coefficients of that."""
        parts = [_coefficients(chunk, rows, self.operator.mesh) for chunk in self.chunks]
        for chunk, part in zip(self.chunks, parts, strict=True):
            rows = _subtract(rows, chunk, part)
        return rows, np.concatenate([np.asarray(part) for part in parts])[: self.size]

    def _measured(self, shared: float) -> None:
        """Choose for how many blocks to be loose, by how much one has come to share with the basis, geometrically."""
        orders = np.log(max(shared / self.eps, 2.0)), np.log(_SHARED / self.eps)
        self.interval = max(int(max(self.interval, 1) * min(orders[1] / orders[0], 2.0)), 1)

    def ritz(self, k: int) -> Ritz:
        """The largest Ritz values, those apart among them, and some beyond the (k+1)-th."""
        apart = self.apart_values.size
        count = min(k + 1 + max(_BEYOND, k // 3) - apart, self.size)
        images, vectors = scipy.linalg.eigh(self.projection, subset_by_index=(self.size - count, self.size - 1))
        images, vectors = images[::-1], vectors[:, ::-1]
        end = vectors[self.last :]
        products = end.T @ self.gram @ end  # of residuals under p
        values = self.polynomial.inverse(images)
        slopes = self.polynomial.slope(values)
        errors = bounds.of_clusters(images, products)
        if apart <= k < apart + count:
            errors[k - apart] = min(errors[k - apart], bounds.lehmann(images, products, k - apart, self.block))
        norms = np.sqrt(np.maximum(np.diagonal(products), 0))
        values = np.concatenate([self.apart_values, values])
        residuals = np.concatenate([self.apart_residuals, norms / slopes])
        errors = np.concatenate([self.apart_residuals, errors / slopes])
        order = np.argsort(-values, kind="stable")
        whole = scipy.linalg.block_diag(np.eye(apart), vectors)
        return Ritz(values[order], whole[:, order], residuals[order], errors[order])

    def combine(self, vectors: np.ndarray) -> Float[Array, "p n"]:
        """Combinations of what is apart and of the basis, one for each column of ``vectors``."""
        parts = [*self.apart, *self.chunks]
        ends = np.cumsum([len(part) for part in parts])
        padded = np.pad(vectors, ((0, ends[-1] - len(vectors)), (0, 0)))
        total = jnp.zeros((vectors.shape[1], parts[0].shape[1]), self.operator.dtype)
        for part, of_part in zip(parts, np.split(padded, ends[:-1]), strict=True):
            total = _combined(total, part, of_part)
        return total

    def restart(self, count: int) -> None:
        """Keep the ``count`` best Ritz vectors; the block that comes next stays as it is."""
        size, apart = self.size, self.apart_values.size
        values, vectors = scipy.linalg.eigh(self.projection, subset_by_index=(size - count, size - 1))
        # The projection is that onto what Gram and Schmidt would make of the basis (Simon 1984), the vectors as well.
        vectors = scipy.linalg.solve_triangular(np.linalg.cholesky(self._own_gram()).T, vectors)
        kept, _ = orthonormal(self.combine(np.pad(vectors, ((apart, 0), (0, 0)))))
        self._begin(self.polynomial)
        self._append(kept)
        self.projection = np.diag(values)

    def _own_gram(self) -> np.ndarray:
        """The products of the basis vectors with each other."""
        blocks = [
            np.concatenate([_coefficients(other, chunk, self.operator.mesh) for other in self.chunks])
            for chunk in self.chunks
        ]
        return np.concatenate(blocks, axis=1)[: self.size, : self.size].astype(float)

    def filtered(self, polynomial: Polynomial, ritz: Ritz, count: int) -> Rows:
        """Set the first ``count`` apart and begin anew with another polynomial; the block to begin with."""
        rows = self.combine(ritz.vectors)
        self.apart = [orthonormal(rows[:count])[0]] if count else []
        self.apart_values, self.apart_residuals = ritz.values[:count], np.zeros(count)
        self._begin(polynomial)
        mixture = jax.random.normal(self._draw(), (self.block, len(rows) - count), rows.dtype)
        return self._orthonormal(_transform(mixture, rows[count:]), 1.0)

    def following(self) -> Rows | None:
        """The next block of the Krylov space; fresh directions stand in for those that vanish; None: exhausted."""
        norms = np.linalg.eigvalsh(self.gram)
        if norms[0] > self.eps**0.5 * self.norm**2:
            rows, factor = orthonormal(self.rest)  # of condition below eps^(−1/4)
            self.coupling = np.asarray(factor)
            return rows
        self.previous = None
        rows = self._orthonormal(self.rest, max(float(np.abs(np.diagonal(self.projection)).max()), 1e-300))
        missing = np.diagonal(self._products(rows)) == 0
        if missing.any():
            rows = self._orthonormal(jnp.where(missing[:, None], self._random(len(rows)), rows), 1.0)
        return rows if self._products(rows).any() else None

    def widened(self, rows: Rows) -> Rows:
        """The block together with as many fresh rows as blocks had at first; from here on blocks are that wide."""
        self.previous = None
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
        """Random images under Aᵀ, or AᵀA: in the row space, so that its exhaustion can be told from rounding.

        Only double precision tells small values from their squares.
        """
        if self.thrifty:  # nothing else is compiled
            rows = gram_times(self.operator, _normal(self.operator.T, self._draw(), count)).T
        else:
            rows = times(self.operator.T, self.normal(count)).T
        return rows / jnp.linalg.norm(rows, axis=1, keepdims=True)

    def _orthonormal(self, rows: Rows, scale: float) -> Rows:
        """Orthonormal among themselves and to the basis; zeros for what is less than rounding at this scale."""
        rows = rows + 0  # a copy to write over
        for _ in range(3):
            for part in (*self.apart, *self.chunks):
                rows = _subtract(rows, part, _coefficients(part, rows, self.operator.mesh))
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
            room = sum(len(chunk) for chunk in self.chunks)
            if room == self.size:
                self.chunks.append(_cleared(self.spare.pop()) if self.spare else _zeros(self.operator, _CHUNK))
                room += _CHUNK
            part = rows[done : done + room - self.size]
            self.chunks[-1] = _store(self.chunks[-1], part, len(self.chunks[-1]) - room + self.size)
            self.size += len(part)
            done += len(part)


@eqx.filter_jit
def _zeros(operator: Operator, height: int) -> Array:
    zeros = jnp.zeros((height, operator.padded[1]), operator.dtype)
    if operator.mesh is None:
        return zeros
    return jax.lax.with_sharding_constraint(zeros, NamedSharding(operator.mesh, PartitionSpec(None, ROWS)))


@partial(jax.jit, donate_argnums=0)
def _cleared(chunk: Array) -> Array:
    return 0 * chunk


@eqx.filter_jit
def _normal(operator: Operator, key: PRNGKeyArray, count: int) -> Array:
    return operator.arranged(jax.random.normal(key, (operator.shape[0], count), operator.dtype))


@partial(jax.jit, static_argnums=3)
def _own_part(
    rows: Rows, columns: Float[Array, "n b"], apart: list[Array], mesh: Any
) -> tuple[Rows, Array, Array]:  # fmt: skip
    """The columns as rows, less what they share with what is ``apart`` and, of which the coefficients, ``rows``.

    And the norm before.
    """
    image = columns.T
    for part in apart:
        image = image - jnp.einsum("mn,mb->bn", part, jnp.einsum("mn,bn->mb", part, image))
    own = jnp.einsum("mn,bn->mb", rows, image)
    norm = jnp.linalg.norm(image) / np.sqrt(len(rows))
    return image - jnp.einsum("mn,mb->bn", rows, own), everywhere(own, mesh), everywhere(norm, mesh)


@partial(jax.jit, static_argnums=2)
def _coefficients(chunk: Array, rows: Rows, mesh: Any) -> Array:
    return everywhere(jnp.einsum("mn,bn->mb", chunk, rows), mesh)


@partial(jax.jit, donate_argnums=0)
def _subtract(rows: Rows, chunk: Array, coefficients: Array) -> Rows:
    return rows - jnp.einsum("mn,mb->bn", chunk, coefficients.astype(rows.dtype))


@partial(jax.jit, donate_argnums=0)
def _combined(total: Rows, chunk: Array, vectors: Array) -> Rows:
    return total + jnp.einsum("mn,mp->pn", chunk, vectors.astype(chunk.dtype))


@partial(jax.jit, static_argnums=1)
def _gram(rows: Rows, mesh: Any) -> Array:
    return everywhere(jnp.einsum("an,bn->ab", rows, rows), mesh)


@jax.jit
def _transform(matrix: Array, rows: Rows) -> Rows:
    return jnp.einsum("ab,bn->an", matrix.astype(rows.dtype), rows)


@partial(jax.jit, donate_argnums=0)
def _store(chunk: Array, rows: Rows, place: int) -> Array:
    return jax.lax.dynamic_update_slice(chunk, rows, (place, 0))

"""An orthonormal basis that grows by blocks, and the projection of AᵀA onto it: the state of the Krylov method.

A block AᵀA·W needs to be made orthogonal only to W and the block before: to all others it is orthogonal but for
rounding, which grows along Ritz vectors as they converge, and nowhere else (Paige).  So those that have converged
halfway to rounding stand guard: new blocks are kept orthogonal to them (selective orthogonalization of Parlett and
Scott), at a small part of the cost of orthogonalization to the whole basis.  Where the space breaks down (A has few
distinct singular values, or few rows), the whole basis is used instead.
"""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Float, PRNGKeyArray

from .operators import ROWS, Operator

# Basis vectors are stored as rows, in chunks of this many, so that each product is compiled once whatever the size.
_CHUNK = 128
# A direction that orthogonalization shrinks below this is rounding.
_NOTHING = 1e-12
# Where less than this share of the largest is left of a direction, it is orthogonalized to the whole basis.
_CANCELLED = 1e-4
# A Ritz vector stands guard when its residual is less than this share of θ_1.
_HALFWAY = 1e-5
# With fewer rows, the whole basis is cheap.
_FEW = 2048

Columns = Float[Array, "n b"]


class Basis:
    """Orthonormal rows Q of the row space of A, and T = Q AᵀA Qᵀ.

    ``rest`` is what AᵀA times the last block leaves outside the space, and ``gram`` its Gram matrix: the residual of
    a Ritz vector Qᵀy is rest times the last entries of y.
    """

    def __init__(self, operator: Operator, block: int, key: PRNGKeyArray, whole: bool):
        self.operator, self.block, self.key = operator, block, key
        self.whole = whole or operator.shape[1] <= _FEW
        self.projection = np.zeros((0, 0))
        self.size = 0
        self.chunks: list[Array] = []
        self.previous: Array | None = None
        self.before = np.zeros((block, block))
        self.guards: list[Array] = []
        self.guarded, self.turn = 0, -1

    @property
    def alive(self) -> np.ndarray:
        """Which rows are not zeros in the place of directions that do not exist."""
        return np.asarray(np.diagonal(self.projection) > 0)

    def expand(self, columns: Columns) -> None:
        """Append an orthonormal block and multiply it by AᵀA."""
        old, mesh = self.size, self.operator.mesh
        self._append(columns)
        grown = np.zeros((self.size, self.size))
        grown[:old, :old] = self.projection
        if self.whole:
            image = _image(self.operator, columns)
            parts = [_coefficients(chunk, image, mesh) for chunk in self.chunks]
            for chunk, part in zip(self.chunks, parts, strict=True):
                image = _subtract(image, chunk, part)
            grown[:, old:] = np.concatenate([np.asarray(part) for part in parts])[: self.size]
            self.rest, gram = image, _gram(image, mesh)
        else:
            # Rounding grows by a factor of some tens a block along a guard: two blocks of four need it.
            self.turn = (self.turn + 1) % 4
            guards = self.guards if self.turn < 2 else []
            self.rest, gram, own = _step(self.operator, columns, self.previous, self.before, guards)
            grown[old:, old:] = own
            if self.previous is not None:
                grown[old - self.block : old, old:] = self.before
        grown[old:, :old] = grown[:old, old:].T
        grown[old:, old:] = (grown[old:, old:] + grown[old:, old:].T) / 2
        self.projection, self.gram, self.previous = grown, np.asarray(gram), columns

    def ritz(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The ``count`` largest eigenvalues θ of T, their vectors, and the residual norms ‖AᵀA·x − θ·x‖."""
        count = min(count, self.size)
        values, vectors = scipy.linalg.eigh(self.projection, subset_by_index=(self.size - count, self.size - 1))
        values, vectors = values[::-1], vectors[:, ::-1]
        last = vectors[-self.block :]
        residuals = np.sqrt(np.maximum(np.einsum("bi,bc,ci->i", last, self.gram, last), 0))
        if not self.whole:
            self._guard(1 + int(np.flatnonzero(residuals < _HALFWAY * values[0]).max(initial=-1)), vectors)
        return values, vectors, residuals

    def combine(self, vectors: np.ndarray) -> Float[Array, "n p"]:
        """Qᵀ·vectors, side by side."""
        padded = np.zeros((len(self.chunks) * _CHUNK, vectors.shape[1]))
        padded[: self.size] = vectors
        parts = np.split(padded, len(self.chunks))
        return sum(_combine(chunk, part) for chunk, part in zip(self.chunks, parts, strict=True))

    def restart(self, count: int) -> None:
        """Keep the ``count`` best Ritz vectors; the block that comes next stays as it is.

        From here on the whole basis is used, which stays small: what selective orthogonalization leaves of rounding
        would add up over restarts.
        """
        values, vectors, _ = self.ritz(count)
        kept, _ = cholesky_qr(self.combine(vectors))
        self.chunks, self.size, self.whole, self.guards = [], 0, True, []
        self._append(kept)
        self.projection = np.diag(values)

    def following(self) -> Columns | None:
        """The next block of the Krylov space; fresh directions stand in for those that vanish; None: exhausted."""
        norms = np.linalg.eigvalsh(self.gram)
        top = float(np.diagonal(self.projection).max())
        if not self.whole and norms[0] > _CANCELLED**2 * max(norms[-1], top**2):
            self.before = np.linalg.cholesky(self.gram)
            return _transform(self.rest, np.linalg.inv(self.before).T)
        self.previous = None
        self.whole = True
        columns = self._orthonormal(self.rest, top)
        missing = ~self._products(columns).any(axis=0)
        if missing.any():
            columns = self._orthonormal(jnp.where(missing, self._random(), columns), 1.0)
        return columns if self._products(columns).any() else None

    def fresh(self) -> Columns | None:
        """A random block of the row space, orthonormal and orthogonal to the basis; None where that is exhausted."""
        columns = self._orthonormal(self._random(), 1.0)
        return columns if self._products(columns).any() else None

    def normal(self, count: int) -> Float[Array, "m count"]:
        """Random columns for ``transpose_times``; zero in the rows that only pad."""
        self.key, key = jax.random.split(self.key)
        return _normal(self.operator, key, count)

    def _guard(self, count: int, vectors: np.ndarray) -> None:
        """Let the first ``count`` Ritz vectors stand guard; some more at once, so that few shapes are compiled."""
        if count > self.guarded:
            count = min(self.guarded + 16 * -(-(count - self.guarded) // 16), vectors.shape[1])
            self.guards = [*self.guards, self.combine(vectors[:, self.guarded : count])]
            self.guarded = count

    def _random(self) -> Columns:
        """Aᵀ times random columns: in the row space, so that its exhaustion can be told from rounding."""
        columns = self.operator.transpose_times(self.normal(self.block))
        return columns / jnp.linalg.norm(columns, axis=0)

    def _orthonormal(self, columns: Columns, scale: float) -> Columns:
        """Orthonormal among themselves and to the basis; zeros for what is less than rounding at this scale."""
        columns = columns + 0  # a copy to write over
        for _ in range(3):
            for chunk in self.chunks:
                columns = _subtract(columns, chunk, _coefficients(chunk, columns, self.operator.mesh))
            columns = _transform(columns, np.linalg.eigh(self._products(columns))[1])
            norms = np.sqrt(np.diagonal(self._products(columns)))
            inverse = np.where(norms > _NOTHING * scale, 1 / np.maximum(norms, 1e-300), 0.0)
            columns, scale = _transform(columns, np.diag(inverse)), 1.0
        return columns

    def _products(self, columns: Columns) -> np.ndarray:
        return np.asarray(_gram(columns, self.operator.mesh))

    def _append(self, columns: Columns) -> None:
        done = 0
        while done < columns.shape[1]:
            place = self.size % _CHUNK
            if place == 0:
                self.chunks.append(_zeros(self.operator))
            part = columns[:, done : done + _CHUNK - place]
            self.chunks[-1] = _store(self.chunks[-1], part, place)
            self.size += part.shape[1]
            done += part.shape[1]


def _everywhere(array: Array, mesh: Any) -> Array:
    """The small array on every device, so that each process can read it."""
    return array if mesh is None else jax.lax.with_sharding_constraint(array, NamedSharding(mesh, PartitionSpec()))


@eqx.filter_jit
def _zeros(operator: Operator) -> Array:
    zeros = jnp.zeros((_CHUNK, operator.padded[1]), operator.dtype)
    if operator.mesh is None:
        return zeros
    return jax.lax.with_sharding_constraint(zeros, NamedSharding(operator.mesh, PartitionSpec(None, ROWS)))


@eqx.filter_jit
def _normal(operator: Operator, key: PRNGKeyArray, count: int) -> Array:
    height = operator.shape[0]
    drawn = jax.random.normal(key, (height, count), operator.dtype)
    return jnp.pad(drawn, ((0, operator.padded[0] - height), (0, 0)))


@eqx.filter_jit
def _image(operator: Operator, columns: Columns) -> Columns:
    return operator.transpose_times(operator.times(columns))


@eqx.filter_jit
def _step(
    operator: Operator, columns: Columns, previous: Columns | None, before: np.ndarray, guards: list[Array]
) -> tuple:
    rest = operator.transpose_times(operator.times(columns))
    everywhere = partial(_everywhere, mesh=operator.mesh)
    own = everywhere(columns.T @ rest)
    rest = rest - columns @ own
    if previous is not None:
        rest = rest - previous @ before
    for vectors in guards:
        rest = rest - vectors @ everywhere(vectors.T @ rest)
    return rest, everywhere(rest.T @ rest), own


@jax.jit
def cholesky_qr(columns: Float[Array, "n p"]) -> tuple[Float[Array, "n p"], Float[Array, "p p"]]:
    """Orthonormal columns Q and upper triangular R with columns = QR, where the condition is below 1e8."""
    upper = jnp.eye(columns.shape[1])
    for _ in range(2):
        factor = jnp.linalg.cholesky(columns.T @ columns)
        inverse = jax.scipy.linalg.solve_triangular(factor, jnp.eye(columns.shape[1]), lower=True)
        columns, upper = columns @ inverse.T, factor.T @ upper
    return columns, upper


@partial(jax.jit, static_argnums=2)
def _coefficients(chunk: Array, columns: Columns, mesh: Any) -> Array:
    return _everywhere(jnp.einsum("mn,nb->mb", chunk, columns), mesh)


@partial(jax.jit, donate_argnums=0)
def _subtract(columns: Columns, chunk: Array, coefficients: Array) -> Columns:
    return columns - jnp.einsum("mn,mb->nb", chunk, coefficients)


@jax.jit
def _combine(chunk: Array, vectors: Array) -> Array:
    return jnp.einsum("mn,mp->np", chunk, vectors)


@partial(jax.jit, static_argnums=1)
def _gram(columns: Columns, mesh: Any) -> Array:
    return _everywhere(columns.T @ columns, mesh)


@jax.jit
def _transform(columns: Columns, matrix: Array) -> Columns:
    return columns @ matrix


@partial(jax.jit, donate_argnums=0)
def _store(chunk: Array, columns: Columns, place: int) -> Array:
    return jax.lax.dynamic_update_slice(chunk, columns.T, (place, 0))

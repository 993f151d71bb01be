"""Approximate eigenvectors of AᵀA made better: the method of Rayleigh and Ritz, and filters, in double precision."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .operators import Operator, everywhere
from .polynomial import Polynomial, polynomial_image

# Vectors that are filtered at once, and what their number is rounded to.
_TOGETHER, _STEP = 16, 8
# A filter that makes the residuals less than this many times smaller is given up.
_WORTH = 3

Rows = Float[Array, "p n"]


class Refined(NamedTuple):
    """Ritz values θ of AᵀA, the largest first, their vectors as rows, and the Gram matrix of AᵀA·x − θx."""

    rows: Rows
    values: np.ndarray
    products: np.ndarray

    @property
    def residuals(self) -> np.ndarray:
        """‖AᵀA·x − θx‖."""
        return np.sqrt(np.maximum(np.diagonal(self.products), 0))

    def first(self, count: int) -> "Refined":
        """The first ones."""
        return Refined(self.rows[:count], self.values[:count], self.products[:count, :count])


def rayleigh_ritz(operator: Operator, rows: Rows, locked: Rows | None) -> Refined:
    """From rows that span the space; what is ``locked`` is removed from them."""
    rows, images, projection = _projected(operator, rows, locked)
    values, turn = np.linalg.eigh(np.asarray(projection))
    values, turn = values[::-1], turn[:, ::-1]
    rows, products = _turned(operator, rows, images, jnp.asarray(values), jnp.asarray(turn))
    return Refined(rows, values, np.asarray(products))


def refined(
    operator: Operator, rows: Rows, values: np.ndarray, locked: Rows | None, polynomial: Polynomial, count: int,
    excess: Callable[[Refined], float],
) -> Refined:  # fmt: skip
    """The first ``count`` filtered until their ``excess`` is at most 1, or the filter helps no more.

    The polynomial leaves little of what the rows have of eigenvectors far below: the noise of single precision, that is
    spread over all of them.
    """
    size = min(-(-count // _STEP) * _STEP, len(rows))
    purged = [] if locked is None else [locked]
    after = np.inf
    while polynomial.degree > 1:
        parts = [
            polynomial_image(operator, polynomial, rows[start : min(start + _TOGETHER, size)].T, purged).T
            for start in range(0, size, _TOGETHER)
        ]
        scales = 1 / np.append(np.maximum(polynomial(values[:size]), 1.0), np.ones(len(rows) - size))
        found = rayleigh_ritz(operator, jnp.concatenate([*parts, rows[size:]]) * scales[:, None], locked)
        before, after = after, excess(found)
        if not 1 < after < before / _WORTH:
            return found
        rows, values = found.rows, found.values
    return rayleigh_ritz(operator, rows, locked)


@jax.jit
def orthonormal(rows: Float[Array, "p n"]) -> tuple[Float[Array, "p n"], Float[Array, "p p"]]:
    """Orthonormal rows Q and lower triangular L with rows = LQ, where the condition is below eps^(−1/2)."""
    identity = jnp.eye(len(rows), dtype=rows.dtype)
    lower = identity
    for _ in range(2):
        factor = jnp.linalg.cholesky(jnp.einsum("an,bn->ab", rows, rows))
        inverse = jax.scipy.linalg.solve_triangular(factor, identity, lower=True)
        rows, lower = jnp.einsum("ab,bn->an", inverse, rows), lower @ factor
    return rows, lower


@eqx.filter_jit
def _projected(operator: Operator, rows: Rows, locked: Rows | None) -> tuple[Rows, Rows, Array]:
    for _ in range(2 if locked is not None else 0):
        rows = rows - jnp.einsum("rn,pr->pn", locked, jnp.einsum("rn,pn->pr", locked, rows))
    rows, _ = orthonormal(rows)
    images = operator.transpose_times(operator.times(rows.T)).T
    projection = jnp.einsum("an,bn->ab", rows, images)
    return rows, images, everywhere((projection + projection.T) / 2, operator.mesh)


@eqx.filter_jit
def _turned(operator: Operator, rows: Rows, images: Rows, values: Array, turn: Array) -> tuple[Rows, Array]:
    rows, images = jnp.einsum("pq,pn->qn", turn, rows), jnp.einsum("pq,pn->qn", turn, images)
    rest = images - values[:, None] * rows
    return rows, everywhere(jnp.einsum("an,bn->ab", rest, rest), operator.mesh)

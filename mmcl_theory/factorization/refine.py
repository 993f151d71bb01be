"""Approximate eigenvectors of AᵀA made better: the method of Rayleigh and Ritz in double precision, and corrections.

The noise that single precision has left in a vector x is spread over all eigenvectors, most of which are of far smaller
values.  A polynomial p(AᵀA) that is small there removes it.  As p(AᵀA)x = p(θ)x + q(AᵀA)·r, where r = AᵀAx − θx and
q(λ) = (p(λ) − p(θ))/(λ − θ), and r is small, only r is needed in double precision; q(AᵀA)·r is computed in single.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float

from .operators import Operator, everywhere

# Vectors that are corrected at once.
_TOGETHER = 16
# Corrections in turn: the share of the last wanted value below which values are removed, and the largest degree.
_FILTERS = (0.75, 7), (0.95, 15), (0.98, 31), (0.98, 31)
# By how much more than needed residuals are made smaller, and what the degree must not make the largest value grow
# beyond: so much larger would what it has in others become.
_MORE, _GROWTH = 4, 1e10

Rows = Float[Array, "p n"]


class Refined(NamedTuple):
    """Ritz values θ of AᵀA, the largest first, their vectors x as rows, AᵀA·x, and the Gram matrix of AᵀA·x − θx."""

    rows: Rows
    values: np.ndarray
    images: Rows
    products: np.ndarray

    @property
    def residuals(self) -> np.ndarray:
        """‖AᵀA·x − θx‖."""
        return np.sqrt(np.maximum(np.diagonal(self.products), 0))


def rayleigh_ritz(operator: Operator, rows: Rows) -> Refined:
    """From rows that span the space and are nearly orthonormal."""
    # A few at once: buffers for all of them would be large enough to be returned to the system each time.
    images = [_image(operator, rows[start : start + _TOGETHER]) for start in range(0, len(rows), _TOGETHER)]
    return _of_images(rows, jnp.concatenate(images), operator.mesh)


def refined(
    operator: Operator, single: Operator, rows: Rows, limits: np.ndarray, enough: Callable[[Refined], bool]
) -> Refined:
    """Corrected until the wanted residuals are within their ``limits`` and it is ``enough``, or it helps no more.

    ``single`` is the operator in single precision.
    """
    near, before = rayleigh_ritz(operator, rows), np.inf
    for turn in _FILTERS:
        needs = near.residuals[: len(limits)] / limits
        worst = float(needs.max())
        if (worst <= 1 and enough(near)) or 1 < before <= worst:
            break
        cut, degree = turn if worst > 1 else _FILTERS[0]
        near, before = _corrected(operator, single, near, needs, cut, degree), worst
    return near


def _corrected(
    operator: Operator, single: Operator, near: Refined, needs: np.ndarray, share: float, most: int
) -> Refined:  # fmt: skip
    """Without most of what the vectors have of values below the cut: those that need it, or, if none does, the last."""
    cut = share * near.values[len(needs) - 1]
    bad = np.flatnonzero(needs > 1)
    start, end = (bad[0], bad[-1] + 1) if bad.size else (len(needs) - 1, len(near.rows))
    places, degree = 2 * near.values / cut - 1, 3

    def growth(place: float) -> float:
        return float(np.cosh(degree * np.arccosh(max(place, 1.0))))

    while degree < most and (not bad.size or growth(places[end - 1]) < _MORE * needs[bad].max()):
        degree += 2
    while degree > 1 and growth(places[0]) > _GROWTH:
        degree -= 2
    rows, images = [near.rows[:start]], [near.images[:start]]
    for first in range(start, end, _TOGETHER):
        last = min(first + _TOGETHER, end)
        # As many at once each time, which is compiled once.
        window = slice(max(min(first, len(near.rows) - _TOGETHER), 0), min(first + _TOGETHER, len(near.rows)))
        rest = near.images[window] - jnp.asarray(near.values[window])[:, None] * near.rows[window]
        changes = correction(single, rest, jnp.asarray(places[window]), jnp.asarray(2 / cut), jnp.asarray(degree))
        wanted = slice(first - window.start, last - window.start)
        rows.append(near.rows[first:last] + changes[0][wanted])
        images.append(near.images[first:last] + changes[1][wanted])
    rows, images = [*rows, near.rows[end:]], [*images, near.images[end:]]
    return _of_images(jnp.concatenate(rows), jnp.concatenate(images), operator.mesh)


def _of_images(rows: Rows, images: Rows, mesh: Any) -> Refined:
    gram, projection = (np.asarray(part) for part in _projected(rows, images, mesh))
    values, turn = scipy.linalg.eigh(projection, gram)
    values, turn = values[::-1], turn[:, ::-1]
    rows, images, products = _turned(rows, images, jnp.asarray(values), jnp.asarray(turn), mesh)
    return Refined(rows, values, images, np.asarray(products))


@eqx.filter_jit
def correction(
    operator: Operator, residuals: Float[Array, "b n"], places: Float[Array, " b"], scale: Array, degree: Array
) -> tuple[Rows, Rows]:
    """(p(S)x − p(t)x)/p(t), where p(t) > 1, from AᵀAx − θx: p is Chebyshev's polynomial, S = scale·AᵀA − 1.

    And its product with AᵀA, all in the precision of the operator; one t = scale·θ − 1, and one x, for each row.
    """
    dtype = operator.dtype
    scale, t = jnp.asarray(scale, dtype), places.astype(dtype)
    rest = (scale * residuals.T).astype(dtype)

    def image(block: Array) -> Array:
        return operator.transpose_times(operator.times(block))

    def advance(_: Array, state: tuple[Array, ...]) -> tuple[Array, ...]:
        # u_d = (T_d(S) − T_d(t))/(S − t)·r; T_{d+1}(S) = 2S·T_d(S) − T_{d−1}(S), and as much for t.
        before, now, value_before, value = state
        after = 2 * (scale * image(now) - now + value * rest) - before
        return now, after, value, 2 * t * value - value_before

    start = jnp.zeros_like(rest), rest, jnp.ones_like(t), t
    _, total, _, value = jax.lax.fori_loop(1, degree, advance, start)
    change = jnp.where(t > 1, total / value, 0.0)
    return change.T, image(change).T


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
def _image(operator: Operator, rows: Rows) -> Rows:
    return operator.transpose_times(operator.times(rows.T)).T


@partial(jax.jit, static_argnums=2)
def _projected(rows: Rows, images: Rows, mesh: Any) -> tuple[Array, Array]:
    gram, projection = jnp.einsum("an,bn->ab", rows, rows), jnp.einsum("an,bn->ab", rows, images)
    return everywhere(gram, mesh), everywhere((projection + projection.T) / 2, mesh)


@partial(jax.jit, static_argnums=4)
def _turned(rows: Rows, images: Rows, values: Array, turn: Array, mesh: Any) -> tuple[Rows, Rows, Array]:
    rows, images = jnp.einsum("pq,pn->qn", turn, rows), jnp.einsum("pq,pn->qn", turn, images)
    rest = images - values[:, None] * rows
    return rows, images, everywhere(jnp.einsum("an,bn->ab", rest, rest), mesh)

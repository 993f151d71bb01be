"""Approximate eigenvectors of AᵀA made better: the method of Rayleigh and Ritz in double precision, and corrections.

The noise that single precision has left in a vector x is spread over all eigenvectors, most of which are of far smaller
values.  A polynomial p(AᵀA) that is small there removes it.  As p(AᵀA)x = p(θ)x + q(AᵀA)·r, where r = AᵀAx − θx and
q(λ) = (p(λ) − p(θ))/(λ − θ), and r is small, only r is needed in double precision; q(AᵀA)·r is computed in single.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float

from ..operators.operator import Operator, everywhere, in_parts, times
from .polynomial import following, gram_times

# Corrections in turn: the share of the last wanted value below which values are removed, and the largest degree.
_FILTERS = (0.75, 7), (0.95, 15), (0.98, 31), (0.98, 31), (0.98, 31)
# By how much more than needed residuals are made smaller, and the growth beyond which values are kept apart: what
# rounding adds would grow as much.  Single precision holds numbers up to some 1e38.
_MORE, _GROWTH, _LARGEST = 4, 1e10, 1e30
# Columns that are replaced at a time.
_COLUMNS = 2**14

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
    """From rows that span the space and are nearly orthonormal; they are written over."""
    images = in_parts(lambda block: times(operator.T, times(operator, block)), rows, operator.together)
    return _of_images(rows, images, operator.mesh)


def refined(
    operator: Operator, single: Operator, rows: Rows, limits: np.ndarray, enough: Callable[[Refined], bool]
) -> Refined:
    """Corrected until the wanted residuals are within their ``limits`` and it is ``enough``, or it helps no more.

    ``single`` is the operator in single precision.
    """
    near, before = rayleigh_ritz(operator, rows), np.inf
    for share, most in _FILTERS:
        needs, sufficient = near.residuals[: len(limits)] / limits, enough(near)
        worst = float(needs.max())
        if (worst <= 1 and sufficient) or 1 < before <= worst:
            break
        # By what factor what is to be removed must become smaller than the vector: the last, and those beyond, as far
        # as the degree allows, where they do not suffice.
        factors = np.zeros(len(near.rows))
        factors[: len(needs)] = np.where(needs > 1, _MORE * needs, 0.0)
        if not sufficient:
            factors[len(needs) - 1 :] = np.inf
        cut = float(share * near.values[len(needs) - 1])
        near, before = _corrected(operator, single, near, factors, cut, most), worst
    return near


def _corrected(
    operator: Operator, single: Operator, near: Refined, factors: np.ndarray, cut: float, most: int
) -> Refined:
    """With what the vectors have of values below the cut smaller by these factors; those of factor 0 are left."""
    rows, images, together = near.rows, near.images, min(single.together, len(near.rows))
    places = 2 * near.values / cut - 1
    for first in range(0, len(rows), together):
        # As many at once each time, which is compiled once: some of the last ones are done already.
        start = min(first, len(rows) - together)
        window = np.arange(start, start + together)
        wanted = np.where(window >= first, factors[window], 0.0)
        if wanted.any():
            degree = _degree(places[window], wanted, most)
            apart = rows[: (_growth(degree, places) > _GROWTH).sum()].astype(single.dtype)
            rest = _rest(rows, images, near.values[window], start)
            changes = correction(single, rest, places[window], 2 / cut, degree, apart)
            rows, images = _changed(rows, images, *changes, wanted > 0, start)
    return _of_images(rows, images, operator.mesh)


def _degree(places: np.ndarray, factors: np.ndarray, most: int) -> int:
    """The least degree, up to the largest, for which T_d grows by the factors at these places, without overflow."""
    degree = 1
    while degree < most and (_growth(degree, places) < factors).any() and _growth(degree + 1, places).max() < _LARGEST:
        degree += 1
    return degree


def _growth(degree: int, places: np.ndarray) -> np.ndarray:
    return np.cosh(degree * np.arccosh(np.maximum(places, 1.0)))


def _of_images(rows: Rows, images: Rows, mesh: Any) -> Refined:
    gram, projection = (np.asarray(part) for part in _projected(rows, images, mesh))
    values, turn = scipy.linalg.eigh(projection, gram)
    values, turn = values[::-1], turn[:, ::-1]
    rows, images, products = _turned(rows, images, jnp.asarray(values), jnp.asarray(turn), mesh)
    return Refined(rows, values, images, np.asarray(products))


def correction(
    operator: Operator, residuals: Rows, places: Float[np.ndarray, " b"], scale: float, degree: int, apart: Rows
) -> tuple[Rows, Rows]:
    """(p(S)x − p(t)x)/p(t), where p(t) > 1, from AᵀAx − θx: p is Chebyshev's polynomial, S = scale·AᵀA − 1.

    And its product with AᵀA, all in the precision of the operator; one t = scale·θ − 1, and one x, for each row.
    Residuals have nothing in the eigenvectors that are ``apart``, but rounding has, which would be blown up.
    """
    rest = _without(_columns(scale, residuals, operator.dtype), apart)
    # u_d = (T_d(S) − T_d(t))/(S − t)·r; T_{d+1}(S) = 2S·T_d(S) − T_{d−1}(S), and as much for t.
    before, now, value_before, value = jnp.zeros_like(rest), rest + 0, np.ones_like(places), places
    for _ in range(1, degree):
        before = _less(before, 2 * value, rest)
        before, now = now, _without(following(operator, 2, scale, 1.0, now, before), apart)
        value_before, value = value, 2 * places * value - value_before
    change = now * np.where(places > 1, 1 / value, 0.0).astype(rest.dtype)
    return change.T, gram_times(operator, change).T


@partial(jax.jit, static_argnums=2)
def _columns(scale: Array, rows: Rows, dtype: Any) -> Float[Array, "n b"]:
    return (scale * rows.T).astype(dtype)


@jax.jit
def _without(columns: Float[Array, "n b"], apart: Rows) -> Float[Array, "n b"]:
    if len(apart) == 0:
        return columns
    rows = columns.T
    return (rows - jnp.einsum("an,ab->bn", apart, jnp.einsum("an,bn->ab", apart, rows))).T


@partial(jax.jit, donate_argnums=0)
def _less(columns: Array, factors: Array, others: Array) -> Array:
    return columns - factors.astype(others.dtype) * others


@jax.jit
def _rest(rows: Rows, images: Rows, values: Array, start: Array) -> Rows:
    """AᵀAx − θx of some rows, from the start-th on."""
    rows, images = (jax.lax.dynamic_slice_in_dim(part, start, len(values)) for part in (rows, images))
    return images - values[:, None] * rows


@partial(jax.jit, donate_argnums=(0, 1))
def _changed(rows: Rows, images: Rows, change: Rows, image: Rows, which: Array, start: Array) -> tuple[Rows, Rows]:
    """With these changes of some of the rows, from the start-th on, and of their images."""

    def added(whole: Rows, part: Rows) -> Rows:
        old = jax.lax.dynamic_slice_in_dim(whole, start, len(part))
        return jax.lax.dynamic_update_slice(whole, old + which[:, None] * part, (start, 0))

    return added(rows, change), added(images, image)


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


@partial(jax.jit, static_argnums=2)
def _projected(rows: Rows, images: Rows, mesh: Any) -> tuple[Array, Array]:
    gram, projection = jnp.einsum("an,bn->ab", rows, rows), jnp.einsum("an,bn->ab", rows, images)
    return everywhere(gram, mesh), everywhere((projection + projection.T) / 2, mesh)


@partial(jax.jit, static_argnums=4, donate_argnums=(0, 1))
def _turned(rows: Rows, images: Rows, values: Array, turn: Array, mesh: Any) -> tuple[Rows, Rows, Array]:
    def step(parts: list[Array], total: Array) -> tuple[list[Array], Array]:
        rows, images = (turn.T @ part for part in parts)
        rest = images - values[:, None] * rows
        return [rows, images], total + rest @ rest.T

    (rows, images), products = in_place(step, [rows, images], jnp.zeros_like(turn), mesh)
    return rows, images, everywhere(products, mesh)


def in_place(
    step: Callable[[list[Array], Array], tuple[list[Array], Array]], arrays: list[Rows], total: Array, mesh: Any
) -> tuple[list[Rows], Array]:
    """Replace some columns of the arrays at a time, adding up a total: as no memory is asked for, in half the time.

    On a mesh all columns at once, which are spread.
    """
    width = arrays[0].shape[1]
    if mesh is not None:
        return step(arrays, total)

    def part(start: Any, count: int, state: tuple[list[Array], Array]) -> tuple[list[Array], Array]:
        parts, total = step([jax.lax.dynamic_slice_in_dim(a, start, count, axis=1) for a in state[0]], state[1])
        return [jax.lax.dynamic_update_slice(a, new, (0, start)) for a, new in zip(state[0], parts, strict=True)], total

    count = min(_COLUMNS, width)
    state = jax.lax.fori_loop(0, width // count, lambda i, state: part(i * count, count, state), (arrays, total))
    return part(width - width % count, width % count, state) if width % count else state

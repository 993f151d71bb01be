"""Refine approximate eigenvectors of AᵀA: Rayleigh–Ritz in double precision, and Chebyshev corrections in single.

This is iterative refinement in mixed precision: residuals in double precision, corrections in single.  The noise that
single precision has left in a vector x is spread over all eigenvectors, most of which belong to far smaller values.  A
Chebyshev filter p(AᵀA) that is small there removes it.  As p(AᵀA)x = p(θ)x + q(AᵀA)·r, where r = AᵀAx − θx and
q(λ) = (p(λ) − p(θ))/(λ − θ), and r is small, only r is needed in double precision; q(AᵀA)·r is computed in single.

J. Dongarra, C. Moler, J. Wilkinson: Improving the accuracy of computed eigenvalues and eigenvectors, SIAM J. Numer.
Anal. 20 (1983).  N. Higham, T. Mary: Mixed precision algorithms in numerical linear algebra, Acta Numerica 31 (2022).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float

from .. import settings
from ..operators.mesh import replicated
from ..operators.operator import Operator, RowBlock, times
from ..operators.products import multiply_rows, update_in_place
from .polynomial import chebyshev_step, gram_times


class RitzVectors(NamedTuple):
    """Hold Ritz vectors x as rows, their values θ, the largest first, AᵀA·x, and the Gram matrix of AᵀA·x − θx."""

    rows: RowBlock
    values: np.ndarray
    images: RowBlock
    products: np.ndarray

    @property
    def residuals(self) -> np.ndarray:
        """Return the residual norms ‖AᵀA·x − θx‖."""
        return np.sqrt(np.maximum(np.diagonal(self.products), 0))


def rayleigh_ritz(operator: Operator, rows: RowBlock) -> RitzVectors:
    """Perform the Rayleigh–Ritz method on the span of nearly orthonormal rows, whose buffer is donated."""
    images = multiply_rows(
        lambda block: times(operator.T, times(operator, block)), rows, operator.preferred_columns
    )  # fmt: skip
    return _rayleigh_ritz_of_images(rows, images, operator.mesh)


def refine(
    operator: Operator, single: Operator, rows: RowBlock, limits: np.ndarray, suffices: Callable[[RitzVectors], bool]
) -> RitzVectors:
    """Correct Ritz vectors until residual norms are within ``limits`` and ``suffices`` holds, or it helps no more.

    ``single`` is the operator in single precision; the buffer of ``rows`` is donated.
    """
    near, before = rayleigh_ritz(operator, rows), np.inf
    for share, most in settings.CORRECTIONS:
        excess, sufficient = near.residuals[: len(limits)] / limits, suffices(near)
        worst = float(excess.max())
        if (worst <= 1 and sufficient) or 1 < before <= worst:
            break
        # The factors by which noise must be damped: as needed for the wanted vectors, as far as the degree allows for
        # the last and the guard vectors where the bound on σ_{k+1} does not suffice.
        factors = np.zeros(len(near.rows))
        factors[: len(excess)] = np.where(excess > 1, settings.RESIDUAL_MARGIN * excess, 0.0)
        if not sufficient:
            factors[len(excess) - 1 :] = np.inf
        cut = float(share * near.values[len(excess) - 1])
        near, before = _correct(operator, single, near, factors, cut, most), worst
    return near


def _correct(
    operator: Operator, single: Operator, near: RitzVectors, factors: np.ndarray, cut: float, most: int
) -> RitzVectors:
    """Damp components along eigenvectors of eigenvalue below ``cut`` by the given factors (0: keep the vector)."""
    rows, images, at_once = near.rows, near.images, min(single.preferred_columns, len(near.rows))
    places = 2 * near.values / cut - 1
    for first in range(0, len(rows), at_once):
        # As many vectors each time, so that the correction is compiled once: the last chunk overlaps the one before.
        start = min(first, len(rows) - at_once)
        window = np.arange(start, start + at_once)
        wanted = np.where(window >= first, factors[window], 0.0)
        if wanted.any():
            degree = _least_degree(places[window], wanted, most)
            deflated = rows[: (_growth(degree, places) > settings.DEFLATED_GROWTH).sum()].astype(single.dtype)
            residuals = _residuals(rows, images, near.values[window], start)
            changes = correction(single, residuals, places[window], 2 / cut, degree, deflated)
            rows, images = _add_changes(rows, images, *changes, wanted > 0, start)
    return _rayleigh_ritz_of_images(rows, images, operator.mesh)


def _least_degree(places: np.ndarray, factors: np.ndarray, most: int) -> int:
    """Find the least degree, up to ``most``, for which T_d grows by the factors at these places, without overflow."""
    degree = 1
    while (
        degree < most
        and (_growth(degree, places) < factors).any()
        and _growth(degree + 1, places).max() < settings.MAX_GROWTH
    ):
        degree += 1
    return degree


def _growth(degree: int, places: np.ndarray) -> np.ndarray:
    return np.cosh(degree * np.arccosh(np.maximum(places, 1.0)))


def _rayleigh_ritz_of_images(rows: RowBlock, images: RowBlock, mesh: Any) -> RitzVectors:
    """Perform the Rayleigh–Ritz method on rows and their products with AᵀA; both buffers are donated."""
    gram, projection = (np.asarray(part) for part in _project(rows, images, mesh))
    values, rotation = scipy.linalg.eigh(projection, gram)
    values, rotation = values[::-1], rotation[:, ::-1]
    rows, images, products = _rotate(rows, images, jnp.asarray(values), jnp.asarray(rotation), mesh)
    return RitzVectors(rows, values, images, np.asarray(products))


def correction(
    operator: Operator, residuals: RowBlock, places: Float[np.ndarray, " b"], scale: float, degree: int,
    deflated: RowBlock,
) -> tuple[RowBlock, RowBlock]:  # fmt: skip
    """Compute (p(S)x − p(t)x)/p(t), where p(t) > 1, and its product with AᵀA, in the precision of the operator.

    p is Chebyshev's polynomial and S = scale·AᵀA − 1.

    Parameters
    ----------
    operator
        A.
    residuals
        AᵀAx − θx of each vector x.
    places
        t = scale·θ − 1 for each vector.
    scale, degree
        Scale of S and degree of p.
    deflated
        Eigenvectors along which residuals have no component, but rounding has, which p would amplify.
    """
    rest = _deflate(_to_columns(scale, residuals, operator.dtype), deflated)
    # u_d = (T_d(S) − T_d(t))/(S − t)·r; T_{d+1}(S) = 2S·T_d(S) − T_{d−1}(S), and the same for t.
    before, now, value_before, value = jnp.zeros_like(rest), rest + 0, np.ones_like(places), places
    for _ in range(1, degree):
        before = _subtract_scaled(before, 2 * value, rest)
        before, now = now, _deflate(chebyshev_step(operator, 2, scale, 1.0, now, before), deflated)
        value_before, value = value, 2 * places * value - value_before
    change = now * np.where(places > 1, 1 / value, 0.0).astype(rest.dtype)
    return change.T, gram_times(operator, change).T


@partial(jax.jit, static_argnums=2)
def _to_columns(scale: Array, rows: RowBlock, dtype: Any) -> Float[Array, "n b"]:
    return (scale * rows.T).astype(dtype)


@jax.jit
def _deflate(columns: Float[Array, "n b"], deflated: RowBlock) -> Float[Array, "n b"]:
    """Remove the components along the deflated vectors."""
    if len(deflated) == 0:
        return columns
    rows = columns.T
    return (rows - jnp.einsum("an,ab->bn", deflated, jnp.einsum("an,bn->ab", deflated, rows))).T


@partial(jax.jit, donate_argnums=0)
def _subtract_scaled(columns: Array, factors: Array, others: Array) -> Array:
    return columns - factors.astype(others.dtype) * others


@jax.jit
def _residuals(rows: RowBlock, images: RowBlock, values: Array, start: Array) -> RowBlock:
    """Compute AᵀAx − θx of as many rows as there are values, from the start-th on."""
    rows, images = (jax.lax.dynamic_slice_in_dim(part, start, len(values)) for part in (rows, images))
    return images - values[:, None] * rows


@partial(jax.jit, donate_argnums=(0, 1))
def _add_changes(
    rows: RowBlock, images: RowBlock, change: RowBlock, image: RowBlock, which: Array, start: Array
) -> tuple[RowBlock, RowBlock]:
    """Add these changes to some of the rows, from the start-th on, and to their images."""

    def added(whole: RowBlock, part: RowBlock) -> RowBlock:
        old = jax.lax.dynamic_slice_in_dim(whole, start, len(part))
        return jax.lax.dynamic_update_slice(whole, old + which[:, None] * part, (start, 0))

    return added(rows, change), added(images, image)


@jax.jit
def cholesky_qr2(rows: RowBlock) -> tuple[RowBlock, Float[Array, "p p"]]:
    """Orthonormalize rows of condition below ε^(−1/2): return orthonormal Q and lower triangular L with rows = LQ.

    CholeskyQR2: T. Fukaya, Y. Nakatsukasa, Y. Yanagisawa, Y. Yamamoto, CholeskyQR2: a simple and communication-avoiding
    algorithm for computing a tall-skinny QR factorization on a large-scale parallel system, ScalA 2014.
    """
    identity = jnp.eye(len(rows), dtype=rows.dtype)
    lower = identity
    for _ in range(2):
        factor = jnp.linalg.cholesky(jnp.einsum("an,bn->ab", rows, rows))
        inverse = jax.scipy.linalg.solve_triangular(factor, identity, lower=True)
        rows, lower = jnp.einsum("ab,bn->an", inverse, rows), lower @ factor
    return rows, lower


@partial(jax.jit, static_argnums=2)
def _project(rows: RowBlock, images: RowBlock, mesh: Any) -> tuple[Array, Array]:
    """Compute the Gram matrix of the rows and the projection of AᵀA onto them."""
    gram, projection = jnp.einsum("an,bn->ab", rows, rows), jnp.einsum("an,bn->ab", rows, images)
    return replicated(gram, mesh), replicated((projection + projection.T) / 2, mesh)


@partial(jax.jit, static_argnums=4, donate_argnums=(0, 1))
def _rotate(
    rows: RowBlock, images: RowBlock, values: Array, rotation: Array, mesh: Any
) -> tuple[RowBlock, RowBlock, Array]:
    """Rotate rows and images to Ritz vectors, and compute the Gram matrix of their residuals."""

    def step(parts: list[Array], total: Array) -> tuple[list[Array], Array]:
        rows, images = (rotation.T @ part for part in parts)
        rest = images - values[:, None] * rows
        return [rows, images], total + rest @ rest.T

    (rows, images), products = update_in_place(step, [rows, images], jnp.zeros_like(rotation), mesh)
    return rows, images, replicated(products, mesh)

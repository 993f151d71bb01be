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
from operator import iadd, isub
from typing import Any, NamedTuple

import numpy as np
import scipy
from jaxtyping import Float

from ..._arrays import Array, xp
from .. import settings
from ..devices import BY_CUBLAS, compiled
from ..operators.operator import Operator, RowBlock
from ..operators.products import columns_of, multiply_rows, parts_of, replaced, summed, transform_in_place
from .polynomial import chebyshev_step, gram_times, zeros_like
from .row_products import gram


class RitzVectors(NamedTuple):
    """Hold Ritz vectors x as rows, their values θ, the largest first, A·x, the residuals, and their Gram matrix.

    The residuals AᵀA·x − θx are computed in double precision and held in single, which is relative to their own size.
    ``rounding`` bounds by how much they are off, where products of corrections were computed in single precision.
    """

    rows: RowBlock
    values: np.ndarray
    images: Float[Array, "p m"]
    rests: RowBlock
    products: np.ndarray
    rounding: np.ndarray

    @property
    def residuals(self) -> np.ndarray:
        """Return the residual norms ‖AᵀA·x − θx‖."""
        return np.sqrt(np.maximum(np.diagonal(self.products), 0))


def gains_from_single(operator: Operator, k: int) -> bool:
    """Decide whether a search for k + 1 triplets in single precision, with refinement, takes less time."""
    rows = max(settings.FLOAT32_MIN_ROWS, settings.FLOAT32_MIN_ROWS_PER_VALUE * (k + 1))
    return operator.gains_from_single and min(operator.shape) >= rows


def rayleigh_ritz(operator: Operator, rows: RowBlock) -> RitzVectors:
    """Perform the Rayleigh–Ritz method on the span of nearly orthonormal rows, whose buffer is donated.

    One product with A and one with Aᵀ for each row: the projection of AᵀA is the Gram matrix of the images.
    """
    mesh = operator.mesh
    images = multiply_rows(operator, rows)
    values, rotation = _solve_projection(rows, images, mesh)
    rows, images = (transform_in_place(part, rotation) for part in (rows, images))
    rests = multiply_rows(operator.T, images, rest, rows, values[:, None])
    return RitzVectors(rows, values, images, rests, gram(rests, mesh), np.zeros(len(values)))


def _solve_projection(rows: RowBlock, images: RowBlock, mesh: Any) -> tuple[np.ndarray, np.ndarray]:
    """Compute the Ritz values, the largest first, and the matrix that turns the rows into Ritz vectors."""
    values, vectors = scipy.linalg.eigh(gram(images, mesh), gram(rows, mesh))
    return values[::-1].copy(), vectors.T[::-1].copy()


def rest(back: RowBlock, rows: RowBlock, values: Float[Array, "p 1"]) -> RowBlock:
    """Compute AᵀAx − θx, from AᵀAx of some rows x, in single precision."""
    rests = values * rows
    rests = back - rests
    return rests.astype(np.float32)


def refine(
    operator: Operator, single: Operator, rows: RowBlock, limits: np.ndarray,
    bound_excess: Callable[[RitzVectors], float],
) -> RitzVectors:  # fmt: skip
    """Correct Ritz vectors until residual norms are within ``limits``, and the bound on σ_{k+1}, or it helps no more.

    ``single`` is the operator in single precision, and ``bound_excess`` computes by which factor the bound on the error
    of σ_{k+1} is larger than what is accepted; the buffer of ``rows`` is donated.
    """
    near, before = rayleigh_ritz(operator, rows), np.inf
    for share, most in settings.CORRECTIONS:
        excess, of_bound = near.residuals[: len(limits)] / limits, bound_excess(near)
        worst = float(excess.max())
        if (worst <= 1 and of_bound <= 1) or 1 < before <= worst:
            break
        # The factors by which noise must be damped: in the wanted vectors by as much as their residual norms are too
        # large; in the last and the guard vectors by the root, as the bound on σ_{k+1} is of second order.
        factors = np.zeros(len(near.rows))
        factors[: len(excess)] = np.where(excess > 1, settings.RESIDUAL_MARGIN * excess, 0.0)
        if of_bound > 1:
            factors[len(excess) - 1 :] = settings.RESIDUAL_MARGIN * np.sqrt(of_bound)
        cut = float(share * near.values[len(excess) - 1])
        near, before = _correct(operator, single, near, factors, cut, most), worst
        blurred = (near.rounding[: len(limits)] > settings.ROUNDING_SHARE * limits).any()
        if blurred or bound_excess(near) > 1 >= bound_excess(near._replace(rounding=0 * near.rounding)):
            near = rayleigh_ritz(operator, near.rows)
    return near


def _rounding(near: RitzVectors, cut: float, eps: float) -> np.ndarray:
    """Bound how much the residuals are off after a correction, whose products with A are in single precision.

    A correction is at most 2‖r‖/(θ − cut): (p(λ) − p(θ))/(λ − θ)/p(θ) is at most that for λ below the cut.  Vectors
    with θ up to the cut are not corrected.
    """
    above = near.values > cut
    return np.where(above, eps * near.values[0] * 2 * near.residuals / np.where(above, near.values - cut, 1.0), 0.0)


def _correct(
    operator: Operator, single: Operator, near: RitzVectors, factors: np.ndarray, cut: float, most: int
) -> RitzVectors:
    """Damp components along eigenvectors of eigenvalue below ``cut`` by the given factors (0: keep the vector)."""
    rows, values, images, rests, _, rounding = near
    mesh, done, places = operator.mesh, 0, 2 * values / cut - 1
    factors = np.where(places > 1, factors, 0.0)  # below the cut nothing is damped
    rounding = rounding + np.where(factors > 0, _rounding(near, cut, float(np.finfo(single.dtype).eps)), 0.0)
    eigenvectors = None
    for start, count in parts_of(len(rows), single.preferred_columns):
        window = np.arange(start, start + count)
        wanted = np.where(window >= done, factors[window], 0.0)
        done = start + count
        if wanted.any():
            degree = _least_degree(places[window], wanted, most)
            deflated = _growth(degree, places) > settings.DEFLATED_GROWTH
            if eigenvectors is None and deflated.any():
                eigenvectors = _as_single(rows)
            changes = correction(
                single, columns_of(rests, start, count), places[window], 2 / cut, degree,
                eigenvectors if deflated.any() else None, deflated,
            )  # fmt: skip
            rows, images, rests = add_changes(rows, images, rests, *changes, values[window], wanted > 0, start)
    del eigenvectors, near  # large
    found, rotation = _solve_projection(rows, images, mesh)
    shift = rotation * values - found[:, None] * rotation
    rests = rotate_residuals(rests, rows, rotation, shift)
    rows, images = (transform_in_place(part, rotation) for part in (rows, images))
    rounding = np.abs(rotation) @ rounding
    return RitzVectors(rows, found, images, rests, gram(rests, mesh), rounding)


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


def correction(
    operator: Operator, rest: Float[Array, "n b"], places: Float[np.ndarray, " b"], scale: float, degree: int,
    eigenvectors: RowBlock | None, deflated: np.ndarray,
) -> tuple[Float[Array, "n b"], Float[Array, "m b"], Float[Array, "n b"]]:  # fmt: skip
    """Compute (p(S)x − p(t)x)/p(t), where p(t) > 1, and its products with A and AᵀA, in the operator's precision.

    p is Chebyshev's polynomial and S = scale·AᵀA − 1.

    Parameters
    ----------
    operator
        A.
    rest
        AᵀAx − θx of each vector x, a column each.
    places
        t = scale·θ − 1 for each vector.
    scale, degree
        Scale of S and degree of p.
    eigenvectors, deflated
        Rows, and of which of them: those along which residuals have no component, but rounding has, which p would
        amplify.  None where there are none.
    """

    def deflate(columns: Array) -> Array:
        return columns if eigenvectors is None else _deflate(columns, eigenvectors, deflated)

    rest = deflate(scaled(scale, rest, operator.dtype))
    # u_d = (T_d(S) − T_d(t))/(S − t)·r; T_{d+1}(S) = 2S·T_d(S) − T_{d−1}(S), and the same for t.
    before, now, value_before, value = zeros_like(rest), rest, np.ones_like(places), places
    for step in range(1, degree):
        before = subtract_scaled(before, 2 * value, rest)
        following = deflate(chebyshev_step(operator, 2, scale, 1.0, now, before)[0])
        before, now = now if step > 1 else scaled(1.0, now, operator.dtype), following  # donated, but not the rest
        value_before, value = value, 2 * places * value - value_before
    change = subtract_scaled(zeros_like(rest), -np.where(places > 1, 1 / value, 0.0), now)
    back, forth = gram_times(operator, change)
    return change, forth, back


@partial(compiled, static_argnums=2)
def scaled(scale: Array, columns: Float[Array, "n b"], dtype: Any) -> Float[Array, "n b"]:
    """Multiply columns by a number, and convert them to another precision."""
    return (scale * columns).astype(dtype)


@compiled
def _as_single(rows: RowBlock) -> RowBlock:
    return rows.astype(np.float32)


@partial(compiled, donate_argnums=0)
def _deflate(columns: Float[Array, "n b"], eigenvectors: RowBlock, deflated: Array) -> Float[Array, "n b"]:
    """Remove the components along those of the eigenvectors, in the buffer of the columns."""
    dtype = columns.dtype
    parts = summed(lambda vectors, rows: vectors.astype(dtype) @ rows.T, eigenvectors, columns.T)
    parts = xp.where(deflated[:, None], parts, 0).astype(dtype)
    return replaced(lambda columns, vectors: columns - vectors.astype(dtype) @ parts, columns, eigenvectors.T, axis=0)


@partial(compiled, donate_argnums=0)
def subtract_scaled(columns: Array, factors: Array, others: Array) -> Array:
    """Subtract other columns, each times a factor of its own, in the buffer of the first."""
    factors = factors.astype(others.dtype)
    return replaced(lambda columns, others: isub(columns, factors * others), columns, others, axis=0)


@partial(compiled, donate_argnums=(0, 1, 2))
def add_changes(
    rows: RowBlock, images: RowBlock, rests: RowBlock, change: Array, forth: Array, back: Array, values: Array,
    which: Array, start: int,
) -> tuple[RowBlock, RowBlock, RowBlock]:  # fmt: skip
    """Add these changes to some of the rows, from the start-th on, to their images and to their residuals."""
    which, values = which[:, None], values[:, None]

    def with_change(old: RowBlock, change: RowBlock) -> RowBlock:
        return iadd(old, which * change.astype(old.dtype))

    def with_rest(old: RowBlock, change: RowBlock, back: RowBlock) -> RowBlock:
        added = isub(back.astype(float), values * change.astype(float))
        return (old + which * added).astype(old.dtype)

    return (
        replaced(with_change, rows, change.T, first=start),
        replaced(with_change, images, forth.T, first=start),
        replaced(with_rest, rests, change.T, back.T, first=start),
    )


@partial(compiled, gpu_options=BY_CUBLAS, donate_argnums=0)
def rotate_residuals(rests: RowBlock, rows: RowBlock, rotation: Array, shift: Array) -> RowBlock:
    """Rotate the residuals of rows, in their buffer; ``shift`` is what they change by as the values do."""

    def step(rests: RowBlock, rows: RowBlock) -> RowBlock:
        turned = iadd(rotation @ rests.astype(float), shift @ rows)
        return turned.astype(rests.dtype)

    return replaced(step, rests, rows)

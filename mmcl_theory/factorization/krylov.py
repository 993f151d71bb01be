"""The largest singular triplets of an operator: a block Krylov method with locking, filters and thick restarts.

The space is spanned by blocks W, p(AᵀA)·W, p(AᵀA)²·W …, and the eigenvalues of the projection of p(AᵀA) are Ritz
values p(θ), θ ≈ σ²; p is as in ``basis``.  Only the right space is stored; left vectors come at the end from A times
the Ritz vectors, whose own decomposition gives back what squaring has lost of small values.

In exact arithmetic a space grown from b random rows holds min(b, μ) copies of a value of multiplicity μ, and every
simple one.  So where b or more of the values found are equal, the block is widened by fresh rows, until there are none.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .. import _checks
from .basis import Basis, Ritz, orthonormal
from .operators import Operator, Transposed

# Below this share of σ_1 a value is lost in the rounding of its square.
_SQUARED_AWAY = 1e-6
# Values nearer than this share of σ_1 are taken for copies of one.
_COPIES = 1e-6
# Blocks for which further copies are searched.
_SEARCH = 10
# What rounding adds to a bound, in units of σ_1.
_ROUNDING = 64 * float(np.finfo(float).eps)
# Blocks beyond the vectors that are wanted after which a filter is tried, and after which the space is restarted.
_EARLY, _FULL = 12, 32
# A degree worth a filter before the space is full.
_WORTH = 6
# Products between two looks at the Ritz values, which cost an eigendecomposition.
_LOOK = 4


class Triplets(NamedTuple):
    """σ_1 … σ_{k+1} with their vectors, residual norms max(‖Av − σu‖, ‖Aᵀu − σv‖), and bounds on |σ̂ − σ|."""

    left: Float[Array, "m k+1"]
    values: Float[Array, " k+1"]
    right: Float[Array, "n k+1"]
    residual_norms: Float[Array, " k+1"]
    value_bounds: Float[Array, " k+1"]


class NotConverged(RuntimeError):
    """The tolerance was not reached; ``partial`` is what was: ``Triplets`` or a ``Factorization``."""

    def __init__(self, message: str, partial: Any):
        super().__init__(message)
        self.partial = partial


def krylov(
    operator: Operator,
    k: int,
    *,
    tol: float = 1e-8,
    key: PRNGKeyArray,
    block: int = 8,
    max_dimension: int | None = None,
    max_products: int = 10_000,
    report: Callable[[float], None] = lambda share: None,
) -> Triplets:
    """The k + 1 largest singular triplets: residual norms of the first k, and the error of σ_{k+1}, at most ``tol``.

    Parameters
    ----------
    operator
        A, of shape (m, n), on one device or on a mesh.
    k
        0 … min(m, n) − 1.
    tol
        In units of σ_1; within [1e-14, 1].
    key
        Draws the start.
    block
        Vectors that are multiplied at once, at first.
    max_dimension
        Of the space before it is restarted from its best part; by default k + 1 + 32 blocks.
    max_products
        Products of AᵀA with a block after which to give up.
    report
        Called with the share of the way to ``tol``, in logarithms, that is done.

    Raises
    ------
    ValueError, TypeError
        If ``tol`` is out of range or ``key`` is no key.
    NotConverged
        After ``max_products``; what was found is attached.

    Notes
    -----
    |σ̂_j − σ_j| ≤ ρ_j, the residual norm, holds for some singular value of A.  Bounds on the errors of Ritz values, of
    second order, are in ``bounds``.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from mmcl_theory.factorization.operators import Dense
    >>> krylov(Dense(jnp.diag(jnp.array([3.0, 0.0, 1.0]))), 1, key=jax.random.key(0)).values.round(12).tolist()
    [3.0, 1.0]
    """
    tol, key = _checks.real("tol", tol, 1e-14, 1.0), _checks.random_key("key", key)
    if operator.shape[0] < operator.shape[1]:
        found = krylov(
            Transposed(operator), k, tol=tol, key=key, block=block, max_dimension=max_dimension,
            max_products=max_products, report=report,
        )  # fmt: skip
        return found._replace(left=found.right, right=found.left)
    block = min(block, operator.shape[1])
    search = _Search(Basis(operator, block, key), k, tol, max_dimension, report)
    while search.products < max_products:
        enough = search.advance()
        if enough is not None:
            return enough
    found = _decompose(search.basis, search.basis.ritz(k), k)
    worst = float(found.residual_norms[:k].max(initial=0))
    raise NotConverged(
        f"after {search.products} products with blocks of {search.width} the largest of {k} residual norms is "
        f"{worst:.1e} and σ_{k + 1} is known within {float(found.value_bounds[k]):.1e}, where {tol:.1e} was asked for; "
        f"raise max_products, max_dimension (now {search.limit}) or tol",
        found,
    )


class _Search:
    """A space on its way to k + 1 triplets."""

    def __init__(
        self, basis: Basis, k: int, tol: float, max_dimension: int | None, report: Callable[[float], None]
    ) -> None:
        self.basis, self.k, self.tol, self.report = basis, k, tol, report
        self.max_dimension = max_dimension
        self.rows = basis.fresh()
        self.products, self.look, self.strictness = 0, 0, 1.0
        self.highest = self.share = 0.0
        self.searched: Triplets | None = None
        self.search_until = 0

    @property
    def width(self) -> int:
        """Vectors in a block."""
        return self.basis.block if self.rows is None else len(self.rows)

    @property
    def limit(self) -> int:
        """Dimension at which the space is restarted."""
        least = self.k + 1 + 6 * self.width
        return max(self.max_dimension or self.k + 1 + _FULL * self.width, least)

    def advance(self) -> Triplets | None:
        """Grow the space by a block; the triplets, if that is enough."""
        basis, k = self.basis, self.k
        assert self.rows is not None
        basis.expand(self.rows)
        self.products += basis.polynomial.degree
        self.rows = basis.following()
        if self.rows is None:
            return _whole(basis, k)
        full = basis.size + self.width > self.limit
        if basis.dimension <= k + 1 or not (full or self.products >= self.look):
            return None
        self.look = self.products + max(_LOOK, basis.size // 64)
        ritz = basis.ritz(k)
        found = self._finish(ritz)
        if found is None and (full or (basis.polynomial.degree == 1 and basis.size > k + 1 + _EARLY * self.width)):
            self._renew(ritz, full)
        return found

    def _finish(self, ritz: Ritz) -> Triplets | None:
        """The triplets, if they are good enough and no copies of them can be missing."""
        k, tol = self.k, self.tol
        if self.searched is not None:
            if _moved(ritz.values, self.searched.values, tol):
                self.searched = None
            elif self.products >= self.search_until:
                return self.searched
            else:
                return None
        shortfall = _shortfall(ritz, k, self.strictness) / tol
        self._report(shortfall)
        if shortfall > 1:
            return None
        # Under a polynomial residuals are estimates: how far are they off?
        self.strictness = self.basis.calibrate(ritz, k)
        if _shortfall(ritz, k, self.strictness) > tol:
            return None
        found = _decompose(self.basis, ritz, k)
        if not _reached(found, k, tol):
            self.strictness *= 2
            return None
        if _copies(found.values) < self.width or self.rows is None:
            return found
        self.rows = self.basis.widened(self.rows)
        self.searched, self.search_until = found, self.products + _SEARCH * self.basis.polynomial.degree
        return None

    def _renew(self, ritz: Ritz, full: bool) -> None:
        """A better filter, if there is one; else, if the space is full, a restart."""
        rows = self.basis.refilter(ritz, self.k, self.tol, 2 if full else _WORTH) if self.searched is None else None
        if rows is not None:
            self.rows = rows
        elif full:
            kept = self.k + 1 - self.basis.locked_values.size
            self.basis.restart(kept + (self.basis.size - kept) // 3)

    def _report(self, shortfall: float) -> None:
        height = float(np.log(max(shortfall, 1e-300)))
        self.highest = max(self.highest, height)
        if self.highest > 0:
            self.share = max(self.share, 1 - max(height, 0) / self.highest)
        self.report(self.share)


def _shortfall(ritz: Ritz, k: int, strictness: float) -> float:
    """The largest of the first k residual norms and the bound on the error of σ_{k+1}, in units of σ_1."""
    sigma = np.sqrt(np.maximum(ritz.values[: k + 1], _SQUARED_AWAY**2 * ritz.values[0]))
    worst = max(strictness * (ritz.residuals[:k] / sigma[:k]).max(initial=0), ritz.errors[k] / sigma[k])
    return float(worst / np.sqrt(ritz.values[0]))


def _reached(found: Triplets, k: int, tol: float) -> bool:
    worst = jnp.maximum(found.residual_norms[:k].max(initial=0), found.value_bounds[k])
    return bool(worst <= tol * found.values[0])


def _copies(values: Float[Array, " p"]) -> int:
    """The largest number of values that are equal as far as can be told."""
    sigma = np.asarray(values)
    apart = np.flatnonzero(sigma[:-1] - sigma[1:] > _COPIES * sigma[0])
    return int(np.diff(np.concatenate([[-1], apart, [sigma.size - 1]])).max())


def _moved(values: np.ndarray, before: Float[Array, " k+1"], tol: float) -> bool:
    """Whether one of the largest Ritz values θ has risen above σ² by more than its error."""
    squares = np.asarray(before) ** 2
    return bool((values[: squares.size] - squares).max() > 10 * tol * squares[0])


def _decompose(basis: Basis, ritz: Ritz, k: int) -> Triplets:
    """Triplets from Ritz vectors x, by the decomposition of A·X, which is not squared."""
    if ritz.values.size <= k or ritz.values[k] < _SQUARED_AWAY**2 * ritz.values[0]:
        return _whole(basis, k)
    found = _of_right(basis.operator, basis.combine(ritz.vectors[:, : k + 1]))
    values = np.sqrt(ritz.values[: k + 1])
    # Under a polynomial Ritz values are not the Rayleigh quotients that σ̂ are: the bounds are for the former.
    errors = ritz.errors[: k + 1] / values + np.abs(np.asarray(found.values) - values)
    bounds = np.minimum(errors, np.asarray(found.residual_norms)) + _ROUNDING * float(found.values[0])
    return _trimmed(basis.operator, found._replace(value_bounds=jnp.asarray(bounds)))


def _whole(basis: Basis, k: int) -> Triplets:
    """Triplets from the whole space; where it has fewer dimensions, the others are zero: A has no more rank."""
    alive = np.flatnonzero(basis.alive)
    space = basis.combine(np.eye(basis.dimension)[:, alive])
    return _trimmed(basis.operator, _of_space(basis.operator, space.T, basis.normal(k + 1), k))


@eqx.filter_jit
def _of_right(operator: Operator, space: Float[Array, "p n"]) -> Triplets:
    images = operator.times(space.T)
    left, upper = orthonormal(images.T)
    rotation, values, turn = jnp.linalg.svd(upper.T)
    left, right = jnp.einsum("pm,pq->mq", left, rotation), jnp.einsum("pn,qp->nq", space, turn)
    return _with_residuals(operator, left, values, right, images @ turn.T)


@eqx.filter_jit
def _of_space(operator: Operator, space: Float[Array, "n r"], drawn: Float[Array, "m k+1"], k: int) -> Triplets:
    left, values, turn = jnp.linalg.svd(operator.times(space), full_matrices=False)
    missing = max(k + 1 - space.shape[1], 0)
    right = space @ turn.T
    # Random columns of the left space, and of the right one: their images under Aᵀ, off the space, are rounding.
    if missing:
        padding = operator.padded[1] - operator.shape[1]
        columns = jax.random.normal(jax.random.key(0), (operator.shape[1], missing), operator.dtype)
        left = jnp.concatenate([left, _complement(left, drawn[:, :missing])], axis=1)
        right = jnp.concatenate([right, _complement(right, jnp.pad(columns, ((0, padding), (0, 0))))], axis=1)
        values = jnp.pad(values, (0, missing))
    left, values, right = left[:, : k + 1], values[: k + 1], right[:, : k + 1]
    return _with_residuals(operator, left, values, right, operator.times(right))


def _complement(space: Float[Array, "n r"], columns: Float[Array, "n t"]) -> Float[Array, "n t"]:
    for _ in range(2):
        columns, _ = jnp.linalg.qr(columns - space @ (space.T @ columns))
    return columns


def _with_residuals(operator: Operator, left: Array, values: Array, right: Array, images: Array) -> Triplets:
    """``images`` is A·right."""
    norms = jnp.maximum(
        jnp.linalg.norm(images - left * values, axis=0),
        jnp.linalg.norm(operator.transpose_times(left) - right * values, axis=0),
    )
    return Triplets(left, values, right, norms, norms + _ROUNDING * values[0])


@eqx.filter_jit
def _trimmed(operator: Operator, found: Triplets) -> Triplets:
    (m, n), left, right = operator.shape, found.left, found.right
    return found._replace(left=left[:m], right=right[:n])

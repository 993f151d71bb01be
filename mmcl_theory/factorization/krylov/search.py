"""The largest singular triplets of an operator: a block Krylov method with filters and thick restarts.

The space is spanned by blocks W, p(AᵀA)·W, p(AᵀA)²·W …, and the eigenvalues of the projection of p(AᵀA) are Ritz
values p(θ), θ ≈ σ²; p is as in ``polynomial``.  Only the right space is stored; left vectors come at the end from A
times the Ritz vectors, whose own decomposition gives back what squaring has lost of small values.

Where A is large the space is sought in single precision.  What is found there is made good in double precision, as in
``refine``; where that does not succeed, the search is begun again in double precision.

In exact arithmetic a space grown from b random rows holds min(b, μ) copies of a value of multiplicity μ, and every
simple one.  So where b or more of the values found are equal, the block is widened by fresh rows, until there are none.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from ... import _checks
from ..operators.operator import Operator, in_single
from . import bounds
from .basis import Basis, Ritz
from .polynomial import Polynomial
from .refine import Refined, rayleigh_ritz, refined
from .triplets import Triplets, of_right_vectors, of_space

# Below this share of σ_1 a value is lost in the rounding of its square.
_SQUARED_AWAY = 1e-6
# Values nearer than this share of σ_1 are taken for copies of one.
_COPIES = 1e-6
# Blocks for which further copies are searched.
_SEARCH = 10
# Vectors in a block, at most, and beyond the wanted ones when a filter is tried, and when the space is restarted.
_BLOCK, _EARLY, _FULL = 8, 64, 512
# What is set apart has residuals below this share of θ_1.
_CONVERGED = 1e-9
# Products between two looks at the Ritz values, which cost an eigendecomposition.
_LOOK = 5
# Rows from which single precision pays, the share of θ_1 below which values drown in its rounding, the residuals that
# can be told from it, in its units, and by what factor estimates may be too small before it is given up.
_LARGE, _DROWNED, _SEEN, _PATIENCE = 2000, 1e-4, 0.05, 16
# Vectors beyond the wanted ones, at least and as a share of them: bounds are taken from them, and they hold the noise
# that is too near the wanted values to be filtered.  And the share of the tolerance that is aimed at.
_GUARD, _SHARE, _MARGIN = 8, 0.25, 0.9
# By how much smaller than asked for the bound on the last value is made in double precision.
_SURE = 100.0

Rows = Float[Array, "p n"]


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
    block: int | None = None,
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
        Vectors that are multiplied at once, at first; by default 8, or as many as stay in the cache.
    max_dimension
        Of the space before it is restarted from its best part; by default k + 513.
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
            operator.T, k, tol=tol, key=key, block=block, max_dimension=max_dimension,
            max_products=max_products, report=report,
        )  # fmt: skip
        return found._replace(left=found.right, right=found.left)
    with _one_blas_thread():
        search = _Search(operator, k, tol, key, block, max_dimension, report)
        while search.products < max_products:
            enough = search.advance()
            if enough is not None:
                return enough
        found = search.best()
    worst = float(found.residual_norms[:k].max(initial=0))
    raise NotConverged(
        f"after {search.products} products with blocks of {search.width} the largest of {k} residual norms is "
        f"{worst:.1e} and σ_{k + 1} is known within {float(found.value_bounds[k]):.1e}, where {tol:.1e} was asked for; "
        f"raise max_products, max_dimension (now {search.limit}) or tol",
        found,
    )


def _one_blas_thread() -> AbstractContextManager[Any]:
    """Where threadpoolctl is there: threads of BLAS wait busily for more when they are done, in the way of XLA's."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1, user_api="blas")


class _Search:
    """A space on its way to k + 1 triplets."""

    def __init__(
        self, operator: Operator, k: int, tol: float, key: PRNGKeyArray, block: int | None, max_dimension: int | None,
        report: Callable[[float], None],
    ) -> None:  # fmt: skip
        self.operator, self.k, self.tol, self.key, self.block = operator, k, tol, key, block
        self.max_dimension, self.report = max_dimension, report
        self.products, self.highest, self.share = 0, 0.0, 0.0
        self._begin(single=min(operator.shape) >= max(_LARGE, 4 * (k + 1)))

    def _begin(self, single: bool) -> None:
        """Afresh: what is found is found again."""
        self.single = single
        operator = in_single(self.operator) if single else self.operator
        block = min(self.block or min(operator.together, _BLOCK), operator.shape[1])
        self.basis = Basis(operator, block, self.key)
        self.rows = self.basis.fresh()
        self.look, self.strictness = 0, 1.0
        self.before: tuple[int, float] | None = None
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
        return max(self.max_dimension or self.k + 1 + _FULL, least)

    def advance(self) -> Triplets | None:
        """Grow the space by a block; the triplets, if that is enough."""
        basis, k = self.basis, self.k
        assert self.rows is not None
        basis.expand(self.rows)
        self.products += basis.polynomial.degree
        self.rows = basis.following()
        if self.rows is None:
            if not self.single:
                return _whole(self.operator, basis, k)
            self._begin(single=False)
            return None
        full = basis.size + self.width > self.limit
        if basis.dimension <= k + 1 or not (full or self.products >= self.look):
            return None
        ritz = basis.ritz(k)
        if self.single and ritz.values[k] < _DROWNED * ritz.values[0]:
            self._begin(single=False)
            return None
        self.look = self.products + _LOOK
        found = self._finish(ritz)
        if found is not None or self.basis is not basis:
            return found
        if not self._filtered(ritz) and full:
            kept = max(k + 1 - basis.apart_values.size, 0)
            basis.restart(kept + (basis.size - kept) // 3)
        return None

    def _filtered(self, ritz: Ritz) -> bool:
        """Begin anew with a filter, where there is a better one."""
        basis, k = self.basis, self.k
        if self.searched is not None or basis.size <= k + 1 + _EARLY:
            return False
        # What is apart in double precision is not made better any more.
        residual = _CONVERGED if self.single else min(_CONVERGED, self.tol / 1000)
        done = int(np.argmin(np.append(ritz.residuals[:k] <= residual * ritz.values[0], False)))
        better = Polynomial.above(ritz.values[k + 1], ritz.values[done], ritz.values[0] if done else 0.0, basis.eps)
        grown = (
            done > basis.apart_values.size and basis.polynomial(ritz.values[basis.apart_values.size]) > basis.eps**-0.5
        )
        if not grown and (basis.polynomial.degree > 1 or better.degree == 1):
            return False
        self.rows = basis.filtered(better, ritz, done)
        return True

    def best(self) -> Triplets:
        """What there is."""
        if self.basis.dimension == 0:  # begun again with the last product
            assert self.rows is not None
            self.basis.expand(self.rows)
        ritz = self.basis.ritz(self.k)
        if ritz.values.size <= self.k:
            return _whole(self.operator, self.basis, self.k)
        return self._triplets(rayleigh_ritz(self.operator, self.basis.combine(self._taken(ritz)).astype(float)), ritz)

    def _finish(self, ritz: Ritz) -> Triplets | None:
        """The triplets, if they are good enough and no copies of them can be missing."""
        if self.searched is not None:
            return self._confirmed(ritz)
        if not self._near(ritz):
            return None
        if ritz.values[self.k] < _SQUARED_AWAY**2 * ritz.values[0]:
            found = _whole(self.operator, self.basis, self.k)
        else:
            found = self._triplets(self._refined(ritz), ritz)
        if not _reached(found, self.k, self.tol):
            # Residuals of single precision are estimates, and rounding is not in them.
            self.strictness *= 4
            if self.single and self.strictness > _PATIENCE:
                self._begin(single=False)
            return None
        if _copies(found.values) < self.width or self.rows is None:
            return found
        self._search_copies(found)
        return None

    def _near(self, ritz: Ritz) -> bool:
        """Whether residuals and bounds, as estimated, are within the tolerance."""
        # Rounding hides what is smaller in single precision; filters in double precision go below.
        goal = max(self.tol, _SEEN * self.basis.eps)
        # Double precision converges fast at the end: the last value is then known far better than is asked for.
        shortfall = self.strictness * _shortfall(ritz, self.k, 1.0 if self.single else _SURE) / goal
        self._report(shortfall)
        if shortfall > 1:
            self._plan(np.log(shortfall))
        return shortfall <= 1

    def _search_copies(self, found: Triplets) -> None:
        """In double precision, with a wider block, for some products."""
        if self.single:
            self._begin(single=False)
            return
        assert self.rows is not None
        self.rows = self.basis.widened(self.rows)
        self.searched, self.search_until = found, self.products + _SEARCH * self.basis.polynomial.degree

    def _confirmed(self, ritz: Ritz) -> Triplets | None:
        """The triplets for copies of which is searched, once none has turned up for long enough."""
        assert self.searched is not None
        if _moved(ritz.values, self.searched.values, self.tol):
            self.searched = None
        elif self.products >= self.search_until:
            return self.searched
        return None

    def _plan(self, height: float) -> None:
        """Look again when, at the pace since the last look, most of the way is done."""
        if self.before is not None and self.before[1] > height:
            pace = (self.before[1] - height) / (self.products - self.before[0])
            most = _LOOK if self.basis.polynomial.degree == 1 else 4 * _LOOK
            self.look = self.products + int(np.clip(0.8 * height / pace, 1, most))
        self.before = self.products, height

    def _taken(self, ritz: Ritz) -> np.ndarray:
        """The wanted vectors, and some more for the bounds, in terms of the basis."""
        count = self.k + 1
        sound = int((ritz.values >= _SQUARED_AWAY**2 * ritz.values[0]).sum())
        return ritz.vectors[:, : max(min(sound, count + max(_GUARD, int(_SHARE * count))), count)]

    def _refined(self, ritz: Ritz) -> Refined:
        """These in double precision."""
        k, count, goal = self.k, self.k + 1, _MARGIN * self.tol * np.sqrt(ritz.values[0])
        rows = self.basis.combine(self._taken(ritz)).astype(float)
        if not self.single:
            return rayleigh_ritz(self.operator, rows)
        # Equal values may come out with any combination of their vectors, that of σ_{k+1} among them.
        tied = k > 0 and ritz.values[k - 1] - ritz.values[k] <= _COPIES * ritz.values[0]
        sigma = np.sqrt(ritz.values[:count])
        limits = np.append(goal * sigma[:k], goal * sigma[k] if tied else np.inf)

        def enough(near: Refined) -> bool:
            return bool(self._errors(near, ritz)[-1] <= 2 * goal * sigma[-1])

        return refined(self.operator, self.basis.operator, rows, limits, enough)

    def _errors(self, near: Refined, ritz: Ritz) -> np.ndarray:
        """By how much θ may be too small, of the wanted ones."""
        k = self.k
        errors = bounds.of_clusters(near.values, near.products)[: k + 1]
        errors[-1] = min(errors[-1], bounds.lehmann(near.values, near.products, k, self.basis.block))
        if not self.single:  # then rounding does not blur what the space tells, which is more
            errors[-1] = min(errors[-1], abs(ritz.values[k] - near.values[k]) + ritz.errors[k])
        return errors

    def _triplets(self, near: Refined, ritz: Ritz) -> Triplets:
        """By the decomposition of A·X, which is not squared."""
        rows, values = near.rows[: self.k + 1], np.sqrt(near.values[: self.k + 1])
        errors = self._errors(near, ritz)
        del near  # large, as what comes is
        return of_right_vectors(self.operator, rows, values, errors)

    def _report(self, shortfall: float) -> None:
        height = float(np.log(max(shortfall, 1e-300)))
        self.highest = max(self.highest, height)
        if self.highest > 0:
            self.share = max(self.share, 1 - max(height, 0) / self.highest)
        self.report(self.share)


def _shortfall(ritz: Ritz, k: int, sure: float) -> float:
    """The largest of the first k residual norms and ``sure`` times the bound on σ_{k+1}, in units of σ_1."""
    sigma = np.sqrt(np.maximum(ritz.values[: k + 1], _SQUARED_AWAY**2 * ritz.values[0]))
    worst = max((ritz.residuals[:k] / sigma[:k]).max(initial=0), sure * ritz.errors[k] / sigma[k] / 2)
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


def _whole(operator: Operator, basis: Basis, k: int) -> Triplets:
    """Triplets from the whole space."""
    space = basis.combine(np.eye(basis.dimension)[:, np.flatnonzero(basis.alive)]).astype(float)
    return of_space(operator, space, basis.normal(k + 1), k)

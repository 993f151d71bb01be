"""Compute the largest singular triplets of an operator by a filtered, thick-restarted block Krylov method.

The phases, each a method of ``_Search``:

1. *Block Krylov phase*: the space is spanned by blocks W, p(AᵀA)·W, p(AᵀA)²·W … (block Lanczos; Golub & Underwood
   1977).  The eigenvalues of p(AᵀA) projected onto it are p(θ) for Ritz values θ ≈ σ².
2. *Convergence check*: estimated residual norms and error bounds are compared with the tolerance (``bounds``).
3. *Locking and Chebyshev filter*: converged Ritz vectors are locked and deflated, and p becomes a Chebyshev polynomial
   that damps the rest of the spectrum (Zhou & Saad 2007; ``polynomial``).
4. *Thick restart*: a full basis is replaced by its best Ritz vectors (Wu & Simon 2000).
5. *Iterative refinement*: the search runs in single precision where A is large; Ritz vectors are then corrected from
   residuals in double precision (``refine``).  Where that fails, the search starts again in double precision.
6. *Finishing*: only right vectors are stored.  The decomposition of A times the Ritz vectors gives left vectors, and
   the accuracy of small values that squaring has lost (``triplets``).
7. *Multiplicity check*: in exact arithmetic a Krylov space of a block of b vectors holds at most b copies of a multiple
   singular value.  Where b or more of the values found are equal, the block is widened by random vectors until no
   further copy turns up.

docs/spectral_engine.md has the references in full.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from ... import _checks
from .. import settings
from ..devices import on_gpu
from ..host import one_blas_thread
from ..operators.operator import Operator, RowBlock, to_single_precision
from . import bounds
from .basis import Basis, Ritz
from .convergence import has_risen, is_accurate, largest_multiplicity, longest_interval, next_check, shortfall
from .polynomial import Polynomial
from .refine import RitzVectors, gains_from_single, rayleigh_ritz, refine
from .triplets import Triplets, triplets_of_ritz_vectors, triplets_of_space


class NotConverged(RuntimeError):
    """Report that the tolerance was not reached; ``partial`` holds what was: ``Triplets`` or a ``Factorization``."""

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
    """Compute the k + 1 largest singular triplets.

    Parameters
    ----------
    operator
        A, of shape (m, n), on one device or on a mesh.
    k
        Number of triplets whose vectors are wanted, 0 … min(m, n) − 1; of the next one, only σ_{k+1} converges.
    tol
        Relative tolerance: the residual norms of the first k triplets and the error of σ_{k+1} are at most tol·σ_1.
        In [1e-14, 1].
    key
        Random key of the starting block.
    block
        Number of vectors in a block at first; by default 8.
    max_dimension
        Dimension of the space at which it is restarted; by default k + 513.
    max_products
        Number of products of AᵀA with a block after which the search gives up.
    report
        Function called with the share of the way to ``tol`` that is done, on a logarithmic scale.

    Raises
    ------
    ValueError, TypeError
        If ``tol`` is out of range or ``key`` is not a random key.
    NotConverged
        After ``max_products``; the triplets found so far are attached.

    Notes
    -----
    |σ̂_j − σ_j| ≤ ρ_j, the residual norm, holds for some singular value of A.  ``bounds`` has error bounds of second
    order in the residual norms.

    Examples
    --------
    >>> import jax, numpy as np
    >>> from mmcl_theory.factorization.operators.dense import Dense
    >>> krylov(Dense(np.diag([3.0, 0.0, 1.0])), 1, key=jax.random.key(0)).values.round(12).tolist()
    [3.0, 1.0]
    """
    tol, key = _checks.real("tol", tol, 1e-14, 1.0), _checks.random_key("key", key)
    if operator.shape[0] < operator.shape[1]:
        found = krylov(
            operator.T, k, tol=tol, key=key, block=block, max_dimension=max_dimension,
            max_products=max_products, report=report,
        )  # fmt: skip
        return found._replace(left=found.right, right=found.left)
    # A GPU would round single precision to half of its digits.  What is not finite is found in Gram matrices.
    with one_blas_thread(), jax.default_matmul_precision("highest"), np.errstate(over="ignore", invalid="ignore"):
        search = _Search(operator, k, tol, key, block, max_dimension, max_products, report)
        while search.products < max_products:
            accepted = search.advance()
            if accepted is not None:
                return accepted
        found = search.current_triplets()
    worst = float(found.residual_norms[:k].max(initial=0))
    raise NotConverged(
        f"after {search.products} products with blocks of {search.width} the largest of {k} residual norms is "
        f"{worst:.1e} and σ_{k + 1} is known within {float(found.value_bounds[k]):.1e}, where {tol:.1e} was asked for; "
        f"raise max_products, max_dimension (now {search.max_size}) or tol",
        found,
    )


class _Search:
    """Hold the state of a search for k + 1 triplets, and perform its phases."""

    def __init__(
        self, operator: Operator, k: int, tol: float, key: PRNGKeyArray, block: int | None, max_dimension: int | None,
        max_products: int, report: Callable[[float], None],
    ) -> None:  # fmt: skip
        self.operator, self.k, self.tol, self.key, self.block = operator, k, tol, key, block
        self.max_dimension, self.max_products, self.report = max_dimension, max_products, report
        self.products, self.highest, self.share = 0, 0.0, 0.0
        self.seldom = on_gpu()
        gains = gains_from_single(operator, k)
        # A GPU needs no other program for double precision, in which vectors can be locked that need no refinement.
        self._start(single=gains and not on_gpu(), later=gains and on_gpu())

    def _start(self, single: bool, later: bool = False) -> None:
        """Start, in single or double precision, from a random block; what an earlier start found is discarded.

        ``later`` asks for single precision from the first filter on.
        """
        self.single, self.single_later = single, later
        operator = to_single_precision(self.operator) if single else self.operator
        block = min(self.block or operator.block_columns, operator.shape[1])
        self.basis = Basis(operator, block, self._largest_size(block), self.key)
        self.next_block: RowBlock | None = None
        self.next_check, self.strictness = 0, 1.0
        self.last_check: tuple[int, float] | None = None  # products, and the logarithm of the shortfall
        self.candidate: Triplets | None = None  # accurate triplets, of which further copies are sought
        self.multiplicity_until = 0

    @property
    def width(self) -> int:
        """Return the number of vectors in a block."""
        return self.basis.block if self.next_block is None else len(self.next_block)

    @property
    def max_size(self) -> int:
        """Return the dimension at which the space is restarted."""
        return self._largest_size(self.width)

    def _largest_size(self, width: int) -> int:
        least = self.k + 1 + settings.MIN_BLOCKS * width
        return max(self.max_dimension or self.k + 1 + settings.BASIS_MARGIN, least)

    def advance(self) -> Triplets | None:
        """Perform one cycle: grow the space by a block and, when it is due, check, filter or restart it.

        Return the triplets once they are accepted.  A search in single precision whose products are not finite starts
        again in double precision.
        """
        try:
            return self._advance()
        except FloatingPointError:
            if not self.single:
                raise
            self._start(single=False)
            return None

    def _advance(self) -> Triplets | None:
        basis = self.basis
        self._grow()
        if self.next_block is None:
            if not self.single:
                return self._finish_whole_space()
            self._start(single=False)
            return None
        full = basis.size + self.width > self.max_size
        if basis.dimension <= self.k + 1 or not (full or self.products >= self.next_check):
            return None
        ritz = basis.ritz(self.k)
        if self.single and ritz.values[self.k] < settings.FLOAT32_FLOOR * ritz.values[0]:
            self._start(single=False)
            return None
        self.next_check = self.products + longest_interval(1, self.seldom)
        accepted = self._check_convergence(ritz)
        started_again = self.basis is not basis
        if accepted is not None or started_again:
            return accepted
        if not self._lock_and_filter(ritz) and full:
            self._thick_restart()
        return None

    def current_triplets(self) -> Triplets:
        """Return the current triplets, converged or not."""
        if self.basis.dimension == 0:  # the last product was followed by a new start
            self.basis.grow(self._block(), 1)
        ritz = self.basis.ritz(self.k)
        if ritz.values.size <= self.k:
            return self._finish_whole_space()
        return self._finish(rayleigh_ritz(self.operator, self._ritz_vectors(ritz)), ritz)

    # --- block Krylov phase -------------------------------------------------------------------------------------------

    def _grow(self) -> None:
        """Append blocks until a check is due or the basis is full, each the orthogonalized image of the one before."""
        basis, width, degree = self.basis, self.width, self.basis.polynomial.degree
        enough = -(-(self.k + 2 - basis.dimension) // width)
        full = (self.max_size - basis.size) // width
        due = -(-(self.next_check - self.products) // degree)
        left = -(-(self.max_products - self.products) // degree)
        before = basis.size
        self.next_block = basis.grow(self._block(), max(1, min(max(enough, min(full, due)), left)))
        self.products += (basis.size - before) // width * degree

    def _block(self) -> RowBlock:
        """Return the next block, a random one at the start."""
        if self.basis.dimension == 0 and self.next_block is None:
            self.next_block = self.basis.random_block()
        assert self.next_block is not None
        return self.next_block

    # --- convergence check --------------------------------------------------------------------------------------------

    def _check_convergence(self, ritz: Ritz) -> Triplets | None:
        """Return triplets if they are accurate and no further copies of them can be missing."""
        if self.candidate is not None:
            return self._check_multiplicity(ritz)
        if not self._within_tolerance(ritz):
            return None
        if ritz.values[self.k] < settings.RESOLVED_FROM_SQUARE**2 * ritz.values[0]:
            found = self._finish_whole_space()
        else:
            found = self._finish(self._refine(ritz), ritz)
        if not is_accurate(found, self.k, self.tol):
            # Residual norms in single precision are estimates, and do not include rounding.
            self.strictness *= settings.STRICTNESS_STEP
            if self.single and self.strictness > settings.MAX_STRICTNESS:
                self._start(single=False)
            return None
        if largest_multiplicity(found.values) < self.width or self.next_block is None:
            return found
        self._seek_copies(found)
        return None

    def _within_tolerance(self, ritz: Ritz) -> bool:
        """Decide whether the estimated residual norms and bounds are within the tolerance; if not, plan a check."""
        # Smaller residuals are hidden by rounding in single precision; refinement in double precision goes below.
        goal = max(self.tol, settings.RESOLVED_RESIDUAL * self.basis.eps)
        # Double precision converges fast at the end: the last value is then known far better than was asked for.
        factor = 1.0 if self.single else settings.VALUE_BOUND_FACTOR
        short = self.strictness * shortfall(ritz, self.k, factor) / goal
        self._report(short)
        if short > 1:
            height = float(np.log(short))
            longest = longest_interval(self.basis.polynomial.degree, self.seldom)
            planned = next_check(self.products, height, self.last_check, longest)
            self.next_check = self.next_check if planned is None else planned
            self.last_check = self.products, height
        return short <= 1

    def _report(self, short: float) -> None:
        """Report the share of the way to the tolerance that is done, on a logarithmic scale."""
        height = float(np.log(max(short, 1e-300)))
        self.highest = max(self.highest, height)
        if self.highest > 0:
            self.share = max(self.share, 1 - max(height, 0) / self.highest)
        self.report(self.share)

    # --- multiplicity check -------------------------------------------------------------------------------------------

    def _seek_copies(self, found: Triplets) -> None:
        """Widen the block, in double precision, to find further copies of the values found."""
        if self.single:
            self._start(single=False)
            return
        self.next_block = self.basis.widen(self._block())
        self.candidate = found
        self.multiplicity_until = self.products + settings.MULTIPLICITY_BLOCKS * self.basis.polynomial.degree

    def _check_multiplicity(self, ritz: Ritz) -> Triplets | None:
        """Return the candidate triplets once no further copy has turned up for long enough."""
        assert self.candidate is not None
        if has_risen(ritz.values, self.candidate.values, self.tol):
            self.candidate = None
        elif self.products >= self.multiplicity_until:
            return self.candidate
        return None

    # --- locking, Chebyshev filter and thick restart ------------------------------------------------------------------

    def _lock_and_filter(self, ritz: Ritz) -> bool:
        """Lock the converged Ritz vectors and begin a new basis with a steeper filter, if there is one."""
        basis, k = self.basis, self.k
        if self.candidate is not None or basis.size <= k + 1 + settings.FILTER_MARGIN:
            return False
        # In double precision a locked vector is not improved any more, so it must suffice for any tolerance.
        residual = settings.LOCKED_RESIDUAL
        if not self.single:
            residual = min(residual, self.tol / settings.LOCKED_TOLERANCE_DIVISOR)
        converged = int(np.argmin(np.append(ritz.residuals[:k] <= residual * ritz.values[0], False)))
        eps = float(np.finfo(np.float32).eps) if self.single_later else basis.eps
        filter_ = Polynomial.above(
            ritz.values[k + 1], ritz.values[converged], ritz.values[0] if converged else 0.0, eps
        )
        locked = basis.locked_values.size
        renew = converged > locked and (
            basis.polynomial(ritz.values[locked]) > basis.eps**-settings.FILTER_RENEWAL_POWER
        )
        if not renew and (basis.polynomial.degree > 1 or filter_.degree == 1):
            return False
        operator = to_single_precision(self.operator) if self.single_later else basis.operator
        self.single, self.single_later = self.single or self.single_later, False
        self.next_block = basis.lock_and_filter(filter_, ritz, converged, operator)
        return True

    def _thick_restart(self) -> None:
        """Keep the wanted Ritz vectors that are not locked, and a share of the others."""
        wanted = max(self.k + 1 - self.basis.locked_values.size, 0)
        self.basis.thick_restart(wanted + (self.basis.size - wanted) // settings.RESTART_DIVISOR)

    # --- iterative refinement and finishing ---------------------------------------------------------------------------

    def _ritz_vectors(self, ritz: Ritz) -> RowBlock:
        """Compute the wanted Ritz vectors and some guard vectors, in double precision."""
        count = self.k + 1
        resolved = int((ritz.values >= settings.RESOLVED_FROM_SQUARE**2 * ritz.values[0]).sum())
        most = count + settings.GUARD_VECTORS
        most += -most % settings.HEIGHT
        return self.basis.combine(ritz.vectors[:, : max(min(resolved, most), count)], float)

    def _refine(self, ritz: Ritz) -> RitzVectors:
        """Refine the Ritz vectors in double precision, with corrections if the search ran in single precision."""
        k, count, goal = self.k, self.k + 1, settings.REFINEMENT_AIM * self.tol * np.sqrt(ritz.values[0])
        rows = self._ritz_vectors(ritz)
        if not self.single:
            return rayleigh_ritz(self.operator, rows)
        # Vectors of equal values may come out in any combination, that of σ_{k+1} among them.
        tied = k > 0 and ritz.values[k - 1] - ritz.values[k] <= settings.EQUAL_VALUES * ritz.values[0]
        sigma = np.sqrt(ritz.values[:count])
        limits = np.append(goal * sigma[:k], goal * sigma[k] if tied else np.inf)

        def bound_excess(near: RitzVectors) -> float:
            return float(self._value_errors(near, ritz)[-1] / (settings.VALUE_BOUND_SLACK * goal * sigma[-1]))

        return refine(self.operator, self.basis.operator, rows, limits, bound_excess)

    def _value_errors(self, near: RitzVectors, ritz: Ritz) -> np.ndarray:
        """Bound by how much each of the wanted Ritz values θ may be too small."""
        k = self.k
        errors = bounds.cluster_bounds(near.values, near.products)[: k + 1]
        errors[-1] = min(errors[-1], bounds.lehmann_bound(near.values, near.products, k, self.basis.block))
        if not self.single:  # rounding does not blur the bound from the whole space, which is sharper
            errors[-1] = min(errors[-1], abs(ritz.values[k] - near.values[k]) + ritz.errors[k])
        # An image that is off by δ/σ_1, as rounding bounds it, changes θ by 2δ at most.
        return errors + 2 * near.rounding[: k + 1]

    def _finish(self, near: RitzVectors, ritz: Ritz) -> Triplets:
        """Build triplets from Ritz vectors; where values are small, from the decomposition of A times these."""
        count = self.k + 1
        errors, given_up = self._value_errors(near, ritz), [near]
        if near.values[self.k] >= settings.FLOAT32_FLOOR * near.values[0]:
            del near  # the list alone has it now
            return triplets_of_ritz_vectors(self.operator, given_up, errors)
        found = triplets_of_space(self.operator, near.rows[:count], self.basis.random_columns, self.k)
        # σ² − θ is at least 2√θ·(σ − √θ).
        roots, sigma = np.sqrt(np.maximum(near.values[:count], 1e-300)), np.asarray(found.values)
        errors = errors / roots / 2 + np.abs(sigma - roots) + settings.VALUE_ROUNDING * sigma[0]
        return found._replace(value_bounds=np.minimum(found.value_bounds, errors))

    def _finish_whole_space(self) -> Triplets:
        """Build triplets from the decomposition of A on the whole space."""
        basis = self.basis
        space = basis.combine(np.eye(basis.dimension)[:, np.flatnonzero(basis.nonzero)], float)
        return triplets_of_space(self.operator, space, basis.random_columns, self.k)

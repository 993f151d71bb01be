"""The largest singular triplets of an operator: a block Krylov method with thick restarts.

The space is spanned by blocks W, AᵀA·W, (AᵀA)²·W …, and the eigenvalues of the projection of AᵀA are Ritz values
θ ≈ σ².  Only the right space is stored; left vectors come at the end from A times the Ritz vectors, whose own
decomposition gives back what squaring has lost of small values.

In exact arithmetic a space grown from b random columns holds min(b, μ) copies of a value of multiplicity μ, and every
simple one.  So where b or more of the values found are equal, further copies are searched for from fresh columns,
until there are none.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .basis import Basis, cholesky_qr
from .operators import Operator, Transposed

# Below this share of σ_1 a value is lost in the rounding of its square.
_SQUARED_AWAY = 1e-6
# Values nearer than this share of σ_1 are taken for copies of one.
_COPIES = 1e-6
# Blocks for which further copies are searched.
_SEARCH = 10
# Where Ritz vectors are less orthonormal than this, the cheap orthogonalization has failed.
_SKEW = 1e-6
# What rounding adds to a bound, in units of σ_1.
_ROUNDING = 64 * float(np.finfo(float).eps)
# Bytes that the basis may take by default, and vectors it may have: more cost more than a restart.
_BASIS_BYTES, _BASIS_VECTORS = 2**32, 2048


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
    block: int = 16,
    max_dimension: int | None = None,
    max_blocks: int = 1000,
    whole: bool = False,
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
        In units of σ_1; above 1e-14.
    key
        Draws the start.
    block
        Columns that are multiplied at once.
    max_dimension
        Of the space before it is restarted from its best part; by default what 4 GiB hold, at most 2048.
    max_blocks
        Products of AᵀA with a block after which to give up.
    whole
        Whether to orthogonalize to the whole basis at once, and not only where it proves necessary.
    report
        Called with the share of the way to ``tol``, in logarithms, that is done.

    Raises
    ------
    NotConverged
        After ``max_blocks``; what was found is attached.

    Notes
    -----
    |σ̂_j − σ_j| ≤ ρ_j, the residual norm, holds for some singular value of A.  The bound on σ̂_{k+1} is quadratic:
    with R the residuals of the Ritz vectors up to one with a gap γ below it, |θ − σ²| ≤ ‖R‖²/γ (Kato and Temple for
    clusters), where the gap between Ritz values stands for that between a Ritz value and the unknown rest of the
    spectrum.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from mmcl_theory.factorization.operators import Dense
    >>> krylov(Dense(jnp.diag(jnp.array([3.0, 0.0, 1.0]))), 1, key=jax.random.key(0)).values.round(12).tolist()
    [3.0, 1.0]
    """
    if operator.shape[0] < operator.shape[1]:
        found = krylov(
            Transposed(operator), k, tol=tol, key=key, block=block, max_dimension=max_dimension,
            max_blocks=max_blocks, whole=whole, report=report,
        )  # fmt: skip
        return found._replace(left=found.right, right=found.left)
    n = operator.shape[1]
    block = min(block, n)
    if max_dimension is None:
        max_dimension = min(_BASIS_VECTORS, _BASIS_BYTES // (8 * n))
    max_dimension = max(max_dimension, 2 * (k + 1) + 6 * block)

    basis = Basis(operator, block, key, whole)
    columns = basis.fresh()
    check, pace, strictness, searched = -(-(k + 2) // block) + 2, _Pace(), 1.0, None
    for done in range(1, max_blocks + 1):
        assert columns is not None
        basis.expand(columns)
        columns = basis.following()
        if done >= check and basis.size > k + 1:
            ritz = values, _, residuals = basis.ritz(k + 1 + block)
            shortfall = strictness * _shortfall(values, residuals, k) / tol
            check = done + pace.blocks(done, shortfall)
            report(pace.share)
            if searched is not None and not _moved(values, searched.values, tol):
                return searched
            searched = None
            if shortfall <= 1 and columns is not None:
                found, skew = _decompose(basis, ritz, k)
                if not skew < _SKEW:
                    return krylov(
                        operator, k, tol=tol, key=key, block=block, max_dimension=max_dimension,
                        max_blocks=max_blocks, whole=True, report=report,
                    )  # fmt: skip
                if not _reached(found, k, tol):
                    strictness *= 4
                elif _copies(found.values) < block:
                    return found
                elif n <= max_dimension:
                    check = max_blocks  # until the space is exhausted
                else:
                    searched, check = found, done + _SEARCH
                    basis.restart(k + 1 + block)
                    columns = basis.fresh()
        if columns is None:
            return _whole(basis, k)
        if basis.size + block > max_dimension:
            basis.restart(k + 1 + (basis.size - k - 1) // 3)
    found, _ = _decompose(basis, basis.ritz(k + 1 + block), k)
    worst = float(found.residual_norms[:k].max(initial=0))
    raise NotConverged(
        f"after {max_blocks} products with blocks of {block} the largest of {k} residual norms is {worst:.1e} and "
        f"σ_{k + 1} is known within {float(found.value_bounds[k]):.1e}, where {tol:.1e} was asked for; raise "
        f"max_blocks, max_dimension (now {max_dimension}) or tol",
        found,
    )


class _Pace:
    """Guesses from two looks at the shortfall how many blocks are worth waiting for the next."""

    def __init__(self) -> None:
        self.share, self._first, self._last = 0.0, 0.0, (0, 0.0)

    def blocks(self, done: int, shortfall: float) -> int:
        """How many more blocks until the next look."""
        height = float(np.log(max(shortfall, 1e-300)))
        (before, higher), self._last = self._last, (done, height)
        self._first = max(self._first, height)
        self.share = max(self.share, 1 - height / self._first) if self._first > 0 else 0.0
        descent = (higher - height) / (done - before)
        # Never so late that a converging vector stands no guard.
        at_most = max(2, done // 8)
        return int(np.clip(0.6 * height / descent, 1, at_most)) if before and descent > 0 else 2


def _value_bounds(values: np.ndarray, residuals: np.ndarray, count: int) -> np.ndarray:
    """Bounds on the errors of the first ``count`` values σ, from Ritz values θ = σ² and their residual norms."""
    linear = residuals[:count]
    gaps = np.maximum(values[:-1] - values[1:], 1e-300)
    quadratic = np.cumsum(residuals[:-1] ** 2) / gaps
    # For σ_j the best of all clusters that hold it.
    best = np.minimum.accumulate(quadratic[::-1])[::-1][:count]
    best = np.pad(best, (0, count - best.size), constant_values=np.inf)
    return np.minimum(linear, best) / np.sqrt(np.maximum(values[:count], _SQUARED_AWAY**2 * values[0]))


def _shortfall(values: np.ndarray, residuals: np.ndarray, k: int) -> float:
    """The largest of the first k residual norms and the bound on the error of σ_{k+1}, in units of σ_1."""
    sigma = np.sqrt(np.maximum(values[:k], _SQUARED_AWAY**2 * values[0]))
    worst = max((residuals[:k] / sigma).max(initial=0), _value_bounds(values, residuals, k + 1)[k])
    return float(worst / np.sqrt(values[0]))


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


def _decompose(basis: Basis, ritz: tuple[np.ndarray, np.ndarray, np.ndarray], k: int) -> tuple[Triplets, float]:
    """Triplets from Ritz vectors x, by the decomposition of A·X, which is not squared; how far XᵀX was from 1."""
    values, vectors, residuals = ritz
    if values.size <= k or values[k] < _SQUARED_AWAY**2 * values[0]:
        return _whole(basis, k), 0.0
    found, skew = _of_right(basis.operator, basis.combine(vectors[:, : k + 1]))
    bounds = np.minimum(_value_bounds(values, residuals, k + 1), np.asarray(found.residual_norms))
    bounds += _ROUNDING * float(found.values[0])
    return _trimmed(basis.operator, found._replace(value_bounds=jnp.asarray(bounds))), float(skew)


def _whole(basis: Basis, k: int) -> Triplets:
    """Triplets from the whole space; where it has fewer dimensions, the others are zero: A has no more rank."""
    alive = np.flatnonzero(basis.alive)
    space = basis.combine(np.eye(basis.size)[:, alive])
    return _trimmed(basis.operator, _of_space(basis.operator, space, basis.normal(k + 1), k))


@eqx.filter_jit
def _of_right(operator: Operator, space: Float[Array, "n p"]) -> tuple[Triplets, Float[Array, ""]]:
    skew = jnp.abs(space.T @ space - jnp.eye(space.shape[1])).max()
    space, _ = cholesky_qr(space)
    left, upper = cholesky_qr(operator.times(space))
    rotation, values, turn = jnp.linalg.svd(upper)
    return _with_residuals(operator, left @ rotation, values, space @ turn.T), skew


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
    return _with_residuals(operator, left[:, : k + 1], values[: k + 1], right[:, : k + 1])


def _complement(space: Float[Array, "n r"], columns: Float[Array, "n t"]) -> Float[Array, "n t"]:
    for _ in range(2):
        columns, _ = jnp.linalg.qr(columns - space @ (space.T @ columns))
    return columns


def _with_residuals(operator: Operator, left: Array, values: Array, right: Array) -> Triplets:
    norms = jnp.maximum(
        jnp.linalg.norm(operator.times(right) - left * values, axis=0),
        jnp.linalg.norm(operator.transpose_times(left) - right * values, axis=0),
    )
    return Triplets(left, values, right, norms, norms + _ROUNDING * values[0])


@eqx.filter_jit
def _trimmed(operator: Operator, found: Triplets) -> Triplets:
    (m, n), left, right = operator.shape, found.left, found.right
    return found._replace(left=left[:m], right=right[:n])

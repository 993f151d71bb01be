"""Bound the mass that a measure on [0, 1] has below a gap in it, by its moments: the best bounds that these allow.

For a measure μ without mass between a and b, any polynomial with p ≥ 1 on [0, a] and p ≥ 0 on [b, 1] proves that
μ([0, a]) ≤ ∫p dμ, and any with p ≤ 1 and p ≤ 0 there the opposite.  The best of degree M touches 1 and 0 at the nodes
of the canonical quadrature with a node at a, or at b from below (Chebyshev, Markov, Stieltjes; ``quadrature``), of
which none lies in the gap.

In double precision this needs two cares.  Moments of few atoms, or of a measure that fills a small part of [0, 1], have
no such quadrature up to rounding: so those of a mixture with a small share of the arcsine law are taken, whose moments
beside ν_0 are 0.  That costs the share times p_0, and so prefers polynomials that do not magnify rounding; several
shares are tried.  And whatever polynomial is found, its least values are computed and a constant makes up for what is
missing: what is returned is a bound, also where nodes are not exact.  Where every quadrature fails, a linear program
finds a polynomial.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from . import chebyshev
from .program import improved
from .quadrature import Nodes, canonical, rules

# Shares of the arcsine law, from rounding upwards: its norms are 1, and those of an orthogonal polynomial below the
# share are rounding no more.
SHARES = (1e-14, 1e-12, 1e-10, 1e-8, 1e-6)
# A polynomial of which rounding can move the bound by no more is not improved further.
CLOSED = 1e-10
# So much may be missing of the moments and levels of a quadrature, or be negative of its masses, before it has failed.
FAULT = 1e-7
# T_m has the slope m² at the ends: an ulp of A moves ν_m by m² of them, and so much is allowed for, some times over.
_ULPS = 4


class Extremal(NamedTuple):
    """Hold the bounds of the mass in [0, a], and the polynomials that prove them.

    Attributes
    ----------
    lower, upper
        What is proved, the rounding of moments and of the values of the polynomial allowed for.
    lower_polynomial, upper_polynomial
        Coefficients c_m of Σ c_m T_m(2x − 1), m = 0 … M.  The bounds are Σ c_m ν_m, less or more the rounding.
    lower_slope, upper_slope
        The derivatives of the lower bound by b and of the upper one by a; those by the moments are the coefficients.
    """

    lower: Float[np.ndarray, "*batch"]
    upper: Float[np.ndarray, "*batch"]
    lower_polynomial: Float[np.ndarray, "*batch M+1"]
    upper_polynomial: Float[np.ndarray, "*batch M+1"]
    lower_slope: Float[np.ndarray, "*batch"]
    upper_slope: Float[np.ndarray, "*batch"]


def extremal(moments: np.ndarray, a: np.ndarray, b: np.ndarray) -> Extremal:
    """Bound μ([0, a]) by the Chebyshev moments of μ, a measure on [0, 1] without mass strictly between a and b.

    Parameters
    ----------
    moments
        ν_m = ∫T_m(2x − 1) dμ, m = 0 … M, shape (…, M + 1).
    a, b
        Shapes (…), in [0, 1].  The upper bound is one also without the gap, of the mass in [0, a], and the lower one of
        the mass in [0, b), so they hold also where a ≥ b.

    Examples
    --------
    >>> import numpy as np
    >>> atoms, masses = np.array([0.1, 0.4, 0.9]), np.array([0.2, 0.3, 0.5])
    >>> moments = [masses @ np.cos(m * np.arccos(2 * atoms - 1)) for m in range(9)]
    >>> found = extremal(np.array(moments), 0.4, 0.9)
    >>> found.lower.round(9), found.upper.round(9)
    (np.float64(0.5), np.float64(0.5))
    """
    moments, a, b = np.asarray(moments, float), np.asarray(a, float), np.asarray(b, float)
    shape = np.broadcast_shapes(moments.shape[:-1], a.shape, b.shape)
    count = moments.shape[-1]
    rows = np.broadcast_to(moments, (*shape, count)).reshape(-1, count)
    first, last = (np.clip(np.broadcast_to(end, shape).reshape(-1), 0, 1) for end in (a, b))
    total = np.maximum(rows[:, 0], np.finfo(float).tiny)
    scaled = rows / total[:, None]
    upper, upper_polynomial, upper_slope = best_upper(scaled, first, last)
    # Seen from 1 the mass above the gap is bounded in the same way, and the rest is below.
    signs = (-1.0) ** np.arange(count)
    above, mirrored, lower_slope = best_upper(scaled * signs, 1 - last, 1 - first)
    lower_polynomial = -mirrored * signs
    lower_polynomial[:, 0] += 1
    whole = np.maximum(rows[:, 0], 0)
    return Extremal(
        (np.maximum(1 - above, 0) * whole).reshape(shape)[()],
        (np.minimum(upper, 1) * whole).reshape(shape)[()],
        lower_polynomial.reshape(*shape, count),
        upper_polynomial.reshape(*shape, count),
        (lower_slope * whole).reshape(shape)[()],
        (upper_slope * whole).reshape(shape)[()],
    )


def best_upper(
    moments: Float[np.ndarray, "batch n"], a: Float[np.ndarray, " batch"], b: Float[np.ndarray, " batch"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bound μ([0, a]) from above, ν_0 = 1: return the bounds, their polynomials, and their slopes in a.

    Where rounding hides the best polynomial, those of lower degrees may still be found, and prove more.
    """
    best, is_open = _best_of_degree(moments, a, b)
    for degree in range(moments.shape[1] - 2, 0, -1):
        rows = np.flatnonzero(is_open)
        if len(rows) == 0:
            break
        lower, is_open[rows] = _best_of_degree(moments[rows, : degree + 1], a[rows], b[rows])
        polynomial = np.pad(lower.polynomial, ((0, 0), (0, moments.shape[1] - degree - 1)))
        _improve(best, rows, lower._replace(polynomial=polynomial))
    return best.value, best.polynomial, best.slope


def _best_of_degree(moments: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple["_Found", np.ndarray]:
    """Find the best polynomials of the degree of the moments, and which may not be the best, for rounding."""
    batch = len(moments)
    best = _Found(np.ones(batch), np.zeros_like(moments), np.zeros(batch), np.full(batch, np.inf))
    best.polynomial[:, 0] = 1  # the total mass is a bound
    # Other numbers, as of a matrix with negative eigenvalues, are no moments of a measure on [0, 1].
    are_moments = (np.abs(moments) < 1 + FAULT).all(axis=1) & (moments[:, 0] > 0)
    open_ = are_moments & (a >= 0) & (a < 1) & (b >= 0)
    failed = open_.copy()
    for share in SHARES:
        rows = np.flatnonzero(open_)
        if len(rows):
            found = _from_quadrature(moments[rows], a[rows], b[rows], share)
            # No level is met better than the rounding of large coefficients allows.
            failed[rows] &= found.fault > FAULT + rounding(found.polynomial)
            _improve(best, rows, found)
            open_[rows] = (found.fault > CLOSED) | (rounding(best.polynomial[rows]) > CLOSED)
    for row in np.flatnonzero(failed):
        given = moments[[row]], a[[row]], b[[row]]
        polynomial = improved(moments[row], a[row], b[row], best.polynomial[row])
        polynomials, values = _proved(polynomial[None], *given)
        _improve(best, np.array([row]), _Found(values, polynomials, np.zeros(1), np.zeros(1)))
    _check(best, a, b)
    return best, open_


def _check(best: "_Found", a: np.ndarray, b: np.ndarray) -> None:
    """Raise the polynomials that were chosen by what they lack at their turning points, all of which are computed."""
    points = chebyshev.turning_points(best.polynomial)
    for level, start, end in ((1, np.zeros_like(a), a), (0, np.maximum(a, b), np.ones_like(a))):
        inside = np.clip(points, 2 * start[:, None] - 1, 2 * end[:, None] - 1)
        values = chebyshev.evaluate(best.polynomial, inside)
        missing = np.maximum(level - values.min(axis=1, initial=np.inf), 0)
        best.polynomial[:, 0] += missing
        best.value[:] += missing


class _Found(NamedTuple):
    """Hold, for each measure, a bound, its polynomial, its slope in a, and what is wrong with the quadrature."""

    value: np.ndarray
    polynomial: np.ndarray
    slope: np.ndarray
    fault: np.ndarray


def _improve(best: _Found, rows: np.ndarray, found: _Found) -> None:
    """Take over, in the given rows, what proves more than the best so far."""
    better = found.value < best.value[rows]
    for old, new in zip(best, found, strict=True):
        old[rows[better]] = new[better]


def rounding(polynomial: Float[np.ndarray, "batch n"]) -> Float[np.ndarray, " batch"]:
    """Bound what rounding of the moments, and of the values of a polynomial, can add to ∫p dμ; ν_0 = 1."""
    degrees = np.arange(polynomial.shape[1])
    return _ULPS * np.finfo(float).eps * np.sum((1 + degrees**2) * np.abs(polynomial), axis=1)


def _from_quadrature(moments: np.ndarray, a: np.ndarray, b: np.ndarray, share: float) -> _Found:
    """Find the polynomial that touches 1 and 0 at the nodes of the canonical quadrature of a mixture."""
    t, mixed = 2 * a - 1, (1 - share) * moments
    mixed[:, 0] += share
    inside, *others = rules(moments.shape[1] - 1)
    found = _touching(canonical(mixed, t, inside), mixed, moments, a, b)
    for ends in others:  # the rule of whose nodes one is outside, or has a negative mass, is the other one
        rows = np.flatnonzero(found.fault > CLOSED)
        if len(rows):
            again = _touching(canonical(mixed[rows], t[rows], ends), mixed[rows], moments[rows], a[rows], b[rows])
            _improve(found, rows, again)
            found.fault[rows] = np.minimum(found.fault[rows], again.fault)
    return found


def _touching(nodes: Nodes, mixed: np.ndarray, moments: np.ndarray, a: np.ndarray, b: np.ndarray) -> _Found:
    """Interpolate 1 at the nodes up to a and 0 beyond, the inner ones with a slope of 0, and compute the masses."""
    inner, t = np.clip(nodes.inner, -1, 1), nodes.simple[:, :1]
    everywhere = np.concatenate([nodes.simple, inner], axis=1)
    values, slopes = chebyshev.table(everywhere, moments.shape[1] - 1)
    system = np.concatenate([values, slopes[:, nodes.simple.shape[1] :]], axis=1)
    touching = _solved(system, np.concatenate([everywhere <= t, np.zeros_like(inner)], axis=1))
    polynomial, value = _proved(touching, moments, a, b)
    at_nodes = values.transpose(0, 2, 1)
    masses = np.linalg.pinv(at_nodes) @ mixed[:, :, None]
    missing = np.abs(mixed[:, :, None] - at_nodes @ masses).max(axis=(1, 2))
    negative, above = -masses.min(axis=(1, 2)), polynomial[:, 0] - touching[:, 0]
    fault = np.maximum(np.maximum(missing, negative), above)
    # p(a) = 1 is what a mass at a pays for; dx is half of dt.
    steepness = 2 * np.sum(slopes[:, 0] * polynomial, axis=1)
    return _Found(value, polynomial, -np.maximum(masses[:, 0, 0], 0) * steepness, fault)


def _proved(
    polynomial: np.ndarray, moments: np.ndarray, a: np.ndarray, b: np.ndarray
) -> tuple[Float[np.ndarray, "batch n"], Float[np.ndarray, " batch"]]:
    """Add what polynomials lack to be at least 1 on [0, a] and 0 on [b, 1], and compute the bounds they then prove."""
    starts, ends = np.concatenate([np.zeros_like(a), np.maximum(a, b)]), np.concatenate([a, np.ones_like(a)])
    least, _ = chebyshev.lowest(np.concatenate([polynomial, polynomial]), 2 * starts - 1, 2 * ends - 1)
    shift = np.maximum(np.maximum(1 - least[: len(a)], -least[len(a) :]), 0)
    polynomial = polynomial.copy()
    polynomial[:, 0] += shift
    return polynomial, np.sum(polynomial * moments, axis=1) + rounding(polynomial)


def _solved(
    system: Float[np.ndarray, "batch n n"], right: Float[np.ndarray, "batch n"]
) -> Float[np.ndarray, "batch n"]:
    """Solve linear systems, in the sense of least squares where a matrix of the batch is singular."""
    right = right.astype(float)[:, :, None]
    try:
        found = np.linalg.solve(system, right)[:, :, 0]
    except np.linalg.LinAlgError:
        found = (np.linalg.pinv(np.nan_to_num(system)) @ right)[:, :, 0]
    return np.nan_to_num(found, posinf=0, neginf=0)

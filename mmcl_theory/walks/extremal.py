"""Bound the mass that a measure on [0, 1] has below a gap in it, by its moments: the best bounds that these allow.

For a measure μ without mass between a and b, any polynomial with p ≥ 1 on [0, a] and p ≥ 0 on [b, 1] proves that
μ([0, a]) ≤ ∫p dμ, and any with p ≤ 1 and p ≤ 0 there the opposite.  The best of degree M touches 1 and 0 at the nodes
of the canonical quadrature with a node at a, or at b from below (Chebyshev, Markov, Stieltjes; ``quadrature``), of
which none lies in the gap.  Rounding moves nodes, and moments of few atoms have no such quadrature.  So whatever
polynomial is found, its least values are computed and a constant makes up for what is missing: what is returned is a
bound, and how near it comes to the best is known from the quadrature, which has the same moments and all but the same
mass.  Where they differ, a linear program finds a better polynomial.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from . import chebyshev
from .program import improved
from .quadrature import Nodes, canonical, recurrence, rules

# A bound and the mass of a measure with the moments agree so well, relative to ν_0, or else a linear program is solved.
AGREE = 1e-9
# The quadrature has the moments to this, relative to ν_0; that of fewer moments has all where μ has few atoms.
_SAME = 1e-11
# Below this norm, of order one for measures on all of [0, 1], an orthogonal polynomial is rounding, or the measure has
# no more atoms: further moments tell nothing in double precision.
_NORM = 1e-12
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
    """Bound μ([0, a]) from above, ν_0 = 1: return the bounds, their polynomials, and their slopes in a."""
    batch, count = moments.shape
    value, slope = np.ones(batch), np.zeros(batch)
    polynomial = np.zeros((batch, count))
    polynomial[:, 0] = 1  # the total mass is a bound
    open_ = (np.abs(moments) < 1 + _SAME).all(axis=1) & (moments[:, 0] > 0.5) & (a >= 0) & (a < 1) & (b >= 0)
    starts, stops = _degrees(moments)
    for degree in range(1, count):
        rows = np.flatnonzero(open_ & (starts <= degree) & (degree <= stops))
        if len(rows):
            found = _from_quadrature(moments[rows], a[rows], b[rows], degree)
            better = found.value < value[rows]
            value[rows] = np.where(better, found.value, value[rows])
            slope[rows] = np.where(better, found.slope, slope[rows])
            polynomial[rows] = np.where(better[:, None], found.polynomial, polynomial[rows])
            open_[rows] = value[rows] - found.mass > AGREE
    for row in np.flatnonzero(open_):
        candidate = improved(moments[row], a[row], b[row], polynomial[row])
        (shifted,), (bound,) = _proved(candidate[None], moments[[row]], a[[row]], b[[row]])
        if bound < value[row]:
            value[row], polynomial[row] = bound, shifted
    return value, polynomial, slope


def _degrees(moments: Float[np.ndarray, "batch n"]) -> tuple[np.ndarray, np.ndarray]:
    """Choose from which degree to which quadratures are tried: all moments, or as many as few atoms need.

    n atoms are all found from 2n moments beside ν_0, and from up to four fewer if a, 0 and 1 are among them.
    """
    count = moments.shape[1]
    norms = recurrence(moments)[2]
    is_spent = norms < _NORM
    atoms = np.where(is_spent.any(axis=1), is_spent.argmax(axis=1), count)
    return np.clip(2 * atoms - 4, 1, count - 1), np.clip(2 * atoms + 1, 1, count - 1)


class _Found(NamedTuple):
    """Hold, for each measure, a bound with its polynomial, and the mass of a measure with all of the moments, or −∞."""

    value: np.ndarray
    polynomial: np.ndarray
    mass: np.ndarray
    slope: np.ndarray


def _from_quadrature(moments: np.ndarray, a: np.ndarray, b: np.ndarray, degree: int) -> _Found:
    """Find the polynomial of a degree that touches 1 and 0 at the nodes of a canonical quadrature with a node at a."""
    t, first = 2 * a - 1, moments[:, : degree + 1]
    inside, *others = rules(degree)
    found = _touching(canonical(first, t, inside), moments, a, b, degree)
    for ends in others:  # the rule of whose nodes one is outside, or has a negative mass, is the other one
        rows = np.flatnonzero(found.value - found.mass > AGREE)
        if len(rows):
            again = _touching(canonical(first[rows], t[rows], ends), moments[rows], a[rows], b[rows], degree)
            better = again.value < found.value[rows]
            for part, new in zip(found, again, strict=True):
                part[rows[better]] = new[better]
    return found


def _touching(nodes: Nodes, moments: np.ndarray, a: np.ndarray, b: np.ndarray, degree: int) -> _Found:
    """Interpolate 1 at the nodes up to a and 0 beyond, the inner ones with a slope of 0, and compute the masses."""
    count = moments.shape[1]
    inner, t = np.clip(nodes.inner, -1, 1), nodes.simple[:, :1]
    everywhere = np.concatenate([nodes.simple, inner], axis=1)
    values, slopes = chebyshev.table(everywhere, count - 1)
    system = np.concatenate([values, slopes[:, nodes.simple.shape[1] :]], axis=1)[:, :, : degree + 1]
    is_low = np.concatenate([everywhere <= t, np.zeros_like(inner)], axis=1)
    polynomial = np.zeros_like(moments)
    polynomial[:, : degree + 1] = np.nan_to_num(_solved(system, is_low), posinf=0, neginf=0)
    polynomial, value = _proved(polynomial, moments, a, b)
    masses = (np.linalg.pinv(values.transpose(0, 2, 1)) @ moments[:, :, None])[:, :, 0]
    has_moments = np.abs(values.transpose(0, 2, 1) @ masses[:, :, None] - moments[:, :, None]).max(axis=(1, 2)) < _SAME
    is_measure = has_moments & (masses > -AGREE).all(axis=1)
    low = np.where(is_measure, np.sum(np.where(everywhere <= t, masses, 0), axis=1), -np.inf)
    # p(a) = 1 is what a mass at a pays for; dx is half of dt.
    steepness = 2 * np.sum(slopes[:, 0] * polynomial, axis=1)
    return _Found(value, polynomial, low, np.where(is_measure, -masses[:, 0] * steepness, 0))


def _proved(
    polynomial: np.ndarray, moments: np.ndarray, a: np.ndarray, b: np.ndarray
) -> tuple[Float[np.ndarray, "batch n"], Float[np.ndarray, " batch"]]:
    """Add what polynomials lack to be at least 1 on [0, a] and 0 on [b, 1], and compute the bounds they then prove."""
    shift = np.zeros(len(polynomial))
    for level, start, end in ((1, np.zeros_like(a), a), (0, np.maximum(a, b), np.ones_like(a))):
        least, _ = chebyshev.lowest(polynomial, 2 * start - 1, 2 * end - 1)
        shift = np.maximum(shift, level - least)
    polynomial = polynomial.copy()
    polynomial[:, 0] += shift
    degrees = np.arange(moments.shape[1])
    rounding = _ULPS * np.finfo(float).eps * np.sum((1 + degrees**2) * np.abs(polynomial), axis=1)
    return polynomial, np.sum(polynomial * moments, axis=1) + rounding


def _solved(
    system: Float[np.ndarray, "batch n n"], right: Float[np.ndarray, "batch n"]
) -> Float[np.ndarray, "batch n"]:
    """Solve linear systems, in the sense of least squares where a matrix of the batch is singular."""
    right = right.astype(float)[:, :, None]
    try:
        return np.linalg.solve(system, right)[:, :, 0]
    except np.linalg.LinAlgError:
        return (np.linalg.pinv(np.nan_to_num(system)) @ right)[:, :, 0]

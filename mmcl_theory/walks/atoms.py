"""Bound the mass of a measure on [0, 1] that is known atom by atom as well as its first moments would allow.

The bounds are those of ``extremal``, and so the mass up to a of the canonical quadrature.  Of a measure of few atoms
that cannot be told from moments in double precision, of which very different measures have the same.  From atoms and
masses Lanczos's algorithm finds the Jacobi matrix of a measure that differs by rounding alone, and that moves the mass
by rounding over the gap at most.

With e = 1, 1 − x, x or x(1 − x), the free nodes of the rule that has the zeros of e as ends are those of the Radau rule
of e dμ with a node at a.  While none of them is beyond such an end, the rule's polynomial proves its bound
(docs/walks.md); of the two rules for M one has all nodes within [0, 1], and so the lesser is the best.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from . import chebyshev
from .extremal import Extremal

# An off-diagonal entry of the Jacobi matrix below this is rounding: the measure has no more atoms.
_EXHAUSTED = 1e-14
# A node on an end of [0, 1] may be computed so far beyond it.
_OUTSIDE = 1e-14
# The free entry of a Jacobi matrix is a quotient; where it is as large, a node is far outside of [0, 1].
_FAR = 1e3
# Rounding moves the mass up to a by so many ulps over the gap at most.  Of 10⁶ draws of ``tests/walks/draws.py`` 2 in a
# hundred moved it by more than 1, 4 in ten thousand by more than 4, eight by more than 8, and the most was 9.0, when
# components were removed one by one; removed together, the most of 2·10⁵ was 7.9.  This is 3.5 times the largest.
_ULPS = 32
# Nodes that coincide ask the same of a polynomial, but for rounding: of singular values relative to the largest.
_SAME = 1e-14


class _Rule(NamedTuple):
    """Hold a quadrature of each measure: its nodes, with a among them, their weights times e, and what it proves.

    Attributes
    ----------
    zero, one
        Whether the ends 0 and 1 are nodes besides.
    excess
        By how much the outermost node is beyond such an end.
    """

    zero: bool
    one: bool
    nodes: Float[np.ndarray, "batch n+1"]
    weights: Float[np.ndarray, "batch n+1"]
    value: Float[np.ndarray, " batch"]
    excess: Float[np.ndarray, " batch"]


def bounds_of_atoms(
    atoms: np.ndarray, masses: np.ndarray, a: np.ndarray, b: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Bound μ([0, a]) from below and above as the moments up to ``steps`` would, given all of μ.

    Parameters
    ----------
    atoms, masses
        Shapes (…, N); the atoms are in [0, 1], none strictly between a and b.
    a, b
        Shapes (…).  Where a ≥ b nothing is said: the bounds are 0 and the whole mass.

    Examples
    --------
    >>> atoms, masses = np.array([0.1, 0.4, 0.9]), np.array([0.2, 0.3, 0.5])
    >>> for steps in (1, 3, 8):
    ...     print(*(bound.round(6) for bound in bounds_of_atoms(atoms, masses, 0.4, 0.9, steps)))
    0.344444 0.683333
    0.494393 0.544855
    0.5 0.5
    """
    found = extremal_of_atoms(atoms, masses, a, b, steps, polynomials=False)
    return found.lower, found.upper


def extremal_of_atoms(
    atoms: np.ndarray, masses: np.ndarray, a: np.ndarray, b: np.ndarray, steps: int, polynomials: bool = True
) -> Extremal:
    """Find the same bounds with the polynomials that prove them, or without, as these take longer than the bounds."""
    shape, count = np.broadcast_shapes(atoms.shape[:-1], np.shape(a)), atoms.shape[-1]
    places, weights = (np.broadcast_to(part, (*shape, count)).reshape(-1, count) for part in (atoms, masses))
    first, last = (np.broadcast_to(end, shape).reshape(-1) for end in (a, b))
    upper, upper_polynomial, upper_slope = _most(places, weights, first, last, steps, polynomials)
    # Seen from 1 the mass above the gap is bounded in the same way, and the rest is below.
    above, mirrored, lower_slope = _most(1 - places, weights, 1 - last, 1 - first, steps, polynomials)
    lower_polynomial = -mirrored * (-1.0) ** np.arange(steps + 1)
    lower_polynomial[:, 0] += 1
    total, gap = weights.sum(axis=1), last - first
    slack = total * np.minimum(_ULPS * np.finfo(float).eps / np.where(gap > 0, gap, np.finfo(float).tiny), 1)
    return Extremal(
        np.clip(total - above - slack, 0, total).reshape(shape)[()],
        np.clip(upper + slack, 0, total).reshape(shape)[()],
        lower_polynomial.reshape(*shape, steps + 1),
        upper_polynomial.reshape(*shape, steps + 1),
        lower_slope.reshape(shape)[()],
        upper_slope.reshape(shape)[()],
    )


def _most(
    atoms: np.ndarray, masses: np.ndarray, a: np.ndarray, b: np.ndarray, steps: int, polynomials: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the largest mass in [0, a], the polynomial that proves it, and its slope in a."""
    value, slope = masses.sum(axis=1), np.zeros_like(a)
    polynomial = np.eye(1, steps + 1).repeat(len(a), axis=0)  # the total mass is a bound
    excess = np.full_like(a, np.inf)
    middle = (a + np.maximum(a, b)) / 2  # no node is near
    for zero, one in ((0, 1), (1, 0)) if steps % 2 else ((0, 0), (1, 1)):
        found = _rule(atoms, masses, a, middle, (steps - zero - one) // 2, bool(zero), bool(one))
        better = (found.excess < excess) | ((found.excess == excess) & (found.value < value))
        rows = np.flatnonzero(better & (found.excess < np.inf))
        value[rows], excess[rows] = found.value[rows], found.excess[rows]
        if polynomials:
            polynomial[rows], slope[rows] = _touching(found, rows, a, middle, steps)
    return np.clip(value, 0, masses.sum(axis=1)), polynomial, slope


def _rule(
    atoms: np.ndarray, masses: np.ndarray, a: np.ndarray, middle: np.ndarray, n: int, zero: bool, one: bool
) -> _Rule:
    """Find the rule with n free nodes besides a and the given ends, and the mass up to a."""
    factor = (atoms if zero else 1) * (1 - atoms if one else 1)
    nodes, weights, far = _radau(atoms, masses * factor, a, n)
    low = nodes <= middle[:, None]
    # No mass is divided by what may be small: up to a by 1 − x, beyond by x.
    divisor = np.where(low, 1 - nodes if one else 1, nodes)
    counted, share = np.where(low, one or not zero, -zero), np.zeros_like(nodes)
    np.divide(counted, divisor, out=share, where=divisor > 0)
    rest = np.sum(masses * (1 - atoms if one else 1), axis=1) if zero else 0
    beyond = np.maximum(-nodes.min(axis=1) if zero else 0, nodes.max(axis=1) - 1 if one else 0)
    # The node at a is no end besides; where a is 1 all of the mass is below.
    wrong = far | (zero & (a <= 0)) | (a >= 1)
    return _Rule(
        zero,
        one,
        nodes,
        weights,
        rest + np.sum(weights * share, axis=1),
        np.where(wrong, np.inf, np.where(beyond > _OUTSIDE, beyond, 0)),
    )


def _radau(atoms: np.ndarray, masses: np.ndarray, a: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the n + 1 nodes of the Radau rule with a node at a, their weights, and whether one is far outside.

    Lanczos's algorithm, each vector orthogonalized twice.  A measure of fewer than n atoms has the rest of the nodes at
    a, without weight.
    """
    total = masses.sum(axis=1)
    jacobi = np.zeros((len(a), n + 1, n + 1))
    basis = np.zeros((len(a), n + 1, masses.shape[1]))
    basis[:, 0] = np.sqrt(masses / np.where(total > 0, total, 1)[:, None])
    off, left = np.zeros_like(a), total > 0  # while something is left
    before, now = np.zeros_like(a), np.ones_like(a)  # monic orthogonal polynomials at a
    for j in range(n):
        following = atoms * basis[:, j]
        diagonal = np.where(left, np.sum(following * basis[:, j], axis=1), a)
        before, now = now, (a - diagonal) * now - off**2 * before
        for _ in range(2):
            following = following - (following[:, None, :] @ basis.transpose(0, 2, 1) @ basis)[:, 0]
        off = np.linalg.norm(following, axis=1)
        left = left & (off > _EXHAUSTED)
        off = np.where(left, off, 0)
        basis[:, j + 1] = following / np.where(left, off, np.inf)[:, None]
        jacobi[:, j, j], jacobi[:, j + 1, j] = diagonal, off  # eigh reads the lower triangle
    quotient = np.divide(off**2 * before, now, out=np.zeros_like(now), where=now != 0)
    far = ~(np.abs(quotient) < _FAR)
    jacobi[:, n, n] = np.where(far, a, a - quotient)
    nodes, vectors = np.linalg.eigh(np.nan_to_num(jacobi))
    return nodes, vectors[:, 0] ** 2 * total[:, None], far


def _touching(
    rule: _Rule, rows: np.ndarray, a: np.ndarray, middle: np.ndarray, steps: int
) -> tuple[Float[np.ndarray, "rows M+1"], Float[np.ndarray, " rows"]]:
    """Interpolate 1 at the nodes up to a and 0 beyond, the inner ones with a slope of 0; return the slope in a too."""
    nodes, own = rule.nodes[rows], a[rows]
    at_a = np.argmin(np.abs(nodes - own[:, None]), axis=1)
    others = np.arange(nodes.shape[1]) != at_a[:, None]
    inner = nodes[others].reshape(len(rows), nodes.shape[1] - 1)
    ends = [np.full_like(own, end) for end, is_node in ((0, rule.zero), (1, rule.one)) if is_node]
    simple = np.stack([own, *ends], axis=1)
    values, slopes = chebyshev.table(2 * np.concatenate([simple, inner], axis=1) - 1, steps)
    system = np.concatenate([values, slopes[:, simple.shape[1] :] / max(1, steps) ** 2], axis=1)  # of sizes up to 1
    low = np.concatenate([simple, inner], axis=1) <= middle[rows, None]
    levels = np.concatenate([low, np.zeros_like(inner)], axis=1)
    polynomial = (np.linalg.pinv(system, rcond=_SAME) @ levels[:, :, None])[:, :, 0]
    factor = (own if rule.zero else 1) * (1 - own if rule.one else 1)
    weight = np.take_along_axis(rule.weights[rows], at_a[:, None], axis=1)[:, 0] / factor
    return polynomial, -2 * weight * np.sum(slopes[:, 0] * polynomial, axis=1)  # dx is half of dt

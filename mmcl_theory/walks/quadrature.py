"""Compute the canonical quadrature of given moments with a prescribed node, for a batch of measures on [−1, 1] at once.

A measure on [−1, 1] with the Chebyshev moments ν_m = ∫T_m dμ, m = 0 … M, has the same moments as exactly one discrete
one, its *canonical* quadrature, that has a node at a given t and is as small as it can be: counting an inner node twice
(its place and its weight), t and each of −1 and 1 once, it has M + 1.  For even M = 2n these are t and n inner nodes
(Gauss–Radau), or −1, t, 1 and n − 1 inner ones where one of the former leaves the interval; for odd M = 2n + 1 they are
t, 1 and n inner nodes, or −1, t and n inner ones.  All four are the Gauss–Radau rule with a node at t of one of the
measures μ, (1−t²)μ, (1−t)μ and (1+t)μ, with the ends added, so its inner nodes are eigenvalues of a Jacobi matrix.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

# A node is found to some 1e-13; where it leaves the interval by more, another rule has its nodes inside.
OUTSIDE = 1e-9
# The free entry of a Jacobi matrix is a quotient, of which the denominator may be 0: a node then lies at infinity.
_FAR = 1e6


class Nodes(NamedTuple):
    """Hold the inner nodes and the prescribed ones with the ends of the interval, each row of one measure.

    Attributes
    ----------
    inner
        At most n, in (−1, 1) up to rounding.
    simple
        The prescribed node, then the ends that belong to the rule.
    """

    inner: Float[np.ndarray, "batch inner"]
    simple: Float[np.ndarray, "batch simple"]

    @property
    def excess(self) -> Float[np.ndarray, " batch"]:
        """Return how far the outermost node leaves [−1, 1]."""
        outermost = np.max(np.abs(self.inner), axis=-1, initial=0)
        return np.maximum(outermost - 1, 0)


def times_t(moments: Float[np.ndarray, "batch n"]) -> Float[np.ndarray, "batch n-1"]:
    """Return the moments of tμ, one fewer: t T_m = (T_{m+1} + T_{|m−1|})/2."""
    before = np.concatenate([moments[:, 1:2], moments[:, :-2]], axis=1)
    return (moments[:, 1:] + before) / 2


def recurrence(moments: Float[np.ndarray, "batch n"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the recurrence coefficients α_0 … α_{n−1} and β_1 … β_n of a measure from 2n + 1 Chebyshev moments.

    By the modified Chebyshev algorithm.  The third array has ‖P_j‖²·4^j, j = 0 … n, of the monic orthogonal polynomials
    P_j: numbers of order one for a measure that fills the interval, and 0 from the number of atoms on.
    """
    batch, count = moments.shape
    n = (count - 1) // 2
    # Of monic Chebyshev polynomials, 2^{1−m}T_m: t p_m = p_{m+1} + lower_m p_{m−1}.
    scale = np.append(1.0, 2.0 ** (1 - np.arange(1, count)))
    lower = np.where(np.arange(count) == 1, 0.5, 0.25)
    before, now = np.zeros_like(moments), moments * scale
    alpha, beta, norms = np.zeros((batch, n)), np.zeros((batch, n)), np.zeros((batch, n + 1))
    norms[:, 0] = now[:, 0]
    last_ratio = last_beta = np.zeros(batch)
    for j in range(1, n + 1):
        ratio = _quotient(now[:, j], now[:, j - 1])
        alpha[:, j - 1], last_ratio = ratio - last_ratio, ratio
        following = np.zeros_like(now)
        places = np.arange(j, count - j)
        following[:, places] = (
            now[:, places + 1]
            - alpha[:, j - 1, None] * now[:, places]
            - last_beta[:, None] * before[:, places]
            + lower[places] * now[:, places - 1]
        )
        beta[:, j - 1] = _quotient(following[:, j], now[:, j - 1])
        norms[:, j] = following[:, j] * 4.0**j
        before, now, last_beta = now, following, beta[:, j - 1]
    return alpha, beta, norms


def radau(moments: Float[np.ndarray, "batch n"], t: Float[np.ndarray, " batch"]) -> Float[np.ndarray, "batch inner"]:
    """Compute the n nodes other than t of the Gauss–Radau rule with a node at t, from 2n + 1 moments."""
    alpha, beta, _ = recurrence(moments)
    n = alpha.shape[1]
    if n == 0:
        return np.zeros((len(t), 0))
    beta = np.maximum(beta, 0)
    before, now = np.zeros_like(t), np.ones_like(t)
    for j in range(n):
        before, now = now, (t - alpha[:, j]) * now - (beta[:, j - 1] if j else 0) * before
    last = t - np.clip(_quotient(beta[:, -1] * before, now), -_FAR, _FAR)
    jacobi = np.zeros((len(t), n + 1, n + 1))
    places = np.arange(n + 1)
    jacobi[:, places, places] = np.concatenate([alpha, last[:, None]], axis=1)
    jacobi[:, places[1:], places[:-1]] = np.sqrt(beta)  # eigvalsh reads the lower triangle
    nodes = np.linalg.eigvalsh(np.nan_to_num(jacobi, posinf=_FAR, neginf=-_FAR))
    prescribed = np.argmin(np.abs(nodes - t[:, None]), axis=1)
    return nodes[np.arange(n + 1) != prescribed[:, None]].reshape(len(t), n)


def canonical(moments: Float[np.ndarray, "batch n"], t: Float[np.ndarray, " batch"], ends: str) -> Nodes:
    """Compute the rule with a node at t that has the named ends: "", "both", "right" or "left"."""
    one = np.ones_like(t)
    if ends == "both":
        weighted, extra = moments[:, :-2] - times_t(times_t(moments)), [-one, one]
    elif ends:
        sign = 1 if ends == "right" else -1
        weighted, extra = moments[:, :-1] - sign * times_t(moments), [sign * one]
    else:
        weighted, extra = moments, []
    return Nodes(radau(weighted, t), np.stack([t, *extra], axis=1))


def rules(degree: int) -> tuple[str, ...]:
    """Return the ends of the two rules, one of which has its nodes inside, from moments up to a degree."""
    if degree % 2:
        return "right", "left"
    return ("", "both") if degree else ("",)


def _quotient(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide, and return 0 for a denominator of 0: of a measure of fewer atoms nothing remains to be found."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0)

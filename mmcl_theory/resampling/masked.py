r"""Minimize the spectral contrastive loss whose negatives are not independent, a weighted low-rank problem.

With F = √p f, S = D^{-1/2} P D^{-1/2} and W = M/(p pᵀ), the loss −2⟨P, ffᵀ⟩ + Σ M∘(ffᵀ)² is

    L(Z) = −2⟨S, Z⟩ + Σ W∘Z²,   Z = FFᵀ,

convex in Z; W = 1 is the unmasked loss, minimized by the first k eigenvectors.  A stationary F has ΛF = 0 for
Λ = W∘Z − S, half the gradient in Z.  It is a global minimum over all Z' ⪰ 0 of rank at most k if

    −λ_min(Λ) ≤ w · λ_k(Z),   w the least entry of W.

*L(Z') − L(Z) = 2⟨Λ, Z'⟩ + Σ W∘(Z'−Z)² ≥ w‖Z' − (Z − Λ/w)‖² − ‖Λ‖²/w, and Z, of rank k and with a range orthogonal to
Λ's, is the best approximation of Z − Λ/w if its eigenvalues are at least those of −Λ/w; then the right-hand side is 0.
For w = 0 it is the certificate of the convex problem, Λ ⪰ 0, where no Z' ⪰ 0 of any rank is better.*  The statement and
its proof are ours.
"""

from typing import Any

import equinox as eqx
import jax
import numpy as np
import scipy.optimize
from jaxtyping import Float, PRNGKeyArray

from .. import _checks
from .._arrays import Array, on_host, xp
from ..joints.pairs import PairGraph, check_graph

GRADIENT_TOLERANCE = 1e-8  # of the Euclidean norm, for a loss of order one
MAX_STEPS = 2000
ROTATION = 1e-7  # eigenvalues of the Hessian below this part of the largest one count as those of rotations


class MaskedOptimum(eqx.Module):
    """Hold the best F that was found, and what shows that it is a minimum.

    Attributes
    ----------
    factors
        The factors F, shape (n, k), weighted by √p.
    loss
        The loss −2⟨S, FFᵀ⟩ + Σ W∘(FFᵀ)².
    gradient_norm
        The norm of the gradient, ‖∇L(F)‖.
    curvature
        The least eigenvalue of the Hessian of L in F: negative at a saddle, and at most 0 for k > 1, since rotations
        do not change L.
    margin
        The margin w·λ_k(Z) + λ_min(Λ): where it is not negative, F is a global minimum.
    losses
        The losses at which the starts ended, the lowest first.
    """

    factors: Float[Array, "n k"]
    loss: float
    gradient_norm: float
    curvature: float
    margin: float
    losses: tuple[float, ...]


def masked_loss(
    factors: Float[Array, "n k"], normalized: Float[Array, "n n"], weights: Float[Array, "n n"]
) -> Float[Array, ""]:
    """Compute −2⟨S, FFᵀ⟩ + Σ W∘(FFᵀ)², S being the normalized matrix of a graph.

    Examples
    --------
    >>> import numpy as np
    >>> float(masked_loss(np.ones((2, 1)), np.eye(2), np.ones((2, 2))))
    0.0
    """
    products = factors @ factors.T
    return -2 * xp.sum(normalized * products) + xp.sum(weights * products**2)


def masked_optimum(graph: PairGraph, negatives: Any, k: int, *, n_starts: int = 4, key: PRNGKeyArray) -> MaskedOptimum:
    """Minimize the loss of a pair graph with a distribution of negatives over encoders of dimension k.

    A trust-region Newton method, which leaves saddles, starts at the optimum without a mask and at Gaussian factors.

    Parameters
    ----------
    graph
        The pair graph P.
    negatives
        The distribution M of negative pairs, symmetric, shape (n, n), with mass on each image's pair with itself: else
        the loss may have no minimum.
    k
        The encoder dimension, 1 … n.
    n_starts
        The number of starts, at least 1.
    key
        The random key of the Gaussian starts.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> world = mt.worlds.content_style(4, 5, 2)
    >>> guide = mt.resampling.cosine(mt.factorize(world.joint, 4).image_features)
    >>> negatives = mt.resampling.drop_easy_negative(world.augmentation, guide, 0.1)
    >>> found = mt.resampling.masked_optimum(world.augmentation, negatives, 2, key=jax.random.key(0))
    >>> found.gradient_norm < 1e-8, found.curvature > -1e-8
    (True, True)
    """
    graph = on_host(check_graph("graph", graph))
    marginal = np.asarray(graph.marginal)
    n = len(marginal)
    mass = _checks.weights("negatives", negatives, 2)
    if mass.shape != (n, n) or not np.allclose(mass, mass.T, rtol=1e-12, atol=0):
        raise ValueError(f"negatives: a symmetric matrix of shape {(n, n)} is needed, got shape {mass.shape}")
    if not np.diagonal(mass).all():
        massless = int(np.argmin(np.diagonal(mass)))
        raise ValueError(f"negatives: each image needs mass on its pair with itself, image {massless} has none")
    k, n_starts = _checks.integer("k", k, 1, n), _checks.integer("n_starts", n_starts, 1)
    keys = jax.random.split(_checks.random_key("key", key), n_starts)
    S, W = np.asarray(graph.normalized), mass / np.outer(marginal, marginal)

    values, vectors = np.linalg.eigh(S)
    spectral = vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k], 0))
    starts = [spectral, *(np.asarray(jax.random.normal(one, (n, k))) / np.sqrt(n) for one in keys[1:])]
    ends = sorted((_minimized(start, S, W) for start in starts), key=lambda end: end[0])
    factors = _polished(ends[0][1], S, W)
    residual = W * (factors @ factors.T) - S
    least = np.linalg.svd(factors, compute_uv=False)[-1] ** 2
    return MaskedOptimum(
        factors=factors,
        loss=float(masked_loss(factors, S, W)),
        gradient_norm=float(np.linalg.norm(_slope(factors, S, W))),
        curvature=float(np.linalg.eigvalsh(_hessian(factors, S, W))[0]),
        margin=float(W.min() * least + np.linalg.eigvalsh(residual)[0]),
        losses=tuple(end for end, _ in ends),
    )


def _minimized(start: np.ndarray, S: np.ndarray, W: np.ndarray) -> tuple[float, np.ndarray]:
    shape = start.shape

    def value_and_slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        F = flat.reshape(shape)
        return float(masked_loss(F, S, W)), _slope(F, S, W).ravel()

    def curved(flat: np.ndarray, way: np.ndarray) -> np.ndarray:
        """Multiply the Hessian by a direction."""
        F, V = flat.reshape(shape), way.reshape(shape)
        crossed = V @ F.T
        return 4 * ((W * (crossed + crossed.T)) @ F + (W * (F @ F.T) - S) @ V).ravel()

    found = scipy.optimize.minimize(
        value_and_slope,
        start.ravel(),
        jac=True,
        hessp=curved,
        method="trust-ncg",
        options={"gtol": GRADIENT_TOLERANCE / 10, "maxiter": MAX_STEPS},
    )
    return float(found.fun), found.x.reshape(shape)


def _polished(factors: np.ndarray, S: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Refine the factors by two Newton steps orthogonal to rotations.

    The descent ends where differences of the loss are rounding; a gradient can be made smaller than that.
    """
    for _ in range(2):
        change = np.linalg.pinv(_hessian(factors, S, W), rcond=ROTATION, hermitian=True) @ _slope(factors, S, W).ravel()
        factors = factors - change.reshape(factors.shape)
    return factors


def _slope(F: np.ndarray, S: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Compute the gradient, 4ΛF, as S and W are symmetric."""
    return 4 * (W * (F @ F.T) - S) @ F


def _hessian(F: np.ndarray, S: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Compute the whole Hessian, 4(δ_ij Σ_m W_im F_ma F_mb + W_ij F_ib F_ja + Λ_ij δ_ab) at ((i, a), (j, b))."""
    n, k = F.shape
    hessian = np.einsum("ij,ib,ja->iajb", W, F, F)
    hessian += np.einsum("ij,ab->iajb", W * (F @ F.T) - S, np.eye(k))
    hessian[np.arange(n), :, np.arange(n)] += np.einsum("im,ma,mb->iab", W, F, F)
    return 4 * hessian.reshape(n * k, n * k)

"""Measure how well scores rank the texts of an image, and how well they can (theory, section 12)."""

import functools
from typing import Any

import equinox as eqx
import jax
import numpy as np
import scipy
from jaxtyping import Float

from .._arrays import Array, DerivativeOf, xp
from .contrastive import CELLS, SCORED, mean_divergence, pairs, score_divergence, scores
from .field import Scalar, quantity
from .measurement import Hosted, Measurement

# Beyond this divergence coth λ is 1 to the last bit, and λ = e^{κ+1}/2.
_FAR = 5.0
# Steps of Newton's method to the λ of a κ ≤ 5; the sixth changes the last bit.
_NEWTON = 8
# Scores that are sorted at once: few enough to stay in the cache.
_AT_ONCE = 2**18
# Below this λ the difference of nearly equal terms is replaced by its series, in powers up to λ³².
_NEAR = 1.0


@functools.cache
def _coth() -> tuple[float, ...]:
    """Return a_1 … a_16 of λ coth λ = 1 + Σ a_n λ^{2n}, λ < π: B_{2n} 2^{2n}/(2n)! = (−1)^{n+1} 2ζ(2n)/π^{2n}."""
    places = np.arange(1, 17)
    return tuple(((-1.0) ** (places + 1) * 2 * scipy.special.zeta(2.0 * places) / np.pi ** (2.0 * places)).tolist())


def tilted_mean(tilt: Float[Array, ""]) -> Float[Array, ""]:
    """Compute coth λ − 1/λ, the mean of a law on [−1, 1] of density ∝ e^{λu}."""
    near = xp.minimum(tilt, _NEAR)
    series = near * _polynomial(near**2, _coth())
    far = xp.maximum(tilt, _NEAR)
    return xp.where(tilt < _NEAR, series, 1 / xp.tanh(far) - 1 / far)


def tilted_divergence(tilt: Float[Array, ""]) -> Float[Array, ""]:
    """Compute λ coth λ − 1 − log(sinh λ/λ), the divergence of that law from the uniform one."""
    near = xp.minimum(tilt, _NEAR)
    series = near**2 * _polynomial(near**2, [a * (1 - 1 / (2 * n)) for n, a in enumerate(_coth(), 1)])
    far = xp.maximum(tilt, _NEAR)
    log_sinh = far + xp.log1p(-xp.exp(-2 * far)) - xp.log(2)
    return xp.where(tilt < _NEAR, series, far / xp.tanh(far) - 1 - log_sinh + xp.log(far))


def _polynomial(x: Any, coefficients: Any) -> Any:
    """Evaluate Σ c_n x^{n−1} by Horner's rule."""
    value = 0.0
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


def _growth(tilt: Float[Array, ""]) -> Float[Array, ""]:
    """Compute λ dκ/dλ = 1 − (λ/sinh λ)² of that divergence κ."""
    near = xp.minimum(tilt, _NEAR)
    series = near**2 * _polynomial(near**2, [a * (2 * n - 1) for n, a in enumerate(_coth(), 1)])
    far = xp.maximum(tilt, _NEAR)
    return xp.where(tilt < _NEAR, series, 1 - (far / xp.sinh(far)) ** 2)


def _tilt(divergence: Float[Array, ""]) -> Float[Array, ""]:
    """Find the λ ≥ 0 of a divergence κ: log κ is concave in log λ, so Newton's method climbs to it from √(6κ) below."""
    least = xp.sqrt(6 * divergence)
    near = xp.clip(divergence, np.finfo(float).tiny, _FAR)

    def climb(shift: Any, _: Any) -> Any:
        """Follow the tangent at √(6κ)e^shift."""
        tilt = xp.sqrt(6 * near) * xp.exp(shift)
        reached = tilted_divergence(tilt)
        return shift + xp.log(near / reached) * reached / _growth(tilt), None

    shift, _ = xp.scan(climb, xp.zeros_like(divergence), _NEWTON)
    return xp.where(divergence > _FAR, xp.exp(divergence + 1) / 2, least * xp.exp(shift))


@DerivativeOf
def limit(divergence: Float[Array, ""]) -> Float[Array, ""]:
    """Compute g(κ): how far a law on [−1, 1] of divergence κ from the uniform one can move the mean.

    Its slope is 1/λ, as g and the convex function log(sinh λ/λ) are dual.

    Examples
    --------
    >>> round(float(limit(np.float64(0.5))), 6), round(float(limit(tilted_divergence(np.float64(2.0)))), 6)
    (0.547461, 0.537315)
    """
    return tilted_mean(_tilt(divergence))


@limit.defjvp
def _limit_jvp(primals: tuple, tangents: tuple) -> tuple:
    """Return g and its derivative, which is infinite at 0 and taken as large there."""
    tilt = _tilt(primals[0])
    return tilted_mean(tilt), tangents[0] / xp.maximum(tilt, 1e-150)


def ranking(
    scores: Float[Array, "n_V n_L"], law: Float[Array, "n_V n_L"], texts: Float[Array, " n_L"]
) -> Float[Array, ""]:
    """Compute AUC(s) = Pr[s(x,l) > s(x,l')] + ½Pr[s(x,l) = s(x,l')], (x,l) ~ P and l' ~ p_L, by sorting each row."""

    def mid_ranks(row: Float[Array, " n_L"]) -> Float[Array, " n_L"]:
        """Compute for each text the mass of those that score lower, and half of that of those that score the same."""
        order = xp.argsort(row)
        below = xp.concatenate([xp.zeros(1), xp.cumsum(texts[order])])
        ordered = row[order]
        return (below[xp.searchsorted(ordered, row)] + below[xp.searchsorted(ordered, row, side="right")]) / 2

    return xp.sum(law * jax.vmap(mid_ranks)(xp.constant(scores)))


def ranking_on_host(
    scores: Float[np.ndarray, "*b n_V n_L"], law: Float[np.ndarray, "*b n_V n_L"], texts: Float[np.ndarray, "*b n_L"]
) -> Float[np.ndarray, "*b"]:
    """Compute ``ranking`` of a batch by NumPy, which sorts ten times as fast as XLA does on a CPU.

    Examples
    --------
    >>> scores, law, texts = np.array([[2.0, 1.0, 1.0]]), np.array([[0.0, 0.5, 0.5]]), np.array([0.25, 0.25, 0.5])
    >>> float(ranking_on_host(scores, law, texts))  # both tie with each other, which is a mass of 3/4
    0.375
    """
    size = max(1, _AT_ONCE * scores.shape[-2] // scores.size)
    rows = [slice(start, start + size) for start in range(0, scores.shape[-2], size)]
    return sum(_ranked(scores[..., some, :], law[..., some, :], texts) for some in rows)  # type: ignore[return-value]


def _ranked(scores: np.ndarray, law: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Compute what some of the rows contribute."""
    order = np.argsort(scores, axis=-1)
    ordered, weights, masses = (
        np.take_along_axis(np.broadcast_to(values, scores.shape), order, axis=-1)
        for values in (scores, law, texts[..., None, :])
    )
    upto = np.cumsum(masses, axis=-1)
    below = np.concatenate([np.zeros_like(upto[..., :1]), upto[..., :-1]], axis=-1)
    # Texts of the same score have below what the first of them has, and with it what the last of them has.
    same = ordered[..., 1:] == ordered[..., :-1]
    below[..., 1:][same] = 0
    upto[..., :-1][same] = np.inf
    least = np.minimum.accumulate(upto[..., ::-1], axis=-1)[..., ::-1]
    return np.sum(weights * (np.maximum.accumulate(below, axis=-1) + least), axis=(-2, -1)) / 2


def ranked(m: Measurement, scores: Float[Array, "n_V n_L"]) -> tuple[Array, Array, Array]:
    """Return what ranks scores: these, P and p_L."""
    return scores, m.joint.law.to_dense(), m.joint.text_marginal


def best_scores(m: Measurement) -> Float[Array, "n_V n_L"]:
    """Compute P/(p_V p_L)."""
    return m.joint.law.to_dense() / m.joint.image_marginal[:, None] / m.joint.text_marginal[None, :]


BEST = Hosted("best ranking", lambda m: ranked(m, best_scores(m)), ranking, ranking_on_host, per_k=False)
GIVEN = Hosted("ranking", lambda m: ranked(m, scores(m)), ranking, ranking_on_host, per_k=False)


def soft_ranking(m: Measurement, softness: Scalar) -> Scalar:
    """Compute AUC(s) with a sigmoid of the difference of two scores, relative to the largest, for the step."""
    given = scores(m)
    size = xp.maximum(xp.max(xp.abs(given), axis=1), 1e-30)[:, None, None]
    wins = xp.sigmoid((given[:, :, None] - given[:, None, :]) / size / softness) @ m.joint.text_marginal
    return xp.sum(m.joint.law.to_dense() * wins)


def pair_variation(m: Measurement) -> Scalar:
    """Compute Σ (P − p_V p_Lᵀ)₊."""
    independent = m.joint.image_marginal[:, None] * m.joint.text_marginal[None, :]
    return xp.sum(xp.maximum(m.joint.law.to_dense() - independent, 0))


class Retrieval(eqx.Module):
    """Hold the quantities of retrieval."""

    best_ranking: Scalar | None = quantity(
        r"\mathrm{AUC}^\star",
        "the probability that the best scores rank an image's text above a random one, a tie counted half",
        lambda m: m.hosted(BEST),
        needs=CELLS,
        cells=pairs,
        hosted=(BEST,),
    )
    ranking: Scalar | None = quantity(
        r"\mathrm{AUC}(s)",
        "the probability that the given encoders' scores rank an image's text above a random one, a tie counted half",
        lambda m: m.hosted(GIVEN),
        needs=SCORED,
        cells=pairs,
        hosted=(GIVEN,),
        soft=soft_ranking,
    )
    ranking_limit: Scalar | None = quantity(
        r"g(\mathrm{KL}_s)",
        "the most that a law on [−1, 1] moves the mean at the divergence of the scores from the uniform law",
        lambda m: limit(score_divergence(m)),
        needs=SCORED,
        cells=pairs,
    )
    information_limit: Scalar | None = quantity(
        "g(I)",
        "the most that a law on [−1, 1] moves the mean at a divergence from the uniform law of the mutual information",
        lambda m: limit(mean_divergence(m, xp.broadcast_to(xp.log(m.joint.text_marginal), m.joint.law.shape))),
        needs=CELLS,
        cells=pairs,
    )
    pair_variation: Scalar | None = quantity(
        r"\mathrm{TV}",
        "the total variation distance of the joint distribution from that of independent pairs",
        pair_variation,
        needs=CELLS,
        cells=pairs,
    )

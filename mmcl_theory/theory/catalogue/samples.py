"""Bound the encoder that is learned from a finite sample of pairs."""

import math
from typing import Any

from ...worlds.extremal import two_images
from ..assumptions import (
    connected_beyond_k,
    sample_large_enough,
    spread_three_quarters,
    unique_projector,
    unique_sample_projector,
)
from ..functions import log, maximum, minimum, sqrt
from ..theorem import Assumption, Extremal, Kind, Theorem


def learned_bound(q: Any, deviation: Any) -> Any:
    """Bound the residual by (α_T + 2t + t²)/(1 − (σ_{k+1} + 2t)²), for a sample that deviates by t."""
    return (q.text_induced_error + 2 * deviation + deviation**2) / (1 - (q.sigma_next + 2 * deviation) ** 2)


def likely_deviation(q: Any) -> Any:
    """Bound t by RL/(3N) + √((RL/(3N))² + 2vL/N), L = log((n_V+n_L)/δ), with probability at least 1 − δ."""
    logarithm = log(q.n_items / q.failure_probability)
    linear = q.largest_contribution * logarithm / (3 * q.sample_size)
    return linear + sqrt(linear**2 + 2 * q.contribution_variance * logarithm / q.sample_size)


finite_sample = Theorem(
    slug="finite-sample",
    title="Linear-probe residual of the encoder learned from a sample",
    kind=Kind.UPPER_BOUND,
    statement=r"\|(I-\hat\Pi_k)Y\|_F^2 \le \frac{\alpha_T+2t+t^2}{1-(\sigma_{k+1}+2t)^2},\quad t=\|\hat A-A\|_2",
    source="ours",
    proof=r"Let $r$ be the left side and $x = \hat\Pi_kY$, $y = (I-\hat\Pi_k)Y$. Then "
    r"$\lVert A^\top y\rVert_F \le (\sigma_{k+1}+2t)\sqrt r$ by Weyl, and "
    r"$|\langle A^\top x,A^\top y\rangle| \le (2t+t^2)\sqrt{r(1-r)}$, because $\hat\Pi_k$ commutes with "
    r"$\hat A\hat A^\top$. So $1-\alpha_T = \lVert A^\top(x+y)\rVert_F^2 \le 1-r+(2t+t^2)+(\sigma_{k+1}+2t)^2r$, as "
    r"$2\sqrt{r(1-r)} \le 1$. Both steps in full: docs/samples.md#finite-sample-sharp.",
    lhs=lambda q: q.sample_residual,
    rhs=lambda q: learned_bound(q, q.sample_deviation),
    requires=(sample_large_enough, unique_sample_projector),
    extremal=Extremal(two_images, attained=True),
    implied_by=("finite-sample-sharp",),
)


def sharp_learned_bound(q: Any, deviation: Any) -> Any:
    """Bound the residual by (τ² + hα + τ√(τ² + α(2h − α)))/(2(h² + τ²)), for a sample that deviates by t.

    Here h = (1 − (σ_{k+1} + 2t)²)/2, τ = t(1 + σ_{k+1} + t) and α = min(α_T, 2h); it is 1 where α_T is no smaller.
    """
    half = (1 - (q.sigma_next + 2 * deviation) ** 2) / 2
    moved = deviation * (1 + q.sigma_next + deviation)
    labels = minimum(q.text_induced_error, 2 * half)
    # 0 but for rounding where α = 2h.
    root = sqrt(maximum(0, moved**2 + labels * (2 * half - labels)))
    return (moved**2 + half * labels + moved * root) / (2 * (half**2 + moved**2))


finite_sample_sharp = Theorem(
    slug="finite-sample-sharp",
    title="Linear-probe residual of the encoder learned from a sample, sharp",
    kind=Kind.UPPER_BOUND,
    statement=r"\|(I-\hat\Pi_k)Y\|_F^2 \le \frac{\tau^2+h\alpha+\tau\sqrt{\tau^2+\alpha(2h-\alpha)}}{2(h^2+\tau^2)},"
    r"\quad h=\tfrac12\left(1-(\sigma_{k+1}+2t)^2\right),\ \tau=t(1+\sigma_{k+1}+t),\ \alpha=\min(\alpha_T,2h)",
    source="ours",
    proof=r"Let $r$ be the left side. As for `finite-sample`, $2hr-2\tau\sqrt{r(1-r)} \le \alpha_T$. With "
    r"$r = \sin^2\theta$ and $\tan\psi = \tau/h$ this says "
    r"$\cos(2\theta-\psi) \ge \frac{h-\alpha_T}{\sqrt{h^2+\tau^2}}$, which bounds $\theta$. The bound is of order "
    r"$t^2$ where $\alpha_T = 0$, and never above `finite-sample`. In full: docs/samples.md#finite-sample-sharp.",
    lhs=lambda q: q.sample_residual,
    rhs=lambda q: sharp_learned_bound(q, q.sample_deviation),
    requires=(connected_beyond_k, unique_sample_projector),
    extremal=Extremal(two_images, attained=True),
    weaker_with=("sigma_next",),
)

cooccurrence_concentration = Theorem(
    slug="cooccurrence-concentration",
    title="How far the normalized matrix of a sample is from the population's",
    kind=Kind.PROBABILISTIC,
    statement=r"t \le \frac{RL}{3N} + \sqrt{\left(\frac{RL}{3N}\right)^2 + \frac{2vL}{N}},\quad "
    r"L=\log\frac{n_V+n_L}{\delta},\ R=\tfrac12\left(R_0+\sqrt{R_0^2+4}\right),\ "
    r"R_0=\max_{P(x,l)>0}\frac{1}{\sqrt{p_V(x)p_L(l)}},\ "
    r"v=\max\left(\max_x\sum_l\frac{P(x,l)}{p_V(x)p_L(l)},"
    r"\max_l\sum_x\frac{P(x,l)}{p_V(x)p_L(l)}\right)",
    source="tropp2015, matrix Bernstein",
    proof=r"$N(\hat A-A)$ is a sum of $N$ independent matrices $E-A$ of mean 0 and variance at most $v$, where $E$ is "
    r"the normalized matrix of one drawn pair. The one entry of $E$ is at most $R_0$, and $\lVert E-A\rVert_2$, which "
    "can exceed $R_0$, is at most $R$. The matrix Bernstein inequality does the rest. In full: "
    "docs/samples.md#cooccurrence-concentration-the-range-of-one-pair.",
    lhs=lambda q: q.sample_deviation,
    rhs=likely_deviation,
    trivial=math.inf,
    per_k=False,
    extremal=r"None is known: it is checked by how often draws exceed it, which is less often than $\delta$.",
)

sample_large_enough_apriori = Assumption(
    name="σ_{k+1} + 2t < 1 for every likely t",
    margin=lambda q: 1 - q.sigma_next - 2 * likely_deviation(q),
    otherwise="σ_{k+1} + 2t ≥ 1 for some likely t: so many pairs are too few for the spectrum",
)

finite_sample_apriori = Theorem(
    slug="finite-sample-apriori",
    title="Linear-probe residual of the encoder learned from N pairs, before they are drawn",
    kind=Kind.PROBABILISTIC,
    statement=r"\|(I-\hat\Pi_k)Y\|_F^2 \le \frac{\alpha_T+2\tau+\tau^2}{1-(\sigma_{k+1}+2\tau)^2},\quad "
    r"\tau\text{ the right-hand side of cooccurrence-concentration}",
    source="ours",
    proof="`finite-sample`, whose bound grows with $t$, and `cooccurrence-concentration`.",
    lhs=lambda q: q.sample_residual,
    rhs=lambda q: learned_bound(q, likely_deviation(q)),
    requires=(sample_large_enough_apriori, unique_sample_projector),
    extremal="None is known: it is no tighter than `cooccurrence-concentration`, on which it rests.",
    implied_by=("finite-sample", "cooccurrence-concentration"),
)

rademacher_paper = Theorem(
    slug="rademacher-paper",
    title="Linear-probe error of the encoder learned from a sample, the paper's bound",
    kind=Kind.ORDER,
    statement=r"\hat e_k \lesssim \frac{\alpha}{1-\sigma_{k+1}^2} + \frac{k}{\Delta_\sigma^2}\left(\hat R_{N/3}(F) + "
    r"\sqrt{\frac{\log(2/\delta)}{N}} + \delta\right),\quad \Delta_\sigma=\sigma_{\lfloor3k/4\rfloor}^2-\sigma_k^2",
    source="zhang2023; F and its complexity are ours",
    proof=r"Of an order only, with probability $1-\delta$. $F$ is the class of all encoders whose coordinates are at "
    r"most $\kappa = 1/\sqrt{\min(p_V,p_L)}$, as those of the optimal ones are; its Rademacher complexity on $n$ "
    r"points is at most $\kappa\min(1,\sqrt{(n_V+n_L)/n})$.",
    lhs=lambda q: q.sample_error,
    rhs=lambda q: (
        q.labeling_error / (1 - q.sigma_next**2)
        + q.k
        / (q.sigma_three_quarters**2 - q.sigma_k**2) ** 2
        * (
            minimum(1, sqrt(3 * q.n_items / q.sample_size)) / sqrt(q.least_mass)
            + sqrt(log(2 / q.failure_probability) / q.sample_size)
            + q.failure_probability
        )
    ),
    requires=(connected_beyond_k, unique_projector, spread_three_quarters, unique_sample_projector),
    extremal="None is known: its constant is not.",
)

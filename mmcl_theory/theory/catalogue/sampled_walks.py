"""Bound the probe residual by text walks that are drawn on raw pairs, with a probability that is chosen."""

from ..assumptions import connected_beyond_k, unique_projector
from ..functions import log, sqrt
from ..theorem import Kind, Theorem
from ..trivial import largest_residual

walk_sampled = Theorem(
    slug="walk-sampled",
    title="Linear-probe residual, from the last of several steps of drawn walks",
    kind=Kind.PROBABILISTIC,
    statement=r"r_k \le \frac{\hat\alpha^{(M)}-\sigma_{k+1}^2\hat\alpha^{(M-1)}"
    r"+(1+\sigma_{k+1}^2)\sqrt{\log(1/\delta)/(2N_{\mathrm{walk}})}}{1-\sigma_{k+1}^2}",
    source="ours; Hoeffding's inequality",
    proof=r"Let $a = \sigma_{k+1}^2$, and let $X$ be 1 if the label of a walk differs after $M$ steps, else 0, less "
    "$a$ if it differs after $M-1$. $X$ is in $[-a,1]$, and its mean is above its mean over the drawn walks by "
    r"$(1+a)\sqrt{\log(1/\delta)/(2N_{\mathrm{walk}})}$ or more with probability $\delta$ at most (Hoeffding). By "
    "`probe-steps` the true mean is at least $(1-a)r_k$. In full: docs/walks.md#any-polynomial-is-a-proof.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: (
        (
            q.walk_sampled_last
            - q.sigma_next**2 * q.walk_sampled_before
            + (1 + q.sigma_next**2) * sqrt(log(1 / q.failure_probability) / (2 * q.walk_sample_size))
        )
        / (1 - q.sigma_next**2)
    ),
    requires=(connected_beyond_k, unique_projector),
    trivial=largest_residual,
    extremal=r"None is known: it is checked by how often draws exceed it, which is less often than $\delta$.",
)

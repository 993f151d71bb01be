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
    proof="A walk gives X = 1[the label differs after M steps] − a·1[it differs after M − 1], a = σ²_{k+1}, in [−a, 1] "
    "and of mean α^(M) − aα^(M−1), which is above its estimate by (1+a)√(log(1/δ)/2N) with probability δ at most "
    "(Hoeffding); and `probe-steps`. In full: docs/walks.md.",
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
    extremal="None is known: it is checked by how often draws exceed it, which is less often than δ.",
)

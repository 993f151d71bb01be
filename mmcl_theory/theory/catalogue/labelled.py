"""Bound the linear probe that is fitted on a finite number of labelled images."""

import math
from typing import Any

from ..assumptions import unique_projector
from ..functions import log, sqrt
from ..theorem import Assumption, Kind, Theorem


def likely_shrinkage(q: Any) -> Any:
    """Bound by how much the least eigenvalue of the labelled images' Gram matrix is likely below 1: √(2κL/N)."""
    return sqrt(2 * q.largest_leverage * log(2 * q.k / q.failure_probability) / q.labelled_size)


labelled_enough = Assumption(
    name="2κ log(2k/δ) < N",
    margin=lambda q: 1 - likely_shrinkage(q),
    otherwise="2κ log(2k/δ) ≥ N: so few labelled images may leave the probe open",
    defining=True,
)

probe_samples = Theorem(
    slug="probe-samples",
    title="Linear-probe residual of the probe fitted on N labelled images",
    kind=Kind.PROBABILISTIC,
    statement=r"r(\hat B_k) \le r_k\left(1+\frac{2\kappa}{\delta N(1-t)^2}\right),\quad "
    r"t=\sqrt{\frac{2\kappa}{N}\log\frac{2k}{\delta}},\ \kappa=\max_x\sum_{j\le k}\frac{u_j(x)^2}{p_V(x)}",
    source="ours; tropp2015, matrix Chernoff",
    proof="The least eigenvalue of the Gram matrix of the features on the labelled images is below $1-t$ with "
    r"probability $\delta/2$ at most (matrix Chernoff). What the fit takes up of the noise of the labels has a mean "
    r"of $\kappa r_k/N$ at most, and is above $2/\delta$ times that with probability $\delta/2$ at most (Markov). In "
    "full: docs/samples.md#probe-samples-how-many-labels-a-probe-needs.",
    lhs=lambda q: q.fitted_residual,
    rhs=lambda q: (
        q.probe_residual
        * (1 + 2 * q.largest_leverage / (q.failure_probability * q.labelled_size * (1 - likely_shrinkage(q)) ** 2))
    ),
    requires=(unique_projector, labelled_enough),
    trivial=math.inf,  # a probe fitted on few images can be as bad as can be
    extremal=r"None is known: it is checked by how often draws exceed it, which is less often than $\delta$.",
)

"""Compare multi-modal (MMCL) with single-modal contrastive learning (SSCL) by the best bounds there are of both."""

import math
from typing import Any

from ...worlds.extremal import turned, turned_augmentation
from ..assumptions import (
    connected_augmentation,
    connected_beyond_k,
    positive_augmentation,
    same_marginals,
    spread_augmentation,
    unique_augmentation_projector,
    unique_projector,
)
from ..functions import maximum, minimum
from ..theorem import Assumption, Extremal, Kind, Theorem
from .probe import probe_text_induced
from .sscl import probe_sscl
from .walks import probe_sscl_lower_classes


def mmcl_upper(q: Any) -> Any:
    """Return the least upper bound of the residual of MMCL."""
    return minimum(q.walk_upper, probe_text_induced.rhs(q))


def mmcl_lower(q: Any) -> Any:
    """Return the greatest lower bound of the residual of MMCL that does not need σ_min, which sparse joints lack."""
    return q.walk_lower


def sscl_upper(q: Any) -> Any:
    """Return the least upper bound of the residual of SSCL."""
    return minimum(q.sscl_walk_upper, probe_sscl.rhs(q))


def sscl_lower(q: Any) -> Any:
    """Return the greatest lower bound of the residual of SSCL."""
    return maximum(q.sscl_walk_lower, probe_sscl_lower_classes.rhs(q))


mmcl_wins = Assumption(
    name="the MMCL upper bound lies below the SSCL lower bound",
    margin=lambda q: sscl_lower(q) - mmcl_upper(q),
    otherwise="undecided: the bounds do not prove MMCL better",
)

sscl_wins = Assumption(
    name="the SSCL upper bound lies below the MMCL lower bound",
    margin=lambda q: mmcl_lower(q) - sscl_upper(q),
    otherwise="undecided: the bounds do not prove SSCL better",
)

mmcl_advantage = Theorem(
    slug="mmcl-advantage",
    title="Where text-induced pairs provably leave the smaller residual",
    kind=Kind.UPPER_BOUND,
    statement=r"\overline r_k^{(M)} < \underline r_k^{A(M)} \Rightarrow r_k \le r_k^A",
    source="ours",
    proof="`probe-walk` and `probe-text-induced` bound $r_k$ from above, and `probe-sscl-walk-lower` and "
    "`probe-sscl-lower-classes` bound $r_k^A$ from below. In full: docs/walks.md#mmcl-advantage-and-sscl-advantage.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.sscl_residual,
    requires=(
        mmcl_wins,
        connected_beyond_k,
        unique_projector,
        spread_augmentation,
        unique_augmentation_projector,
        positive_augmentation,
        same_marginals,
    ),
    trivial=math.inf,  # a comparison of two measured residuals
    extremal=Extremal(turned, attained=False, k=2),
    implied_by=("probe-walk", "probe-text-induced", "probe-sscl-walk-lower", "probe-sscl-lower-classes"),
)

sscl_advantage = Theorem(
    slug="sscl-advantage",
    title="Where augmentation pairs provably leave the smaller residual",
    kind=Kind.UPPER_BOUND,
    statement=r"\overline r_k^{A(M)} < \underline r_k^{(M)} \Rightarrow r_k^A \le r_k",
    source="ours",
    proof="`probe-sscl-walk` and `probe-sscl` bound $r_k^A$ from above, and `probe-walk-lower` bounds $r_k$ from "
    "below. In full: docs/walks.md#mmcl-advantage-and-sscl-advantage.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.probe_residual,
    requires=(
        sscl_wins,
        connected_augmentation,
        unique_augmentation_projector,
        positive_augmentation,
        unique_projector,
        same_marginals,
    ),
    trivial=math.inf,
    extremal=Extremal(turned_augmentation, attained=False, k=2),
    implied_by=("probe-sscl-walk", "probe-sscl", "probe-walk-lower"),
)

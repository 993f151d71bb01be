"""Population bounds for single-modal contrastive learning, and the comparison (theory, section 4)."""

import math

from ..assumptions import (
    connected_augmentation,
    connected_beyond_k,
    spread_augmentation,
    spread_spectrum,
    unique_augmentation_projector,
    unique_projector,
)
from ..theorem import Assumption, Kind, Theorem
from .mmcl import probe_mmcl_lower, probe_text_induced

probe_sscl = Theorem(
    slug="probe-sscl",
    title="Linear-probe residual of the optimal single-modal encoder",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k^A \le \frac{\alpha_A}{1-\lambda_{k+1}}",
    source="haochen2021, sharp form",
    proof="α_A = Σ_j (1−λ_j)‖s_jᵀY‖² over all eigenvectors, which is at least (1−λ_{k+1}) r_k.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.augmentation_error / (1 - q.lambda_next),
    requires=(connected_augmentation, unique_augmentation_projector),
)

probe_sscl_lower = Theorem(
    slug="probe-sscl-lower",
    title="Linear-probe residual of the optimal single-modal encoder from below",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k^A \ge \frac{\alpha_A - (1-\lambda_k)}{\lambda_k-\lambda_{\min}}",
    source="ours",
    proof="α_A ≤ (1−λ_k)(1−r_k) + (1−λ_min) r_k.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: (q.augmentation_error - (1 - q.lambda_k)) / (q.lambda_k - q.lambda_min),
    requires=(spread_augmentation, unique_augmentation_projector),
)

probe_sscl_haochen = Theorem(
    slug="probe-sscl-haochen",
    title="Linear-probe error of the optimal single-modal encoder, with auxiliary labels",
    kind=Kind.UPPER_BOUND,
    statement=r"e_k^A \le \frac{4\varphi^{\hat y}}{1-\lambda_{k+1}} + 8\Delta,\quad "
    r"\varphi^{\hat y} = \Pr_{P_A}[\hat y(x)\ne\hat y(x')],\ \Delta = \Pr[\hat y(x)\ne y]",
    source="haochen2021, explicit form in its appendix",
    proof="With Ŷ the label matrix of ŷ, ‖Y−Ŷ‖² = 2Δ, so r_k ≤ 2‖(I−Π)Ŷ‖² + 2‖Y−Ŷ‖² ≤ 2φ^ŷ/(1−λ_{k+1}) + 4Δ "
    "by `probe-sscl` for ŷ; and e_k ≤ 2 r_k.",
    lhs=lambda q: q.sscl_error,
    rhs=lambda q: 4 * q.auxiliary_disagreement / (1 - q.lambda_next) + 8 * q.auxiliary_error,
    requires=(connected_augmentation, unique_augmentation_projector),
)

mmcl_wins = Assumption(
    name="the MMCL upper bound lies below the SSCL lower bound",
    margin=lambda q: probe_sscl_lower.rhs(q) - probe_text_induced.rhs(q),
    otherwise="undecided: the bounds do not prove MMCL better",
)
sscl_wins = Assumption(
    name="the SSCL upper bound lies below the MMCL lower bound",
    margin=lambda q: probe_mmcl_lower.rhs(q) - probe_sscl.rhs(q),
    otherwise="undecided: the bounds do not prove SSCL better",
)

mmcl_advantage = Theorem(
    slug="mmcl-advantage",
    title="Where text-induced pairs provably leave the smaller residual",
    kind=Kind.UPPER_BOUND,
    statement=r"\frac{\alpha_T}{1-\sigma_{k+1}^2} < \frac{\alpha_A-(1-\lambda_k)}{\lambda_k-\lambda_{\min}} "
    r"\Rightarrow r_k \le r_k^A",
    source="ours",
    proof="`probe-text-induced` and `probe-sscl-lower`.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.sscl_residual,
    requires=(
        mmcl_wins,
        connected_beyond_k,
        unique_projector,
        spread_augmentation,
        unique_augmentation_projector,
    ),
    trivial=math.inf,  # a comparison of two measured residuals
)

sscl_advantage = Theorem(
    slug="sscl-advantage",
    title="Where augmentation pairs provably leave the smaller residual",
    kind=Kind.UPPER_BOUND,
    statement=r"\frac{\alpha_A}{1-\lambda_{k+1}} < \frac{\alpha_T-(1-\sigma_k^2)}{\sigma_k^2-\sigma_{\min}^2} "
    r"\Rightarrow r_k^A \le r_k",
    source="ours",
    proof="`probe-sscl` and `probe-mmcl-lower`.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.probe_residual,
    requires=(
        sscl_wins,
        connected_augmentation,
        unique_augmentation_projector,
        spread_spectrum,
        unique_projector,
    ),
    trivial=math.inf,
)

THEOREMS = (probe_sscl, probe_sscl_lower, probe_sscl_haochen, mmcl_advantage, sscl_advantage)

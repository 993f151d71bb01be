"""Population bounds for multi-modal contrastive learning (theory, section 3)."""

import math

from ..assumptions import connected_beyond_k, spread_spectrum, unique_projector
from ..functions import log, minimum, sqrt
from ..theorem import Kind, Theorem

label_transfer = Theorem(
    slug="label-transfer",
    title="Labeling error of text-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"\alpha_T \le 2\alpha - \alpha^2",
    source="zhang2023, sharp form",
    proof="1−α = ⟨AᵀY, W⟩ ≤ ‖AᵀY‖‖W‖ = √(1−α_T).",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: 2 * q.labeling_error - q.labeling_error**2,
    per_k=False,
)

probe_text_induced = Theorem(
    slug="probe-text-induced",
    title="Linear-probe residual, from text-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{\alpha_T}{1-\sigma_{k+1}^2}",
    source="zhang2023 with haochen2021, sharp form",
    proof="α_T = Σ_j (1−σ_j²)‖u_jᵀY‖² over a full basis, which is at least (1−σ²_{k+1}) r_k. "
    "Equality for isotropic noise, k = 1.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.text_induced_error / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
)

probe_mmcl = Theorem(
    slug="probe-mmcl",
    title="Linear-probe residual of the optimal multi-modal encoder",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}",
    source="zhang2023, sharp form",
    proof="`probe-text-induced` and `label-transfer`. "
    "The constant cannot be lowered: isotropic noise with α → 0, k = 1.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: (2 * q.labeling_error - q.labeling_error**2) / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
)

probe_error = Theorem(
    slug="probe-error",
    title="Linear-probe error, from its residual",
    kind=Kind.UPPER_BOUND,
    statement=r"e_k \le 2 r_k",
    source="haochen2021",
    proof="Where argmax is wrong or tied, ‖onehot − prediction‖² ≥ 1/2.",
    lhs=lambda q: q.probe_error,
    rhs=lambda q: 2 * q.probe_residual,
    requires=(unique_projector,),
)

probe_error_mmcl = Theorem(
    slug="probe-error-mmcl",
    title="Linear-probe error of the optimal multi-modal encoder",
    kind=Kind.UPPER_BOUND,
    statement=r"e_k \le \frac{2(2\alpha-\alpha^2)}{1-\sigma_{k+1}^2}",
    source="zhang2023, sharp form",
    proof="`probe-error` and `probe-mmcl`.",
    lhs=lambda q: q.probe_error,
    rhs=lambda q: 2 * (2 * q.labeling_error - q.labeling_error**2) / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
)

probe_mmcl_lower = Theorem(
    slug="probe-mmcl-lower",
    title="Linear-probe residual from below",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k \ge \frac{\alpha_T - (1-\sigma_k^2)}{\sigma_k^2-\sigma_{\min}^2}",
    source="ours",
    proof="α_T ≤ (1−σ_k²)(1−r_k) + (1−σ_min²) r_k, σ_min² the least eigenvalue of AAᵀ.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: (q.text_induced_error - (1 - q.sigma_k**2)) / (q.sigma_k**2 - q.sigma_min**2),
    requires=(spread_spectrum, unique_projector),
)

probe_mmcl_paper = Theorem(
    slug="probe-mmcl-paper",
    title="Linear-probe error, population term of the paper's bound",
    kind=Kind.ORDER,
    statement=r"e_k \lesssim \frac{\alpha}{1-\sigma_{k+1}^2}",
    source="zhang2023",
    proof="Of an order only: the ratio is the smallest constant consistent with the instance.",
    lhs=lambda q: q.probe_error,
    rhs=lambda q: q.labeling_error / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
)

zero_shot = Theorem(
    slug="zero-shot",
    title="Zero-shot residual",
    kind=Kind.UPPER_BOUND,
    statement=r"z_k \le \left(\sqrt{2\alpha} + \sigma_{k+1}"
    r"\sqrt{\min\left(1, \frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}\right)}\right)^2",
    source="ours",
    proof="‖Y−AW‖² = 1 − 2(1−α) + ‖AW‖² ≤ 2α, and ‖(A−A_k)W‖ ≤ σ_{k+1}√(r_k^L); `probe-mmcl` for texts bounds r_k^L.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: (
        (
            sqrt(2 * q.labeling_error)
            + q.sigma_next * sqrt(minimum(1, (2 * q.labeling_error - q.labeling_error**2) / (1 - q.sigma_next**2)))
        )
        ** 2
    ),
    requires=(connected_beyond_k, unique_projector),
)

zero_shot_error = Theorem(
    slug="zero-shot-error",
    title="Zero-shot error, from its residual",
    kind=Kind.UPPER_BOUND,
    statement=r"e^{\mathrm{zs}}_k \le 2 z_k",
    source="ours",
    proof="As for `probe-error`: a wrong or tied argmax costs at least 1/2.",
    lhs=lambda q: q.zero_shot_error,
    rhs=lambda q: 2 * q.zero_shot_residual,
    requires=(unique_projector,),
)

class_conductance = Theorem(
    slug="class-conductance",
    title="Classes that few pairs leave keep the spectrum high",
    kind=Kind.UPPER_BOUND,
    statement=r"1-\sigma_r^2 \le 2\max_i\varphi_i,\quad "
    r"\varphi_i = \Pr_{P_T}[y(x')\ne i \mid y(x)=i]",
    source="easy side of the higher-order Cheeger inequality",
    proof="The r class indicators span a space on which every Rayleigh quotient of I − AAᵀ is at most 2 max φ_i.",
    lhs=lambda q: 1 - q.sigma_classes**2,
    rhs=lambda q: 2 * q.class_conductance,
    per_k=False,
)

cheeger = Theorem(
    slug="cheeger",
    title="Conductance of the text-induced graph from above",
    kind=Kind.UPPER_BOUND,
    statement=r"\varphi(G) \le \sqrt{2(1-\sigma_2^2)}",
    source="Cheeger inequality on P_T",
    proof="Sweep over the level sets of the second eigenvector of AAᵀ.",
    lhs=lambda q: q.conductance,
    rhs=lambda q: sqrt(2 * (1 - q.sigma_2**2)),
    per_k=False,
)

cheeger_lower = Theorem(
    slug="cheeger-lower",
    title="Conductance of the text-induced graph from below",
    kind=Kind.LOWER_BOUND,
    statement=r"\varphi(G) \ge (1-\sigma_2^2)/2",
    source="Cheeger inequality on P_T",
    proof="The centred indicator of a set S has Rayleigh quotient φ(S)/(1−p(S)) ≤ 2φ(S) for p(S) ≤ 1/2.",
    lhs=lambda q: q.conductance,
    rhs=lambda q: (1 - q.sigma_2**2) / 2,
    per_k=False,
)

caption_garbling = Theorem(
    slug="caption-garbling",
    title="Lossy captions never raise the spectrum",
    kind=Kind.UPPER_BOUND,
    statement=r"\sigma_{k+1}(PK) \le \sigma_{k+1}(P)",
    source="ours",
    proof="The normalized matrix of PK is A times D_L^{1/2} K D_{L'}^{-1/2}, a contraction.",
    lhs=lambda q: q.garbled_sigma_next,
    rhs=lambda q: q.sigma_next,
)

information_chi_square = Theorem(
    slug="information-chi-square",
    title="Mutual information from the spectrum",
    kind=Kind.UPPER_BOUND,
    statement=r"I(X;L) \le \log(1+\chi^2)",
    source="Jensen's inequality",
    proof="I = E_P log P/(p_Vp_L) ≤ log E_P P/(p_Vp_L) = log(1+χ²).",
    lhs=lambda q: q.mutual_information,
    rhs=lambda q: log(1 + q.chi_square),
    trivial=math.inf,  # there is no value that information never exceeds
    per_k=False,
)

THEOREMS = (
    label_transfer,
    probe_text_induced,
    probe_mmcl,
    probe_mmcl_lower,
    probe_error,
    probe_error_mmcl,
    probe_mmcl_paper,
    zero_shot,
    zero_shot_error,
    class_conductance,
    cheeger,
    cheeger_lower,
    caption_garbling,
    information_chi_square,
)

"""Compare text-induced with augmentation pairs, and bound probes by the connectivity within classes."""

from ...worlds.extremal import one_class, rare_class, told_by_texts, two_images
from ..assumptions import (
    connected_within_augmentation,
    connected_within_classes,
    positive_augmentation,
    unique_augmentation_projector,
    unique_projector,
)
from ..theorem import Extremal, Kind, Theorem

consistency_or_diversity = Theorem(
    slug="consistency-or-diversity",
    title="Text-induced pairs are no more consistent than the augmentation pairs that they are independent of",
    kind=Kind.UPPER_BOUND,
    statement=r"\alpha_A \le \alpha_T + \mu,\quad "
    r"\mu=\max\left(0,-\lambda_{\min}(L_T-L_A, D_V)\right)",
    source="ours; zhang2023 says that text-induced pairs are the more consistent",
    proof="$L_T$ and $L_A$ are the Laplacians of text-induced and of augmentation pairs, $D_V$ the diagonal of $p_V$, "
    r"and $L_T \succcurlyeq L_A-\mu D_V$. The labeling error of pairs with Laplacian $L$ is $\sum_i1_i^\top L1_i$ "
    "over the indicators $1_i$ of the classes. If view and text are independent given the natural image and the "
    r"marginals agree, then $\mu = 0$. In full: "
    "docs/samples.md#consistency-or-diversity-texts-connect-better-and-are-never-more-consistent.",
    lhs=lambda q: q.augmentation_error,
    rhs=lambda q: q.text_induced_error + q.order_defect,
    per_k=False,
    extremal=Extremal(told_by_texts, attained=True),
)

consistency_or_diversity_spectrum = Theorem(
    slug="consistency-or-diversity-spectrum",
    title="Text-induced pairs connect no worse than the augmentation pairs that they are independent of",
    kind=Kind.UPPER_BOUND,
    statement=r"\sigma_{k+1}^2 \le 1-\rho(1-\lambda_{k+1})+\mu,\quad \rho=\min_x\frac{p_A(x)}{p_V(x)}",
    source="ours",
    proof=r"With the Laplacians of `consistency-or-diversity`, $1-\sigma_{k+1}^2$ is the eigenvalue of number $k+1$ "
    r"from below of $L_T \succcurlyeq L_A-\mu D_V$ against $D_V$; and $D_A \succcurlyeq \rho D_V$ for the diagonal "
    r"$D_A$ of $p_A$. Where the marginals agree and $\mu = 0$, it says $\sigma_{k+1}^2 \le \lambda_{k+1}$. In full: "
    "docs/samples.md#consistency-or-diversity-texts-connect-better-and-are-never-more-consistent.",
    lhs=lambda q: q.sigma_next**2,
    rhs=lambda q: 1 - q.least_marginal_ratio * (1 - q.lambda_next) + q.order_defect,
    extremal=Extremal(told_by_texts, attained=True),
    weaker_with=("lambda_next",),
)

diversity_spectrum = Theorem(
    slug="diversity-spectrum",
    title="Connectivity within classes bounds the spectrum of text-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"\delta_{k+1} \le 1-\sigma_{k+1}^2",
    source="ours",
    proof="The Laplacian of all text-induced pairs is the sum of that of the pairs within classes and that of the "
    r"pairs between. The latter is positive semidefinite, so the eigenvalues of the sum, which are $1-\sigma_j^2$, "
    "are no smaller.",
    lhs=lambda q: q.within_class_gap,
    rhs=lambda q: 1 - q.sigma_next**2,
    extremal=Extremal(one_class, attained=True),
    weaker_with=("-sigma_next",),
)

probe_diversity = Theorem(
    slug="probe-diversity",
    title="Linear-probe residual from consistency and diversity of text-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{\alpha_T}{\delta_{k+1}}",
    source="ours",
    proof=r"`probe-text-induced` and `diversity-spectrum`. $\delta_{k+1} = 0$ for $k$ below the number of classes. In "
    "full: docs/samples.md#probe-diversity-where-connectivity-within-classes-enters-a-bound.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.text_induced_error / q.within_class_gap,
    requires=(connected_within_classes, unique_projector),
    trivial=lambda q: 1 - q.class_collision,
    extremal=Extremal(rare_class, attained=False, k=2),
    implied_by=("probe-text-induced", "diversity-spectrum"),
)

sscl_diversity_spectrum = Theorem(
    slug="sscl-diversity-spectrum",
    title="Connectivity within classes bounds the spectrum of augmentation pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"\delta_{k+1}^A \le 1-\lambda_{k+1}",
    source="ours",
    proof="As for `diversity-spectrum`, with augmentation pairs, for which the eigenvalues of the sum are "
    r"$1-\lambda_j$.",
    lhs=lambda q: q.augmentation_within_class_gap,
    rhs=lambda q: 1 - q.lambda_next,
    trivial=2,  # no eigenvalue is below −1
    extremal=Extremal(one_class, attained=True),
    weaker_with=("-lambda_next",),
)

probe_sscl_diversity = Theorem(
    slug="probe-sscl-diversity",
    title="Linear-probe residual from consistency and diversity of augmentation pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k^A \le \frac{\alpha_A}{\delta_{k+1}^A}",
    source="ours",
    proof="`probe-sscl` and `sscl-diversity-spectrum`.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.augmentation_error / q.augmentation_within_class_gap,
    requires=(connected_within_augmentation, unique_augmentation_projector, positive_augmentation),
    extremal=Extremal(rare_class, attained=False, k=2),
    implied_by=("probe-sscl", "sscl-diversity-spectrum"),
)

class_conductance_sum = Theorem(
    slug="class-conductance-sum",
    title="Classes that few pairs leave keep all of the first r values high",
    kind=Kind.UPPER_BOUND,
    statement=r"\sum_{j\le r}(1-\sigma_j^2) \le \sum_i\varphi_i",
    source="ours, by Ky Fan's inequality",
    proof=r"$I-AA^\top$ compressed to the span of the class indicators has the trace $\sum_i\varphi_i$, which is at "
    r"least the sum of the $r$ least eigenvalues of $I-AA^\top$ (Ky Fan). Equality where the indicators span "
    r"$u_1,\dots,u_r$.",
    lhs=lambda q: q.gap_of_classes,
    rhs=lambda q: q.total_conductance,
    trivial=lambda q: q.n_classes - 1,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

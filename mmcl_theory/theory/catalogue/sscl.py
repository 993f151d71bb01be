"""Bound the linear probe on the optimal encoder of single-modal contrastive learning (SSCL)."""

from typing import Any

from ...worlds.extremal import two_images
from ..assumptions import (
    connected_augmentation,
    positive_augmentation,
    spread_augmentation,
    unique_augmentation_projector,
)
from ..functions import rational, sqrt
from ..theorem import Extremal, Kind, Theorem
from ..trivial import largest_augmentation_error, largest_augmentation_residual

probe_sscl = Theorem(
    slug="probe-sscl",
    title="Linear-probe residual of the optimal single-modal encoder",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k^A \le \frac{\alpha_A}{1-\lambda_{k+1}}",
    source="haochen2021, sharp form",
    proof="With $s_j$ the eigenvectors of the normalized matrix of augmentation pairs, "
    r"$\alpha_A = \sum_j(1-\lambda_j)\lVert s_j^\top Y\rVert^2$, and the terms of $j>k$ alone are at least "
    r"$(1-\lambda_{k+1})r_k^A$.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.augmentation_error / (1 - q.lambda_next),
    requires=(connected_augmentation, unique_augmentation_projector, positive_augmentation),
    trivial=largest_augmentation_residual,
    extremal=Extremal(two_images, attained=True),
    weaker_with=("lambda_next",),
)

probe_sscl_lower = Theorem(
    slug="probe-sscl-lower",
    title="Linear-probe residual of the optimal single-modal encoder from below",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k^A \ge \frac{\alpha_A - (1-\lambda_k)}{\lambda_k-\lambda_{\min}}",
    source="ours",
    proof="With $s_j$ the eigenvectors of the normalized matrix of augmentation pairs, "
    r"$\alpha_A = \sum_j(1-\lambda_j)\lVert s_j^\top Y\rVert^2 \le (1-\lambda_k)(1-r_k^A)+(1-\lambda_{\min})r_k^A$.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: (q.augmentation_error - (1 - q.lambda_k)) / (q.lambda_k - q.lambda_min),
    requires=(spread_augmentation, unique_augmentation_projector, positive_augmentation),
    extremal=Extremal(two_images, attained=True),
    implied_by=("probe-sscl-lower-classes",),
)

probe_sscl_haochen = Theorem(
    slug="probe-sscl-haochen",
    title="Linear-probe error of the optimal single-modal encoder, with auxiliary labels",
    kind=Kind.UPPER_BOUND,
    statement=r"e_k^A \le \frac{4\varphi^{\hat y}}{1-\lambda_{k+1}} + 8\Delta,\quad "
    r"\varphi^{\hat y} = \Pr_{P_A}[\hat y(x)\ne\hat y(x')],\ \Delta = \Pr[\hat y(x)\ne y]",
    source="haochen2021, explicit form in its appendix",
    proof=r"Let $\hat Y$ be the label matrix of $\hat y$, so that $\lVert Y-\hat Y\rVert_F^2 = 2\Delta$, and $\Pi$ "
    r"the projector onto the first $k$ eigenvectors. Then $r_k^A \le 2\lVert(I-\Pi)\hat Y\rVert_F^2+2\lVert Y-\hat "
    r"Y\rVert_F^2 \le \frac{2\varphi^{\hat y}}{1-\lambda_{k+1}}+4\Delta$ by `probe-sscl` for $\hat y$; and "
    r"$e_k^A \le 2r_k^A$ as in `probe-error`.",
    lhs=lambda q: q.sscl_error,
    rhs=lambda q: 4 * q.auxiliary_disagreement / (1 - q.lambda_next) + 8 * q.auxiliary_error,
    requires=(connected_augmentation, unique_augmentation_projector, positive_augmentation),
    trivial=largest_augmentation_error,
    extremal=Extremal(two_images, attained=None, share=0.50996),
    implied_by=("probe-sscl-error-sharp",),
    weaker_with=("lambda_next",),
)

probe_sscl_auxiliary = Theorem(
    slug="probe-sscl-auxiliary",
    title="Linear-probe residual of the optimal single-modal encoder, with auxiliary labels",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k^A \le \left(\sqrt{\frac{\varphi^{\hat y}}{1-\lambda_{k+1}}} + \sqrt{2\Delta}\right)^2",
    source="ours; with e_k ≤ 2 r_k it implies haochen2021",
    proof=r"Let $\hat Y$ be the label matrix of $\hat y$ and $\Pi$ the projector onto the first $k$ eigenvectors. "
    r"$\lVert(I-\Pi)Y\rVert_F \le \lVert(I-\Pi)\hat Y\rVert_F+\lVert Y-\hat Y\rVert_F$, of which `probe-sscl` for "
    r"$\hat y$ bounds the first, and the second is $\sqrt{2\Delta}$. In full: docs/sharper.md#probe-sscl-auxiliary.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: (sqrt(q.auxiliary_disagreement / (1 - q.lambda_next)) + sqrt(2 * q.auxiliary_error)) ** 2,
    requires=(connected_augmentation, unique_augmentation_projector, positive_augmentation),
    trivial=largest_augmentation_residual,
    extremal=Extremal(two_images, attained=True),
    weaker_with=("lambda_next",),
)

probe_sscl_error = Theorem(
    slug="probe-sscl-error",
    title="Linear-probe error of the optimal single-modal encoder, with auxiliary labels",
    kind=Kind.UPPER_BOUND,
    statement=r"e_k^A \le \frac{2\varphi^{\hat y}}{1-\lambda_{k+1}} + 5\Delta",
    source="ours; haochen2021 has 4 and 8 in place of 2 and 5",
    proof=r"With $\hat Y$ and $\Pi$ as for `probe-sscl-auxiliary`: an error is at an image where $\hat y$ is not $y$, "
    r"or it is one with respect to $\hat y$. Of these there are at most $2\lVert\hat Y-\Pi Y\rVert_F^2 = "
    r"2\lVert(I-\Pi)\hat Y\rVert_F^2+2\lVert\Pi(\hat Y-Y)\rVert_F^2 \le \frac{2\varphi^{\hat "
    r"y}}{1-\lambda_{k+1}}+4\Delta$. The 2 is the best possible, with $\hat y = y$. In full: "
    "docs/sharper.md#probe-sscl-error.",
    lhs=lambda q: q.sscl_error,
    rhs=lambda q: 2 * q.auxiliary_disagreement / (1 - q.lambda_next) + 5 * q.auxiliary_error,
    requires=(connected_augmentation, unique_augmentation_projector, positive_augmentation),
    trivial=largest_augmentation_error,
    extremal=Extremal(two_images, attained=True),
    implied_by=("probe-sscl-error-sharp",),
    weaker_with=("lambda_next",),
)


def sharp_error_bound(q: Any) -> Any:
    """Compute Δ + (w+3c)³/(8(w+c)), c = √(A/2), w = √(c²+8Δ), which is Δ + 4Δ(1−s²)(s+γ)² without a division by Δ.

    A is raised by 10^{-300}, so that it is 0, not 0/0, where there are no errors of any kind.
    """
    square = q.auxiliary_disagreement / (1 - q.lambda_next) / 2 + rational(1, 10**300)
    root, wider = sqrt(square), sqrt(square + 8 * q.auxiliary_error)
    return q.auxiliary_error + (wider + 3 * root) ** 3 / (8 * (wider + root))


probe_sscl_error_sharp = Theorem(
    slug="probe-sscl-error-sharp",
    title="Linear-probe error of the optimal single-modal encoder, with auxiliary labels, sharp",
    kind=Kind.UPPER_BOUND,
    statement=r"e_k^A \le \Delta + 4\Delta(1-s^2)(s+\gamma)^2,\quad \gamma=\sqrt{\frac{A}{2\Delta}},\ "
    r"s=\tfrac14\left(\sqrt{\gamma^2+8}-\gamma\right),\ A=\frac{\varphi^{\hat y}}{1-\lambda_{k+1}}",
    source="ours; haochen2021 has 4A + 8Δ, of which it is at most 0.50996",
    proof=r"As for `probe-sscl-error`, with three things more: $(I-\Pi)\hat Y$ and $\Pi(\hat Y-Y)$ are orthogonal; "
    r"only what they leave outside the images where $\hat y$ is not $y$ counts; and $\lVert\Pi(\hat Y-Y)\rVert_F^2$ "
    r"is at most $\sqrt{2\Delta}$ times the norm of its rows at these. The bound is $2A$ where $\Delta = 0$. In full: "
    "docs/samples.md#probe-sscl-error-sharp.",
    lhs=lambda q: q.sscl_error,
    rhs=sharp_error_bound,
    requires=(connected_augmentation, unique_augmentation_projector, positive_augmentation),
    trivial=largest_augmentation_error,
    extremal=Extremal(two_images, attained=True),
    weaker_with=("lambda_next",),
)

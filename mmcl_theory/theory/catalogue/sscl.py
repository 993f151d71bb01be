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
    proof="α_A = Σ_j (1−λ_j)‖s_jᵀY‖² over all eigenvectors, which is at least (1−λ_{k+1}) r_k.",
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
    proof="α_A ≤ (1−λ_k)(1−r_k) + (1−λ_min) r_k.",
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
    proof="With Ŷ the label matrix of ŷ, ‖Y−Ŷ‖² = 2Δ, so r_k ≤ 2‖(I−Π)Ŷ‖² + 2‖Y−Ŷ‖² ≤ 2φ^ŷ/(1−λ_{k+1}) + 4Δ "
    "by `probe-sscl` for ŷ; and e_k ≤ 2 r_k.",
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
    proof="‖(I−Π)Y‖ ≤ ‖(I−Π)Ŷ‖ + ‖Y−Ŷ‖ and ‖Y−Ŷ‖² = 2Δ; `probe-sscl` for ŷ. In full: docs/sharper.md.",
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
    proof="An error is one where ŷ is not y, or one with respect to ŷ. Of these there are at most 2‖Ŷ−ΠY‖² = "
    "2‖(I−Π)Ŷ‖² + 2‖Π(Ŷ−Y)‖² ≤ 2φ^ŷ/(1−λ_{k+1}) + 4Δ. The 2 is the best possible, with ŷ = y. "
    "In full: docs/sharper.md.",
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
    proof="As for `probe-sscl-error`, but (I−Π)Ŷ and Π(Ŷ−Y) are orthogonal, only what they leave outside the images "
    "where ŷ is not y counts, and ‖Π(Ŷ−Y)‖² is at most √(2Δ) times its norm on these.  2A where Δ = 0. "
    "In full: docs/samples.md.",
    lhs=lambda q: q.sscl_error,
    rhs=sharp_error_bound,
    requires=(connected_augmentation, unique_augmentation_projector, positive_augmentation),
    trivial=largest_augmentation_error,
    extremal=Extremal(two_images, attained=True),
    weaker_with=("lambda_next",),
)

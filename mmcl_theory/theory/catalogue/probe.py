"""Bound the linear probe on the optimal multi-modal encoder."""

from ...worlds.extremal import two_images
from ..assumptions import connected_beyond_k, several_classes, spread_spectrum, unique_projector
from ..theorem import Extremal, Kind, Theorem
from ..trivial import largest_error, largest_residual
from .label_transfer import transferred

probe_text_induced = Theorem(
    slug="probe-text-induced",
    title="Linear-probe residual, from text-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{\alpha_T}{1-\sigma_{k+1}^2}",
    source="zhang2023 with haochen2021, sharp form",
    proof=r"$\alpha_T = \sum_j(1-\sigma_j^2)\lVert u_j^\top Y\rVert^2$ over a full basis of left singular vectors, "
    r"and the terms of $j>k$ alone are at least $(1-\sigma_{k+1}^2)r_k$. Equality for isotropic noise at $k = 1$.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.text_induced_error / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
    trivial=largest_residual,
    extremal=Extremal(two_images, attained=True),
    implied_by=("probe-steps",),
    weaker_with=("sigma_next",),
)

probe_mmcl = Theorem(
    slug="probe-mmcl",
    title="Linear-probe residual of the optimal multi-modal encoder",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}",
    source="zhang2023, sharp form",
    proof="`probe-text-induced` and `label-transfer`. The constant cannot be lowered: isotropic noise approaches "
    r"equality as $\alpha\to0$, at $k = 1$.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: (2 * q.labeling_error - q.labeling_error**2) / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
    trivial=largest_residual,
    extremal=Extremal(two_images, attained=False),
    implied_by=("probe-text-induced", "label-transfer"),
    weaker_with=("sigma_next",),
)

probe_mmcl_classes = Theorem(
    slug="probe-mmcl-classes",
    title="Linear-probe residual of the optimal multi-modal encoder, with the number of classes",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{2\alpha-\frac{r}{r-1}\alpha^2}{1-\sigma_{k+1}^2}",
    source="ours",
    proof="`probe-text-induced` and `label-transfer-classes`. Equality for isotropic noise of any strength, at "
    "$k = 1$. In full: docs/sharper.md#probe-mmcl-classes.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: transferred(q) / (1 - q.sigma_next**2),
    requires=(several_classes, connected_beyond_k, unique_projector),
    trivial=largest_residual,
    extremal=Extremal(two_images, attained=True),
    implied_by=("probe-text-induced", "label-transfer-classes"),
    weaker_with=("sigma_next",),
)

probe_mmcl_lower = Theorem(
    slug="probe-mmcl-lower",
    title="Linear-probe residual from below",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k \ge \frac{\alpha_T - (1-\sigma_k^2)}{\sigma_k^2-\sigma_{\min}^2}",
    source="ours",
    proof=r"$\alpha_T = \sum_j(1-\sigma_j^2)\lVert u_j^\top Y\rVert^2 \le "
    r"(1-\sigma_k^2)(1-r_k)+(1-\sigma_{\min}^2)r_k$, with the terms of $j \le k$ and those of $j>k$ apart; "
    r"$\sigma_{\min}^2$ is the least eigenvalue of $AA^\top$.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: (q.text_induced_error - (1 - q.sigma_k**2)) / (q.sigma_k**2 - q.sigma_min**2),
    requires=(spread_spectrum, unique_projector),
    extremal=Extremal(two_images, attained=True),
    implied_by=("probe-lower-classes",),
)

probe_error = Theorem(
    slug="probe-error",
    title="Linear-probe error, from its residual",
    kind=Kind.UPPER_BOUND,
    statement=r"e_k \le 2 r_k",
    source="haochen2021",
    proof="Where the argmax of the probe's scores $p$ is wrong or tied, some class $i$ other than the image's class "
    r"$y$ has $p_i \ge p_y$. Then the squared distance of $p$ from the one-hot label is at least "
    r"$(1-p_y)^2+p_i^2 \ge \tfrac12$, and $r_k$ is its mean. No constant below 2 will do: "
    "docs/sharper.md#probe-error-the-constant-2-is-the-best-for-two-classes-already.",
    lhs=lambda q: q.probe_error,
    rhs=lambda q: 2 * q.probe_residual,
    requires=(unique_projector,),
    trivial=largest_error,
    extremal=Extremal(two_images, attained=True),
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
    trivial=largest_error,
    extremal=Extremal(two_images, attained=False),
    implied_by=("probe-error", "probe-mmcl"),
    weaker_with=("sigma_next",),
)

probe_mmcl_paper = Theorem(
    slug="probe-mmcl-paper",
    title="Linear-probe error, population term of the paper's bound",
    kind=Kind.ORDER,
    statement=r"e_k \lesssim \frac{\alpha}{1-\sigma_{k+1}^2}",
    source="zhang2023",
    proof="Of an order only: the source gives no constant, and the ratio of the two sides is the smallest that the "
    "instance allows. For the head that is measured here the constant is 4: "
    "docs/sharper.md#probe-mmcl-paper-the-constant-is-4.",
    lhs=lambda q: q.probe_error,
    rhs=lambda q: q.labeling_error / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
    extremal="With the constant 4 `two_images` approaches it (docs/sharper.md#probe-mmcl-paper-the-constant-is-4), "
    "and nothing exceeds it.",
)

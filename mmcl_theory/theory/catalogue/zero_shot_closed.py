"""Split the residual of the zero-shot head into that of the linear probe and a rest, and bound both."""

from typing import Any

from ...worlds.extremal import independent, two_images
from ..assumptions import connected_beyond_k, unique_projector
from ..functions import maximum, minimum, sqrt
from ..theorem import Extremal, Kind, Theorem
from .zero_shot import truncation


def of_texts(q: Any) -> Any:
    """Bound r_k by quantities of the joint distribution alone: min(1 − π, α_T/(1−σ²_{k+1}))."""
    return minimum(maximum(0, 1 - q.class_collision), q.text_induced_error / (1 - q.sigma_next**2))


def explained(q: Any) -> Any:
    """Bound ‖Π_k(Y−AW)‖², by which the zero-shot head is behind the linear probe."""
    return minimum(q.posterior_residual, q.text_mean_residual / q.sigma_k**2)


def closed(q: Any) -> Any:
    """Bound z_k by c + 2√r̄·s − s², c = ‖Y−AW‖², r̄ a bound on r_k and s one on ‖(A−A_k)W‖."""
    cut = truncation(q)
    probe = minimum(of_texts(q), (sqrt(q.posterior_residual) + cut) ** 2)
    cut = minimum(cut, sqrt(probe))
    return q.posterior_residual + 2 * sqrt(probe) * cut - cut**2


zero_shot_untruncated = Theorem(
    slug="zero-shot-untruncated",
    title="Zero-shot residual of encoders that lose nothing",
    kind=Kind.IDENTITY,
    statement=r"\|Y-AW\|_F^2 = 2\alpha-\alpha_V",
    source="ours",
    proof=r"$\lVert Y\rVert_F^2-2\langle Y,AW\rangle+\lVert AW\rVert_F^2 = 1-2(1-\alpha)+(1-\alpha_V)$. In full: "
    "docs/heads.md#zero-shot-untruncated-and-zero-shot-pythagoras.",
    lhs=lambda q: q.posterior_residual,
    rhs=lambda q: 2 * q.labeling_error - q.image_induced_error,
    per_k=False,
)

zero_shot_pythagoras = Theorem(
    slug="zero-shot-pythagoras",
    title="What the zero-shot head loses against the linear probe",
    kind=Kind.IDENTITY,
    statement=r"z_k = r_k + \|\Pi_k(Y-AW)\|_F^2",
    source="ours",
    proof=r"$Y-A_kW = (I-\Pi_k)Y+\Pi_k(Y-AW)$, as $A_k = \Pi_kA$; the two parts are orthogonal, and the first has the "
    "squared norm $r_k$. In full: docs/heads.md#zero-shot-untruncated-and-zero-shot-pythagoras.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: q.probe_residual + q.head_distance,
    requires=(unique_projector,),
)

zero_shot_closed = Theorem(
    slug="zero-shot-closed",
    title="Zero-shot residual, from both kinds of induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"z_k \le c + 2\sqrt{\bar r}s - s^2,\quad c = 2\alpha-\alpha_V,\quad "
    r"s = \min(\bar s, \sqrt{\bar r}),"
    r"\quad \bar s = \sigma_{k+1}\sqrt{\min\left(1, \frac{\alpha_V}{1-\sigma_{k+1}^2}\right)},"
    r"\quad \bar r = \min\left(1-\pi, \frac{\alpha_T}{1-\sigma_{k+1}^2}, (\sqrt c+\bar s)^2\right)",
    source="ours",
    proof=r"With $t = \lVert(A-A_k)W\rVert_F$, "
    r"$z_k = c+2\langle(I-\Pi_k)Y,(A-A_k)W\rangle-t^2 \le c+2\sqrt{r_k}\cdot t-t^2$. This grows with "
    r"$r_k \le \bar r$, and with $t \le \bar s$ up to $t = \sqrt{r_k}$. In full: docs/heads.md#zero-shot-closed.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=closed,
    requires=(connected_beyond_k, unique_projector),
    extremal=Extremal(two_images, attained=True),
    weaker_with=("sigma_next",),
)

zero_shot_closed_probe = Theorem(
    slug="zero-shot-closed-probe",
    title="Zero-shot residual, from that of the linear probe",
    kind=Kind.UPPER_BOUND,
    statement=r"z_k \le r_k + \min\left(2\alpha-\alpha_V, \frac{\|A^\top(Y-AW)\|_F^2}{\sigma_k^2}\right)",
    source="ours",
    proof="`zero-shot-pythagoras`, where for $v = Y-AW$ both "
    r"$\lVert\Pi_kv\rVert_F^2 \le \lVert v\rVert_F^2 = 2\alpha-\alpha_V$ and "
    r"$\sigma_k^2\lVert\Pi_kv\rVert_F^2 \le \lVert A^\top v\rVert_F^2$. Any upper bound of $r_k$ may stand for it. In "
    "full: docs/heads.md#zero-shot-closed-probe-zero-shot-closed-text-induced-and-zero-shot-closed-lower.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: q.probe_residual + explained(q),
    requires=(unique_projector,),
    extremal=Extremal(independent, attained=True),
)

zero_shot_closed_lower = Theorem(
    slug="zero-shot-closed-lower",
    title="Zero-shot residual from below, from that of the linear probe",
    kind=Kind.LOWER_BOUND,
    statement=r"z_k \ge r_k + \max\left(0, c - \frac{c-\|A^\top(Y-AW)\|_F^2}{1-\sigma_{k+1}^2}\right),"
    r"\quad c = 2\alpha-\alpha_V",
    source="ours",
    proof=r"`zero-shot-pythagoras`, where for $v = Y-AW$, of squared norm $c$, $c-\lVert A^\top v\rVert_F^2 = "
    r"\sum_j(1-\sigma_j^2)\lVert u_j^\top v\rVert^2 \ge (1-\sigma_{k+1}^2)(c-\lVert\Pi_kv\rVert_F^2)$. In full: "
    "docs/heads.md#zero-shot-closed-probe-zero-shot-closed-text-induced-and-zero-shot-closed-lower.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: (
        q.probe_residual
        + maximum(0, q.posterior_residual - (q.posterior_residual - q.text_mean_residual) / (1 - q.sigma_next**2))
    ),
    requires=(connected_beyond_k, unique_projector),
    extremal=Extremal(two_images, attained=True),
    weaker_with=("sigma_next",),
)

zero_shot_closed_text_induced = Theorem(
    slug="zero-shot-closed-text-induced",
    title="Zero-shot residual, from text-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"z_k \le \min\left(1-\pi, \frac{\alpha_T}{1-\sigma_{k+1}^2}\right) "
    r"+ \min\left(2\alpha-\alpha_V, \frac{\|A^\top(Y-AW)\|_F^2}{\sigma_k^2}\right)",
    source="ours",
    proof=r"`zero-shot-closed-probe`, and `probe-text-induced` for its $r_k$, which $1-\pi$ bounds too, as "
    r"$u_1 = \sqrt{p_V}$ is in the encoder. In full: "
    "docs/heads.md#zero-shot-closed-probe-zero-shot-closed-text-induced-and-zero-shot-closed-lower.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: of_texts(q) + explained(q),
    requires=(connected_beyond_k, unique_projector),
    extremal=Extremal(independent, attained=True),
    implied_by=("zero-shot-closed-probe", "probe-text-induced"),
    weaker_with=("sigma_next",),
)

zero_shot_soft = Theorem(
    slug="zero-shot-soft",
    title="Residual of the zero-shot head whose prompts are mean captions",
    kind=Kind.UPPER_BOUND,
    statement=r"\tilde z_k = \|Y-A_kA^\top Y\|_F^2 \le \frac{\alpha_T}{1-\sigma_{k+1}^2}",
    source="ours",
    proof="Over a full basis "
    r"$\tilde z_k = \sum_{j\le k}(1-\sigma_j^2)^2\lVert u_j^\top Y\rVert^2+\sum_{j>k}\lVert u_j^\top Y\rVert^2$ and "
    r"$\alpha_T = \sum_j(1-\sigma_j^2)\lVert u_j^\top Y\rVert^2$. Compare term by term: "
    r"$(1-\sigma_j^2)^2 \le \frac{1-\sigma_j^2}{1-\sigma_{k+1}^2}$ for $j \le k$, and "
    r"$1 \le \frac{1-\sigma_j^2}{1-\sigma_{k+1}^2}$ for $j>k$. In full: "
    "docs/heads.md#zero-shot-soft-and-zero-shot-soft-lower.",
    lhs=lambda q: q.soft_residual,
    rhs=lambda q: q.text_induced_error / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
    trivial=lambda q: 1 - q.class_collision,
    extremal=Extremal(two_images, attained=True),
    weaker_with=("sigma_next",),
)

zero_shot_soft_lower = Theorem(
    slug="zero-shot-soft-lower",
    title="No zero-shot head is better than the linear probe, whose prompts are mean captions",
    kind=Kind.LOWER_BOUND,
    statement=r"\tilde z_k \ge r_k",
    source="ours",
    proof=r"The scores $A_kA^\top Y$ lie in the range of $\Pi_k$, where $\Pi_kY$ is nearest to $Y$. In full: "
    "docs/heads.md#zero-shot-soft-and-zero-shot-soft-lower.",
    lhs=lambda q: q.soft_residual,
    rhs=lambda q: q.probe_residual,
    requires=(unique_projector,),
    extremal=Extremal(two_images, attained=True),
)

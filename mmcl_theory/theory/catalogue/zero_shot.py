"""Bound the zero-shot head of the optimal multi-modal encoders.

The trivial value of these bounds is 1, the residual of scores that are all zero.  It is no largest value: the head is
not fitted, and where texts name the wrong class z_k comes near 2.
"""

from typing import Any

from ...worlds.extremal import independent, two_images
from ..assumptions import connected_beyond_k, unique_projector
from ..functions import maximum, minimum, sqrt
from ..theorem import Extremal, Kind, Theorem


def untruncated(q: Any) -> Any:
    """Return ‖Y − AW‖ = √(2α − α_V), what the zero-shot head misses even with all singular triplets."""
    return sqrt(maximum(0, 2 * q.labeling_error - q.image_induced_error))  # at least α², rounding apart


def truncation(q: Any) -> Any:
    """Bound ‖(A − A_k)W‖, by which truncation moves the zero-shot head: σ_{k+1}√min(1, α_V/(1−σ²_{k+1}))."""
    return q.sigma_next * sqrt(minimum(1, q.image_induced_error / (1 - q.sigma_next**2)))


zero_shot = Theorem(
    slug="zero-shot",
    title="Zero-shot residual",
    kind=Kind.UPPER_BOUND,
    statement=r"z_k \le \left(\sqrt{2\alpha} + \sigma_{k+1}"
    r"\sqrt{\min\left(1, \frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}\right)}\right)^2",
    source="ours",
    proof=r"$\lVert Y-AW\rVert_F^2 = 1-2(1-\alpha)+\lVert AW\rVert_F^2 \le 2\alpha$, and "
    r"$\lVert(A-A_k)W\rVert_F \le \sigma_{k+1}\sqrt{r_k^L}$, where `probe-mmcl` for texts bounds $r_k^L$, the "
    r"residual of the probe on texts. The head's scores are $A_kW$, so $z_k = \lVert Y-A_kW\rVert_F^2$ obeys the "
    "triangle inequality.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: (
        (
            sqrt(2 * q.labeling_error)
            + q.sigma_next * sqrt(minimum(1, (2 * q.labeling_error - q.labeling_error**2) / (1 - q.sigma_next**2)))
        )
        ** 2
    ),
    requires=(connected_beyond_k, unique_projector),
    extremal=Extremal(two_images, attained=False),
    implied_by=("zero-shot-sharp", "label-transfer"),
    weaker_with=("sigma_next",),
)

zero_shot_sharp = Theorem(
    slug="zero-shot-sharp",
    title="Zero-shot residual, from image-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"z_k \le \left(\sqrt{2\alpha-\alpha_V} + \sigma_{k+1}"
    r"\sqrt{\min\left(1, \frac{\alpha_V}{1-\sigma_{k+1}^2}\right)}\right)^2",
    source="ours",
    proof=r"$\lVert Y-AW\rVert_F^2 = 1-2(1-\alpha)+\lVert AW\rVert_F^2 = 2\alpha-\alpha_V$, with $\alpha_V$ the "
    r"labeling error of two texts of one image. $\lVert(A-A_k)W\rVert_F \le \sigma_{k+1}\sqrt{r_k^L}$, and "
    "`probe-text-induced` for texts bounds $r_k^L$, the residual of the probe on texts. In full: "
    "docs/sharper.md#zero-shot-sharp.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: (untruncated(q) + truncation(q)) ** 2,
    requires=(connected_beyond_k, unique_projector),
    extremal=Extremal(independent, attained=True),
    implied_by=("zero-shot-closed",),
    weaker_with=("sigma_next",),
)

zero_shot_lower = Theorem(
    slug="zero-shot-lower",
    title="Zero-shot residual from below",
    kind=Kind.LOWER_BOUND,
    statement=r"z_k \ge \max\left(0, \sqrt{2\alpha-\alpha_V} - \sigma_{k+1}"
    r"\sqrt{\min\left(1, \frac{\alpha_V}{1-\sigma_{k+1}^2}\right)}\right)^2",
    source="ours",
    proof="The triangle inequality of `zero-shot-sharp` the other way round. In full: docs/sharper.md#zero-shot-lower.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: maximum(0, untruncated(q) - truncation(q)) ** 2,
    requires=(connected_beyond_k, unique_projector),
    extremal=Extremal(independent, attained=True),
    weaker_with=("sigma_next", "-labeling_error"),
)

zero_shot_probe = Theorem(
    slug="zero-shot-probe",
    title="No zero-shot head is better than the linear probe",
    kind=Kind.LOWER_BOUND,
    statement=r"z_k \ge r_k",
    source="ours",
    proof=r"The scores $A_kW = \Pi_kAW$ lie in the column space of the encoder, where the probe is the nearest point "
    r"to $Y$: $z_k = r_k+\lVert\Pi_kY-A_kW\rVert_F^2$. In full: docs/sharper.md#zero-shot-probe.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: q.probe_residual,
    requires=(unique_projector,),
    extremal=Extremal(two_images, attained=True),
    implied_by=("zero-shot-closed-lower",),
)

zero_shot_error = Theorem(
    slug="zero-shot-error",
    title="Zero-shot error, from its residual",
    kind=Kind.UPPER_BOUND,
    statement=r"e^{\mathrm{zs}}_k \le 2 z_k",
    source="ours",
    proof="As for `probe-error`, which holds for any scores: where the argmax is wrong or tied, the squared distance "
    r"of the scores from the one-hot label is at least $\tfrac12$.",
    lhs=lambda q: q.zero_shot_error,
    rhs=lambda q: 2 * q.zero_shot_residual,
    requires=(unique_projector,),
    extremal=Extremal(two_images, attained=True),
)

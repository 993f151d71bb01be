"""State what guided resampling does to pairs: to their labeling error, and to what is learned of content and style."""

from typing import Any

from ..assumptions import (
    as_wide_as_classes,
    positive_resampled,
    several_classes,
    unique_resampled_projector,
)
from ..functions import maximum, minimum
from ..theorem import Assumption, Kind, Theorem
from .shortcuts import NEAR, apart, beyond, largest_other, some_styles, symmetric_styles, view_class, view_style


def _least_weight(q: Any) -> Any:
    """Return w*, from which weight of new pairs of one content on it is kept better than all else."""
    behind = largest_other(q) - view_class(q)
    return behind / (behind + 1 + 1 / (q.n_attributes - 1))


def _least_share(q: Any) -> Any:
    """Return d*, from which dropped share of pairs, all of two contents, on the content is kept better."""
    allowed = (1 - view_style(q)) * (1 - 1 / q.n_classes)
    return (q.augmentation_error - allowed) / (1 - allowed)


def _class_energy(q: Any, same: Any) -> Any:
    """Return E_c, what encoders of the class alone gain at best, for this probability of negatives of one class."""
    return (1 - q.augmentation_error) ** 2 / same + q.augmentation_error**2 / (1 - same)


something_new = Assumption(
    name="w > 0",
    margin=lambda q: q.added_share,
    otherwise="w = 0: resampled pairs are the augmentation pairs, and nothing is new",
)
something_dropped = Assumption(
    name="d > 0",
    margin=lambda q: q.dropped_share,
    otherwise="d = 0: resampled pairs are the augmentation pairs, and nothing is dropped",
)
nothing_new = Assumption(
    name="d < 1",
    margin=lambda q: 1 - q.dropped_share,
    otherwise="d = 1: there are resampled pairs that are no augmentation pairs",
)
new_differ = Assumption(
    name="α_+ ≠ α_A",
    margin=lambda q: apart(q.added_error, q.augmentation_error, 0),
    otherwise="α_+ = α_A: new pairs are of two classes as often as the others, and the labeling error stays",
)
dropped_differ = Assumption(
    name="τ ≠ α_A",
    margin=lambda q: apart(q.dropped_error, q.augmentation_error, 0),
    otherwise="τ = α_A: dropped pairs are of two classes as often as the others, and the labeling error stays",
)
new_of_content = Assumption(
    name="new pairs of one content and two styles",
    margin=lambda q: NEAR - q.added_distance,
    otherwise="resampled pairs are not augmentation pairs mixed with all pairs of one class and two attributes alike",
)
dropped_of_contents = Assumption(
    name="dropped pairs of two contents",
    margin=lambda q: NEAR - q.dropped_distance,
    otherwise="resampled pairs are not augmentation pairs without a share of those of two classes, all alike",
)
independent_styles = Assumption(
    name="pairs change content and style independently, x, y ≥ 0",
    margin=lambda q: minimum(
        NEAR - apart(q.augmentation_agreement, (1 - q.augmentation_error) * (1 - q.augmentation_attribute_error), 0),
        NEAR + minimum(view_class(q), view_style(q)),
    ),
    otherwise="augmentation pairs do not change class and attribute independently, or they change one on purpose",
)
positives_agree_more = Assumption(
    name="μ_M, π_A < 1 − α_A",
    margin=lambda q: 1 - q.augmentation_error - maximum(q.negative_collision, q.augmentation_collision),
    otherwise="negatives are of one class as often as augmentation pairs, so that no encoder tells the classes by them",
)
negatives_differ = Assumption(
    name="μ_M ≠ π_A",
    margin=lambda q: apart(q.negative_collision, q.augmentation_collision, 0),
    otherwise="μ_M = π_A: negatives are of one class as often as independent images, and nothing is gained or lost",
)
weight_decides = Assumption(
    name="w ≠ w*",
    margin=lambda q: apart(q.added_share, _least_weight(q), maximum(q.style_distance, q.added_distance)),
    otherwise="w = w*: resampled pairs keep the content as well as the style, and nothing decides between them",
)
share_decides = Assumption(
    name="d ≠ d*",
    margin=lambda q: apart(q.dropped_share, _least_share(q), maximum(q.style_distance, q.dropped_distance)),
    otherwise="d = d*: resampled pairs keep the content as well as the style, and nothing decides between them",
)

resampling_add = Theorem(
    slug="resampling-add",
    title="Adding positive pairs lowers the labeling error where the new pairs have a lower one",
    kind=Kind.DECISION,
    statement=r"\alpha_R < \alpha_A \Leftrightarrow \alpha_+ < \alpha_A,\quad "
    r"P_R = (1-w)P_A+wP_+,\ w = 1-\min\frac{P_R}{P_A}",
    source="ours, after zhang2023",
    proof=r"$P_R$ is such a mixture for every $w$ for which $P_+ = \frac{P_R-(1-w)P_A}{w}$ is not negative, and the "
    r"least of these is taken. The labeling error is linear in the pairs: $\alpha_R-\alpha_A = w(\alpha_+-\alpha_A)$. "
    "In full: docs/shortcuts.md#resampled-pairs.",
    lhs=lambda q: q.augmentation_error - q.resampled_error,
    rhs=lambda q: q.augmentation_error - q.added_error,
    requires=(something_new, new_differ),
    per_k=False,
)

resampling_drop = Theorem(
    slug="resampling-drop",
    title="Dropping positive pairs lowers the labeling error where the dropped pairs have a higher one",
    kind=Kind.DECISION,
    statement=r"\alpha_R < \alpha_A \Leftrightarrow \tau > \alpha_A,\quad "
    r"P_A = (1-d)P_R+dP_-,\ d = 1-\min\frac{P_A}{P_R},\ \tau = \Pr_{P_-}[y \ne y']",
    source="ours, after zhang2023",
    proof=r"This is `resampling-add` with the two kinds of pairs exchanged: $\alpha_A = (1-d)\alpha_R+d\tau$ lies "
    r"between $\alpha_R$ and $\tau$ where $0<d<1$, so that $\alpha_R<\alpha_A$ where $\tau>\alpha_A$. In full: "
    "docs/shortcuts.md#resampled-pairs.",
    lhs=lambda q: q.augmentation_error - q.resampled_error,
    rhs=lambda q: q.dropped_error - q.augmentation_error,
    requires=(something_dropped, nothing_new, dropped_differ),
    per_k=False,
)

resampling_threshold_add = Theorem(
    slug="resampling-threshold-add",
    title="Enough new positive pairs of the same content let it be learned before all else",
    kind=Kind.DECISION,
    statement=r"r_r^R < \tfrac12(1-\tfrac1r) \Leftrightarrow w > w^\star,\quad "
    r"w^\star = \frac{o-x}{o-x+1+\frac1{s-1}},\ o = \max(y,z)",
    source="ours, after zhang2023",
    proof="With $x$, $y$ and $z$ as for `content-or-style`, in new pairs functions of the content have the eigenvalue "
    r"1, and those of the style and of both $-\frac{1}{s-1}$. So resampled pairs have $x' = (1-w)x+w$ and "
    r"$\max(y',z') = (1-w)o-\frac{w}{s-1}$, which are equal at $w^\star$, and `content-or-style` applies. In full: "
    "docs/shortcuts.md#resampled-pairs.",
    lhs=lambda q: (1 - 1 / q.n_classes) / 2 - q.resampled_residual,
    rhs=lambda q: q.added_share - _least_weight(q),
    requires=(
        *(several_classes, some_styles, as_wide_as_classes, symmetric_styles),
        *(new_of_content, weight_decides, positive_resampled),
        beyond(unique_resampled_projector, lambda q: maximum(q.style_distance, q.added_distance)),
    ),
)

resampling_threshold_drop = Theorem(
    slug="resampling-threshold-drop",
    title="Without enough of the positive pairs of two contents, the content is learned before the style",
    kind=Kind.DECISION,
    statement=r"r_r^R < \tfrac12(1-\tfrac1r) \Leftrightarrow d > d^\star,\quad "
    r"d^\star = \frac{\alpha_A-\alpha_s}{1-\alpha_s},\ \alpha_s = (1-y)(1-\tfrac1r)",
    source="ours, after zhang2023",
    proof="With $x$, $y$ and $z$ as for `content-or-style`, what is dropped is of two contents and of any styles, so "
    r"$y' = y$ and $z' = x'y$. And $\alpha_R = \frac{\alpha_A-d}{1-d}$, so that $x' = 1-\frac{\alpha_R}{1-1/r}$ "
    r"exceeds $y$ where $\alpha_R<\alpha_s$, that is $d>d^\star$. `content-or-style` applies. In full: "
    "docs/shortcuts.md#resampled-pairs.",
    lhs=lambda q: (1 - 1 / q.n_classes) / 2 - q.resampled_residual,
    rhs=lambda q: q.dropped_share - _least_share(q),
    requires=(
        *(several_classes, some_styles, as_wide_as_classes, symmetric_styles, independent_styles),
        *(dropped_of_contents, share_decides, positive_resampled),
        beyond(unique_resampled_projector, lambda q: maximum(q.style_distance, q.dropped_distance)),
    ),
)

resampling_negatives = Theorem(
    slug="resampling-negatives",
    title="Dropping negatives helps the classes where those dropped are of one class more often than chance",
    kind=Kind.DECISION,
    statement=r"E_c(\mu_M) > E_c(\pi_A) \Leftrightarrow \mu_M < \pi_A,\quad "
    r"E_c(\mu) = \frac{(1-\alpha_A)^2}{\mu}+\frac{\alpha_A^2}{1-\mu}",
    source="ours, after zhang2023",
    proof=r"Let the similarity be $u$ on pairs of one class and $v$ on others, and $\mu$ the probability that a "
    r"negative pair is of one class. The loss is $-2((1-\alpha_A)u+\alpha_Av)+\mu u^2+(1-\mu)v^2$, of which "
    r"$-E_c(\mu)$ is the minimum, at $u \ge v$ where $\mu \le 1-\alpha_A$. There $E_c$ falls, as its derivative is "
    r"$-(1-\alpha_A)^2/\mu^2+\alpha_A^2/(1-\mu)^2$. In full: "
    "docs/shortcuts.md#weighted-negatives-and-thresholds-drawn.",
    lhs=lambda q: _class_energy(q, q.negative_collision) - _class_energy(q, q.augmentation_collision),
    rhs=lambda q: q.augmentation_collision - q.negative_collision,
    requires=(several_classes, positives_agree_more, negatives_differ),
    per_k=False,
)

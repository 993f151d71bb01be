"""Bound the labeling error of text-induced pairs by that of image–text pairs."""

from typing import Any

from ...worlds.extremal import independent, two_images
from ..assumptions import several_classes
from ..theorem import Extremal, Kind, Theorem
from ..trivial import largest_residual

label_transfer = Theorem(
    slug="label-transfer",
    title="Labeling error of text-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"\alpha_T \le 2\alpha - \alpha^2",
    source="zhang2023, sharp form",
    proof=r"$1-\alpha = \langle A^\top Y,W\rangle \le \lVert A^\top Y\rVert_F\lVert W\rVert_F = \sqrt{1-\alpha_T}$, "
    r"as $\lVert W\rVert_F = 1$; square both sides.",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: 2 * q.labeling_error - q.labeling_error**2,
    per_k=False,
    trivial=largest_residual,
    extremal=Extremal(two_images, attained=False),
    implied_by=("label-transfer-classes",),
)


def transferred(q: Any) -> Any:
    """Bound the labeling error of text-induced pairs by 2α − α²·r/(r−1), r the number of classes."""
    return 2 * q.labeling_error - q.labeling_error**2 * q.n_classes / (q.n_classes - 1)


label_transfer_classes = Theorem(
    slug="label-transfer-classes",
    title="Labeling error of text-induced pairs, with the number of classes",
    kind=Kind.UPPER_BOUND,
    statement=r"\alpha_T \le 2\alpha - \frac{r}{r-1}\alpha^2",
    source="ours; the nearest-neighbour bound of Cover and Hart, for texts",
    proof="Let a text have the labeling error $a$. Its label has the posterior $1-a$ and the other $r-1$ classes "
    r"share $a$, so $\sum_iP(i|l)^2 \ge (1-a)^2+\frac{a^2}{r-1}$, and two images of this text differ in class with "
    r"probability $2a-\frac{r}{r-1}a^2$ at most. This is concave in $a$, whose mean is $\alpha$. Equality for "
    "isotropic noise. In full: docs/sharper.md#label-transfer-classes.",
    lhs=lambda q: q.text_induced_error,
    rhs=transferred,
    requires=(several_classes,),
    per_k=False,
    trivial=largest_residual,
    extremal=Extremal(two_images, attained=True),
)

label_transfer_bayes = Theorem(
    slug="label-transfer-bayes",
    title="Labeling error of text-induced pairs by the least labeling error of any texts' labels",
    kind=Kind.UPPER_BOUND,
    statement=r"\alpha_T \le 2\alpha^\star - \frac{r}{r-1}(\alpha^\star)^2",
    source="ours; found by search",
    proof=r"$\alpha_T$ does not read the labels of the texts, so `label-transfer-classes` holds with the best ones, "
    r"whose labeling error is $\alpha^\star$. In full: docs/sharper.md#label-transfer-bayes.",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: 2 * q.bayes_labeling_error - q.bayes_labeling_error**2 * q.n_classes / (q.n_classes - 1),
    requires=(several_classes,),
    per_k=False,
    trivial=largest_residual,
    extremal=Extremal(two_images, attained=True),
)

label_transfer_lower = Theorem(
    slug="label-transfer-lower",
    title="Labeling error of text-induced pairs from below",
    kind=Kind.LOWER_BOUND,
    statement=r"\alpha_T \ge \alpha^\star = \mathbb{E}_l\left[1-\max_i P(y_V=i\mid l)\right]",
    source="ours",
    proof=r"$1-\alpha_T$ is the mean over texts of $\sum_iP(i|l)^2 \le \max_iP(i|l)$. Equality where each text either "
    "tells the class or leaves some classes equally likely. In full: docs/sharper.md#label-transfer-lower.",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: q.bayes_labeling_error,
    per_k=False,
    extremal=Extremal(independent, attained=True),
)

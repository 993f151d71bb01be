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
    proof="1−α = ⟨AᵀY, W⟩ ≤ ‖AᵀY‖‖W‖ = √(1−α_T).",
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
    proof="Given a text with labeling error a the other r−1 classes share a, so Σ_i P(i|l)² ≥ (1−a)² + a²/(r−1); "
    "the right-hand side is concave in a. Equality for isotropic noise. In full: docs/sharper.md.",
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
    proof="α_T does not read the labels of the texts: `label-transfer-classes` with the best ones, whose labeling "
    "error is α*. In full: docs/sharper.md.",
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
    proof="Σ_i P(i|l)² ≤ max_i P(i|l). Equality where each text either tells the class or leaves some classes "
    "equally likely. In full: docs/sharper.md.",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: q.bayes_labeling_error,
    per_k=False,
    extremal=Extremal(independent, attained=True),
)

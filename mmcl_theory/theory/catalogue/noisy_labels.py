"""State what a probe answers that is fitted on noisy labels, which an attribute follows: the class or the attribute."""

from typing import Any

from ..assumptions import (
    as_wide_as_classes,
    positive_augmentation,
    same_marginals,
    several_classes,
    three_classes,
    unique_augmentation_projector,
    unique_projector,
)
from ..functions import maximum, minimum, rational
from ..theorem import Assumption, Kind, Theorem
from .shortcuts import NEAR, apart, beyond


def _middle(q: Any) -> Any:
    """Return the middle of the last eigenvalue that is learned and the first that is not."""
    return (q.lambda_k + q.lambda_next) / 2


noisy_labels = Assumption(
    name="labels of noise η, which the attribute follows",
    margin=lambda q: NEAR - q.label_distance,
    otherwise="labels are not noisy classes that the attribute follows: worlds.coloured_digits makes such",
)
colours_told = Assumption(
    name="captions tell the attribute, of r values",
    margin=lambda q: minimum(
        NEAR - q.attribute_error,
        rational(1, 2) - maximum(q.n_attributes - q.n_classes, q.n_classes - q.n_attributes),
    ),
    otherwise="captions do not tell the attribute exactly, or it has not as many values as there are classes",
)
attribute_tells = Assumption(
    name="q ≠ 1/r",
    margin=lambda q: apart(q.label_following, 1 / q.n_classes, maximum(q.label_distance, q.attribute_error)),
    otherwise="q = 1/r: the attribute says nothing of the label, so that all classes tie",
)
labels_held = Assumption(
    name="the encoder holds the law of the label",
    margin=lambda q: NEAR - q.label_gap,
    otherwise="the optimal encoder does not hold the law of the label: k is too small, or captions do not tell it",
)
noise_decides = Assumption(
    name="q ≠ 1 − η",
    margin=lambda q: apart(q.label_following, 1 - q.label_noise, maximum(q.label_distance, q.label_gap)),
    otherwise="q = 1 − η: the attribute tells the label as well as the class does, and nothing decides between them",
)
label_tells = Assumption(
    name="max(q, 1 − η) > 1/r",
    margin=lambda q: maximum(q.label_following, 1 - q.label_noise) - 1 / q.n_classes,
    otherwise="q, 1 − η ≤ 1/r: neither the class of an image nor its attribute is its most likely label",
)
label_prefers_class = Assumption(
    name="1/r < q < 1 − η",
    margin=lambda q: minimum(q.label_following - 1 / q.n_classes, 1 - q.label_noise - q.label_following),
    otherwise="q ≤ 1/r or q ≥ 1 − η: a probe that holds both does not answer the class, or one the attribute",
)
attribute_kept = Assumption(
    name="views keep the attribute, and the class apart from all else",
    margin=lambda q: NEAR - q.class_view_distance,
    otherwise="augmentation pairs do not keep the attribute always, and the class independently of all else",
)

coloured_thresholds_narrow = Theorem(
    slug="coloured-thresholds-narrow",
    title="An encoder as wide as there are colours, which captions tell, answers the colour where labels follow it",
    kind=Kind.DECISION,
    statement=r"S_r^y < -\tfrac12 \Leftrightarrow q > \tfrac1r",
    source="ours, after huang2024",
    proof=r"Captions tell the attribute $c$ exactly, so its functions have $\sigma_j = 1$, and they are the first "
    r"$r$. The fit is $\Pr[Y|c]$ for the label $Y$, which is $q$ for the attribute and $\frac{1-q}{r-1}$ for each "
    "other class: $S_r^y$ is $-1$, or 0 where these tie. In full: docs/shortcuts.md#a-noisy-label-and-a-style.",
    lhs=lambda q: -rational(1, 2) - q.label_choice,
    rhs=lambda q: q.label_following - 1 / q.n_classes,
    requires=(
        *(three_classes, as_wide_as_classes, noisy_labels, colours_told, attribute_tells),
        beyond(unique_projector, lambda q: q.attribute_error),
    ),
)

coloured_thresholds = Theorem(
    slug="coloured-thresholds",
    title="An encoder that holds the law of the label answers the class where labels are less noisy than colours",
    kind=Kind.DECISION,
    statement=r"S_k^y > 0 \Leftrightarrow q < 1-\eta",
    source="ours, after huang2024",
    proof=r"The fit is $\Pr[Y|x]$ for the label $Y$. Where class and attribute differ it is in proportion to "
    r"$(1-\eta)(1-q)$ for the class, $\eta q$ for the attribute and $\frac{\eta(1-q)}{r-1}$ for each other, and the "
    r"first exceeds the second where $1-\eta>q$. In full: docs/shortcuts.md#a-noisy-label-and-a-style.",
    lhs=lambda q: q.label_choice,
    rhs=lambda q: 1 - q.label_noise - q.label_following,
    requires=(several_classes, noisy_labels, unique_projector, labels_held, noise_decides, label_tells),
)

multi_against_single = Theorem(
    slug="multi-against-single",
    title="Single-modal learning answers the colour until the class is among what views keep best",
    kind=Kind.DECISION,
    statement=r"S_k^{Ay} > 0 \Leftrightarrow a_A^2 > \tfrac12(\lambda_k+\lambda_{k+1})",
    source="ours, after huang2024",
    proof="Functions of the attribute $c$ have the eigenvalue 1, and those of the class that have mean 0 given the "
    r"attribute have $a_A^2$. A unique encoder holds all of these or none. If all, the fit is $\Pr[Y|x]$ for the "
    r"label $Y$, and the class is answered, as $q<1-\eta$; if none, it is $\Pr[Y|c]$, and the attribute is, as "
    r"$q>\frac1r$. In full: docs/shortcuts.md#a-noisy-label-and-a-style.",
    lhs=lambda q: q.sscl_label_choice,
    rhs=lambda q: q.class_kept - _middle(q),
    requires=(
        *(several_classes, same_marginals, noisy_labels, attribute_kept, label_prefers_class),
        *(positive_augmentation, beyond(unique_augmentation_projector, lambda q: q.class_view_distance)),
    ),
)

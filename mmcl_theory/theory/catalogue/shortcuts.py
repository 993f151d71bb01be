"""State which is learned where a class goes with an attribute: the digit or its colour, the content or its style."""

import dataclasses
from typing import Any

from ..assumptions import (
    as_wide_as_classes,
    positive_augmentation,
    positive_resampled,
    several_classes,
    three_classes,
    unique_augmentation_projector,
    unique_projector,
    unique_resampled_projector,
)
from ..functions import maximum, minimum, rational
from ..theorem import Assumption, Formula, Kind, Theorem

# What rounding leaves of a total variation that is 0 is below 1e-15, and of a probability likewise.
NEAR = rational(1, 10**9)
# So many times its distance from the exact world must lie between what is kept of the one and of the other.
BEYOND = 1000


def _kept(error: Any, n: Any) -> Any:
    """Return the correlation of the two labels of a pair, of n equally likely values, from how often they differ."""
    return 1 - error / (1 - 1 / n)


def _caption_digit(q: Any) -> Any:
    """Return a, the probability that captions keep the digit."""
    return _kept(q.labeling_error, q.n_classes)


def _caption_colour(q: Any) -> Any:
    """Return b, the probability that captions keep the colour."""
    return _kept(q.attribute_error, q.n_classes)


def _view_class(q: Any) -> Any:
    """Return the correlation of the classes of two views: a_v², or x, the eigenvalue of functions of the content."""
    return _kept(q.augmentation_error, q.n_classes)


def _view_colour(q: Any) -> Any:
    """Return b_v², the correlation of the colours of two views."""
    return _kept(q.augmentation_attribute_error, q.n_classes)


def _view_style(q: Any) -> Any:
    """Return y, the eigenvalue of functions of the style."""
    return _kept(q.augmentation_attribute_error, q.n_attributes)


def _other(q: Any) -> Any:
    """Return the larger of y, the eigenvalue of functions of the style, and z, that of functions of both alone."""
    chance = (1 - q.augmentation_error) / q.n_attributes + (1 - q.augmentation_attribute_error) / q.n_classes
    both = q.augmentation_agreement - chance + 1 / (q.n_classes * q.n_attributes)
    return maximum(_view_style(q), both / ((1 - 1 / q.n_classes) * (1 - 1 / q.n_attributes)))


def _least_weight(q: Any) -> Any:
    """Return w*, from which weight of new pairs of one content on it is kept better than all else."""
    behind = _other(q) - _view_class(q)
    return behind / (behind + 1 + 1 / (q.n_attributes - 1))


def _least_share(q: Any) -> Any:
    """Return d*, from which dropped share of pairs, all of two contents, on the content is kept better."""
    allowed = (1 - _view_style(q)) * (1 - 1 / q.n_classes)
    return (q.augmentation_error - allowed) / (1 - allowed)


def _class_energy(q: Any, same: Any) -> Any:
    """Return E_c, what encoders of the class alone gain at best, for this probability of negatives of one class."""
    return (1 - q.augmentation_error) ** 2 / same + q.augmentation_error**2 / (1 - same)


def apart(one: Any, other: Any, distance: Any) -> Any:
    """Return by how much two numbers differ, beyond what the distance from an exact world could make of equal ones."""
    return maximum(one - other, other - one) - BEYOND * distance


def beyond(assumption: Assumption, distance: Formula) -> Assumption:
    """Return an assumption that two numbers differ, by more than a distance could make of equal ones.

    So equal eigenvalues that rounding has split are not taken for a cut.
    """
    return dataclasses.replace(assumption, margin=lambda q: assumption.margin(q) - BEYOND * distance(q))


coloured = Assumption(
    name="a coloured world",
    margin=lambda q: minimum(
        NEAR - q.coloured_distance,
        NEAR + minimum(q.attribute_correlation, minimum(_caption_digit(q), _caption_colour(q))),
    ),
    otherwise="it is not a coloured world: worlds.coloured makes one",
)
coloured_views = Assumption(
    name="views in a coloured world",
    margin=lambda q: minimum(
        NEAR - q.coloured_view_distance,
        NEAR + minimum(q.attribute_correlation, minimum(_view_class(q), _view_colour(q))),
    ),
    otherwise="augmentation pairs are not those of a coloured world: worlds.coloured makes such",
)
captions_prefer = Assumption(
    name="a ≠ b",
    margin=lambda q: apart(_caption_digit(q), _caption_colour(q), q.coloured_distance),
    otherwise="a = b: captions keep the digit as often as the colour, and nothing decides between them",
)
views_prefer = Assumption(
    name="a_v ≠ b_v",
    margin=lambda q: apart(_view_class(q), _view_colour(q), q.coloured_view_distance),
    otherwise="a_v = b_v: views keep the digit as often as the colour, and nothing decides between them",
)
captions_tell = Assumption(
    name="θ > 0 or a > b",
    margin=lambda q: (
        maximum(q.attribute_correlation, _caption_digit(q) - _caption_colour(q)) - BEYOND * q.coloured_distance
    ),
    otherwise="θ = 0 and a < b: the colour is learned, which says nothing of the digit, so that all classes tie",
)
views_tell = Assumption(
    name="θ > 0 or a_v > b_v",
    margin=lambda q: (
        maximum(q.attribute_correlation, _view_class(q) - _view_colour(q)) - BEYOND * q.coloured_view_distance
    ),
    otherwise="θ = 0 and a_v < b_v: the colour is learned, which says nothing of the digit, so that all classes tie",
)
some_styles = Assumption(
    name="s ≥ 2",
    margin=lambda q: q.n_attributes - 1,
    otherwise="there is a single style",
)
symmetric_styles = Assumption(
    name="pairs invariant under permutations of contents and of styles",
    margin=lambda q: NEAR - q.style_distance,
    otherwise="augmentation pairs are not invariant under permutations of the classes and of the attributes",
)
views_prefer_content = Assumption(
    name="x ≠ max(y, z)",
    margin=lambda q: apart(_view_class(q), _other(q), q.style_distance),
    otherwise="x = max(y, z): views keep the content as well as the style, and nothing decides between them",
)

class_or_colour = Theorem(
    slug="class-or-colour",
    title="Multi-modal learning answers what captions keep better: the class or the attribute",
    kind=Kind.DECISION,
    statement=r"S_r > 0 \Leftrightarrow a > b,\quad a = 1-\frac{\alpha}{1-1/r},\ b = 1-\frac{\alpha^c}{1-1/r}",
    source="ours",
    proof="The symmetry of digits and colours leaves the first r singular functions no choice but the constant and "
    "f_i = α1[d=i] + β1[c=i] + γ1[d=c=i].  These coefficients are not negative (Perron), and exchanging digit and "
    "colour changes the Rayleigh quotient by (α−β) times a number of the sign of a−b, so α > β where a > b.  S_r is 1 "
    "or −1.  Whole: docs/shortcuts.md.",
    lhs=lambda q: q.probe_choice,
    rhs=lambda q: _caption_digit(q) - _caption_colour(q),
    requires=(three_classes, as_wide_as_classes, coloured, captions_prefer, captions_tell, unique_projector),
)

class_or_colour_sscl = Theorem(
    slug="class-or-colour-sscl",
    title="Single-modal learning answers what views keep better: the class or the attribute",
    kind=Kind.DECISION,
    statement=r"S_r^A > 0 \Leftrightarrow a_v > b_v,\quad "
    r"a_v^2 = 1-\frac{\alpha_A}{1-1/r},\ b_v^2 = 1-\frac{\alpha_A^c}{1-1/r}",
    source="ours",
    proof="The eigenfunctions of pairs of views are the singular functions of the pairs of natural picture and view, "
    "on the side of the views, to which the proof of `class-or-colour` applies.  Whole: docs/shortcuts.md.",
    lhs=lambda q: q.sscl_choice,
    rhs=lambda q: _view_class(q) - _view_colour(q),
    requires=(
        *(three_classes, as_wide_as_classes, coloured_views, views_prefer, views_tell),
        *(positive_augmentation, unique_augmentation_projector),
    ),
)

content_or_style = Theorem(
    slug="content-or-style",
    title="Single-modal learning learns the content where views keep it better than all else",
    kind=Kind.DECISION,
    statement=r"r_r^A < \tfrac12(1-\tfrac1r) \Leftrightarrow x > \max(y,z),\quad x = 1-\frac{\alpha_A}{1-1/r},\ "
    r"y = 1-\frac{\alpha_A^c}{1-1/s},\ "
    r"z = \frac{\beta_A-(1-\alpha_A)/s-(1-\alpha_A^c)/r+1/(rs)}{(1-1/r)(1-1/s)}",
    source="ours",
    proof="x, y and z are the eigenvalues of functions of the content, of the style, and of both with mean 0 in each. "
    "Where x is the largest, the first r eigenfunctions span the classes: the residual is 0, and the probe is right "
    "everywhere.  Where it is not, and they are unique, they are orthogonal to the classes but for the constant: the "
    "residual is 1 − 1/r, and all classes tie.  Whole: docs/shortcuts.md.",
    lhs=lambda q: (1 - 1 / q.n_classes) / 2 - q.sscl_residual,
    rhs=lambda q: _view_class(q) - _other(q),
    requires=(
        *(several_classes, some_styles, as_wide_as_classes, symmetric_styles, views_prefer_content),
        *(positive_augmentation, beyond(unique_augmentation_projector, lambda q: q.style_distance)),
    ),
)


# What guided resampling does to pairs: of anything, and of contents and styles.

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
        NEAR + minimum(_view_class(q), _view_style(q)),
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
    proof="Any pairs are such a mixture, w being the least for which P_+ is not negative, and α_R − α_A = w(α_+−α_A).",
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
    proof="This is `resampling-add` with the two kinds of pairs exchanged: α_A − α_R = d(τ − α_R).  As α_A = "
    "(1−d)α_R + dτ lies between the other two where 0 < d < 1, τ > α_R where τ > α_A.",
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
    proof="In new pairs functions of the content have the eigenvalue 1, and those of the style and of both −1/(s−1).  "
    "So x' = (1−w)x + w and max(y', z') = (1−w)·o − w/(s−1), which are equal at w*, and `content-or-style` applies.  "
    "Whole: docs/shortcuts.md.",
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
    proof="What is dropped is of two contents and of any styles, so y' = y and z' = x'y, and α_R = (α_A − d)/(1 − d), "
    "so that x' = 1 − α_R/(1 − 1/r) exceeds y where α_R < α_s, that is d > d*.  `content-or-style` applies.  Whole: "
    "docs/shortcuts.md.",
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
    proof="With similarity u on pairs of one class and v on others the loss is −2[(1−α)u + αv] + μu² + (1−μ)v², of "
    "which −E_c(μ) is the minimum, at u ≥ v where μ ≤ 1 − α.  There E_c decreases, from its derivative "
    "−(1−α)²/μ² + α²/(1−μ)².",
    lhs=lambda q: _class_energy(q, q.negative_collision) - _class_energy(q, q.augmentation_collision),
    rhs=lambda q: q.augmentation_collision - q.negative_collision,
    requires=(several_classes, positives_agree_more, negatives_differ),
    per_k=False,
)

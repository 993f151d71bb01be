"""State which is learned where a class goes with an attribute: the digit or its colour, the content or its style."""

import dataclasses
from typing import Any

from ..assumptions import (
    as_wide_as_classes,
    positive_augmentation,
    several_classes,
    three_classes,
    unique_augmentation_projector,
    unique_projector,
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


def view_class(q: Any) -> Any:
    """Return the correlation of the classes of two views: a_v², or x, the eigenvalue of functions of the content."""
    return _kept(q.augmentation_error, q.n_classes)


def _view_colour(q: Any) -> Any:
    """Return b_v², the correlation of the colours of two views."""
    return _kept(q.augmentation_attribute_error, q.n_classes)


def view_style(q: Any) -> Any:
    """Return y, the eigenvalue of functions of the style."""
    return _kept(q.augmentation_attribute_error, q.n_attributes)


def largest_other(q: Any) -> Any:
    """Return the larger of y, the eigenvalue of functions of the style, and z, that of functions of both alone."""
    chance = (1 - q.augmentation_error) / q.n_attributes + (1 - q.augmentation_attribute_error) / q.n_classes
    both = q.augmentation_agreement - chance + 1 / (q.n_classes * q.n_attributes)
    return maximum(view_style(q), both / ((1 - 1 / q.n_classes) * (1 - 1 / q.n_attributes)))


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
        NEAR + minimum(q.attribute_correlation, minimum(view_class(q), _view_colour(q))),
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
    margin=lambda q: apart(view_class(q), _view_colour(q), q.coloured_view_distance),
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
        maximum(q.attribute_correlation, view_class(q) - _view_colour(q)) - BEYOND * q.coloured_view_distance
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
    margin=lambda q: apart(view_class(q), largest_other(q), q.style_distance),
    otherwise="x = max(y, z): views keep the content as well as the style, and nothing decides between them",
)

class_or_colour = Theorem(
    slug="class-or-colour",
    title="Multi-modal learning answers what captions keep better: the class or the attribute",
    kind=Kind.DECISION,
    statement=r"S_r > 0 \Leftrightarrow a > b,\quad a = 1-\frac{\alpha}{1-1/r},\ b = 1-\frac{\alpha^c}{1-1/r}",
    source="ours",
    proof="The symmetry of digits $d$ and colours $c$ leaves the first $r$ singular functions no choice but the "
    r"constant and $f_i = w_1\cdot1[d=i]+w_2\cdot1[c=i]+w_3\cdot1[d=c=i]$. The weights are not negative (Perron), and "
    "exchanging digit and colour changes the Rayleigh quotient by $w_1-w_2$ times a number of the sign of $a-b$, so "
    "$w_1>w_2$ where $a>b$. $S_r$ is 1 or $-1$. In full: docs/shortcuts.md#class-or-colour.",
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
    "on the side of the views, to which the proof of `class-or-colour` applies. In full: "
    "docs/shortcuts.md#class-or-colour.",
    lhs=lambda q: q.sscl_choice,
    rhs=lambda q: view_class(q) - _view_colour(q),
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
    proof="$x$, $y$ and $z$ are the eigenvalues of functions of the content, of the style, and of both with mean 0 in "
    "each. Where $x$ is the largest, the first $r$ eigenfunctions span the classes: the residual is 0, and the probe "
    "is right everywhere. Where it is not, they are orthogonal to functions of the content of mean 0, as they are "
    r"unique: the residual is $1-\frac1r$, and all classes tie. In full: docs/shortcuts.md#content-or-style.",
    lhs=lambda q: (1 - 1 / q.n_classes) / 2 - q.sscl_residual,
    rhs=lambda q: view_class(q) - largest_other(q),
    requires=(
        *(several_classes, some_styles, as_wide_as_classes, symmetric_styles, views_prefer_content),
        *(positive_augmentation, beyond(unique_augmentation_projector, lambda q: q.style_distance)),
    ),
)

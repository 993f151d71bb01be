"""Make synthetic worlds with both kinds of positive pairs, image–text pairs and augmentation pairs.

The constructions are ours, for the comparison of MMCL with SSCL (theory, section 4).
"""

from functools import reduce

import numpy as np
import scipy

from .. import _checks
from ..joints.coloured import kept
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from .world import World, image_text_law

# A Gaussian of width at most 1 is summed over these turns around the circle; the rest is of order e^(−9.5²/2) ≈ 3e-20.
TURNS = range(-9, 10)
# The least width lies far below the spacing of as many images as can be held, and far from where (1/width)² overflows.
NARROWEST = 1e-6
METHODS = ("add_new_positive", "drop_false_positive")  # how ``resampled`` resamples


def content_style(
    n_contents: int = 6,
    n_styles: int = 8,
    n_classes: int = 3,
    radius: int = 1,
    content_change: float = 0.05,
    caption_error: float = 0.1,
    caption_omission: float = 0.2,
    caption_of: str = "natural",
    style_change: float | None = None,
) -> World:
    """Make images that are a content in a style: augmentations move the style, captions name the content.

    Each of r classes has m/r of the m contents, and their images; the s styles lie on a ring.  Natural images are
    uniform.  An augmentation moves the style uniformly within ± ``radius`` (or, with probability ``style_change``, to a
    uniformly random other style) and, independently, with probability ``content_change`` puts a uniformly random other
    content in place.  A caption, of the image that was viewed or of
    the view itself (``caption_of``), has in mind its content or, with probability ``caption_error``, a uniformly random
    other one; it names that content or, with probability ``caption_omission``, only its class.

    The knobs control everything in closed form.  With ν = 1 − m/(m−1) · ``content_change``,
    μ = 1 − m/(m−1) · ``caption_error``, times ν for captions of the natural image, and
    β_j = (1 + 2 Σ_{t=1…radius} cos(2πjt/s)) / (2·radius + 1), or β_0 = 1 and β_j = 1 − s/(s−1) · ``style_change``:

    - α = (1−μ)(1−1/r) and α_T = (1−μ²)(1−1/r); α_A = (1−ν²)(1−1/r);
    - σ is 1, then |μ| (r−1 times), |μ|√(1−``caption_omission``) (m−r times), and 0: captions forget the style, and the
      vaguer they are, the further the classes stand out;
    - λ is β_j² (once) and ν²β_j² (m−1 times) for each j = 0 … s−1: where β_1² > ν², ``radius`` being small, the optimal
      encoder of SSCL sees the style before the content.

    Captions of the natural image satisfy `consistency-or-diversity`: μ² ≤ ν², so α_T ≥ α_A; those of the view need not.

    Parameters
    ----------
    n_contents, n_styles, n_classes
        Numbers of contents, m ≥ 2, of styles, s ≥ 1, and of classes, r, which divides m.
    radius
        Largest move of the style, in 0 … (s−1)/2, so that no style is reached in two ways.
    content_change, caption_error, caption_omission
        Probabilities, in [0, 1].
    caption_of, style_change
        "natural" or "view"; a probability in [0, 1] in the place of ``radius``, or None for styles on a ring.

    Returns
    -------
    World
        Image c·s + j is content c in style j, so n_V = ms.  The first m texts name the contents, the last r the
        classes; those that no caption uses (``caption_omission`` 0 or 1) are left out.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> world = mt.worlds.content_style(n_contents=4, n_styles=5, n_classes=2, content_change=0.03, caption_error=0.15)
    >>> world.joint
    Joint(20 images × 6 texts, 2 classes)
    >>> round(float(world.joint.labeling_error), 12), round(float(world.augmentation.labeling_error), 12)
    (0.116, 0.0392)
    """
    m = _checks.integer("n_contents", n_contents, 2)
    s = _checks.integer("n_styles", n_styles, 1)
    r = _checks.integer("n_classes", n_classes, 1, m)
    if m % r:
        raise ValueError(f"n_classes: must divide the number of contents, {m}, got {_checks.quoted(n_classes)}")
    _checks.dense_size("n_contents", m * s, max(m * s, m + r))
    change = _checks.real("content_change", content_change, 0, 1)
    error = _checks.real("caption_error", caption_error, 0, 1)
    omission = _checks.real("caption_omission", caption_omission, 0, 1)

    class_of = np.arange(m) * r // m
    naming, text_labels = _naming(class_of, r, omission)
    captions = np.repeat(_other(m, error) @ naming, s, axis=0)
    views = np.kron(_other(m, change), _moves(s, radius, style_change))
    law = image_text_law(views, captions, caption_of)
    joint = Joint(law, np.repeat(class_of, s), text_labels, n_classes=r)
    return World.of_views(joint, views, attribute=(np.tile(np.arange(s), m), None))


def kernel(
    n_images: int = 40,
    n_texts: int = 30,
    n_classes: int = 4,
    augmentation_width: float = 0.05,
    caption_width: float = 0.1,
    caption_of: str = "natural",
) -> World:
    """Make images and texts that are points on the circle [0, 1): augmentations and captions land near their image.

    Image x is at the point (x+½)/n_V, text l at (l+½)/n_L, and classes are equal arcs.  Natural images are uniform.  A
    caption is drawn among the texts, an augmentation among the images, in proportion to a Gaussian of the distance to
    the image, wrapped around the circle.  A view comes with a caption of the "natural" image that was viewed, or of the
    "view" itself (``caption_of``).

    The width w of captions controls α and σ, and the width v of augmentations α_A and λ: wide is noisy and well
    connected.  With as many texts as images, n, all distributions are circulant: λ are the κ_j(v)², and σ the
    κ_j(w)κ_j(v) for captions of the natural image, the κ_j(w) for captions of the view, j = 0 … n−1 in some order,

        κ_j(w) = Σ_{i∈ℤ} exp(−2π²w²(j + in)²) / Σ_{i∈ℤ} exp(−2π²w²(in)²),

    which is exp(−2π²w² min(j, n−j)²) as near as can be seen when w is several times 1/n.  If moreover r ≥ 2 divides n,
    a pair at distance d on the circle is of different classes with probability min(1, r·d), so α_A = E min(1, r·d) is
    about 2rv/√π, and α about r√(2/π) times √(v²+w²) or, for captions of the view, w, as long as these are small.
    Captions of the natural image have σ_j² ≤ λ_j and α_T ≥ α_A (`consistency-or-diversity`); narrow captions of the
    view have not.

    Parameters
    ----------
    n_images, n_texts
        Numbers of images and texts, n_V, n_L ≥ 1.
    n_classes
        Number of classes, r in 1 … n_V.
    augmentation_width, caption_width
        v and w, standard deviations in [1e-6, 1], the circle being of length 1.  At 1 the distribution is uniform
        within 1e-8.
        If ``caption_width`` is far below 1/n_V, texts between the images may be left without mass: the joint drops
        them, with a warning.
    caption_of
        "natural" or "view".

    Returns
    -------
    World
        The world; its image marginal is uniform.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import math, mmcl_theory as mt
    >>> world = mt.worlds.kernel(n_images=40, n_texts=40, n_classes=2, augmentation_width=0.05, caption_width=0.1)
    >>> variance = 0.05**2 + 0.1**2
    >>> second = math.exp(-2 * math.pi**2 * variance)
    >>> bool(abs(world.joint.labeling_error - 2 * math.sqrt(variance * 2 / math.pi)) < 1e-3)
    True
    >>> bool(abs(mt.factorize(world.joint, 1).singular_values[1] - second) < 1e-12)
    True
    """
    n_images = _checks.integer("n_images", n_images, 1)
    n_texts = _checks.integer("n_texts", n_texts, 1)
    _checks.dense_size("n_images", n_images, max(n_images, n_texts))
    r = _checks.integer("n_classes", n_classes, 1, n_images)
    augmentation_width = _checks.real("augmentation_width", augmentation_width, NARROWEST, 1)
    caption_width = _checks.real("caption_width", caption_width, NARROWEST, 1)

    image_labels, text_labels = (r * (2 * np.arange(n) + 1) // (2 * n) for n in (n_images, n_texts))
    views = _wrapped_gaussian(n_images, n_images, augmentation_width)
    law = image_text_law(views, _wrapped_gaussian(n_images, n_texts, caption_width), caption_of)
    return World.of_views(Joint(law, image_labels, text_labels, n_classes=r), views)


def _other(n: int, probability: float) -> np.ndarray:
    """Make the channel that replaces one of n things, with some probability, by a uniformly random other one."""
    return np.where(np.eye(n, dtype=bool), 1 - probability, probability / (n - 1))


def _moves(n: int, radius: int, change: float | None) -> np.ndarray:
    """Make the channel that moves one of n styles on a ring, or changes it with some probability."""
    if change is not None:
        return _other(n, _checks.real("style_change", change, 0, 1)) if n > 1 else np.eye(1)
    radius = _checks.integer("radius", radius, 0, (n - 1) // 2)
    return (_ring_distance(np.arange(n), np.arange(n), n) <= radius) / (2 * radius + 1)


def _naming(class_of: np.ndarray, r: int, omission: float) -> tuple[np.ndarray, np.ndarray]:
    """Make the channel from contents to the texts that name them, or only their class, and the classes of the texts."""
    naming = np.hstack([(1 - omission) * np.eye(len(class_of)), omission * np.eye(r)[class_of]])
    used = naming.any(axis=0)
    return naming[:, used], np.concatenate([class_of, np.arange(r)])[used]


def _ring_distance(here: np.ndarray, there: np.ndarray, length: int) -> np.ndarray:
    """Measure the shorter way round a ring of ``length`` steps, between integers; shape (len(here), len(there))."""
    way = (here[:, None] - there[None, :]) % length
    return np.minimum(way, length - way)


def _wrapped_gaussian(n: int, m: int, width: float) -> np.ndarray:
    """Make the channel from n equally spaced points of the circle to m, by a wrapped Gaussian; shape (n, m)."""
    # Distances in whole steps of 1/(2nm): equal distances are equal to the last bit.
    length = 2 * n * m
    distance = _ring_distance((2 * np.arange(n) + 1) * m, (2 * np.arange(m) + 1) * n, length) / length
    # In logarithms, so that a kernel narrower than the spacing of points still has a largest weight.
    return scipy.special.softmax(
        reduce(np.logaddexp, (-(((distance + turn) / width) ** 2) / 2 for turn in TURNS)), axis=1
    )


def resampled(
    n_contents: int = 3,
    n_styles: int = 3,
    content_kept: float = 0.4,
    style_kept: float = 0.6,
    method: str = "add_new_positive",
    strength: float = 0.3,
) -> World:
    """Make images that are a content in a style, and resample their pairs by a guide that knows the contents.

    An image is one of m contents in one of n_S styles, all equally likely.  The two images of an augmentation pair have
    the same content with probability ``content_kept``, λ_c, else any two, and independently the same style with
    ``style_kept``, λ_s.  Guided resampling mixes in new pairs, an image and any of the n_S − 1 others of its content,
    with a weight w, or drops a share d of all pairs, of those of two contents (d at most as many as there are,
    ε = (1−λ_c)(1−1/m)).  A text tells a content in a style, those of its image as far as the other image of a pair has
    them.  The content is the class, and the style the attribute.

    The knobs control everything in closed form: λ and σ are 1, λ_c (m−1 times), λ_s (n_S−1 times) and λ_cλ_s.  After
    resampling the eigenvalues of functions of the content, of the style and of both are

    - (1−w)λ_c + w, (1−w)λ_s − w/(n_S−1) and (1−w)λ_cλ_s − w/(n_S−1), with new pairs of weight w;
    - λ_c' = 1 − (ε−d)/((1−d)(1−1/m)), λ_s and λ_c'λ_s, without a share d.

    So an encoder of dimension m = n_S learns the content where w > w* = (λ_s−λ_c)/(λ_s−λ_c+1+1/(n_S−1))
    (`resampling-threshold-add`), or d > d* = (ε−ε_s)/(1−ε_s), ε_s = (1−λ_s)(1−1/m) (`resampling-threshold-drop`).

    Parameters
    ----------
    n_contents, n_styles
        m and n_S, each at least 2.
    content_kept, style_kept
        λ_c and λ_s, in [0, 1].
    method
        "add_new_positive" or "drop_false_positive".
    strength
        w in [0, 1], or d.

    Returns
    -------
    World
        Image c·n_S + j is content c in style j, and so is text c·n_S + j.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> for strength in (0.1, 0.15):  # w* = 0.2/1.7
    ...     world = mt.worlds.resampled(strength=strength)
    ...     parts = {"augmentation": world.augmentation, "resampled": world.resampled, "attribute": world.attribute}
    ...     table = mt.verify(mt.Instance(world.joint, **parts), 3, "resampling-threshold-add")
    ...     [round(float(table[side][0]), 3) for side in ("lhs", "rhs")], table.verdict[0]
    ([-0.333, -0.018], 'holds')
    ([0.333, 0.032], 'holds')
    """
    m, s = _checks.integer("n_contents", n_contents, 2), _checks.integer("n_styles", n_styles, 2)
    _checks.dense_size("n_contents", m * s, m * s)
    content, style = (_checks.real(*of, 0, 1) for of in (("content_kept", content_kept), ("style_kept", style_kept)))
    strength = _checks.real("strength", strength, 0, 1)
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"method: must be one of {', '.join(METHODS)}, got {_checks.quoted(method)}")
    law = np.kron(kept(np.eye(m), m, content), kept(np.eye(s), s, style)) / (m * s)
    contents, styles = np.divmod(np.arange(m * s), s)
    same = contents[:, None] == contents
    if method == "add_new_positive":
        changed = (1 - strength) * law + strength * (same & (styles[:, None] != styles)) / (m * s * (s - 1))
    else:
        error = (1 - content) * (1 - 1 / m)
        share = min(strength, error)
        changed = law * np.where(same, 1, 1 - share / error if error else 1) / (1 - share)
    graphs = [PairGraph.of_symmetric(pairs, contents, m) for pairs in (law, changed)]
    return World(Joint(law, contents, contents, n_classes=m), graphs[0], (styles, styles), graphs[1])

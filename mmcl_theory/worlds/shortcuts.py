"""Make worlds with a shortcut: digits in a colour, which may follow a noisy label (huang2024), a scarce modality."""

import numpy as np

from .. import _checks
from ..joints.coloured import kept, picture_mass, replaced
from ..joints.joint import Joint
from .world import World, check_caption_of

TELLING = ("label", "digit")  # what captions tell beside the colour


def coloured(
    n_classes: int = 10,
    correlation: float = 0.5,
    digit_kept: float = 0.9,
    colour_kept: float = 0.5,
    view_digit_kept: float = 0.7,
    view_colour_kept: float = 0.9,
) -> World:
    """Make pictures of a digit in a colour, which go together: captions and views keep the one better or the other.

    A natural picture has one of m digits and one of m colours, p(d,c) = (1/m)[θ·1[c = d] + (1−θ)/m].  A view keeps the
    digit with probability ``view_digit_kept``, a_v, else has any of the m, and independently the colour with
    ``view_colour_kept``, b_v.  Images are views: they are pictures of correlation θ_V = θ·a_v·b_v.  A caption of an
    image keeps its digit with probability ``digit_kept``, a, and its colour with ``colour_kept``, b, likewise.  The
    digit is the class, and the colour the attribute.  Where a_v = b_v = 1, images are the natural pictures.

    The knobs control everything in closed form.  Write s(m, θ, a, b) for the m² numbers, with θ' = abθ,
    t = θ + (1−θ)/m, t' = θ' + (1−θ')/m:

    - 1, and a²b²·t(1−t)/(t'(1−t')), the part of 1[c = d];
    - a²b²(1−θ)/(1−θ'), m²−3m+1 times;
    - the three eigenvalues of T = KR, m−1 times each, where K = [[a, 0, a(1−b)/m], [0, b, b(1−a)/m], [0, 0, ab]] and
      the columns of R are those of functions of a picture on functions of what is told, in the basis 1[d = i],
      1[c = i], 1[d = c = i]: (a(1−bθ), bθ(1−a), abθ(1−a)(1−bθ)/t')/(1−θ'), the same with the roles exchanged,
      and t(a(1−b), b(1−a), ab(1−θ(a+b−ab))/t')/(1−θ').

    Then σ² is s(m, θ_V, a, b), and λ is s(m, θ, a_v, b_v); α = (1−a)(1−1/m), and α_A = (1−a_v²)(1−1/m).  An encoder
    of dimension m learns the digit where a > b and the colour where a < b, whatever θ is (`class-or-colour`), and one
    that sees the pairs of views where a_v > b_v (`class-or-colour-sscl`).

    Parameters
    ----------
    n_classes
        The number of digits and of colours, m ≥ 3.
    correlation
        θ in [0, 1): 0 where colours say nothing of digits.
    digit_kept, colour_kept
        a and b in [0, 1], of captions.
    view_digit_kept, view_colour_kept
        a_v and b_v in [0, 1], of views.

    Returns
    -------
    World
        Image m·d + c is digit d in colour c, and so is text m·d + c; the attributes of both are the colours.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> world = mt.worlds.coloured(3, correlation=0.8, digit_kept=0.6, colour_kept=0.5)
    >>> world.joint, round(float(world.joint.labeling_error), 12)
    (Joint(9 images × 9 texts, 3 classes), 0.266666666667)
    >>> instance = mt.Instance(world.joint, attribute=world.attribute, augmentation=world.augmentation)
    >>> mt.verify(instance, 3, ["class-or-colour", "class-or-colour-sscl"])[["lhs", "rhs", "verdict"]].round(3)
       lhs   rhs verdict
    0  1.0  0.10   holds
    1 -1.0 -0.32   holds
    """
    m = _checks.integer("n_classes", n_classes, 3)
    _checks.dense_size("n_classes", m * m, m * m)
    theta = _checks.real("correlation", correlation, 0, 1)
    if theta == 1:
        raise ValueError("correlation: must be below 1, where every digit has a colour of its own, got 1")
    a = _checks.real("digit_kept", digit_kept, 0, 1)
    b = _checks.real("colour_kept", colour_kept, 0, 1)
    a_v = _checks.real("view_digit_kept", view_digit_kept, 0, 1)
    b_v = _checks.real("view_colour_kept", view_colour_kept, 0, 1)

    same = np.eye(m)
    images = picture_mass(same, m, theta * a_v * b_v).ravel()
    captions = np.kron(kept(same, m, a), kept(same, m, b))
    views = np.kron(kept(same, m, a_v), kept(same, m, b_v))
    digits, colours = np.divmod(np.arange(m * m), m)
    joint = Joint(images[:, None] * captions, digits, digits, n_classes=m)
    return World.of_views(joint, views, picture_mass(same, m, theta).ravel(), attribute=(colours, colours))


def coloured_digits(
    n_classes: int = 10,
    label_noise: float = 0.1,
    following: float = 0.775,
    n_styles: int = 1,
    captions_tell: str = "label",
    digit_kept: float = 0.8,
    style_kept: float = 0.95,
    caption_of: str = "view",
) -> World:
    """Make images that are a digit in a colour and a style: the colour follows a label, which follows the digit.

    Digits are uniform over m classes.  A label is the digit or, with probability η = ``label_noise``, any other class;
    the colour is the class of the label with probability q = ``following``, otherwise any other; the style is
    independent and uniform.  A caption tells the colour and either the label or the digit.  A view keeps the colour
    always, the style with probability s = ``style_kept`` (otherwise it is drawn anew) and the digit with probability
    a = ``digit_kept`` (otherwise it is drawn anew among images of that colour).  The classes of the joint are digits.

    The knobs control everything in closed form.  With ν = η/(m−1), β = (1−q)/(m−1), δ = β(1−ν) + qν and
    π = q(1−η) + (1−q)ν, the probability that digit and colour agree:

    - λ is 1 (m times: colours), s² (m(n_S−1) times: styles of a colour), a² (m(m−1) times: digits of a colour) and a²s²
      (m(m−1)(n_S−1) times): where s² > a², SSCL of at most m·n_S dimensions does not see the digit;
    - σ, if captions tell the label, are 1 (m times), (1−η−ν)√(q(1−q)/(π(1−π))) (m times), (1−η−ν)√(β/δ) (m(m−2) times)
      and 0; if they tell the digit, 1 as often as digits and colours occur together, and 0.

    Both are of captions of the view.  How a text encoder that is linear in digit and colour changes σ, and which
    class a linear probe then answers, is computed by ``dynamics.digit_answers``.

    Parameters
    ----------
    n_classes
        m ≥ 3, as many colours as classes.
    label_noise, following
        η in (0, 1) and q in (0, 1).
    n_styles
        n_S ≥ 1.
    captions_tell
        "label" or "digit".
    digit_kept, style_kept
        a and s, in [0, 1].
    caption_of
        Whether the caption of a pair is that of the image itself, "view", as in training on images that are not
        altered, or of the "natural" image that it is a view of.

    Returns
    -------
    World
        Image (d·m + c)·n_S + j is digit d in colour c and style j, text y·m + c tells y and colour c; the attribute is
        the colour.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> world = mt.worlds.coloured_digits(n_classes=4, n_styles=2)
    >>> world.joint
    Joint(32 images × 16 texts, 4 classes)
    """
    m = _checks.integer("n_classes", n_classes, 3)
    n_styles = _checks.integer("n_styles", n_styles, 1)
    _checks.dense_size("n_classes", m**2 * n_styles, m**2 * n_styles)
    natural = check_caption_of(caption_of) == "natural"
    captions, views = channels(m, label_noise, following, n_styles, captions_tell, digit_kept, style_kept)
    digits = np.repeat(np.arange(m), m * n_styles)
    law = training_law(m, label_noise, following)
    marginal = np.repeat(law.sum(axis=1).ravel() / n_styles, n_styles)
    told = (law / law.sum(axis=1, keepdims=True)).transpose(0, 2, 1).reshape(m * m, m)
    paired = marginal[:, None] * captions
    joint = Joint(views.T @ paired if natural else paired, digits, np.repeat(np.arange(m), m), n_classes=m)
    colours = np.tile(np.arange(m), m)
    attribute = (np.repeat(colours, n_styles), colours)
    return World.of_views(joint, views, marginal, attribute, np.repeat(told, n_styles, axis=0))


def training_law(n_classes: int, label_noise: float, following: float) -> np.ndarray:
    """Compute the probability of digit, label and colour in training, shape (m, m, m).

    Examples
    --------
    >>> law = training_law(3, 0.1, 0.7)
    >>> float(law.sum().round(12)), float((law[0, 0, 0] * 3).round(12))
    (1.0, 0.63)
    """
    labels = _replaced(n_classes, label_noise, "label_noise")
    colours = _replaced(n_classes, 1 - _checks.real("following", following, 0, 1), "following")
    return labels[:, :, None] * colours[None, :, :] / n_classes


def _replaced(m: int, probability: float, name: str) -> np.ndarray:
    """Make the channel that replaces a class, with some probability, by a uniformly random other one."""
    probability = _checks.real(name, probability, 0, 1)
    if probability in (0, 1):
        raise ValueError(f"{name}: must be above 0 and below 1, so that every picture occurs")
    return replaced(np.eye(m), m - 1, probability)


def channels(
    m: int,
    label_noise: float,
    following: float,
    n_styles: int,
    captions_tell: str,
    digit_kept: float,
    style_kept: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Make the channels from images to captions and from images to views, the arguments as for ``coloured_digits``."""
    if not isinstance(captions_tell, str) or captions_tell not in TELLING:
        raise ValueError(f"captions_tell: must be 'label' or 'digit', got {_checks.quoted(captions_tell)}")
    digit_kept = _checks.real("digit_kept", digit_kept, 0, 1)
    style_kept = _checks.real("style_kept", style_kept, 0, 1)
    law = training_law(m, label_noise, following)
    pictures = law.sum(axis=1)
    digits, colours, styles = (part.ravel() for part in np.indices((m, m, n_styles)))
    # Pr[told | digit, colour]; a caption tells the colour of its picture.
    told = (law / pictures[:, None, :]).transpose(0, 2, 1) if captions_tell == "label" else np.eye(m)[:, None, :]
    captions = np.zeros((len(digits), m, m))
    captions[np.arange(len(digits)), :, colours] = np.broadcast_to(told, (m, m, m))[digits, colours]
    # What is drawn anew has the law that it had, so that views have that of images.
    drawn = (pictures / pictures.sum(axis=0))[digits, colours]
    digit = digit_kept * (digits[:, None] == digits) + (1 - digit_kept) * drawn
    style = style_kept * (styles[:, None] == styles) + (1 - style_kept) / n_styles
    return captions.reshape(len(digits), -1), digit * (colours[:, None] == colours) * style


def scarce(
    n_classes: int = 5,
    n_meanings: int = 4,
    class_kept: float = 0.7,
    meaning_kept: float = 0.8,
    following: float = 0.9,
    captions_tell: str = "meaning",
) -> Joint:
    """Make examples of a scarce modality beside texts: they share a meaning within the class, or the class alone.

    A thing has one of r classes and, within it, one of h meanings, all equally likely.  Its text tells the meaning or,
    by ``captions_tell``, the class alone.  Its example is a meaning and a shortcut.  With probability a =
    ``class_kept`` the meaning is of the thing's class, and then it is the thing's with probability κ =
    ``meaning_kept``, otherwise any of the class; with probability 1 − a it is any meaning at all.  The shortcut is the
    thing's class with probability b = ``following``, otherwise any class (after arXiv:2603.20181; the world is ours).

    The knobs control everything in closed form.  With q = (1−ab)/r, u = a(1−b)/r, v = b(1−a)/r and w = b + (1−b)/r, σ²
    is 1, then

    - r−1 times, of classes: (ab+u+v)²/(ab+q) + ((r−1)(u²+v²) − 2uv)/q;
    - r(h−1) times, of meanings within a class: a²κ²(w²/(ab+q) + (r−1)((1−b)/r)²/q), if texts tell them, and else 0.

    Parameters
    ----------
    n_classes, n_meanings
        r ≥ 2, and h ≥ 1 for each class.
    class_kept, meaning_kept, following
        a, κ and b, probabilities, a·b < 1.
    captions_tell
        "meaning" or "class".

    Returns
    -------
    Joint
        Image (y·h + j)·r + s shows meaning j of class y, its label, with shortcut s; text y·h + j, or y, tells it.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.worlds.scarce(n_classes=3, n_meanings=2)
    Joint(18 images × 6 texts, 3 classes)
    """
    r, h = _checks.integer("n_classes", n_classes, 2), _checks.integer("n_meanings", n_meanings, 1)
    _checks.dense_size("n_classes", r**2 * h, r**2 * h)
    a, kappa = (_checks.real(*pair, 0, 1) for pair in (("class_kept", class_kept), ("meaning_kept", meaning_kept)))
    b = _checks.real("following", following, 0, 1)
    if a * b == 1:
        raise ValueError("following: must be below 1 where class_kept is 1, so that every example occurs")
    if not isinstance(captions_tell, str) or captions_tell not in ("meaning", "class"):
        raise ValueError(f"captions_tell: must be 'meaning' or 'class', got {_checks.quoted(captions_tell)}")
    of_class = np.kron(np.eye(r), kappa * np.eye(h) + (1 - kappa) / h)
    shown = a * of_class + (1 - a) / (r * h)
    hinted = np.repeat(b * np.eye(r) + (1 - b) / r, h, axis=0)
    examples = (shown[:, :, None] * hinted[:, None, :]).reshape(r * h, -1)  # Pr[example | meaning]
    texts = np.eye(r * h) if captions_tell == "meaning" else np.repeat(np.eye(r), h, axis=0)
    return Joint(
        examples.T @ texts, np.repeat(np.arange(r), h * r), np.arange(r).repeat(texts.shape[1] // r), n_classes=r
    )

"""Make pictures that are a digit in a colour: a class and an attribute that goes with it (theory, section 15)."""

import numpy as np

from .. import _checks
from ..joints.coloured import kept, picture_mass
from ..joints.joint import Joint
from .world import World


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

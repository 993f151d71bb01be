"""Make worlds of real pictures, the drawings of emoji and of icons: augmentations transform them, tags caption them."""

import hashlib
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import scipy

from .. import _checks
from .._progress import progress_bar
from ..joints.fields import normalized_law
from ..joints.joint import Joint
from . import datasets
from .bundled import bundled_table
from .icons import WEIGHTS
from .world import World, check_caption_of, image_text_law

_FOUND: dict[Any, list[np.ndarray]] = {}
_KEPT = 16  # styles under their transformations, of a few hundred kilobytes each
POOL = 2  # side in pixels of the squares that are averaged before drawings are compared


def emoji_drawings(
    language: str = "en",
    labels: str = "group",
    other_drawing: float = 0.5,
    shift: int = 2,
    mirror: bool = True,
    caption_of: str = "natural",
) -> World:
    """Make the world of emoji as drawn: augmentations redraw, shift and mirror them; captions are the emoji's tags.

    The images are Google's drawings, in the order of the images of ``datasets.emoji``.  Natural images are the 1,906
    emoji, uniformly drawn.  A view of one is made in three steps:

    1. its drawing by Google or, with probability ``other_drawing``, the one by Twitter;
    2. moved by −``shift``, 0 or ``shift`` pixels to the right, and independently so down, onto white; and, with
       ``mirror``, flipped left to right with probability ½: all 9 or 18 outcomes are equally likely;
    3. replaced by the image whose drawing is nearest to it (the first, where several are): in Euclidean distance
       between the averages of each colour over squares of 2 × 2 pixels, 16·16·3 numbers.

    So 𝒜 is known by enumeration, and so is P_A; nothing is random.  A caption is a tag, uniformly drawn, of the emoji
    that was viewed ("natural") or of the emoji whose drawing the view is nearest to ("view").  The image marginal of
    P_A is that of the joint in either case.  Tags have their Bayes label.

    Captions of what was viewed are independent of the view given the emoji: `consistency-or-diversity` holds, and
    α_T = 0.571 is above α_A = 0.463.  Captions of what the view looks like need not satisfy it: α_T is 0.128.

    The knobs of the augmentation control α_A and λ.  For ``other_drawing=0, shift=0, mirror=False`` a view is the
    drawing itself, and α_A = 0.  Two drawings of one emoji may differ much: 37% of Twitter's are nearest to Google's of
    the same emoji, 61% to one of the same group.  Images that no view is nearest to are left out: 14 or more, namely
    emoji with the same drawing as an earlier one.

    Parameters
    ----------
    language, labels
        As for ``datasets.emoji``.
    other_drawing
        Probability of the drawing by Twitter, in [0, 1].
    shift
        Size of a move, in 0 … 31 pixels; drawings are 32 × 32.
    mirror
        Whether half of the views are mirror images.
    caption_of
        "natural" or "view".

    Returns
    -------
    World
        The world; ``joint.image_ids`` names the rows of ``datasets.drawings("google")`` that are its images.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, the message names it; or Pillow is not installed.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> world = mt.worlds.emoji_drawings(shift=0, mirror=False)
    >>> world.joint.n_images, round(float(world.augmentation.labeling_error), 4)
    (1892, 0.1952)
    """
    other_drawing = _checks.real("other_drawing", other_drawing, 0, 1)
    shift, mirror, caption_of = _checked(shift, mirror, caption_of)
    tagged = datasets.emoji(language, labels)
    shares = {"google": 1 - other_drawing, "twitter": other_drawing}
    drawn = {style: datasets.drawings(style) for style, share in shares.items() if share > 0 or style == "google"}
    return _drawn_world(tagged, drawn, shares, shift, mirror, caption_of)


def phosphor_drawings(
    other_drawing: float = 5 / 6, shift: int = 1, mirror: bool = False, caption_of: str = "natural"
) -> World:
    """Make the world of Phosphor's icons as drawn: augmentations change the weight of their lines and shift them.

    The images are the drawings in regular weight, in the order of the images of ``datasets.icons("phosphor")``.
    Natural images are the 1,422 icons, uniformly drawn.  A view is made as in ``emoji_drawings``:

    1. the drawing in regular weight or, with probability ``other_drawing``, one of the five others (thin, light, bold,
       fill, duotone), equally likely;
    2. moved by −``shift``, 0 or ``shift`` pixels each way, and with ``mirror`` mirrored with probability ½;
    3. replaced by the image whose drawing is nearest to it.

    By default no view is a mirror image, as direction is what many icons say: the mirror image of arrow-left is
    arrow-right.  Moves are of one pixel: lines are one or two pixels wide, and moved by two they are as near to any
    other icon (α_A = 0.754).  Captions are tags of the icon, as in ``emoji_drawings``: for "natural" ones
    `consistency-or-diversity` holds, and α_T = 0.622 is above α_A = 0.481; for those of the "view" α_T is 0.237.

    Parameters
    ----------
    other_drawing
        Probability of another weight than regular, in [0, 1]; by default all six are equally likely.
    shift
        Size of a move, in 0 … 31 pixels.
    mirror
        Whether half of the views are mirror images.
    caption_of
        "natural" or "view".

    Returns
    -------
    World
        The world; ``joint.image_ids`` says which images of ``datasets.icons("phosphor")`` are its images.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, the message names it; or Pillow is not installed.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> world = mt.worlds.phosphor_drawings(shift=0)
    >>> world.joint.n_images, round(float(world.augmentation.labeling_error), 4)
    (1422, 0.2025)
    """
    other_drawing = _checks.real("other_drawing", other_drawing, 0, 1)
    shift, mirror, caption_of = _checked(shift, mirror, caption_of)
    tagged = datasets.icons("phosphor")
    regular, *others = WEIGHTS["phosphor"]
    shares = {regular: 1 - other_drawing} | {weight: other_drawing / len(others) for weight in others}
    assert tagged.names is not None
    drawn_names = list(bundled_table("icons", "phosphor.tsv").name)
    rows = [drawn_names.index(name) for name in tagged.names.images]
    drawn = {
        weight: datasets.icon_drawings("phosphor", weight)[rows]
        for weight, share in shares.items()
        if share > 0 or weight == regular
    }
    return _drawn_world(tagged, drawn, shares, shift, mirror, caption_of)


def _checked(shift: Any, mirror: Any, caption_of: Any) -> tuple[int, bool, str]:
    """Check the knobs that both worlds have, before anything is read."""
    shift = _checks.integer("shift", shift, 0, datasets.TILE - 1)
    return shift, _checks.flag("mirror", mirror), check_caption_of(caption_of)


def _drawn_world(
    tagged: Joint, drawn: dict[str, np.ndarray], shares: dict[str, float], shift: int, mirror: bool, caption_of: str
) -> World:
    """Make the world of items with tags, each drawn in several styles, of which the first is that of the images."""
    tags = np.asarray(tagged.matrix) / np.asarray(tagged.image_marginal)[:, None]
    channel = _views(drawn, shares, shift, mirror)
    law, _ = normalized_law("matrix", image_text_law(channel, tags, caption_of))
    joint = Joint.of_law(law, tagged.image_labels, None, tagged.n_classes, tagged.names)
    return World.of_views(joint, channel[:, np.asarray(joint.image_ids)])


def _views(
    drawn: dict[str, np.ndarray], shares: dict[str, float], shift: int, mirror: bool
) -> "scipy.sparse.csr_array":
    """Compute the channel 𝒜(x|z) of views of items, each style of drawing with its probability, to the first style.

    Few images are nearest to some view of an item.
    """
    codebook = _pooled(next(iter(drawn.values())))
    n_items, n_views = len(codebook), (9 if shift else 1) * (2 if mirror else 1)
    channel = scipy.sparse.csr_array((n_items, n_items))
    with progress_bar("Finding the nearest drawings", len(drawn) * n_views) as advance:
        for style, tiles in drawn.items():
            counts = scipy.sparse.csr_array(channel.shape)
            for nearest in _nearest_to_views(tiles, codebook, shift, mirror):
                counts += scipy.sparse.csr_array((np.ones(n_items), nearest, np.arange(n_items + 1)), channel.shape)
                advance()
            counts.data = shares[style] * (counts.data / n_views)
            channel += counts
    return channel


def _nearest_to_views(tiles: np.ndarray, codebook: np.ndarray, shift: int, mirror: bool) -> Iterator[np.ndarray]:
    """Yield under each transformation which row of the codebook is nearest to each drawing.

    They are kept for worlds of the same drawings with other shares, captions or labels: to find them takes seconds.
    """
    key = (*(hashlib.sha256(part.tobytes()).digest() for part in (tiles, codebook)), shift, mirror)
    if key in _FOUND:
        yield from _FOUND[key]
        return
    found = []
    for views in _transformed(tiles, shift, mirror):
        found.append(_nearest(_pooled(views), codebook))
        yield found[-1]
    while len(_FOUND) >= _KEPT:
        _FOUND.pop(next(iter(_FOUND)))
    _FOUND[key] = found


def _transformed(tiles: np.ndarray, shift: int, mirror: bool) -> Iterator[np.ndarray]:
    """Yield all drawings under one transformation after the other, as windows of drawings with a white margin."""
    margin = (shift, shift)
    padded = np.pad(tiles, ((0, 0), margin, margin, (0, 0)), constant_values=np.iinfo(tiles.dtype).max)
    for top, left in product(sorted({0, shift, 2 * shift}), repeat=2):
        window = padded[:, top : top + datasets.TILE, left : left + datasets.TILE]
        yield window
        if mirror:
            yield window[:, :, ::-1]


def _pooled(tiles: np.ndarray) -> np.ndarray:
    """Sum each colour over each square of pixels: whole numbers up to 1020, a row for each drawing."""
    squares = (tiles[:, i::POOL, j::POOL].astype(np.int16) for i, j in product(range(POOL), repeat=2))
    return sum(squares, start=np.int16(0)).reshape(len(tiles), -1).astype(np.float32)


def _nearest(views: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Find the row of the codebook nearest to each view, the first of several; all are whole numbers.

    Single precision, in half the time, leaves few rows that may be nearest; their distances are exact sums.
    """
    about = views @ codebook.T
    about *= -2
    # The squared distance |view − code|² less |view|², the same for all codes.
    about += np.square(codebook).sum(axis=1, dtype=float).astype(np.float32)
    n = views.shape[1]
    off = (n + 4) * np.finfo(np.float32).eps * n * max(views.max(), codebook.max()) ** 2  # rounding is, at most
    rows, codes = np.divmod(np.flatnonzero(about <= about.min(axis=1, keepdims=True) + 2 * off), len(codebook))
    distances = np.square(views[rows] - codebook[codes]).sum(axis=1, dtype=float)
    order = np.lexsort((codes, distances, rows))
    return codes[order[np.unique(rows[order], return_index=True)[1]]]

"""Make joints of real pairs: the bundled emoji and icons, and the user's own."""

import functools

import jax
import numpy as np
import pandas as pd

from .. import _checks
from ..joints.joint import Joint
from .bundled import TILE, bundled_drawings, bundled_table, tagged_items
from .captions import from_captions, reworded
from .embeddings import from_embeddings, imperfections, prompt_error, with_best_texts, with_embeddings
from .icons import icon_drawings, icons
from .pair_files import from_file
from .pair_lists import from_pairs

__all__ = [
    "drawings",
    "emoji",
    "from_captions",
    "from_embeddings",
    "from_file",
    "from_pairs",
    "icon_drawings",
    "icons",
    "imperfections",
    "prompt_error",
    "reworded",
    "with_best_texts",
    "with_embeddings",
]

LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh")
STYLES = ("google", "twitter")


def emoji(language: str = "en", labels: str = "group") -> Joint:
    """Make the joint of emoji and their keyword tags: all (emoji, tag) pairs of one language are equally likely.

    In English there are 1,906 images, 3,605 texts and 10,122 pairs, in 39 connected components, so that
    σ_1 = … = σ_39 = 1.  Tags have their Bayes label.  Names and tags are from emojibase-data (MIT), derived from
    Unicode CLDR (Unicode License v3).

    Parameters
    ----------
    language
        One of en, de, es, fr, it, ja, ko, pt, ru, zh.
    labels
        "group" (9 classes) or "subgroup" (about a hundred).

    Raises
    ------
    ValueError
        If an argument is not one of these.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.datasets.emoji()
    >>> joint, round(float(joint.labeling_error), 4)
    (Joint(1906 images × 3605 texts, 9 classes), 0.1569)
    """
    if language not in LANGUAGES:
        raise ValueError(f"language: must be one of {', '.join(LANGUAGES)}, got {_checks.quoted(language)}")
    if labels not in ("group", "subgroup"):
        raise ValueError(f"labels: must be 'group' or 'subgroup', got {_checks.quoted(labels)}")
    return _emoji(language, labels)


@functools.lru_cache(2)
def _emoji(language: str, labels: str) -> Joint:
    """Make the joint of emoji once: it is asked for again and again, and takes a fifth of a second each time."""
    joint = tagged_items(_annotations(), f"tags_{language}", labels)
    for array in jax.tree.leaves(joint):
        array.flags.writeable = False  # it is given out more than once
    return joint


def drawings(style: str = "google") -> np.ndarray:
    """Read the drawings of the bundled emoji, in the order of the images of ``emoji``.

    Google's are Noto Emoji (Apache License 2.0), Twitter's are Twemoji (Copyright Twitter, Inc and other contributors,
    CC BY 4.0), both by way of emoji-datasource (MIT).  Some emoji share a drawing: flags, and pictograms of families.

    Parameters
    ----------
    style
        "google" or "twitter".

    Returns
    -------
    np.ndarray
        Red, green and blue on white, a byte each, shape (1906, 32, 32, 3).

    Raises
    ------
    ValueError
        If the style is not one of these, or Pillow is not installed.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.datasets.drawings().shape, mt.datasets.emoji().names.images[3]
    ((1906, 32, 32, 3), 'beaming face with smiling eyes')
    """
    if style not in STYLES:
        raise ValueError(f"style: must be 'google' or 'twitter', got {_checks.quoted(style)}")
    return bundled_drawings("emoji", f"images_{style}_{TILE}px.png", len(_annotations()))


def _annotations() -> pd.DataFrame:
    """Read the names, classes and tags of the bundled emoji, a row each."""
    return bundled_table("emoji", "annotations.tsv")

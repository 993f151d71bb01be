"""Make joints of real pairs: the bundled emoji, and the user's own."""

from importlib import resources
from importlib.resources.abc import Traversable

import numpy as np
import pandas as pd

from .. import _checks
from ..joints.joint import Joint
from .captions import from_captions, reworded
from .embeddings import from_embeddings, imperfections, prompt_error, with_best_texts, with_embeddings
from .pair_files import from_file
from .pair_lists import from_pairs

__all__ = [
    "drawings",
    "emoji",
    "from_captions",
    "from_embeddings",
    "from_file",
    "from_pairs",
    "imperfections",
    "prompt_error",
    "reworded",
    "with_best_texts",
    "with_embeddings",
]

LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh")
STYLES = ("google", "twitter")
TILE = 32  # side of a drawing in pixels
TILES_PER_ROW = 44  # drawings in a row of the bundled pictures


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
    rows = _annotations()
    pairs = rows.assign(tag=rows[f"tags_{language}"].str.split("|")).explode("tag")
    pairs = pairs[pairs.tag != ""]
    return from_pairs(list(pairs.name), list(pairs.tag), list(pairs[labels]))


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
    _checks.installed("drawings", "PIL")
    from PIL import Image

    with _bundled(f"images_{style}_{TILE}px.png").open("rb") as file:
        atlas = np.asarray(Image.open(file))
    tiles = atlas.reshape(-1, TILE, TILES_PER_ROW, TILE, 3).swapaxes(1, 2).reshape(-1, TILE, TILE, 3)
    return tiles[: len(_annotations())]


def _bundled(name: str) -> Traversable:
    """Find a file in the folder of the bundled emoji."""
    return resources.files(__package__).joinpath("data/emoji", name)


def _annotations() -> pd.DataFrame:
    """Read the names, classes and tags of the bundled emoji, a row each."""
    with _bundled("annotations.tsv").open(encoding="utf-8") as file:
        # The file is plain tab-separated text: a quotation mark is a tag like any other, and so is "null".
        return pd.read_csv(file, sep="\t", quoting=3, dtype=str, keep_default_na=False)

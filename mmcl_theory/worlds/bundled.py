"""Read the files that the package carries: tables of names, classes and tags, and pictures of many drawings."""

from importlib import resources
from importlib.resources.abc import Traversable

import numpy as np
import pandas as pd

from .. import _checks
from ..joints.joint import Joint
from .pair_lists import from_pairs

TILE = 32  # side of a drawing in pixels


def bundled_table(folder: str, name: str) -> pd.DataFrame:
    """Read a table of the package, one item a row."""
    with _bundled(folder, name).open(encoding="utf-8") as file:
        # The file is plain tab-separated text: a quotation mark is a tag like any other, and so is "null".
        return pd.read_csv(file, sep="\t", quoting=3, dtype=str, keep_default_na=False)


def tagged_items(rows: pd.DataFrame, tags: str, labels: str, least: int = 1) -> Joint:
    """Make the joint of items and their tags, all pairs equally likely; a tag of fewer than ``least`` items is dropped.

    Parameters
    ----------
    rows
        Table with a column ``name``.
    tags, labels
        The columns with the tags, separated by ``|``, and with the class.
    least
        The number of items that a tag must have to be kept.
    """
    pairs = rows.assign(tag=rows[tags].str.split("|")).explode("tag")
    pairs = pairs[pairs.tag != ""]
    pairs = pairs[pairs.groupby("tag").name.transform("nunique") >= least]
    return from_pairs(list(pairs.name), list(pairs.tag), list(pairs[labels]))


def bundled_drawings(folder: str, name: str, n: int) -> np.ndarray:
    """Cut the first ``n`` drawings out of a picture of the package, row by row: a byte each, (n, 32, 32, colours).

    Raises
    ------
    ValueError
        If Pillow is not installed.
    """
    _checks.installed("drawings", "PIL")
    from PIL import Image

    with _bundled(folder, name).open("rb") as file:
        atlas = np.asarray(Image.open(file))
    height, width = atlas.shape[:2]
    tiles = atlas.reshape(height // TILE, TILE, width // TILE, TILE, -1).swapaxes(1, 2)
    return tiles.reshape(-1, TILE, TILE, tiles.shape[-1])[:n]


def _bundled(folder: str, name: str) -> Traversable:
    """Find a file that the package carries."""
    return resources.files(__package__).joinpath("data", folder, name)

"""Make joints of pairs in lists, arrays and columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .. import _checks
from ..joints.joint import Joint
from .columns import Column, joint_of_columns


def from_pairs(
    images: Sequence[Any] | pd.Series,
    texts: Sequence[Any] | pd.Series,
    labels: Sequence[Any] | pd.Series | Mapping[Any, Any],
    *,
    text_labels: Sequence[Any] | pd.Series | Mapping[Any, Any] | None = None,
    counts: Sequence[float] | np.ndarray | None = None,
) -> Joint:
    """Make the joint of a list of pairs: equal things are one image, text or class, numbered in order of appearance.

    Lists may be any sequence, array or column: of NumPy, JAX, pandas, pyarrow or another library.

    Parameters
    ----------
    images, texts
        The two halves of each pair, any hashable things; their ``str`` becomes their name.
    labels
        The class of each pair's image, or a mapping from image to class.
    text_labels
        The class of each pair's text, or a mapping; by default texts have their Bayes label.  Classes of images and of
        texts are the same where they are equal.
    counts
        Weight of each pair, by default 1; repeated pairs add up.

    Raises
    ------
    ValueError, TypeError
        If lengths differ, something is missing, one image (or text) has two classes, images and texts have no class in
        common, or two things are written alike but not equal (1 and "1"), or the other way round (1 and True); the
        message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> images, texts = ["1.png", "2.png", "2.png"], ["a pet", "a pet", "a dog"]
    >>> joint = mt.datasets.from_pairs(images, texts, labels=["cat", "dog", "dog"])
    >>> joint.names.texts, joint.matrix.tolist()[0]
    (('a pet', 'a dog'), [0.3333333333333333, 0.0])
    """
    image_column, text_column = _column("images", images), _column("texts", texts)
    image_labels = _column_or_mapping("labels", labels)
    of_texts = None if text_labels is None else _column_or_mapping("text_labels", text_labels)
    n_pairs = len(image_column.things)
    weights = None if counts is None else _checks.weights("counts", counts, 1)
    if weights is not None and len(weights) != n_pairs:
        raise ValueError(f"counts: one for each of the {n_pairs} pairs is needed, got shape {weights.shape}")
    return joint_of_columns(image_column, text_column, image_labels, of_texts, weights)


def _column_or_mapping(name: str, labels: Any) -> Column | Mapping[Any, Any]:
    """Make a column of the labels in a list; return a mapping as it is."""
    return labels if isinstance(labels, Mapping) else _column(name, labels)


def _column(name: str, things: Any) -> Column:
    """Make a column of the entries of a list."""
    return Column(name, _checks.listed(name, things), "entry {}".format)

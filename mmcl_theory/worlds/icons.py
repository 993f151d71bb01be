"""Make joints of the bundled icons and their keyword tags, and read their drawings."""

import numpy as np
import pandas as pd

from .. import _checks
from ..joints.joint import Joint
from .bundled import bundled_drawings, bundled_table, tagged_items

WEIGHTS = {
    "tabler": ("outline",),
    "phosphor": ("regular", "thin", "light", "bold", "fill", "duotone"),
}


def icons(collection: str = "tabler", all_tags: bool = False) -> Joint:
    """Make the joint of the icons of a collection and their keyword tags: all (icon, tag) pairs are equally likely.

    "tabler" has 5,113 images, 3,854 texts and 49,966 pairs in 40 classes; "phosphor" 1,422 images, 1,383 texts and
    9,513 pairs in 17.  Both are connected: σ_2 is 0.9520 and 0.9902.  The names of images and texts are those of icons
    and tags; tags have their Bayes label.

    A tag that one icon alone has says nothing of other icons, but lowers the labeling error.  Such tags are dropped,
    and with them the 16 icons of Phosphor that have no other.

    The icons are @tabler/icons 3.52.0 (MIT, Paweł Kuna) and @phosphor-icons/core 2.1.1 (MIT, Phosphor Icons), without
    the logos of companies.

    Parameters
    ----------
    collection
        "tabler" or "phosphor".
    all_tags
        Whether to keep tags that one icon alone has.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.datasets.icons("phosphor")
    >>> joint, round(float(joint.labeling_error), 4)
    (Joint(1422 images × 1383 texts, 17 classes), 0.205)
    """
    return tagged_items(_rows(collection), "tags", "category", 1 if _checks.flag("all_tags", all_tags) else 2)


def tabler(all_tags: bool = False) -> Joint:
    """Make the joint of Tabler's icons and their tags; see ``icons``."""
    return icons("tabler", all_tags)


def phosphor(all_tags: bool = False) -> Joint:
    """Make the joint of Phosphor's icons and their tags; see ``icons``."""
    return icons("phosphor", all_tags)


def icon_drawings(collection: str = "tabler", weight: str | None = None) -> np.ndarray:
    """Read the drawings of the bundled icons, in the order of the images of ``icons(collection, all_tags=True)``.

    Parameters
    ----------
    collection
        "tabler" or "phosphor".
    weight
        "outline", the only one of Tabler, or "regular", "thin", "light", "bold", "fill" or "duotone" of Phosphor; by
        default the first of these.

    Returns
    -------
    np.ndarray
        Grey on white, a byte each, shape (n, 32, 32, 1).

    Raises
    ------
    ValueError
        If an argument is not one of these, or Pillow is not installed.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.datasets.icon_drawings("phosphor", "bold").shape
    (1438, 32, 32, 1)
    """
    rows = _rows(collection)
    weight = WEIGHTS[collection][0] if weight is None else weight
    if weight not in WEIGHTS[collection]:
        allowed = ", ".join(WEIGHTS[collection])
        raise ValueError(f"weight: must be one of {allowed} for {collection}, got {_checks.quoted(weight)}")
    return bundled_drawings("icons", f"{collection}_{weight}_32px.png", len(rows))


def _rows(collection: str) -> pd.DataFrame:
    """Read the names, classes and tags of a collection."""
    if not isinstance(collection, str) or collection not in WEIGHTS:
        raise ValueError(f"collection: must be 'tabler' or 'phosphor', got {_checks.quoted(collection)}")
    return bundled_table("icons", f"{collection}.tsv")

"""Hash joints by their content, so that two people can see that they have the same data."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .joint import Joint


def digest(*joints: "Joint") -> str:
    """Return the SHA-256 of joints in hexadecimal: another one where any cell, label or number of classes is another.

    Of each joint in turn these arrays are hashed: ``rows``, ``columns`` and ``values`` of the cells of positive mass in
    the order of rows, dense or sparse alike (``natural``, ``images`` and ``texts`` of a factored joint), then
    ``image_labels``, ``text_labels`` and ``n_classes``.  Of each array it is a line with its name, the type of its
    entries and its shape, such as ``values <f8 (3,)``, and then its entries, little-endian and of eight bytes each.
    Names are not hashed.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.Joint([[3, 1], [0, 4]], image_labels=[0, 1], text_labels=[0, 1])
    >>> digest(joint)[:16], digest(joint) == digest(joint.to_sparse())
    ('70ef1e3d16cf2d08', True)
    """
    found = hashlib.sha256()
    for joint in joints:
        arrays = {name: np.asarray(array) for name, array in joint.law.arrays().items()}
        if "rows" in arrays:
            order = np.lexsort((arrays["columns"], arrays["rows"]))
            arrays = {name: array[order] for name, array in arrays.items()}
        labels = {"image_labels": joint.image_labels, "text_labels": joint.text_labels, "n_classes": joint.n_classes}
        for name, given in (arrays | labels).items():
            array = np.asarray(given)
            array = array.astype("<f8" if array.dtype.kind == "f" else "<i8")
            found.update(f"{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    return found.hexdigest()

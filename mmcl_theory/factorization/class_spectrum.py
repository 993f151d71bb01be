"""Present the spectrum of a joint with its class structure as a table."""

from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from .. import _checks
from ..joints.joint import Joint, check_joint
from .operators.choose import decompose
from .precision import resolution, rounding

if TYPE_CHECKING:
    import pandas as pd


def class_spectrum(joint: Joint, k: int | None = None) -> "pd.DataFrame":
    """Return the spectrum with its class structure, a row for each singular value.

    Parameters
    ----------
    joint
        The distribution of positive pairs.
    k
        How many of the largest values; by default all, of a joint held densely.

    Returns
    -------
    pandas.DataFrame
        ``j`` from 1, ``sigma``; ``image_share`` = ‖u_jᵀY‖² and ``text_share`` = ‖v_jᵀW‖², the share of the label
        matrix in this direction (they sum to at most 1 over j); ``leading_class``, the class with most of
        ``image_share``, the lowest of several that are equal but for rounding, by name where there is one.  Directions
        of equal σ are not unique: each has the mean over them; of a joint that is not dense, over those among the first
        k.

    Raises
    ------
    ValueError, TypeError
        If k is out of range, or missing where the joint is not held densely.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> table = mt.class_spectrum(mt.generators.isotropic_noise(4, 0.25))
    >>> table.image_share.sum().round(12)
    np.float64(1.0)
    """
    import pandas as pd

    joint = check_joint("joint", joint)
    if k is not None:
        (k,) = _checks.dimensions("k", [k], min(joint.law.shape))
    *vectors, _, bounds = decompose(joint.normalized_law, None if k is None else k - 1)
    doubt = 0.0 if bounds is None else float(jnp.max(bounds))
    left, values, right = (np.asarray(part) for part in vectors)
    equal = np.cumsum(np.diff(values, prepend=values[0]) < -max(doubt, resolution(values.dtype)))
    image = _mean_within(equal, (left.T @ np.asarray(joint.image_label_matrix)) ** 2)
    text = _mean_within(equal, (right.T @ np.asarray(joint.text_label_matrix)) ** 2)
    # Directions turn by the error of A over the distance of their σ to the others', and shares by twice that.
    steps = -np.diff(values)
    steps[np.diff(equal) == 0] = np.inf
    apart = np.minimum(np.append(steps, np.inf), np.insert(steps, 0, np.inf))
    turned = 2 * max(doubt, rounding(values.dtype)) / _least_within(equal, apart)
    leading = (image >= image.max(axis=1, keepdims=True) - turned[:, None]).argmax(axis=1)
    table = pd.DataFrame(
        {
            "j": np.arange(1, len(values) + 1),
            "sigma": values,
            "image_share": image.sum(axis=1),
            "text_share": text.sum(axis=1),
            "leading_class": leading if joint.names is None else np.array(joint.names.classes)[leading],
        }
    )
    return table[:k]


def _least_within(groups: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Replace each number by the least of its group."""
    least = np.full(groups[-1] + 1, np.inf)
    np.minimum.at(least, groups, numbers)
    return least[groups]


def _mean_within(groups: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Replace each row by the mean over its group; groups are numbered from 0 without gaps."""
    sums = np.zeros((groups[-1] + 1, rows.shape[1]))
    np.add.at(sums, groups, rows)
    return (sums / np.bincount(groups)[:, None])[groups]

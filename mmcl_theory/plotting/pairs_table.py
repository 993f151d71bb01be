"""Show a joint as a table of its probabilities, with the classes of images and texts."""

from typing import TYPE_CHECKING

import numpy as np

from .. import _checks
from .style import styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..joints.joint import Joint

_WRITTEN = 64  # cells at most whose probabilities are written into them


@styled
def joint(joint: "Joint", *, ax: "Axes") -> "Axes":
    """Draw the probability of each pair as the shade of its cell; images are rows, texts columns.

    Where there are few cells, the probability is written into each.  The axes name the class of each image and text.

    Parameters
    ----------
    joint
        The joint; one of more cells than a figure can show is refused.
    ax
        Axes to draw on; by default those of a new figure.

    Raises
    ------
    ValueError
        If the joint has more than 200 images or texts.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> ax = mt.plotting.joint(mt.generators.isotropic_noise(3, 0.3))
    >>> ax.get_ylabel()
    'image (its class)'
    """
    n_images, n_texts = joint.law.shape
    if max(n_images, n_texts) > 200:
        raise ValueError(f"joint: at most 200 images and texts can be drawn, got {_checks.quoted(joint)}")
    matrix = np.asarray(joint.matrix)
    ax.imshow(
        matrix, cmap="Blues", vmin=0, vmax=1.4 * matrix.max(), aspect="equal" if n_texts < 3 * n_images else "auto"
    )
    if matrix.size <= _WRITTEN:
        for row, column in np.ndindex(*matrix.shape):
            ax.text(column, row, f"{matrix[row, column]:.3g}", ha="center", va="center", fontsize=7)
    for axis, labels in ((ax.yaxis, joint.image_labels), (ax.xaxis, joint.text_labels)):
        few = len(labels) <= 24
        axis.set_ticks(range(len(labels)) if few else [], [str(label) for label in np.asarray(labels)] if few else [])
    ax.grid(False)
    ax.set_ylabel("image (its class)")
    ax.set_xlabel("text (its class)")
    return ax

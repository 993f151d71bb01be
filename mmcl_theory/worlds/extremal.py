"""Build extremal families: instances that meet a bound with equality, or approach it.  Proofs in docs/tightness.md."""

import numpy as np

from .. import _checks
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from .generators import isotropic_noise


def two_images(noise: float) -> Instance:
    """Build isotropic noise β on two images and two texts, with parts that lose nothing.

    The encoders are constant, which is optimal for k = 1; the caption channel changes no caption; the augmentation
    pairs have the distribution of the image–text pairs; the auxiliary labels are the labels; the sample has the
    population's frequencies, rounded to 4/β pairs.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.certify("finite-sample", two_images(0.25), 1).reason
    'the sides are equal, exactly'
    """
    joint = isotropic_noise(2, noise)
    return Instance(
        joint,
        encoders=([[1.0], [1.0]], [[1.0], [1.0]]),
        channel=np.eye(2),
        augmentation=PairGraph(joint.matrix, joint.image_labels),
        auxiliary_labels=joint.image_labels,
        sample=np.round(4 / noise * np.asarray(joint.matrix)),
    )


def independent(_: float = 0.25) -> Instance:
    """Build two images and two texts that are independent, whatever the parameter."""
    return Instance(isotropic_noise(2, 1.0))


def matched(_: float = 0.25) -> Instance:
    """Build two images, each with a text of its own, whatever the parameter."""
    return Instance(isotropic_noise(2, 0.0))


def unbalanced(t: float) -> Instance:
    """Build images of masses 1/2 ± t that texts tell apart half the time; augmentation pairs of two equal images.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> round(float(mt.verify(unbalanced(0.01), 1, "mmcl-advantage").ratio[0]), 6)
    0.9996
    """
    return _compared(_blurred(t), _blurred(0))


def unbalanced_augmentation(t: float) -> Instance:
    """Build ``unbalanced`` with the roles of text-induced and augmentation pairs exchanged."""
    return _compared(_blurred(0), _blurred(t))


def _blurred(t: float) -> np.ndarray:
    """Return the distribution (diag(p) + ppᵀ)/2 of pairs, p = (½+t, ½−t)."""
    p = np.array([0.5 + t, 0.5 - t])
    return (np.diag(p) + np.outer(p, p)) / 2


def _compared(law: np.ndarray, pairs: np.ndarray) -> Instance:
    """Build the instance with this joint distribution and these augmentation pairs, each image a class of its own."""
    return Instance(Joint(law, [0, 1], [0, 1]), augmentation=PairGraph(pairs, [0, 1]))


def rare_exclusion(t: float) -> Instance:
    """Build a rare image and a rare text, of mass t each, that never meet."""
    return Instance(Joint([[0, t], [t, 1 - 2 * t]], [0, 1], [0, 1]))


def exponential_tail(rate: float = 1.0, reach: int = 2, n_images: int = 12) -> Joint:
    """Build images 0, 1, 2, … of masses that fall like exp(−rate·x), each text shared by 2·``reach`` + 1 neighbours.

    Everything at or below 0 is one image, which has most of the mass.  The conductance of the text-induced graph is at
    least ``tail_conductance``; with ``rate`` → 0, ``reach`` → ∞, ``rate``·``reach`` → 0 and ``rate``·``n_images`` → ∞
    it approaches `cheeger-text-induced`.

    Examples
    --------
    >>> joint = exponential_tail()
    >>> bool(joint.text_induced().conductance() >= tail_conductance(1.0, 2))
    True
    """
    rate = _checks.real("rate", rate, 0, 100, open_low=True)
    reach = _checks.integer("reach", reach, 1)
    n_images = _checks.integer("n_images", n_images, reach + 2)
    centres = np.arange(1 - reach, n_images - reach)
    covered = np.maximum(centres[:, None] + np.arange(-reach, reach + 1), 0)
    law = np.zeros((n_images, centres.size + 1))
    for text, images in enumerate(covered):
        np.add.at(law[:, text], images, np.exp(-rate * (centres[text] - centres[0])))
    law[0, -1] = n_images * law.sum()  # a text of its own
    return Joint(law, np.minimum(np.arange(n_images), 1), n_classes=2)


def tail_conductance(rate: float, reach: int) -> float:
    """Compute Σ_d w_d·2d/(2·reach+1) / Σ_d w_d, w_d = exp(rate·d), over |d| ≤ ``reach``.

    No cut of an ``exponential_tail`` has a smaller conductance.
    """
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(rate * steps)
    return float(weights @ (2 * steps / (2 * reach + 1)) / weights.sum())


def narrowing_tail(t: float) -> Instance:
    """Build a tail of 16 images, whose conductance can be enumerated: as near to the limit as so few come."""
    return Instance(exponential_tail(4 * t, 2, 16))


def half_decided(t: float) -> Instance:
    """Build four images and their copies as texts: two common ones that k = 2 tells apart, two of mass t/2 it ties on.

    The labels are 0, 1, 0, 1, the masses (1−t)/2, (1−t)/2, t/2, t/2; σ_2 = (1−t)/2 belongs to the difference of the
    common two, and σ_3 = 0.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> q = mt.measure(half_decided(0.25), 2)
    >>> [round(float(x), 12) for x in (q.probe_error, q.probe_residual, q.probe_drawn_error)]
    [0.25, 0.125, 0.125]
    """
    p, g = np.array([1 - t, 1 - t, t, t]) / 2, np.array([1, -1, 0, 0])
    return Instance(Joint(np.outer(p, p) * (1 + np.outer(g, g) / 2), [0, 1, 0, 1], [0, 1, 0, 1]))

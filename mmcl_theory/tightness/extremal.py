"""Extremal families: instances that meet a bound with equality, or approach it.  Proofs in docs/tightness.md."""

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np

from .. import _checks
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from ..worlds.generators import isotropic_noise


@dataclasses.dataclass(frozen=True)
class Extremal:
    """How much of a bound is used up at most, and where.

    Attributes
    ----------
    family
        An instance for each parameter in (0, 1/4].
    attained
        Whether each of them uses up ``share`` of the bound; otherwise they approach it as the parameter tends to 0.
        None where ``share`` is proven to be enough and not known to be needed.
    share
        lhs/rhs (rhs/lhs for a lower bound) never exceeds it, by a sharper statement where it is below 1.
    k
        The encoder dimension.
    """

    family: Callable[[float], Instance]
    attained: bool | None
    share: float = 1.0
    k: int = 1

    @property
    def verdict(self) -> str:
        """``tight``, ``asymptotically tight``, or ``loose`` by which factor."""
        if self.share < 1:
            return f"loose by {'at least ' if self.attained is None else ''}{1 / self.share:.4g}"
        return "tight" if self.attained else "asymptotically tight"


def two_images(noise: float) -> Instance:
    """Isotropic noise β on two images and two texts, with parts that lose nothing.

    Constant encoders, which are optimal for k = 1; captions that stay what they are; augmentation pairs of the same
    law; the labels as auxiliary ones; a sample with the population's frequencies, rounded to 4/β pairs.

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
    """Two images, two texts, no dependence."""
    return Instance(isotropic_noise(2, 1.0))


def matched(_: float = 0.25) -> Instance:
    """Two images, each with a text of its own."""
    return Instance(isotropic_noise(2, 0.0))


def unbalanced(t: float) -> Instance:
    """Images of masses 1/2 ± t that texts tell apart half the time; augmentation pairs of two equal images.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> round(float(mt.verify(unbalanced(0.01), 1, "mmcl-advantage").ratio[0]), 6)
    0.9996
    """
    return _compared(_blurred(t), _blurred(0))


def unbalanced_augmentation(t: float) -> Instance:
    """The same with the roles exchanged."""
    return _compared(_blurred(0), _blurred(t))


def _blurred(t: float) -> np.ndarray:
    p = np.array([0.5 + t, 0.5 - t])
    return (np.diag(p) + np.outer(p, p)) / 2


def _compared(law: np.ndarray, pairs: np.ndarray) -> Instance:
    return Instance(Joint(law, [0, 1], [0, 1]), augmentation=PairGraph(pairs, [0, 1]))


def rare_exclusion(t: float) -> Instance:
    """A rare image and a rare text, of mass t each, that never meet."""
    return Instance(Joint([[0, t], [t, 1 - 2 * t]], [0, 1], [0, 1]))


def exponential_tail(rate: float = 1.0, reach: int = 2, n_images: int = 12) -> Joint:
    """Images 0, 1, 2, …, of masses that fall like exp(−rate·x); each text is any of 2·``reach`` + 1 consecutive ones.

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
    """Σ_d w_d·2d/(2·reach+1) / Σ_d w_d, w_d = exp(rate·d), over |d| ≤ ``reach``."""
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(rate * steps)
    return float(weights @ (2 * steps / (2 * reach + 1)) / weights.sum())


def narrowing_tail(t: float) -> Instance:
    """A tail of at most 16 images, whose conductance can be enumerated: as near to the limit as it gets with those."""
    return Instance(exponential_tail(4 * t, 2, 16))


_MET = Extremal(two_images, attained=True)
_APPROACHED = Extremal(two_images, attained=False)
_INDEPENDENT = Extremal(independent, attained=True)

EXTREMAL: Mapping[str, Extremal] = {
    "label-transfer": _APPROACHED,
    "probe-text-induced": _MET,
    "probe-mmcl": _APPROACHED,
    "probe-mmcl-lower": _MET,
    "probe-error": _MET,
    "probe-error-mmcl": _APPROACHED,
    "zero-shot": _APPROACHED,
    "zero-shot-error": _MET,
    "class-conductance": _MET,
    "cheeger": Extremal(narrowing_tail, attained=False, share=math.sqrt(2 / 3)),
    "cheeger-lower": _MET,
    "caption-garbling": _MET,
    "information-chi-square": Extremal(matched, attained=True),
    "probe-sscl": _MET,
    "probe-sscl-lower": _MET,
    "probe-sscl-haochen": Extremal(two_images, attained=None, share=29 / 50),
    "mmcl-advantage": Extremal(unbalanced, attained=False),
    "sscl-advantage": Extremal(unbalanced_augmentation, attained=False),
    "suboptimal-encoder": _MET,
    "finite-sample": _MET,
    "infonce-bound": Extremal(rare_exclusion, attained=False, share=math.log(2)),
    "label-transfer-classes": _MET,
    "label-transfer-lower": _INDEPENDENT,
    "probe-mmcl-classes": _MET,
    "zero-shot-sharp": _INDEPENDENT,
    "zero-shot-lower": _INDEPENDENT,
    "zero-shot-probe": _MET,
    "class-conductance-total": _MET,
    "probe-sscl-auxiliary": _MET,
    "probe-sscl-error": _MET,
    "cheeger-text-induced": Extremal(narrowing_tail, attained=False),
    "infonce-bound-two": Extremal(rare_exclusion, attained=False),
}

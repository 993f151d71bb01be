"""Build extremal families: instances that meet a bound with equality, or approach it.  Proofs in docs/tightness.md."""

import math

import numpy as np

from .. import _checks
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from .generators import hierarchical_classes, isotropic_noise


def two_images(noise: float) -> Instance:
    """Build isotropic noise β on two images and two texts, with parts that lose nothing.

    The encoders are constant, which is optimal for k = 1; the caption channel changes no caption; the augmentation
    pairs have the distribution of the image–text pairs, the resampled ones that of half the noise, and three negatives
    in four are of two images; the auxiliary labels are the labels; the attribute is the other class, of images and of
    texts; a noisy label is the class three times in four; the sample has the population's frequencies, rounded to 4/β
    pairs; each image is labelled a hundred times; and a hundred walks are in their class as often as they are in the
    population, but for rounding.

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
        resampled=PairGraph(isotropic_noise(2, noise / 2).matrix, joint.image_labels),
        negatives=PairGraph([[1, 3], [3, 1]], joint.image_labels),
        auxiliary_labels=joint.image_labels,
        attribute=([1, 0], [1, 0]),
        label_law=[[0.75, 0.25], [0.25, 0.75]],
        sample=np.round(4 / noise * np.asarray(joint.matrix)),
        labelled=[100, 100],
        # The label is the same after m steps with probability (1 + σ_2^{2m})/2.
        walks=np.round(50 * (1 + (1 - noise) ** (2 * np.arange(17)))),
    )


def faint_pair(t: float) -> Instance:
    """Build two images and two texts that are independent but for a correlation t: isotropic noise 1 − t."""
    return Instance(isotropic_noise(2, 1 - t))


def told_by_texts(noise: float) -> Instance:
    """Build isotropic noise β on two images and two texts, of which the augmentation pairs are the text-induced pairs.

    That is so where texts determine the natural image: then both kinds of pairs are views of one thing.
    """
    joint = isotropic_noise(2, noise)
    return Instance(joint, augmentation=PairGraph(joint.text_induced().matrix, joint.image_labels))


def one_class(noise: float) -> Instance:
    """Build isotropic noise β on two images and two texts of a single class, also as augmentation pairs."""
    joint = Joint(isotropic_noise(2, noise).matrix, [0, 0], [0, 0])
    return Instance(joint, augmentation=PairGraph(joint.matrix, joint.image_labels))


def rare_class(t: float) -> Instance:
    """Build two images of one class that texts hardly tell apart, and an image of mass t of another class, untold.

    The augmentation pairs have the distribution of the image–text pairs.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> round(float(mt.verify(rare_class(0.01), 2, "probe-diversity").ratio[0]), 3)
    0.99
    """
    p, g = np.array([(1 - t) / 2, (1 - t) / 2, t]), np.array([1, -1, 0])
    law = np.outer(p, p) * (1 + t * np.outer(g, g))
    labels = [0, 0, 1]
    return Instance(Joint(law, labels, labels), augmentation=PairGraph(law, labels))


def aligned(_: float = 0.25) -> Instance:
    """Build two images, each with a text of its own, and features ±1 that agree, whatever the parameter."""
    features = [[1.0], [-1.0]]
    return Instance(isotropic_noise(2, 0.0), encoders=(features, features))


def rotated(t: float) -> Instance:
    """Build two classes that texts tell, and encoders of which one direction is rotated away from the larger class.

    Two images of the larger class have mass ⅜ each.  The first direction is turned by θ, tan ½θ = t, from their mean
    towards their difference, of which the texts know nothing; its text encoder is the best one beside it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> round(float(mt.verify(rotated(0.25), 2, "suboptimal-encoder").ratio[0]), 12)
    1.0
    """
    cosine, sine = (1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)
    joint = Joint([[3, 0], [3, 0], [0, 2]], [0, 0, 1], [0, 1])
    images = [[cosine + sine, 0], [cosine - sine, 0], [0, 1]]
    return Instance(joint, encoders=(images, [[4 * cosine / 3, 0], [0, 4]]))


def independent(_: float = 0.25) -> Instance:
    """Build two images and two texts that are independent, whatever the parameter."""
    return Instance(isotropic_noise(2, 1.0))


def matched(_: float = 0.25) -> Instance:
    """Build two images, each with a text of its own, whatever the parameter."""
    return Instance(isotropic_noise(2, 0.0))


def two_levels(t: float) -> Instance:
    """Build two pairs of images: texts tell an image a quarter of the time, its pair only 3/4 − t, and nothing else.

    Each image is a class of its own, and augmentation pairs have the distribution of the image–text pairs.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.factorize(two_levels(0.25).joint, 4).singular_values.round(12).tolist()
    [1.0, 0.75, 0.25, 0.25, 0.0]
    """
    return _of_levels((t, 0.75 - t, 0.25))


def coarse_captions(t: float) -> Instance:
    """Build ``two_levels`` with texts that tell the pair of an image with probability 1 − t, and never the image.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.factorize(coarse_captions(0.25).joint, 3).singular_values.round(12).tolist()
    [1.0, 0.75, 0.0, 0.0]
    """
    return _of_levels((t, 1 - t, 0.0))


def two_components(t: float) -> Instance:
    """Build ``two_levels`` with texts that always tell the pair of an image, and the image with probability 1 − t.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.factorize(two_components(0.25).joint, 4).singular_values.round(12).tolist()
    [1.0, 1.0, 0.75, 0.75, 0.0]
    """
    return _of_levels((0.0, t, 1 - t))


def _of_levels(weights: tuple[float, float, float]) -> Instance:
    """Return the instance of two pairs of images, which texts and augmentations tell to these levels."""
    joint = hierarchical_classes((2, 2), weights, label_level=2)
    return Instance(joint, augmentation=PairGraph(joint.matrix, joint.image_labels))


def turned(t: float) -> Instance:
    """Build four images of two classes; texts and augmentations have a feature each, at an angle to the classes.

    It is 1/2 for texts and 1/2 + t for augmentations.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> round(float(mt.verify(turned(0.01), 2, "mmcl-advantage").ratio[0]), 6)
    0.964467
    """
    return _compared(_aligned(0.5), _aligned(0.5 + t))


def turned_augmentation(t: float) -> Instance:
    """Build ``turned`` with the roles of texts and augmentations exchanged."""
    return _compared(_aligned(0.5 + t), _aligned(0.5))


def _aligned(angle: float) -> np.ndarray:
    """Return the distribution (1 + uuᵀ/2)/16 of pairs, u a function at this angle to the classes."""
    u = np.cos(angle) * np.array([1, 1, -1, -1]) + np.sin(angle) * np.array([1, -1, 1, -1])
    return (1 + np.outer(u, u) / 2) / 16


def _compared(law: np.ndarray, pairs: np.ndarray) -> Instance:
    """Build the instance of four images of two classes with this joint distribution and these augmentation pairs."""
    labels = [0, 0, 1, 1]
    return Instance(Joint(law, labels, labels), augmentation=PairGraph(pairs, labels))


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


def rare_exclusion_of_many(t: float) -> Instance:
    """Build ``rare_exclusion`` with 64 candidates, the most that are enumerated."""
    return Instance(rare_exclusion(t).joint, candidates=64)


def many_matched(t: float) -> Instance:
    """Build 2/√t images, each with a text of its own."""
    return Instance(isotropic_noise(round(2 / math.sqrt(t)), 0.0))


def noisy_pair(t: float) -> Instance:
    """Build two images that texts hardly tell apart, noise 1 − t, with constant encoders, whose scores all tie."""
    return Instance(isotropic_noise(2, 1 - t), encoders=([[1.0], [1.0]], [[1.0], [1.0]]))


def rare_texts(t: float) -> Instance:
    """Build two images with a common text and a rare one each, of mass t."""
    return Instance(Joint([[0.5 - t, t, 0], [0.5 - t, 0, t]], [0, 1], [0, 0, 1]))


def ranks(t: float) -> Instance:
    """Build a cycle of min(1/t, 32) images and as many texts; the density of a text grows exponentially with its rank.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> round(float(mt.verify(ranks(2.0**-5), 1, "retrieval-information").ratio[0]), 4)
    0.9995
    """
    return Instance(_cycle(np.exp(2 * _places(t))))


def linear_ranks(t: float) -> Instance:
    """Build such a cycle in which the density of a text is proportional to its rank."""
    return Instance(_cycle(_places(t)))


def reversed_ranks(t: float) -> Instance:
    """Build ``ranks`` with encoders whose scores are nearly 0, in the wrong order: −t times the rank."""
    return _reversed(np.exp(2 * _places(t)), t)


def faint_reversed_ranks(t: float) -> Instance:
    """Build ``reversed_ranks`` with densities that grow by e^{2√t} only, and scores −t^{3/2} times the rank."""
    return _reversed(np.exp(2 * math.sqrt(t) * _places(t)), t**1.5)


def _places(t: float) -> np.ndarray:
    """Return the middles of min(1/t, 32) equal parts of [0, 1]."""
    n = min(round(1 / t), 32)
    return (np.arange(n) + 0.5) / n


def _cycle(weights: np.ndarray) -> Joint:
    """Build the joint in which text l of image x has the weight of place l − x, modulo their number."""
    n = len(weights)
    return Joint(weights[_ranks(n)], np.arange(n) % 2, np.arange(n) % 2)


def _ranks(n: int) -> np.ndarray:
    """Return l − x modulo n for each image x and text l."""
    return (np.arange(n)[None, :] - np.arange(n)[:, None]) % n


def _reversed(weights: np.ndarray, size: float) -> Instance:
    """Build a cycle with encoders whose scores are −``size`` times the rank."""
    n = len(weights)
    return Instance(_cycle(weights), encoders=(np.eye(n), -size / n * _ranks(n).T))


def second_functions(t: float) -> Instance:
    """Build isotropic noise t on two images, with their second singular functions for encoders."""
    return Instance(isotropic_noise(2, t), encoders=([[1.0], [-1.0]], [[1.0], [-1.0]]))


def nested_pairs(t: float) -> Instance:
    """Build two pairs of images: a text has its image with chance 1/2, one of its pair with 1/2 − t, else any.

    The encoders are the second singular functions, of σ_2 = 1 − t, and half of third ones, of σ_3 = 1/2.
    """
    law = 0.5 * np.eye(4) + (0.5 - t) / 2 * np.kron(np.eye(2), np.ones((2, 2))) + t / 4
    functions = np.array([[1, 0.5], [1, -0.5], [-1, 0.5], [-1, -0.5]])
    return Instance(Joint(law, [0, 0, 1, 1], [0, 0, 1, 1]), encoders=(functions, functions))


def hot_pair(t: float) -> Instance:
    """Build isotropic noise 1/2 on two images, with encoders that tell them apart, at temperature 2/√t."""
    made = second_functions(0.5)
    return Instance(made.joint, encoders=made.encoders, temperature=2 / math.sqrt(t))


def four_halves(_: float = 0.25) -> Instance:
    """Build four images, each with a text of its own, and encoders whose scores are half of A, whatever the parameter.

    The features of an image and of its text are one: rows of two rotations by 45°, so that F_VF_Lᵀ = ½A.
    """
    features = np.kron(np.eye(2), [[1.0, 1.0], [1.0, -1.0]])
    return Instance(isotropic_noise(4, 0.0), encoders=(features, features))

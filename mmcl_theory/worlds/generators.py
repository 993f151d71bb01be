"""Make synthetic joints, each with knobs for the quantities that the theorems read."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from .. import _checks
from .._arrays import xp
from ..joints.batch import joints_of
from ..joints.joint import Joint
from ..joints.names import Names

_AT_ONCE = 128  # cells of a law that are drawn at least


def isotropic_noise(n_classes: int = 8, noise: float = 0.3) -> Joint:
    """Make the isotropic noise model P = (1−β) I/m + β 11ᵀ/m², where each image and each text is a class of its own.

    The knobs control everything in closed form: σ_2 = … = σ_m = 1−β, α = β(1−1/m), α_T = (1−(1−β)²)(1−1/m); with k = 1
    it meets `probe-text-induced` with equality, both sides being 1−1/m.

    Parameters
    ----------
    n_classes
        m ≥ 2.
    noise
        β in [0, 1].

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> round(float(mt.generators.isotropic_noise(4, 0.2).labeling_error), 12)
    0.15
    """
    m = _checks.integer("n_classes", n_classes, 2)
    _checks.dense_size("n_classes", m, m)
    beta = _checks.real("noise", noise, 0, 1)
    return Joint((1 - beta) * np.eye(m) / m + beta / m**2, np.arange(m), np.arange(m))


def block_joint(
    n_images: int = 48,
    n_texts: int = 40,
    class_sizes: Sequence[float] = (1.0, 1.0, 1.0, 1.0),
    label_noise: float = 0.1,
    contrast: float = 0.5,
    tail: float = 0.0,
    *,
    key: PRNGKeyArray,
) -> Joint:
    """Make classes that are blocks of P; within a block, independent pairs are mixed with a sparse matching.

    An image draws a text of its own class with probability 1−α, otherwise one of another class by popularity.  Within
    a class the distribution is (1−c) times the product of the popularities plus c times a monotone coupling of them,
    which pairs each image with few texts.

    The knobs control α = ``label_noise`` exactly; the image marginal, which is the popularity, exactly; and the
    spectrum beyond the r-th value, from 0 (c = 0, no label noise: blocks of rank one) towards 1 (c = 1), by
    ``contrast``.

    Parameters
    ----------
    n_images, n_texts
        Numbers of images and texts, at least one of each per class.
    class_sizes
        Relative sizes of the classes, the same for images and texts, all positive.
    label_noise
        α in [0, 1].
    contrast
        c in [0, 1].
    tail
        Exponent s ≥ 0 of the popularity ∝ rank^(−s), in random order: 0 is uniform, 1 Zipf's law.
    key
        JAX key that orders the popularities.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.block_joint(label_noise=0.2, key=jax.random.key(0))
    >>> round(float(joint.labeling_error), 12)
    0.2
    """
    given = {"label_noise": label_noise, "contrast": contrast}
    (joint,) = block_joints(n_images, n_texts, class_sizes, [given], tail, keys=_checks.random_key("key", key)[None])
    return joint


def block_joints(
    n_images: int,
    n_texts: int,
    class_sizes: Sequence[float],
    knobs: Sequence[Mapping[str, float]],
    tail: float = 0.0,
    *,
    keys: PRNGKeyArray,
) -> list[Joint]:
    """Make a block joint for each ``label_noise`` and ``contrast``, and each key, as ``block_joint`` does for one.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> knobs = [{"label_noise": noise, "contrast": 0.5} for noise in (0.1, 0.2)]
    >>> joints = mt.generators.block_joints(8, 6, (1, 1), knobs, keys=jax.random.split(jax.random.key(0)))
    >>> [round(float(joint.labeling_error), 12) for joint in joints]
    [0.1, 0.2]
    """
    sizes = _checks.law("class_sizes", class_sizes, 1)
    if not sizes.all():
        raise ValueError(f"class_sizes: must be positive, got {class_sizes!r}")
    r = len(sizes)
    n_images = _checks.integer("n_images", n_images, r)
    n_texts = _checks.integer("n_texts", n_texts, r)
    _checks.dense_size("n_images", n_images, n_texts)
    tail = _checks.real("tail", tail, 0, 50)
    alpha, c = (
        np.array([_checks.real(name, one[name], 0, 1) for one in knobs])[:, None, None]
        for name in ("label_noise", "contrast")
    )
    if r == 1 and alpha.any():
        raise ValueError(
            f"label_noise: must be 0 with a single class, as there is no other class, got {float(alpha.max())}"
        )
    y, w = _spread(n_images, sizes), _spread(n_texts, sizes)
    p, q = _popularities(n_images, n_texts, tail, keys)

    same = y[:, None] == w[None, :]
    matching = np.zeros((len(knobs), n_images, n_texts))
    for i in range(r):
        rows, columns = np.flatnonzero(y == i), np.flatnonzero(w == i)
        within = [np.take(side, places, axis=1) for side, places in ((p, rows), (q, columns))]
        coupling = _monotone_coupling(*(side / side.sum(axis=1, keepdims=True) for side in within))
        matching[:, rows[:, None], columns[None, :]] = coupling * within[0].sum(axis=1)[:, None, None]
    given_class = np.where(same, q[:, None, :], 0)
    independent = p[:, :, None] * given_class / given_class.sum(axis=2, keepdims=True)
    law = (1 - alpha) * ((1 - c) * independent + c * matching)
    if alpha.any():
        other = np.where(same, 0, q[:, None, :])
        law += alpha * p[:, :, None] * other / other.sum(axis=2, keepdims=True)
    return joints_of(law, y, w, r)


def random_dirichlet(
    n_images: int = 8,
    n_texts: int = 8,
    n_classes: int = 3,
    concentration: float = 0.3,
    *,
    bayes_labels: bool = True,
    key: PRNGKeyArray,
) -> Joint:
    """Draw P from a symmetric Dirichlet distribution over all cells, and image labels so that every class is in use.

    The knob ``concentration`` moves P from a few cells (small: low connectivity) to uniform (large: σ_2 near 0).  This
    generator has the least structure: what holds here does not lean on classes.

    Parameters
    ----------
    n_images, n_texts, n_classes
        Sizes, with n_classes ≤ n_images.
    concentration
        Parameter of the Dirichlet distribution, in (0, 1e6].
    bayes_labels
        Whether texts have their Bayes label or one at random.
    key
        JAX key that draws P and the labels.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> mt.generators.random_dirichlet(5, 6, 2, key=jax.random.key(0))
    Joint(5 images × 6 texts, 2 classes)
    """
    n_images = _checks.integer("n_images", n_images, 1)
    n_texts = _checks.integer("n_texts", n_texts, 1)
    _checks.dense_size("n_images", n_images, n_texts)
    key = _checks.random_key("key", key)
    n_classes = _checks.integer("n_classes", n_classes, 1, n_images)
    concentration = _checks.real("concentration", concentration, 0, 1e6, open_low=True)
    bayes_labels = _checks.boolean("bayes_labels", bayes_labels)
    law_key, image_key, text_key = jax.random.split(key, 3)
    size = n_images * n_texts
    # Draws do not depend on how many follow: some more let joints of other shapes share the program.
    drawn = jax.random.loggamma(law_key, np.full(-(-size // _AT_ONCE) * _AT_ONCE, concentration))
    logs = (drawn if _checks.is_traced(drawn) else np.asarray(drawn))[:size]
    cells = xp.exp(logs - xp.max(logs))
    # Far in the tail an entry may underflow; the least positive mass keeps every image and text alive.
    law = xp.maximum(cells / xp.sum(cells), 1e-300).reshape(n_images, n_texts)
    image_labels = jax.random.permutation(image_key, np.arange(n_images) % n_classes)
    text_labels = None if bayes_labels else jax.random.randint(text_key, (n_texts,), 0, n_classes)
    return Joint(law, image_labels, text_labels, n_classes=n_classes)


def hierarchical_classes(
    branching: Sequence[int] = (2, 3, 4),
    weights: Sequence[float] = (0.1, 0.2, 0.3, 0.4),
    label_level: int = 1,
) -> Joint:
    """Make the leaves of a tree the images and the texts: classes lie within classes; the spectrum has a closed form.

    Given an image, a level d is drawn with probability w_d and then a text uniformly among the leaves that share
    the image's ancestor at level d (0 is the root: any leaf; D is the leaf itself).  Labels are the ancestors at
    ``label_level``.

    The knobs control σ, which takes the value Σ_{e≥d} w_e with multiplicity (nodes at level d) − (nodes at level d−1),
    and α = Σ_{d<ℓ} w_d (1 − (nodes at level d)/(nodes at level ℓ)).

    Parameters
    ----------
    branching
        Children of a node at each level, b_1 … b_D, each ≥ 1.
    weights
        w_0 … w_D, non-negative, normalized to sum 1.
    label_level
        ℓ in 0 … D.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.hierarchical_classes((2, 2), weights=(0.2, 0.3, 0.5), label_level=1)
    >>> [round(float(s), 12) for s in mt.factorize(joint, 3).singular_values]
    [1.0, 0.8, 0.5, 0.5]
    """
    if not isinstance(branching, Sequence | np.ndarray) or len(branching) == 0:
        raise ValueError(f"branching: a sequence of at least one number of children is needed, got {branching!r}")
    widths = [_checks.integer(f"branching[{d}]", b, 1) for d, b in enumerate(branching)]
    shares = _checks.law("weights", weights, 1)
    if len(shares) != len(widths) + 1:
        raise ValueError(f"weights: {len(widths) + 1} weights are needed, one more than levels, got {weights!r}")
    level = _checks.integer("label_level", label_level, 0, len(widths))
    nodes = [math.prod(widths[:d]) for d in range(len(widths) + 1)]
    _checks.dense_size("branching", nodes[-1], nodes[-1])
    leaves = np.arange(nodes[-1])
    law = np.zeros((nodes[-1], nodes[-1]))
    for count, share in zip(nodes, shares, strict=True):
        ancestor = leaves // (nodes[-1] // count)
        law += share * (ancestor[:, None] == ancestor[None, :]) * count / nodes[-1]
    labels = leaves // (nodes[-1] // nodes[level])
    return Joint(law, labels, labels, n_classes=nodes[level])


def caption_model(
    n_images: int = 40,
    n_attributes: int = 16,
    n_classes: int = 4,
    attributes_per_image: int = 4,
    caption_length: int = 2,
    affinity: float = 0.8,
    *,
    key: PRNGKeyArray,
) -> Joint:
    """Draw images with attributes and let a text name some of them: captions are partial and ambiguous.

    Each class owns an equal share of the attributes.  An image holds distinct attributes, each one drawn from its
    class's share with probability ``affinity``, else from any.  A text is a uniformly random subset of
    ``caption_length`` of an image's attributes; texts have their Bayes label.

    The knob ``caption_length`` controls the detail: longer captions are more specific, so α falls and the spectrum
    rises (dropping an attribute at random is a garbling).  The knob ``affinity`` controls how far attributes tell the
    class, and so α.

    Parameters
    ----------
    n_images, n_attributes, n_classes
        Sizes, with n_classes ≤ n_attributes and ≤ n_images; classes of images are as equal in size as can be.
    attributes_per_image
        Number of attributes of each image, in 1 … n_attributes.
    caption_length
        Number of attributes that a text names, in 1 … attributes_per_image.
    affinity
        Probability that an attribute is drawn from the class's own share, in [0, 1].
    key
        JAX key that draws the images' attributes.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.caption_model(key=jax.random.key(0))
    >>> joint.names.texts[0].count("+")
    1
    """
    n_images = _checks.integer("n_images", n_images, 1)
    n_attributes = _checks.integer("n_attributes", n_attributes, 1)
    n_classes = _checks.integer("n_classes", n_classes, 1, min(n_attributes, n_images))
    held = _checks.integer("attributes_per_image", attributes_per_image, 1, n_attributes)
    length = _checks.integer("caption_length", caption_length, 1, held)
    affinity = _checks.real("affinity", affinity, 0, 1)
    key = _checks.random_key("key", key)
    _checks.dense_size("n_images", n_images, n_attributes)
    per_image = math.comb(held, length)
    _checks.dense_size("n_images", n_images, min(n_images * per_image, math.comb(n_attributes, length)))
    _checks.dense_size("n_images", n_images, per_image)

    labels = _spread(n_images, np.ones(n_classes))
    owner = _spread(n_attributes, np.ones(n_classes))
    # Weighted draws without replacement: the largest of log-weight + Gumbel noise.
    own = labels[:, None] == owner[None, :]
    odds = affinity * own / own.sum(axis=1, keepdims=True) + (1 - affinity) / n_attributes
    noise = jax.random.gumbel(key, (n_images, n_attributes))
    attributes = np.asarray(jnp.argsort(jnp.log(jnp.maximum(odds, 1e-12)) + noise, axis=1))[:, -held:]

    captions = [[tuple(sorted(c)) for c in combinations(row.tolist(), length)] for row in attributes]
    texts = sorted({caption for row in captions for caption in row})
    column = {caption: j for j, caption in enumerate(texts)}
    law = np.zeros((n_images, len(texts)))
    for x, row in enumerate(captions):
        law[x, [column[caption] for caption in row]] = 1.0
    names = Names(
        tuple(f"image {x}" for x in range(n_images)),
        tuple("+".join(f"a{a}" for a in caption) for caption in texts),
        tuple(f"class {i}" for i in range(n_classes)),
    )
    return Joint(law, labels, n_classes=n_classes, names=names)


def _spread(n: int, sizes: np.ndarray) -> np.ndarray:
    """Label n items in consecutive blocks proportional to ``sizes``, at least one item each."""
    extra = (n - len(sizes)) * np.cumsum(sizes) / sizes.sum()
    ends = np.round(extra).astype(int) + 1 + np.arange(len(sizes))
    return np.searchsorted(ends, np.arange(n), side="right")


def _popularities(n_images: int, n_texts: int, tail: float, keys: PRNGKeyArray) -> list[np.ndarray]:
    """Return the popularity of images and that of texts, each in an order that each key draws; a row a key."""
    shares = [weights / weights.sum() for weights in ((1.0 + np.arange(n)) ** -tail for n in (n_images, n_texts))]
    if tail == 0:  # whatever the order, all are equal
        return [np.tile(share, (len(keys), 1)) for share in shares]
    sides = jnp.swapaxes(jax.vmap(jax.random.split)(keys), 0, 1)
    permuted = jax.vmap(jax.random.permutation, in_axes=(0, None))
    return [np.asarray(permuted(side, jnp.asarray(share))) for side, share in zip(sides, shares, strict=True)]


def _monotone_coupling(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Pair two distributions of each row by their quantiles: at most len(p) + len(q) − 1 pairs have mass."""
    cuts_p, cuts_q = np.cumsum(p, axis=1), np.cumsum(q, axis=1)
    cuts_p[:, -1] = cuts_q[:, -1] = 1.0
    high = np.minimum(cuts_p[:, :, None], cuts_q[:, None, :])
    low = np.maximum((cuts_p - p)[:, :, None], (cuts_q - q)[:, None, :])
    overlap = high - low
    # Where quantiles meet, rounding leaves an overlap of a few units in the last place; it counts as none.
    return np.where(overlap > 16 * np.finfo(float).eps, overlap, 0)

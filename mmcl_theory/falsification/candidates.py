"""Define the candidates of a search: unconstrained numbers and labels, from which an instance is made."""

import dataclasses
import functools
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from .. import _checks
from .._arrays import Array
from ..joints.fields import bayes_text_labels
from ..joints.instance import OPTIONAL_PARTS, Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from ..joints.settings import Settings
from ..quantities.decompositions import decomposed
from ..quantities.measurement import Measurement
from ..quantities.quantities import Quantities, extras_of, quantities_of
from ..theory.theorem import Absent, Kind, Theorem, read_by

# The sample's frequencies move freely; so many pairs make whole numbers of them without a loss that counts.
SAMPLE_SIZE = 2.0**50

# No probability falls below e^−40 of the largest: 4e-18, below rounding, yet far from underflow.
_FLOOR = -40.0

_MOST = 2**14  # candidates: so many are drawn in a few seconds
_NUMBERS = 2**24  # that all candidates consist of, at most: the ascent holds some fifty copies of them


@dataclasses.dataclass(frozen=True)
class Search:
    """Specify a search: sizes, the encoder dimension, the optional parts of an instance that move, and its settings.

    With ``one_marginal`` the augmentation pairs have the joint's marginal of images, which no search would hit upon.
    """

    n_images: int
    n_texts: int
    n_classes: int
    k: int
    parts: tuple[str, ...] = OPTIONAL_PARTS
    one_marginal: bool = False
    settings: Settings = dataclasses.field(default_factory=Settings)


class Point(eqx.Module):
    """Represent one candidate before it is made an instance; probabilities are softmaxes of ``…logits``.

    The encoders are weighted factors F_V, F_L of dimension k.  The sample's logits are the joint's plus ``shift``.
    With ``bayes`` the texts have their Bayes labels, whatever ``text_labels`` says.
    """

    logits: Float[Array, "n_V n_L"]
    image_labels: Int[Array, " n_V"]
    text_labels: Int[Array, " n_L"]
    bayes: Bool[Array, ""]
    factors: tuple[Float[Array, "n_V k"], Float[Array, "n_L k"]] | None
    channel_logits: Float[Array, "n_L n_L"] | None
    augmentation_logits: Float[Array, "z n_V"] | None
    natural_logits: Float[Array, " z"] | None
    auxiliary_labels: Int[Array, " n_V"] | None
    shift: Float[Array, "n_V n_L"] | None


def sized_search(
    theorem: Theorem, n_images: Any, n_texts: Any, n_classes: Any, k: Any, *, restarts: Any, settings: Settings
) -> Search:
    """Check the sizes of a search and of its candidates, before anything is drawn, and find the parts that are read.

    Raises
    ------
    ValueError, TypeError
        If a size is no integer within its range, or the candidates take too much memory; the message names it.
    """
    restarts = _checks.integer("restarts", restarts, 8, _MOST)
    if restarts % 8:
        raise ValueError(f"restarts: a multiple of 8 is needed, got {restarts}")
    n_images = _checks.integer("n_images", n_images, 1)
    n_texts = _checks.integer("n_texts", n_texts, 1)
    if restarts * (n_images + n_texts) ** 2 > _NUMBERS:
        raise ValueError(
            f"n_images: at most {math.isqrt(_NUMBERS // restarts)} images and texts together are searched with "
            f"{restarts} candidates, got {n_images} and {n_texts}"
        )
    n_classes = _checks.integer("n_classes", n_classes, 1, n_images + n_texts)
    k = _checks.integer("k", k, 1, min(n_images, n_texts))
    one_marginal = "marginal_distance" in read_by(*theorem.formulas)
    search = Search(n_images, n_texts, n_classes, k, one_marginal=one_marginal, settings=settings)
    return dataclasses.replace(search, parts=needed_parts(theorem, search))


class NotSearchable(ValueError):
    """Say why no search of a size can attack a theorem.

    Attributes
    ----------
    reason
        Sentence that begins with the theorem's slug.
    """

    def __init__(self, reason: str):
        self.reason = reason
        super().__init__(f"theorem: {reason}")


def needed_parts(theorem: Theorem, search: Search) -> tuple[str, ...]:
    """List the parts without which a formula of the theorem lacks a quantity, by trying the formulas on halves.

    Raises
    ------
    NotSearchable
        If a formula reads a quantity that no instance of this size has, or the statement is a probable one or a
        decision.
    """
    if theorem.kind is Kind.PROBABILISTIC or "failure_probability" in read_by(*theorem.formulas):
        raise NotSearchable(f"{theorem.slug} speaks of random samples, which nobody chooses; see failure_rates")
    if theorem.kind is Kind.DECISION:
        raise NotSearchable(f"{theorem.slug} compares signs, which no gradient changes; verify it on many instances")
    missing = _lacking(theorem, search)
    if missing is not None:
        raise NotSearchable(f"{theorem.slug} {missing}, which no search of this size provides")
    return tuple(
        part
        for part in theorem.parts
        if _lacking(
            theorem, dataclasses.replace(search, parts=tuple(other for other in OPTIONAL_PARTS if other != part))
        )
    )


def _lacking(theorem: Theorem, search: Search) -> str | None:
    """Say which quantity of the theorem instances of this search lack, if they lack one."""
    halves = _halves(read_by(*theorem.formulas), search)
    try:
        with np.errstate(all="ignore"):
            theorem.sides(halves)
            theorem.margins(halves)
    except Absent as absent:
        return str(absent)
    return None


@functools.lru_cache(maxsize=256)  # tracing takes longer than all else before a search
def _halves(names: tuple[str, ...], search: Search) -> Quantities:
    """Return ½ for each of the named quantities that instances of a search have, and None for the others."""

    def measured(point: Point) -> Quantities:
        """Measure the instance that a point stands for."""
        made = instance(point, search)
        return quantities_of(Measurement(made, decomposed(made, search.k, extras_of(names)), search.k), names)

    # NumPy's numbers, which divide by zero in silence where plain floats would not.
    return jax.tree.map(lambda _: np.float64(0.5), jax.eval_shape(measured, start(np.random.default_rng(0), search)))


def instance(point: Point, search: Search) -> Instance:
    """Build the instance that a point stands for; differentiable with respect to the numbers in it."""
    law = _softmax(point.logits.ravel()).reshape(point.logits.shape)
    bayes = bayes_text_labels(law, point.image_labels, search.n_classes)
    joint = Joint(law, point.image_labels, jnp.where(point.bayes, bayes, point.text_labels), n_classes=search.n_classes)
    parts: dict[str, Any] = {}
    if point.factors is not None:
        image_factors, text_factors = point.factors
        parts["encoders"] = (
            image_factors / jnp.sqrt(joint.image_marginal)[:, None],
            text_factors / jnp.sqrt(joint.text_marginal)[:, None],
        )
    if point.channel_logits is not None:
        parts["channel"] = _softmax(point.channel_logits)
    if point.augmentation_logits is not None and point.natural_logits is not None:
        channel, natural = _softmax(point.augmentation_logits), _softmax(point.natural_logits)
        seen = natural[:, None] * channel
        graph = channel.T @ seen
        if search.one_marginal:
            graph = _with_marginal(graph, joint.image_marginal)
        parts["augmentation"] = PairGraph.of_symmetric((graph + graph.T) / 2, point.image_labels, search.n_classes)
    if point.auxiliary_labels is not None:
        parts["auxiliary_labels"] = point.auxiliary_labels
    if point.shift is not None:
        frequencies = _softmax((point.logits + point.shift).ravel()).reshape(point.logits.shape)
        parts["sample"] = SAMPLE_SIZE * frequencies
    return Instance(joint, **parts, **dataclasses.asdict(search.settings))


def _with_marginal(graph: Float[Array, "n n"], marginal: Float[Array, " n"]) -> Float[Array, "n n"]:
    """Give a graph of pairs another marginal: as much of it as this allows, and pairs of equal images for the rest."""
    own = jnp.sum(graph, axis=1)
    share = jnp.min(marginal / own)
    return share * graph + jnp.diag(marginal - share * own)


def _softmax(logits: Float[Array, "*rows n"]) -> Float[Array, "*rows n"]:
    """Compute softmaxes along the last axis, no probability below e^−40 of the largest."""
    return jax.nn.softmax(jnp.maximum(logits - jnp.max(logits, axis=-1, keepdims=True), _FLOOR), axis=-1)


def start(draw: np.random.Generator, search: Search) -> Point:
    """Draw a candidate: noise of any temperature, sparsity, marginals, a matching and blocks, each with any weight.

    A matching with a little noise is isotropic noise, blocks alone are independent within classes, and no weight on
    anything is independence.
    """
    n, m = search.n_images, search.n_texts
    image_labels, text_labels = _start_labels(draw, search)
    matched = np.arange(n)[:, None] % m == np.arange(m)[None, :] % n
    logits = _start_logits(draw, matched, image_labels[:, None] == text_labels[None, :])
    parts: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Point))
    if "encoders" in search.parts:
        parts["factors"] = _start_factors(draw, logits, search.k)
    if "channel" in search.parts:
        same = text_labels[:, None] == text_labels[None, :]
        parts["channel_logits"] = _start_logits(draw, np.eye(m, dtype=bool), same)
    if "augmentation" in search.parts:
        # Twice as many natural images as augmented ones: the rank does not limit the graph.
        same = np.tile(image_labels, 2)[:, None] == image_labels[None, :]
        parts["augmentation_logits"] = _start_logits(draw, np.tile(np.eye(n, dtype=bool), (2, 1)), same)
        parts["natural_logits"] = draw.normal(size=2 * n)
    if "auxiliary_labels" in search.parts:
        parts["auxiliary_labels"] = _flip(draw, image_labels, 0.2, search.n_classes)
    if "sample" in search.parts:
        parts["shift"] = _scale(draw, 1e-4, 1.0) * draw.normal(size=(n, m))
    parts |= {"logits": logits, "image_labels": image_labels, "text_labels": text_labels}
    return Point(**(parts | {"bayes": np.array(draw.random() < 0.5)}))


def _scale(draw: np.random.Generator, low: float, high: float) -> float:
    """Draw a log-uniform number."""
    return float(np.exp(draw.uniform(np.log(low), np.log(high))))


def _start_labels(draw: np.random.Generator, search: Search) -> tuple[np.ndarray, np.ndarray]:
    """Draw image labels, in half of the cases with every class in use, and labels of texts, mostly of their matches."""
    image_labels = draw.choice(search.n_classes, size=search.n_images, p=draw.dirichlet(np.ones(search.n_classes)))
    if draw.random() < 0.5:
        place = draw.permutation(search.n_images)
        image_labels = np.where(place < search.n_classes, place, image_labels)
    matched = image_labels[np.arange(search.n_texts) % search.n_images]
    return image_labels, _flip(draw, matched, draw.choice([0.0, 0.2, 1.0]), search.n_classes)


def _flip(draw: np.random.Generator, labels: np.ndarray, share: float, n_classes: int) -> np.ndarray:
    """Replace a share of the labels by random ones."""
    return np.where(draw.random(labels.shape) < share, draw.integers(n_classes, size=labels.shape), labels)


def _start_logits(draw: np.random.Generator, matched: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Draw logits: noise, marginals, a matching, blocks of ``same`` and empty cells, each with a random weight."""
    n, m = matched.shape
    noise = _scale(draw, 0.01, 4.0) * draw.normal(size=(n, m))
    marginals = draw.normal(size=(n, 1)) + draw.normal(size=(1, m))
    absent = draw.random((n, m)) < draw.uniform(0, 0.8)
    spread = draw.integers(2) * _scale(draw, 0.1, 2.0)
    weights = draw.integers(2, size=3) * draw.uniform(0, 10, size=3)
    return noise + spread * marginals + weights[0] * matched + weights[1] * same - 2 * weights[2] * absent


def _start_factors(draw: np.random.Generator, logits: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute the optimal factors of the joint and add noise of a random size."""
    law = np.exp(np.maximum(logits - logits.max(), _FLOOR))
    left, values, right = np.linalg.svd(law / np.sqrt(law.sum(axis=1, keepdims=True) * law.sum(axis=0)))
    noise, roots = _scale(draw, 1e-4, 0.5), np.sqrt(values[:k])
    images, texts = left[:, :k] * roots, right[:k].T * roots
    return images + noise * draw.normal(size=images.shape), texts + noise * draw.normal(size=texts.shape)


def mutate(draw: np.random.Generator, point: Point, search: Search) -> Point:
    """Draw a neighbour: move numbers, empty some cells, and in half of the cases change a label of each kind."""
    scale = _scale(draw, 1e-3, 1.0)

    def moved(leaf: np.ndarray) -> np.ndarray:
        """Add noise to an array of numbers."""
        return leaf + scale * draw.normal(size=leaf.shape) if leaf.dtype.kind == "f" else leaf

    point = jax.tree.map(moved, point)
    changed: dict[str, Any] = {
        "logits": point.logits - 15.0 * (draw.random(point.logits.shape) < 0.5 / point.logits.size),
        "bayes": point.bayes ^ (draw.random() < 0.1),
    }
    for name in ("image_labels", "text_labels", "auxiliary_labels"):
        if getattr(point, name) is not None:
            changed[name] = _flip_one(draw, getattr(point, name), search.n_classes)
    return dataclasses.replace(point, **changed)


def _flip_one(draw: np.random.Generator, labels: Any, n_classes: int) -> np.ndarray:
    """Give, in half of the cases, one item a random label."""
    changed = np.array(labels)
    if draw.random() < 0.5:
        changed[draw.integers(len(changed))] = draw.integers(n_classes)
    return changed

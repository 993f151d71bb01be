"""Check the optional parts of an instance, and draw each at random."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray

from .. import _checks
from .._arrays import Array
from .fields import check_channel
from .joint import Joint
from .laws.dense import as_law
from .pairs import PairGraph, check_graph
from .sampling import draw_cells, draw_walks

_RELABELLED = 0.01  # the share of images whose auxiliary label is not their class


def checked_encoders(encoders: Any, joint: Joint) -> tuple[Array, Array]:
    """Check a pair of features, of images and of texts."""
    if not isinstance(encoders, tuple | list) or len(encoders) != 2:
        raise TypeError("encoders: a pair (image features, text features) is needed")
    if _checks.is_traced(*encoders):
        return jnp.asarray(encoders[0]), jnp.asarray(encoders[1])
    image, text = (_checks.real_array(f"encoders[{side}]", features, 2) for side, features in enumerate(encoders))
    if image.shape[0] != joint.n_images or text.shape[0] != joint.n_texts or image.shape[1] != text.shape[1]:
        raise ValueError(
            f"encoders: shapes ({joint.n_images}, d) and ({joint.n_texts}, d) are needed, "
            f"got {np.shape(image)} and {np.shape(text)}"
        )
    return image, text


@partial(jax.jit, static_argnums=(0, 1, 2))
def drawn_encoders(n_images: int, n_texts: int, dimension: int, images: PRNGKeyArray, texts: PRNGKeyArray) -> Any:
    """Draw Gaussian features of images and of texts, each with a key of its own."""
    return jax.random.normal(images, (n_images, dimension)), jax.random.normal(texts, (n_texts, dimension))


def checked_channel(channel: Any, joint: Joint) -> Any:
    """Check a caption channel, and hold it as the joint is held: densely, or by its entries."""
    return as_law(check_channel(channel, joint.law)).matrix


@partial(jax.jit, static_argnums=0)
def drawn_channel(n_texts: int, key: PRNGKeyArray) -> Float[Array, "n_L n_new"]:
    """Draw a channel in which each caption becomes one of two random new ones, of which there are half as many."""
    first, second, weights = jax.random.split(key, 3)
    n_new = max(1, n_texts // 2)
    share = jax.random.uniform(weights, (n_texts,))[:, None]
    # The first target covers every new caption, so that none is left without mass.
    to_first = jax.nn.one_hot(jax.random.permutation(first, jnp.arange(n_texts) % n_new), n_new)
    to_second = jax.nn.one_hot(jax.random.randint(second, (n_texts,), 0, n_new), n_new)
    return share * to_first + (1 - share) * to_second


def checked_graph(name: str, graph: Any, joint: Joint) -> PairGraph:
    """Check a graph of pairs of images, and give it the labels and classes of the joint."""
    graph = check_graph(name, graph)
    if graph.matrix.shape[-1] != joint.n_images:
        raise ValueError(f"{name}: {joint.n_images} images are needed, got {graph.matrix.shape[-1]}")
    labels = (graph.labels, joint.image_labels)
    if not _checks.is_traced(*labels) and not np.array_equal(*labels):
        raise ValueError(f"{name}: its images must have the labels of the joint's")
    return PairGraph.of_symmetric(graph.matrix, joint.image_labels, joint.n_classes, graph.denominator)


def checked_auxiliary_labels(labels: Any, joint: Joint) -> Array:
    """Check any labels of the images."""
    if _checks.is_traced(labels):
        return labels
    # The classes themselves are allowed, and otherwise no more labels than images could be in use.
    n_labels = max(joint.n_images, joint.n_classes)
    return _checks.label_array("auxiliary_labels", labels, joint.n_images, n_labels)


def checked_attribute(attribute: Any, joint: Joint) -> tuple[Array, Array | None]:
    """Check a second label of the images and, unless it is None, of the texts: numbers that both share."""
    if not isinstance(attribute, tuple | list) or len(attribute) != 2:
        raise TypeError("attribute: a pair (image attributes, text attributes) is needed, the latter may be None")
    if _checks.is_traced(*attribute):
        return attribute[0], attribute[1]
    # As of auxiliary labels; the texts may name what no image has.
    n_labels = max(joint.n_images, joint.n_texts, joint.n_classes)
    images = _checks.label_array("attribute[0]", attribute[0], joint.n_images, n_labels)
    if attribute[1] is None:
        return images, None
    return images, _checks.label_array("attribute[1]", attribute[1], joint.n_texts, n_labels)


def checked_label_law(law: Any, joint: Joint) -> Array:
    """Check the law of a label given each image, of as many values as there are classes."""
    if _checks.is_traced(law):
        return law
    rows = _checks.stochastic("label_law", law)
    if rows.shape != (joint.n_images, joint.n_classes):
        needed = f"{joint.n_images} rows of {joint.n_classes} probabilities, one for each class"
        raise ValueError(f"label_law: {needed}, are needed, got shape {rows.shape}")
    return rows


@partial(jax.jit, static_argnums=1)
def drawn_auxiliary_labels(labels: Int[Array, " n_V"], n_classes: int, key: PRNGKeyArray) -> Int[Array, " n_V"]:
    """Draw labels that are the classes, but for one image in a hundred, which has the next class."""
    return jnp.where(jax.random.bernoulli(key, _RELABELLED, labels.shape), (labels + 1) % n_classes, labels)


def checked_sample(sample: Any, joint: Joint) -> Any:
    """Check how often each pair was drawn, and hold it as the joint is held: densely, or by its entries."""
    if _checks.is_traced(*jax.tree.leaves(sample)):
        return sample
    counts = joint.law.like("sample", sample, _counts)
    if counts.shape != joint.law.shape:
        raise ValueError(f"sample: the joint's shape {joint.law.shape} is needed, got {counts.shape}")
    return as_law(counts).matrix


def _counts(name: str, value: Any, ndim: int) -> np.ndarray:
    values = _checks.weights(name, value, ndim)
    wrong = values[values != np.round(values)]
    if wrong.size:
        raise ValueError(f"{name}: counts are needed, whole numbers, got {wrong[0]}")
    return values


def checked_labelled(labelled: Any, joint: Joint) -> Array:
    """Check how often each image was drawn to be labelled: whole numbers, one for each image and not all of them 0."""
    if _checks.is_traced(labelled):
        return labelled
    counts = _counts("labelled", labelled, 1)
    if counts.shape != (joint.n_images,):
        raise ValueError(f"labelled: {joint.n_images} counts are needed, one for each image, got {counts.shape[0]}")
    return counts


def drawn_labelled(joint: Joint, n_labelled: int, key: PRNGKeyArray) -> Any:
    """Draw images to be labelled, independently from p_V, and count each."""
    return draw_cells(joint.image_marginal, n_labelled, key)


def checked_walks(walks: Any, steps: int) -> Array:
    """Check how many of N walks are at an image of their class after 0 … M steps: N, and whole numbers up to N."""
    if _checks.is_traced(walks):
        return walks
    counts = _counts("walks", walks, 1)
    if counts.shape != (steps + 1,):
        raise ValueError(f"walks: {steps + 1} counts are needed, after 0 … {steps} steps, got {counts.shape[0]}")
    if counts.max() > counts[0]:
        raise ValueError(
            f"walks: of {counts[0]:.0f} walks, the first count, no more can be there, got {counts.max():.0f}"
        )
    return counts


def drawn_walks(joint: Joint, steps: int, n_walks: int, key: PRNGKeyArray) -> Any:
    """Draw text walks on the pairs of the joint, and count those that are at an image of their class after each."""
    pairs, labels = joint.law.to_sparse().on_host(), np.asarray(joint.image_labels)
    return np.array([n_walks, *(kept.sum() for kept in draw_walks(pairs, labels, steps, n_walks, key))])

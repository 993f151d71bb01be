"""What a statement is about: a joint and, for some statements, encoders, a channel, an augmentation graph, a sample."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jaxtyping import Array, Float, Int, PRNGKeyArray

from .. import _checks
from .joint import Joint, check_channel, check_joint
from .laws.law import SparseLaw
from .pairs import PairGraph, check_graph


class Instance(eqx.Module):
    """A joint together with the optional parts that some statements need.

    A bare ``Joint`` is accepted wherever an instance is; statements that need a part it lacks are then
    *not applicable*.

    Parameters
    ----------
    joint
        The law of positive pairs.
    encoders
        Features (f_V, f_L) of any encoder pair, shapes (n_V, d) and (n_L, d).
    channel
        K, a row-stochastic matrix of shape (n_L, n_new): what captions become when they are garbled.  Dense or SciPy
        sparse, and held as the joint is.
    augmentation
        P_A, a ``PairGraph`` over the joint's images, with their labels.
    auxiliary_labels
        ŷ, any labels of the images, integers, shape (n_V,), for the statements that allow them.
    sample
        N·P̂, how often each pair was drawn from the joint, whole numbers, shape (n_V, n_L).  Images and texts that were
        not drawn keep their rows and columns (``Joint.draw`` gives it so).  SciPy sparse where the joint is not dense.
    failure_probability
        δ in (0, 1), with which a statement on the sample may fail where it claims a high probability only.

    Raises
    ------
    ValueError, TypeError
        If a part does not fit the joint; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(3, 0.3)
    >>> mt.Instance(joint, channel=[[1, 0], [1, 0], [0, 1]]).encoders is None
    True
    """

    joint: Joint
    encoders: tuple[Float[Array, "n_V d"], Float[Array, "n_L d"]] | None
    channel: Any  # Float[Array, "n_L n_new"], or a SparseLaw of this shape; or None
    augmentation: PairGraph | None
    auxiliary_labels: Int[Array, " n_V"] | None
    sample: Any  # Float[Array, "n_V n_L"], or a SparseLaw of this shape; or None
    failure_probability: Float[Array, ""]

    def __init__(
        self,
        joint: Joint,
        *,
        encoders: Any = None,
        channel: Any = None,
        augmentation: PairGraph | None = None,
        auxiliary_labels: Any = None,
        sample: Any = None,
        failure_probability: float = 0.05,
    ):
        self.joint = check_joint("joint", joint)
        self.encoders = None if encoders is None else _check_encoders(encoders, joint)
        self.channel = None if channel is None else _check_channel(channel, joint)
        self.augmentation = None if augmentation is None else _check_augmentation(augmentation, joint)
        self.auxiliary_labels = None if auxiliary_labels is None else _check_auxiliary(auxiliary_labels, joint)
        self.sample = None if sample is None else _check_sample(sample, joint)
        self.failure_probability = _check_probability(failure_probability)

    @staticmethod
    def of(value: "Joint | Instance") -> "Instance":
        """The instance itself, or a bare joint as one."""
        return value if isinstance(value, Instance) else Instance(value)

    @staticmethod
    def with_random_parts(
        joint: Joint,
        *,
        dimension: int = 8,
        n_pairs: int = 1_000_000,
        augmentation: PairGraph | None = None,
        key: PRNGKeyArray,
    ) -> "Instance":
        """The joint with every part that can be drawn at random, and its augmentation pairs if it has any.

        The encoders are Gaussian features of ``dimension``.  The channel leads to half as many captions: each
        becomes one of two random new ones, with random probabilities; a joint that is not dense has none.  The
        auxiliary labels are the classes, but for one image in a hundred, which has the next class.  The sample is of
        ``n_pairs`` pairs.

        Examples
        --------
        >>> import jax, mmcl_theory as mt
        >>> joint = mt.generators.isotropic_noise(4, 0.3)
        >>> instance = mt.Instance.with_random_parts(joint, n_pairs=1000, key=jax.random.key(0))
        >>> instance.channel.shape, int(instance.sample.sum())
        ((4, 2), 1000)
        """
        joint = check_joint("joint", joint)
        dimension = _checks.integer("dimension", dimension, 1)
        images, texts, captions, labels, sample = jax.random.split(_checks.random_key("key", key), 5)
        relabelled = jax.random.bernoulli(labels, 0.01, joint.image_labels.shape)
        return Instance(
            joint,
            encoders=(
                jax.random.normal(images, (joint.n_images, dimension)),
                jax.random.normal(texts, (joint.n_texts, dimension)),
            ),
            channel=_lossy_channel(joint.n_texts, captions) if joint.is_dense else None,
            augmentation=augmentation,
            auxiliary_labels=jnp.where(relabelled, (joint.image_labels + 1) % joint.n_classes, joint.image_labels),
            sample=joint.draw(n_pairs, key=sample),
        )


# The names of the parts that an instance may lack, in the order of its fields.
OPTIONAL_PARTS = tuple(
    field.name for field in dataclasses.fields(Instance) if field.name not in ("joint", "failure_probability")
)


def _lossy_channel(n_texts: int, key: PRNGKeyArray) -> Float[Array, "n_L n_new"]:
    """Each caption becomes one of two random new ones, of which there are half as many."""
    first, second, weights = jax.random.split(key, 3)
    n_new = max(1, n_texts // 2)
    share = jax.random.uniform(weights, (n_texts,))[:, None]
    # The first target covers every new caption, so that none is left without mass.
    to_first = jax.nn.one_hot(jax.random.permutation(first, jnp.arange(n_texts) % n_new), n_new)
    to_second = jax.nn.one_hot(jax.random.randint(second, (n_texts,), 0, n_new), n_new)
    return share * to_first + (1 - share) * to_second


def _check_augmentation(graph: Any, joint: Joint) -> PairGraph:
    graph = check_graph("augmentation", graph)
    if graph.matrix.shape[-1] != joint.n_images:
        raise ValueError(f"augmentation: {joint.n_images} images are needed, got {graph.matrix.shape[-1]}")
    labels = (graph.labels, joint.image_labels)
    if not _checks.is_traced(*labels) and not np.array_equal(*labels):
        raise ValueError("augmentation: its images must have the labels of the joint's")
    return PairGraph.of_symmetric(graph.matrix, joint.image_labels, joint.n_classes)


def _check_auxiliary(labels: Any, joint: Joint) -> Array:
    if _checks.is_traced(labels):
        return labels
    # The classes themselves are allowed, and otherwise no more labels than images could be in use.
    n_labels = max(joint.n_images, joint.n_classes)
    return jnp.asarray(_checks.label_array("auxiliary_labels", labels, joint.n_images, n_labels))


def _check_channel(channel: Any, joint: Joint) -> Array | SparseLaw:
    checked = check_channel(channel, joint.n_texts, sparse=not joint.is_dense)
    return SparseLaw.of_scipy(checked) if scipy.sparse.issparse(checked) else checked


def _check_sample(sample: Any, joint: Joint) -> Array | SparseLaw:
    if _checks.is_traced(*jax.tree.leaves(sample)):
        return sample
    if joint.is_dense:
        counts = values = _checks.weights("sample", sample, 2)
    else:
        counts = scipy.sparse.csr_array(sample)
        values = _checks.weights("sample", counts.data, 1)
    if counts.shape != joint.matrix.shape:
        raise ValueError(f"sample: the joint's shape {joint.matrix.shape} is needed, got {counts.shape}")
    if (values != np.round(values)).any():
        wrong = values[values != np.round(values)][0]
        raise ValueError(f"sample: counts are needed, whole numbers, got {wrong}")
    return jnp.asarray(counts) if joint.is_dense else SparseLaw.of_scipy(counts.astype(float))


def _check_probability(value: Any) -> Array:
    if _checks.is_traced(value):
        return value
    probability = _checks.real("failure_probability", value, 0, 1, open_low=True)
    if probability == 1:
        raise ValueError("failure_probability: must be below 1, got 1")
    return jnp.asarray(probability)


def _check_encoders(encoders: Any, joint: Joint) -> tuple[Array, Array]:
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
    return jnp.asarray(image), jnp.asarray(text)

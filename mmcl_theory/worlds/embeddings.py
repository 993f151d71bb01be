"""Take the embeddings of a user's model: the joint that it believes in, or its encoders on a joint of pairs."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy
from jaxtyping import Float

from .. import _checks, losses, probes
from .._arrays import Array, program, xp
from ..factorization.factorize import factorize
from ..joints.instance import Instance
from ..joints.joint import Joint, check_joint
from ..joints.names import Names
from .named_vectors import directions, matched, named

_LARGEST = float(np.finfo(float).max)
_BLOCK = 2**24  # similarities that are computed at once, of which only the largest are kept


def from_embeddings(
    image_features: Any,
    text_features: Any,
    labels: Mapping[Any, Any] | pd.Series,
    *,
    temperature: float,
    top: int | None = None,
    text_labels: Mapping[Any, Any] | pd.Series | None = None,
) -> Joint:
    """Make the joint that a model believes in, P(x,l) ∝ exp(cos(f(x), g(l))/τ).

    Parameters
    ----------
    image_features, text_features
        Vectors with their names: a mapping from name to vector, a DataFrame with the names as its index, a pair
        (names, array of shape (n, d)), or the path of a file.  An .npz file has the arrays ``names`` and ``features``,
        a .parquet file a column ``name`` and columns of numbers or one of lists; or an .npz or .safetensors file has a
        vector under each name.  The names of the rows of a single array, in an .npy or .safetensors file, stand in a
        file beside it, with .txt in place of its ending, one a line.
    labels
        The class of each image: a mapping from its name, or a Series with the names as its index.
    temperature
        τ > 0; that of CLIP after training is 0.01.
    top
        Keep of each image its ``top`` most similar texts, and of each text as many images; no array of the size of P
        is formed, and a large joint is held sparsely.  By default every pair is kept.
    text_labels
        The class of each text likewise; by default texts have their Bayes label.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or at this temperature an image or text is left without mass; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> images, texts = {"1.jpg": [1.0, 0.0], "2.jpg": [0.0, 3.0]}, {"dog": [2.0, 0.0], "cat": [0.0, 1.0]}
    >>> joint = mt.datasets.from_embeddings(images, texts, {"1.jpg": "dog", "2.jpg": "cat"}, temperature=0.5)
    >>> joint.names.texts, joint.matrix.round(3).tolist()
    (('dog', 'cat'), [[0.44, 0.06], [0.06, 0.44]])
    """
    image_names, images = named("image_features", image_features)
    text_names, texts = named("text_features", text_features)
    if images.shape[1] != texts.shape[1]:
        raise ValueError(f"text_features: {images.shape[1]} dimensions are needed, got {texts.shape[1]}")
    images, texts = directions("image_features", image_names, images), directions("text_features", text_names, texts)
    temperature = _checks.real("temperature", temperature, 0, _LARGEST, open_low=True)
    image_classes = _labels("labels", labels, image_names)
    text_classes = [] if text_labels is None else _labels("text_labels", text_labels, text_names)
    codes, classes = pd.factorize(np.array(image_classes + text_classes, dtype=object))
    weights = _believed(images, texts, temperature, None if top is None else _checks.integer("top", top, 1))
    for axis, names in ((1, image_names), (0, text_names)):
        lost = np.flatnonzero(weights.sum(axis=axis) < np.finfo(float).tiny)
        if lost.size:
            name = _checks.quoted(names[lost[0]])
            raise ValueError(f"temperature: {name} has no mass at {temperature}; a higher temperature is needed")
    return Joint(
        weights,
        codes[: len(image_names)],
        None if text_labels is None else codes[len(image_names) :],
        n_classes=len(classes),
        names=Names(tuple(image_names), tuple(text_names), tuple(classes)),
    )


def with_embeddings(
    joint: Joint, image_features: Any, text_features: Any, *, cosine: bool = True, scale: float | None = None
) -> Instance:
    """Give a joint the encoders of a model: for each of its images and texts the vector of this name.

    Parameters
    ----------
    joint
        A joint with names, such as ``from_pairs`` makes.
    image_features, text_features
        Vectors with their names, as for ``from_embeddings``; those of other names are not used.
    cosine
        Whether vectors are first divided by their length.
    scale
        What inner products are multiplied by.  By default the best, which makes the factorization loss least:
        s = ⟨A, F_V F_Lᵀ⟩/‖F_V F_Lᵀ‖².

    Raises
    ------
    ValueError, TypeError
        If an image or text has no vector, or an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.datasets.from_pairs(["1.jpg", "2.jpg"], ["dog", "cat"], ["dog", "cat"])
    >>> images, texts = {"2.jpg": [0.0, 3.0], "1.jpg": [1.0, 0.0]}, {"dog": [2.0, 0.0], "cat": [0.0, 1.0]}
    >>> instance = mt.datasets.with_embeddings(joint, images, texts)
    >>> (instance.encoders[0] @ instance.encoders[1].T).round(12).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    images, texts = _matched_pair(joint, image_features, "text_features", text_features, "texts", cosine)
    if scale is None:
        scale = float(_best_scale(joint, images, texts))
        if scale <= 0:
            raise ValueError(
                "image_features: their inner products with the texts of their pairs are not positive on average, so "
                "no scale makes encoders of them that are better than none; scale=1 takes them as they are"
            )
    root = np.sqrt(_checks.real("scale", scale, 0, _LARGEST, open_low=True))
    return Instance(joint, encoders=(root * images, root * texts))


def _matched_pair(
    joint: Joint, image_features: Any, argument: str, others: Any, part: str, cosine: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Find the vectors of a joint's images, and those of its texts or classes, of one dimension, by their names."""
    names = check_joint("joint", joint).names
    if names is None:
        raise ValueError(f"joint: names are needed, as vectors are found by the names of images and {part}")
    images = matched("image_features", image_features, names.images, _checks.boolean("cosine", cosine))
    found = matched(argument, others, getattr(names, part), cosine)
    if images.shape[1] != found.shape[1]:
        raise ValueError(f"{argument}: {images.shape[1]} dimensions are needed, got {found.shape[1]}")
    return images, found


def with_best_texts(instance: Instance) -> Instance:
    """Give an instance, in place of its text encoder, the best one beside its image encoder.

    The linear probe reads the image encoder alone, so what bounds it by ε holds with this smaller ε too.

    Raises
    ------
    TypeError
        If it is no instance with encoders.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(3, 0.25)
    >>> instance = mt.Instance(joint, encoders=([[1.0], [0.0], [0.0]], [[0.0], [1.0], [0.0]]))
    >>> mt.datasets.imperfections(instance).of_texts > 0.1
    True
    >>> abs(mt.datasets.imperfections(mt.datasets.with_best_texts(instance)).of_texts) < 1e-12
    True
    """
    joint, images, _ = _encoded("instance", instance)
    basis = probes.range_basis(xp.sqrt(joint.image_marginal)[:, None] * images)
    texts = joint.normalized_law.T @ basis
    roots = xp.sqrt(joint.image_marginal)[:, None], xp.sqrt(joint.text_marginal)[:, None]
    return Instance(joint, encoders=(basis / roots[0], texts / roots[1]))


def prompt_error(joint: Joint, image_features: Any, prompts: Any, *, cosine: bool = True) -> float:
    """Measure the error of answering, for each image, the class whose prompt has the largest inner product with it.

    Parameters
    ----------
    joint
        A joint with names.
    image_features
        Vectors with their names, as for ``from_embeddings``.
    prompts
        A vector for each class, by the name of the class: that of its prompt, or the mean of several.
    cosine
        Whether vectors are first divided by their length.

    Raises
    ------
    ValueError, TypeError
        If an image or class has no vector, or an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.datasets.from_pairs(["1.jpg", "2.jpg"], ["dog", "cat"], ["dog", "cat"])
    >>> images = {"1.jpg": [1.0, 0.1], "2.jpg": [1.0, 0.0]}
    >>> mt.datasets.prompt_error(joint, images, {"dog": [0.0, 1.0], "cat": [1.0, 0.0]})
    0.5
    """
    images, heads = _matched_pair(joint, image_features, "prompts", prompts, "classes", cosine)
    scores = xp.sqrt(joint.image_marginal)[:, None] * xp.asarray(images @ heads.T)
    return float(probes.error(scores, joint.image_labels, joint.image_marginal))


@dataclasses.dataclass(frozen=True)
class Imperfections:
    """Hold how far given encoders are from the best of their dimension d, by cause, and their errors.

    Attributes
    ----------
    dimension
        d.
    excess_loss
        ε = L_AMF − Σ_{j>d}σ_j², the sum of the four below.
    of_scale
        What multiplying inner products by ``best_scale`` would save.
    of_alignment
        What the best linear map between image and text features would save beyond that.
    of_texts
        What the best text encoder, beside these image features, would save beyond that.
    of_images
        What is left: the span of the image features holds less of A than its first d singular vectors do.
    best_scale
        The s ≥ 0 with which s·f_V(x)ᵀf_L(l) has the least loss.
    probe_residual, probe_error
        r(F_V) and e(F_V): of the linear probe on the image features.
    zero_shot_error
        Of answering the class whose texts have the largest inner product with the image, summed over p_L.
    """

    dimension: int
    excess_loss: float
    of_scale: float
    of_alignment: float
    of_texts: float
    of_images: float
    best_scale: float
    probe_residual: float
    probe_error: float
    zero_shot_error: float


def imperfections(instance: Instance) -> Imperfections:
    """Measure how far the encoders of an instance are from the best of their dimension, by cause.

    Raises
    ------
    ValueError, TypeError
        If it is no single instance with encoders.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> best = mt.factorize(joint, 2)
    >>> images, texts = best.image_features, best.text_features
    >>> found = mt.datasets.imperfections(mt.Instance(joint, encoders=(images, images[:, ::-1])))
    >>> found.dimension, round(found.of_images, 12), found.of_alignment > 0.1
    (2, 0.0, True)
    """
    joint, images, texts = _encoded("instance", instance)
    dimension = images.shape[1]
    if dimension >= min(joint.law.shape):
        best = joint.normalized_law.squared_norm()
    else:
        best = xp.sum(factorize(joint, dimension).singular_values[:dimension] ** 2)
    explained, scale, heads = _measured(joint, images, texts)
    causes = np.append(np.asarray(explained)[1:], best) - np.asarray(explained)
    causes = np.maximum(causes, 0)  # rounding alone could make one negative
    of_scale, of_alignment, of_texts, of_images = map(float, causes)
    residual, probe_error, zero_shot_error = map(float, heads)
    return Imperfections(
        dimension=dimension,
        excess_loss=float(causes.sum()),
        of_scale=of_scale,
        of_alignment=of_alignment,
        of_texts=of_texts,
        of_images=of_images,
        best_scale=float(scale),
        probe_residual=residual,
        probe_error=probe_error,
        zero_shot_error=zero_shot_error,
    )


def _encoded(name: str, instance: Any) -> tuple[Joint, Array, Array]:
    """Return the joint and the features of an instance; raise a TypeError if it is none with encoders."""
    if not isinstance(instance, Instance) or instance.encoders is None:
        raise TypeError(f"{name}: an Instance with encoders is needed, got {_checks.quoted(instance)}")
    return check_joint(name, instance.joint), *instance.encoders


@program
def _measured(joint: Joint, images: Array, texts: Array) -> tuple[Array, Array, tuple[Array, Array, Array]]:
    """Measure what encoders explain of ‖A‖² as they are, and improved step by step; the best scale; and their heads."""
    law, target = joint.normalized_law, joint.image_label_matrix
    left, right = _factors(joint, images, texts)
    inner, norm = _inner_and_norm(joint, images, texts)
    scale = xp.maximum(_best_scale(joint, images, texts), 0)
    image_basis, text_basis = probes.range_basis(left), probes.range_basis(right)
    reached = law.T @ image_basis
    explained = xp.stack(
        [
            law.squared_norm() - losses.factorization(joint, left, right),
            scale * (2 * inner - scale * norm),
            xp.sum((text_basis.T @ reached) ** 2),
            xp.sum(reached**2),
        ]
    )
    probe = probes.projection(image_basis, target)
    head = right.T @ joint.text_label_matrix
    zero_shot = left @ head
    errors = [probes.error(scores, joint.image_labels, joint.image_marginal) for scores in (probe, zero_shot)]
    return explained, scale, (probes.residual(target, probe), errors[0], errors[1])


def _factors(joint: Joint, images: Array, texts: Array) -> tuple[Array, Array]:
    """Return F_V and F_L, the features weighted by the roots of the marginals."""
    return xp.sqrt(joint.image_marginal)[:, None] * images, xp.sqrt(joint.text_marginal)[:, None] * texts


def _inner_and_norm(joint: Joint, images: Array, texts: Array) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Compute ⟨A, F_V F_Lᵀ⟩ and ‖F_V F_Lᵀ‖²."""
    left, right = _factors(joint, images, texts)
    images_of_right = joint.normalized_law @ right
    return xp.sum(left * images_of_right), joint.law.product_norm(left, right)


def _best_scale(joint: Joint, images: Array, texts: Array) -> Float[Array, ""]:
    """Compute the multiple of the features' inner products that makes the factorization loss least."""
    inner, norm = _inner_and_norm(joint, images, texts)
    return xp.where(norm > 0, inner / xp.where(norm > 0, norm, 1), 0)


def _believed(images: np.ndarray, texts: np.ndarray, temperature: float, top: int | None) -> Any:
    """Compute exp(cos/τ), up to a factor, of all pairs, or of the most similar ones alone as a sparse matrix."""
    if top is None:
        _checks.dense_size("top", len(images), len(texts))
        similarity = images @ texts.T
        return np.exp((similarity - similarity.max()) / temperature)
    of_images, of_texts = _most_similar(images, texts, top), _most_similar(texts, images, top)
    rows, columns = (np.concatenate([one, other]) for one, other in zip(of_images, of_texts[::-1], strict=True))
    rows, columns = np.divmod(np.unique(rows * len(texts) + columns), len(texts))
    parts = np.array_split(np.arange(rows.size), 1 + rows.size * images.shape[1] // _BLOCK)
    similarity = np.concatenate([np.sum(images[rows[part]] * texts[columns[part]], axis=1) for part in parts])
    weights = np.exp((similarity - similarity.max()) / temperature)
    return scipy.sparse.coo_array((weights, (rows, columns)), shape=(len(images), len(texts)))


def _most_similar(items: np.ndarray, others: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the ``top`` most similar others of each item: return both places of each such pair."""
    top = min(top, len(others))
    found = [
        np.argpartition(part @ others.T, len(others) - top, axis=1)[:, len(others) - top :]
        for part in np.array_split(items, 1 + len(items) * len(others) // _BLOCK)
        if len(part)
    ]
    return np.repeat(np.arange(len(items)), top), np.concatenate(found).ravel()


def _labels(argument: str, labels: Any, names: Sequence[str]) -> list[str]:
    """Find the class of each name, as a string."""
    if not isinstance(labels, Mapping | pd.Series):
        got = type(labels).__name__
        raise TypeError(
            f"{argument}: a mapping from name to class is needed, or a Series with names as its index; {got}"
        )
    by_name = {str(name): label for name, label in labels.items()}
    if len(by_name) < len(labels):
        raise ValueError(f"{argument}: two classes are given for one name")
    for name in names:
        if name not in by_name or pd.isna(by_name[name]) is True:
            raise ValueError(f"{argument}: {_checks.quoted(name)} has no class")
    return [str(by_name[name]) for name in names]

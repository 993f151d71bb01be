"""Make joints of captions: what they have in common (words, or clusters of them) becomes the texts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy

from .. import _checks
from ..joints.counts import counts_of
from ..joints.joint import Joint, check_joint
from ..joints.names import Names
from .pair_lists import from_pairs

TEXTS = ("words", "captions", "clusters")
_STARTS = 3  # of k-means, of which the best is kept
_SHOWN_WORDS = 3  # in the name of a cluster


def from_captions(
    images: Sequence[Any] | pd.Series,
    captions: Sequence[str] | pd.Series,
    labels: Sequence[Any] | pd.Series | Mapping[Any, Any],
    texts: str = "words",
    **options: Any,
) -> Joint:
    """Make the joint of images and the words of their captions, of which each occurrence is a pair.

    Captions that people write all differ, so that no two images share one: every singular value of their joint is 1,
    and no statement says anything.  Words are shared.

    Parameters
    ----------
    images, captions, labels
        The image of each caption, the caption, and the class of the image, as for ``from_pairs``.
    texts
        What the texts are: "words", "captions" as they are, or "clusters" of captions.
    **options
        See ``reworded``.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> captions = ["A brown dog runs.", "A dog sleeps.", "The cat sleeps."]
    >>> joint = mt.datasets.from_captions([1, 2, 3], captions, ["dog", "dog", "cat"], stop_words="english")
    >>> joint.names.texts, joint.counts.tolist()[0]
    (('brown', 'cat', 'dog', 'runs', 'sleeps'), [1, 0, 1, 1, 0])
    """
    joint = from_pairs(images, captions, labels)
    strange = next((caption for caption in captions if not isinstance(caption, str)), None)
    if strange is not None:
        raise TypeError(f"captions: strings are needed, got {_checks.quoted(strange)}")
    return reworded(joint, texts, **options)


def reworded(
    joint: Joint,
    texts: str = "words",
    *,
    ngrams: int = 1,
    least_images: int = 1,
    stop_words: str | Sequence[str] = (),
    n_clusters: int = 100,
    seed: int = 0,
) -> Joint:
    """Replace the texts of a joint, taken as captions, by their words or by clusters of captions.

    Images of which no text is left are left out, with a warning; the new texts have their Bayes label.

    Parameters
    ----------
    joint
        A joint with names, such as ``from_file`` makes: the names of its texts are the captions.
    texts
        "words": the words of captions in lower case, of at least two letters or digits, each with the number of its
        occurrences.  "captions": as they are.  "clusters": k-means of the captions' words, weighted by tf-idf; a
        cluster is named by its heaviest words.
    ngrams
        Up to so many words in a row are a text too: 2 for words and pairs of words.
    least_images
        Texts that occur with fewer images are left out.
    stop_words
        Words to be left out: a list in lower case, or "english" for scikit-learn's.
    n_clusters, seed
        The number of clusters, and the seed of where k-means begins.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, no text is left, or scikit-learn is not installed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.datasets.from_pairs([1, 2], ["a red car", "the red bus"], ["car", "bus"])
    >>> mt.datasets.reworded(joint, ngrams=2).names.texts
    ('bus', 'car', 'red', 'red bus', 'red car', 'the', 'the red')
    """
    given = check_joint("joint", joint).names
    if given is None:
        raise ValueError("joint: names are needed, as the names of its texts are the captions")
    if texts not in TEXTS:
        raise ValueError(f"texts: must be one of {', '.join(TEXTS)}, got {_checks.quoted(texts)}")
    least_images = _checks.integer("least_images", least_images, 1)
    pairs = _pairs(joint)
    names: Sequence[str] = given.texts
    if texts != "captions":
        count = _vectorizer(_checks.integer("ngrams", ngrams, 1, 10), _stop_words(stop_words))
        words, vocabulary = _occurrences(count, names)
        if texts == "words":
            channel, names = words, vocabulary
        else:
            n_clusters = _checks.integer("n_clusters", n_clusters, 1)
            mass = np.asarray(joint.text_marginal) * joint.n_texts
            channel, names = _clusters(words, vocabulary, mass, n_clusters, _checks.integer("seed", seed, 0, 2**32 - 1))
        pairs = scipy.sparse.csr_array(pairs @ channel)
    return _with_texts(joint, pairs, names, least_images)


def shares_no_text(joint: Joint) -> bool:
    """Say whether each text belongs to one image alone, so that σ_1 = σ_2 = … = 1 and no statement says anything.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> shares_no_text(mt.Joint([[1, 1, 0], [0, 0, 1]], image_labels=[0, 1]))
    True
    """
    return scipy.sparse.csr_array(joint.law.on_host()).nnz == joint.n_texts


def _pairs(joint: Joint) -> "scipy.sparse.csr_array":
    """Return the counts of a joint where it was made of counts, and its probabilities where it was not."""
    law = scipy.sparse.csr_array(joint.law.on_host())
    counts = counts_of(law.data, joint.denominator)
    return law if counts is None else scipy.sparse.csr_array((counts, law.indices, law.indptr), shape=law.shape)


def _vectorizer(ngrams: int, stop_words: str | list[str] | None) -> Any:
    """Return scikit-learn's counter of words; raise ``ValueError`` if that is not installed."""
    try:
        from sklearn.feature_extraction.text import CountVectorizer
    except ImportError as error:
        raise ValueError("texts: scikit-learn is needed: pip install 'mmcl-theory[captions]'") from error
    return CountVectorizer(ngram_range=(1, ngrams), stop_words=stop_words, dtype=np.int64)


def _stop_words(stop_words: Any) -> str | list[str] | None:
    """Check the words to be left out, "english" or a sequence of words in lower case."""
    if isinstance(stop_words, str):
        if stop_words != "english":
            raise ValueError(f"stop_words: a list of words or 'english' is needed, got {_checks.quoted(stop_words)}")
        return stop_words
    words = stop_words if isinstance(stop_words, Sequence | set | frozenset) else [None]
    for word in words:
        if not isinstance(word, str) or word != word.lower():
            raise ValueError(f"stop_words: words in lower case are needed, got {_checks.quoted(stop_words)}")
    return sorted(words) or None


def _occurrences(count: Any, captions: Sequence[str]) -> tuple[Any, list[str]]:
    """Count how often each word occurs in each caption; return also the words."""
    try:
        words = scipy.sparse.csr_array(count.fit_transform(captions))
    except ValueError as error:  # what it says of an empty vocabulary
        shown = _checks.quoted(captions[0])
        raise ValueError(f"captions: no caption has a word that is not a stop word, such as {shown}") from error
    return words, list(count.get_feature_names_out())


def _clusters(
    words: Any, vocabulary: list[str], mass: np.ndarray, n_clusters: int, seed: int
) -> "tuple[scipy.sparse.csr_array, list[str]]":
    """Assign each caption with a word to one of k clusters; return the assignment, and the clusters' names."""
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfTransformer

    features = scipy.sparse.csr_array(TfidfTransformer().fit_transform(words))
    filled = np.flatnonzero(np.diff(words.indptr))
    spans = [slice(*words.indptr[i : i + 2]) for i in filled]  # scikit-learn puts the words of each caption in order
    rows = {(words.indices[span].tobytes(), words.data[span].tobytes()) for span in spans}
    if n_clusters > len(rows):
        raise ValueError(f"n_clusters: there are {len(rows)} captions of different words, got {n_clusters}")
    means = KMeans(n_clusters, n_init=_STARTS, random_state=seed)
    places = means.fit_predict(features[filled], sample_weight=mass[filled])
    assigned = (np.ones(filled.size, dtype=np.int64), (filled, places))
    heaviest = np.argsort(-means.cluster_centers_, axis=1, kind="stable")[:, :_SHOWN_WORDS]
    names = [f"{i}: {', '.join(vocabulary[j] for j in row)}" for i, row in enumerate(heaviest)]
    return scipy.sparse.csr_array(assigned, shape=(words.shape[0], n_clusters)), names


def _with_texts(joint: Joint, pairs: "scipy.sparse.csr_array", names: Sequence[str], least_images: int) -> Joint:
    """Make the joint of the images and new texts, without texts of few images, and images of no text."""
    assert joint.names is not None
    images_of = np.bincount(pairs.indices, minlength=pairs.shape[1])
    texts = np.flatnonzero(images_of >= least_images).tolist()
    if not texts:
        raise ValueError(f"least_images: no text occurs with {least_images} images")
    pairs = scipy.sparse.csr_array(pairs[:, texts])
    images = np.flatnonzero(np.diff(pairs.indptr)).tolist()
    if len(images) < joint.n_images:
        gone = np.setdiff1d(np.arange(joint.n_images), images)[0]
        _checks.warn_user(
            f"captions: {joint.n_images - len(images)} of {joint.n_images} images have no text left and are left out, "
            f"such as {_checks.quoted(joint.names.images[gone])}"
        )
    return Joint(
        pairs[images],
        np.asarray(joint.image_labels)[images],
        n_classes=joint.n_classes,
        names=Names(tuple(joint.names.images[i] for i in images), tuple(names[i] for i in texts), joint.names.classes),
    )

"""Check joints of captions against counts by hand, and that bad arguments are refused."""

import re
import sys
import warnings
from collections import Counter

import numpy as np
import pytest
from refusals import assert_refused, bad

import mmcl_theory as mt

IMAGES = ["1.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "5.jpg"]
CAPTIONS = [
    "A brown dog runs on grass, the dog barks.",
    "Dog in the park",
    "A sleeping dog.",
    "The cat sleeps.",
    "A black cat on grass",
    "Cat sleeping on a sofa",
    "The cat sleeps.",
]
LABELS = ["dog", "dog", "dog", "cat", "cat", "cat", "cat"]


def made(texts="words", images=IMAGES, captions=CAPTIONS, labels=LABELS, **options):
    pytest.importorskip("sklearn")
    return mt.datasets.from_captions(images, captions, labels, texts, **options)


def by_hand(longest: int = 1, left_out: frozenset = frozenset()) -> Counter:
    """Count (image, words in a row) without scikit-learn."""
    counts = Counter()
    for image, caption in zip(IMAGES, CAPTIONS, strict=True):
        words = [word for word in re.findall(r"\w\w+", caption.lower()) if word not in left_out]
        for length in range(1, longest + 1):
            for start in range(len(words) - length + 1):
                counts[image, " ".join(words[start : start + length])] += 1
    return counts


def counts_of(joint) -> Counter:
    counts, names = joint.counts, joint.names
    return Counter(
        {(names.images[x], names.texts[t]): int(counts[x, t]) for x, t in zip(*counts.nonzero(), strict=True)}
    )


@pytest.mark.parametrize("longest", [1, 2, 3])
def test_words_are_counted_as_by_hand(longest):
    assert counts_of(made(ngrams=longest)) == by_hand(longest)


def test_stop_words_are_left_out():
    assert counts_of(made(stop_words=["on", "the", "in"])) == by_hand(left_out=frozenset({"on", "the", "in"}))
    assert not {"the", "on", "in"} & set(made(stop_words="english").names.texts)


def test_words_of_few_images_are_left_out_and_images_without_words_too():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        joint, fewer = made(least_images=3), made(least_images=3, stop_words=["on", "the", "dog"])
    assert counts_of(joint) == Counter({pair: n for pair, n in by_hand().items() if pair[1] in ("cat", "on", "the")})
    assert fewer.names.images == ("3.jpg", "4.jpg", "5.jpg")
    assert "1 of 5 images" in str(told[0].message)
    assert "2 of 5 images" in str(told[1].message)
    assert "'1.jpg'" in str(told[1].message)
    assert [joint.names.classes[i] for i in fewer.image_labels] == ["cat"] * 3


def test_captions_as_they_are_need_no_other_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    joint = mt.datasets.from_captions(IMAGES, CAPTIONS, LABELS, "captions")
    assert counts_of(joint) == Counter(zip(IMAGES, CAPTIONS, strict=True))
    assert_refused(
        ValueError,
        "texts: scikit-learn is needed: pip install 'mmcl-theory[captions]'",
        lambda: mt.datasets.from_captions(IMAGES, CAPTIONS, LABELS),
    )


def test_clusters_partition_the_captions():
    """Two groups of captions without a common word are two clusters, whatever the seed."""
    captions = ["red car", "red car fast", "fast car", "green tree", "tall green tree", "tall tree"]
    for seed in range(3):
        joint = made("clusters", list("abcdef"), captions, [0, 0, 0, 1, 1, 1], n_clusters=2, seed=seed)
        assert joint.counts.sum(axis=1).tolist() == [1] * 6
        first, second = joint.counts[:3].sum(axis=0) > 0, joint.counts[3:].sum(axis=0) > 0
        assert (first ^ second).all()
        assert float(joint.labeling_error) == 0
        of_cars = joint.names.texts[int(np.flatnonzero(first)[0])]
        assert set(of_cars[3:].split(", ")) == {"red", "car", "fast"}


def test_as_many_clusters_as_captions_are_the_captions():
    joint = made("clusters", n_clusters=6)
    assert sorted(joint.counts.sum(axis=0).tolist()) == [1, 1, 1, 1, 1, 2]


def test_weights_that_are_no_counts_are_kept():
    joint = mt.Joint(
        [[0.25, 0.5], [0.0, 0.25]], [0, 1], names=mt.Names(("x", "y"), ("a red car", "the car"), ("p", "q"))
    )
    pytest.importorskip("sklearn")
    words = mt.datasets.reworded(joint)
    assert words.names.texts == ("car", "red", "the")
    np.testing.assert_allclose(words.matrix, np.array([[3, 1, 2], [1, 0, 1]]) / 8, rtol=1e-15)


def test_a_sparse_joint_gives_the_words_of_the_dense_one():
    joint = mt.datasets.from_pairs(IMAGES, CAPTIONS, LABELS)
    pytest.importorskip("sklearn")
    assert counts_of(mt.datasets.reworded(joint.to_sparse(), ngrams=2)) == by_hand(2)


BAD = [
    bad("texts", ValueError, "texts: words, captions, clusters 'letters'", lambda _: made("letters")),
    bad("ngrams-zero", ValueError, "ngrams: 1 … 10 got 0", lambda _: made(ngrams=0)),
    bad("ngrams-float", TypeError, "ngrams: integer 1.5", lambda _: made(ngrams=1.5)),
    bad("least-zero", ValueError, "least_images: at least 1 got 0", lambda _: made(least_images=0)),
    bad("least-all", ValueError, "least_images: no text occurs with 9 images", lambda _: made(least_images=9)),
    bad("clusters-many", ValueError, "n_clusters: 6 captions got 7", lambda _: made("clusters", n_clusters=7)),
    bad("clusters-zero", ValueError, "n_clusters: 1 got 0", lambda _: made("clusters", n_clusters=0)),
    bad("seed", ValueError, "seed: got -1", lambda _: made("clusters", n_clusters=2, seed=-1)),
    bad("stop-language", ValueError, "stop_words: 'english' 'klingon'", lambda _: made(stop_words="klingon")),
    bad("stop-capitals", ValueError, "stop_words: lower case ['The']", lambda _: made(stop_words=["The"])),
    bad("stop-numbers", ValueError, "stop_words: 5", lambda _: made(stop_words=[5])),
    bad("stop-none", ValueError, "stop_words: None", lambda _: made(stop_words=None)),
    bad("no-words", ValueError, "captions: no caption has a word '?'", lambda _: made(captions=["?"] * 7)),
    bad("numbers", TypeError, "captions: strings got 5", lambda _: made(captions=[5] * 7)),
    bad("missing", ValueError, "texts: entry 2 missing", lambda _: made(captions=["a b", "c d", None, *["e f"] * 4])),
    bad("lengths", ValueError, "texts: 7 images got 1", lambda _: made(captions=["a"])),
    bad("no-names", ValueError, "joint: names", lambda _: mt.datasets.reworded(mt.Joint([[1]], [0]))),
    bad("no-joint", TypeError, "joint: Joint list", lambda _: mt.datasets.reworded([])),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_is_refused(call, error, words):
    assert_refused(error, words, lambda: call(None))

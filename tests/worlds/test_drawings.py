"""The world of emoji as drawn: against loops over its definition, another library's distances, and the data files."""

import itertools
import sys
from collections import Counter
from importlib import resources

import numpy as np
import pytest
import scipy.ndimage
from scipy.spatial.distance import cdist

import mmcl_theory as mt
from mmcl_theory.joints.laws.dense import DenseLaw
from mmcl_theory.worlds import datasets

# Sums of at most some thousand non-negative numbers of total one, each off by 1e-16 of itself.
EXACT = 1e-13

# Eigenvalues of a matrix of norm 1 and size 1,892, by LAPACK: off by a few units of rounding times a power of the size.
SPECTRAL = 1e-12

DATA = resources.files("mmcl_theory.worlds").joinpath("data/emoji")
ROWS = [line.split("\t") for line in DATA.joinpath("annotations.tsv").read_text(encoding="utf-8").splitlines()]
HEADER, ROWS = ROWS[0], ROWS[1:]
NAME, GROUP, SUBGROUP = (HEADER.index(column) for column in ("name", "group", "subgroup"))
NAMES = [row[NAME] for row in ROWS]


def classes(column: int) -> np.ndarray:
    return np.array([row[column] for row in ROWS])


def averages(tiles: np.ndarray) -> np.ndarray:
    """16·16·3 numbers for each drawing: exact in binary, being sums of four bytes over 4."""
    return scipy.ndimage.uniform_filter(tiles.astype(float), (0, 2, 2, 0), origin=(0, -1, -1, 0))[:, ::2, ::2].reshape(
        len(tiles), -1
    )


@pytest.fixture(scope="module")
def google() -> np.ndarray:
    return mt.datasets.drawings()


@pytest.fixture(scope="module")
def twitter() -> np.ndarray:
    return mt.datasets.drawings("twitter")


@pytest.fixture(scope="module")
def nearest(google, twitter) -> dict[str, np.ndarray]:
    """The image nearest to each emoji's drawings, unmoved."""
    _, first, alike = np.unique(averages(google), axis=0, return_index=True, return_inverse=True)
    views = {"twitter": twitter, "mirrored": google[:, :, ::-1]}
    # Squared distances less the squares of a view, multiples of 1/16 below 2²⁷, have no rounding.
    codes = averages(google)
    found = {
        name: ((codes**2).sum(axis=1) - 2 * averages(tiles) @ codes.T).argmin(axis=1) for name, tiles in views.items()
    }
    for name, tiles in views.items():  # SciPy, which takes ten times as long, agrees on every tenth
        assert (found[name][::10] == cdist(averages(tiles[::10]), codes, "sqeuclidean").argmin(axis=1)).all()
    return {"google": first[alike]} | found


@pytest.fixture(scope="module")
def whole() -> mt.worlds.World:
    return mt.worlds.emoji_drawings()


def still(other_drawing: float = 0.0, **knobs) -> mt.worlds.World:
    return mt.worlds.emoji_drawings(**{"other_drawing": other_drawing, "shift": 0, "mirror": False} | knobs)


@pytest.mark.parametrize("style", ["google", "twitter"])
def test_tiles_are_cut_row_by_row(style):
    from PIL import Image

    tiles = mt.datasets.drawings(style)
    assert tiles.shape == (1906, 32, 32, 3)
    assert tiles.dtype == np.uint8
    with DATA.joinpath(f"images_{style}_32px.png").open("rb") as file:
        atlas = Image.open(file).convert("RGB")
        for i in (0, 43, 44, 1000, 1905):
            left, top = 32 * (i % 44), 32 * (i // 44)
            np.testing.assert_array_equal(tiles[i], np.asarray(atlas.crop((left, top, left + 32, top + 32))))
        rest = np.asarray(atlas)[-32:, 32 * (1906 % 44) :]
    assert (rest == 255).all()


@pytest.mark.parametrize("style", ["google", "twitter"])
def test_tiles_are_what_their_rows_say(style):
    tiles = mt.datasets.drawings(style)
    for shape, (channel, colour) in itertools.product(("circle", "square"), enumerate(("red", "green", "blue"))):
        middle = tiles[NAMES.index(f"{colour} {shape}"), 16, 16].astype(int)
        assert middle.argmax() == channel, (shape, colour)
    tricolour = tiles[NAMES.index("flag: France"), 16].astype(int)
    assert tricolour[4].argmax() == 2
    assert tricolour[16].min() > 200
    assert tricolour[27].argmax() == 0
    assert len({tile.tobytes() for tile in tiles}) > 1800


@pytest.mark.parametrize("language", datasets.LANGUAGES)
def test_every_emoji_is_an_image_in_every_language(language):
    assert list(mt.datasets.emoji(language).names.images) == NAMES


def test_world_is_what_happens_to_each_emoji(monkeypatch, google, twitter):
    # Some at random, and some that share a drawing, or have a mirror image or a likeness among the others.
    alike = ["flag: Clipperton Island", "flag: France", "flag: St. Martin", "flag: Sark", "flag: Saudi Arabia"]
    alike += ["family", "family: man, man, boy", "left arrow", "right arrow", "yellow circle", "full moon", "coin"]
    some = np.unique([*(NAMES.index(name) for name in alike), *np.random.default_rng(0).choice(1906, 12)])
    drawn = {"google": google[some], "twitter": twitter[some]}
    whole = mt.datasets.emoji()
    names = mt.Names(tuple(NAMES[i] for i in some), whole.names.texts, whole.names.classes)
    law = DenseLaw.of("matrix", np.asarray(whole.matrix)[some])
    part = mt.Joint.of_law(law, whole.image_labels[some], None, 9, names)
    monkeypatch.setattr(datasets, "drawings", lambda style: drawn[style])
    monkeypatch.setattr(datasets, "emoji", lambda language, labels: part)
    world = mt.worlds.emoji_drawings(other_drawing=0.3, shift=3)
    of_views = mt.worlds.emoji_drawings(other_drawing=0.3, shift=3, caption_of="view")

    def reduced(tile: np.ndarray) -> np.ndarray:
        return tile.reshape(16, 2, 16, 2, 3).mean(axis=(1, 3))

    codes = [reduced(tile) for tile in drawn["google"]]
    pairs = np.zeros((len(some), len(some)))
    tags = np.asarray(part.matrix) > 0
    captions, captions_of_views = np.zeros(tags.shape), np.zeros(tags.shape)
    for z in range(len(some)):
        chance = np.zeros(len(some))
        for style, down, right, flip in itertools.product(drawn, (-3, 0, 3), (-3, 0, 3), (False, True)):
            view = drawn[style][z]
            view = np.fliplr(view) if flip else view
            view = scipy.ndimage.shift(view, (down, right, 0), order=0, mode="constant", cval=255)
            seen = reduced(view)
            distances = [float(((seen - code) ** 2).sum()) for code in codes]
            chance[distances.index(min(distances))] += {"google": 0.7, "twitter": 0.3}[style] / 18
        pairs += np.outer(chance, chance) / len(some)
        captions += np.outer(chance, tags[z] / tags[z].sum()) / len(some)
        captions_of_views += chance[:, None] * (tags / tags.sum(axis=1, keepdims=True)) / len(some)
    seen = np.asarray(world.joint.image_ids)
    assert seen.tolist() == np.flatnonzero(pairs.sum(axis=1)).tolist()
    assert len(seen) < len(some)
    np.testing.assert_allclose(world.augmentation.matrix, pairs[np.ix_(seen, seen)], rtol=EXACT, atol=0)
    assert world.joint.names.images == of_views.joint.names.images == tuple(NAMES[i] for i in some[seen])
    for joint, law in ((world.joint, captions), (of_views.joint, captions_of_views)):
        np.testing.assert_allclose(joint.matrix, law[np.ix_(seen, law.any(axis=0))], rtol=EXACT, atol=0)
    np.testing.assert_array_equal(world.augmentation.matrix, of_views.augmentation.matrix)


def test_both_laws_are_of_the_same_images(whole):
    joint, pairs = whole.joint, whole.augmentation
    np.testing.assert_allclose(pairs.marginal, joint.image_marginal, rtol=EXACT)
    np.testing.assert_array_equal(pairs.labels, joint.image_labels)
    np.testing.assert_array_equal(pairs.matrix, pairs.matrix.T)
    assert pairs.n_classes == joint.n_classes == 9
    assert float(pairs.matrix.sum()) == pytest.approx(1, abs=EXACT)


@pytest.mark.parametrize(
    ("language", "labels", "column"),
    [("en", "group", GROUP), ("de", "subgroup", SUBGROUP), pytest.param("ja", "group", GROUP, marks=pytest.mark.slow)],
)
def test_captions_of_views_are_the_tags_and_classes_of_the_emoji_they_look_like(language, labels, column):
    joint = still(0.5, language=language, labels=labels, caption_of="view").joint
    tags = [row[HEADER.index(f"tags_{language}")].split("|") for row in ROWS]
    law, marginal = np.asarray(joint.matrix), np.asarray(joint.image_marginal)
    images, texts = np.nonzero(law)
    rows = np.asarray(joint.image_ids)
    n_tags = np.array([len(some) for some in tags])[rows[images]]
    np.testing.assert_allclose(law[images, texts] / marginal[images], 1 / n_tags, rtol=EXACT)
    pairs = {(rows[x], joint.names.texts[text]) for x, text in zip(images, texts, strict=True)}
    assert pairs == {(row, tag) for row in rows for tag in tags[row]}
    for x, row in enumerate(rows):
        assert joint.names.images[x] == NAMES[row]
        assert joint.names.classes[joint.image_labels[x]] == ROWS[row][column]
    labels_of_images = np.asarray(joint.image_labels)
    mass = np.array([law[labels_of_images == c].sum(axis=0) for c in range(joint.n_classes)])
    bayes = mass[np.asarray(joint.text_labels), np.arange(joint.n_texts)]
    np.testing.assert_allclose(bayes, mass.max(axis=0), rtol=EXACT)


def test_text_pairs_are_less_consistent_than_augmentations_and_mmcl_leaves_less_all_the_same(whole):
    """The numbers of theory.md, section 13, which gives three digits."""
    joint, pairs = whole.joint, whole.augmentation
    label_matrix = np.asarray(joint.image_label_matrix)
    induced, augmented = (np.asarray(graph.normalized) for graph in (joint.text_induced(), pairs))
    assert float(joint.text_induced_error) == pytest.approx(0.571, abs=0.0005)
    assert float(pairs.labeling_error) == pytest.approx(0.463, abs=0.0005)
    np.linalg.cholesky(augmented - induced + SPECTRAL * np.eye(len(induced)))  # there is one: no eigenvalue is negative
    residuals = []
    for matrix in (induced, augmented):
        eigenvalues, vectors = np.linalg.eigh(matrix)
        assert eigenvalues[0] >= -SPECTRAL
        assert eigenvalues[-1] == pytest.approx(1, abs=SPECTRAL)
        residuals.append(1 - np.cumsum(((vectors.T @ label_matrix) ** 2).sum(axis=1)[::-1]))
    ks = np.array([50, 100, 200, 400, 800])
    np.testing.assert_allclose(residuals[0][ks - 1], [0.560, 0.510, 0.446, 0.363, 0.252], atol=0.0006)
    np.testing.assert_allclose(residuals[1][ks - 1], [0.702, 0.629, 0.541, 0.437, 0.319], atol=0.0006)


def test_captions_of_views_can_be_the_more_consistent_ones():
    world = mt.worlds.emoji_drawings(caption_of="view")
    assert float(world.joint.text_induced_error) == pytest.approx(0.128, abs=0.0005)
    assert float(world.augmentation.labeling_error) == pytest.approx(0.463, abs=0.0005)


def test_a_drawing_that_is_not_touched_is_itself(google):
    world = still()
    first: dict[bytes, int] = {}
    images = [first.setdefault(tile.tobytes(), i) for i, tile in enumerate(google)]
    shared = Counter(images)
    assert np.asarray(world.joint.image_ids).tolist() == sorted(shared)
    assert float(world.augmentation.labeling_error) == 0
    masses = np.array([shared[image] for image in sorted(shared)]) / 1906
    np.testing.assert_allclose(world.augmentation.matrix, np.diag(masses), rtol=EXACT, atol=0)


def test_other_drawing_is_a_probability(nearest):
    group = classes(GROUP)
    apart = np.mean(group[nearest["google"]] != group[nearest["twitter"]])
    for probability in (0.25, 1.0):
        world = still(probability)
        expected = 2 * probability * (1 - probability) * apart
        assert float(world.augmentation.labeling_error) == pytest.approx(expected, abs=EXACT)
        used = {"google", "twitter"} if probability < 1 else {"twitter"}
        expected_ids = np.unique(np.concatenate([nearest[style] for style in used]))
        assert np.asarray(world.joint.image_ids).tolist() == expected_ids.tolist()
    # What the docstring says of how much the two drawings differ.
    assert np.mean(nearest["twitter"] == np.arange(1906)) == pytest.approx(0.37, abs=0.005)
    assert np.mean(group[nearest["twitter"]] == group) == pytest.approx(0.61, abs=0.005)


def test_mirror_flips_half_of_the_views(nearest):
    subgroup = classes(SUBGROUP)
    apart = np.mean(subgroup[nearest["google"]] != subgroup[nearest["mirrored"]])
    world = still(mirror=True, labels="subgroup")
    assert float(world.augmentation.labeling_error) == pytest.approx(2 * 0.5 * 0.5 * apart, abs=EXACT)


def test_nothing_is_left_of_drawings_moved_far_away(google):
    # Moved by 31 pixels, eight of nine views show one row or column of a drawing: nearly all are nearest to one image.
    world = still(shift=31)
    assert float(world.augmentation.marginal.max()) > 0.8
    assert float(world.augmentation.labeling_error) > 0


@pytest.mark.parametrize(
    ("knobs", "error", "words"),
    [
        ({"language": "xx"}, ValueError, "language: 'xx'"),
        ({"labels": "hue"}, ValueError, "labels: 'group' 'hue'"),
        ({"other_drawing": 1.5}, ValueError, "other_drawing: 0 1 1.5"),
        ({"other_drawing": "half"}, TypeError, "other_drawing: real 'half'"),
        ({"other_drawing": float("nan")}, ValueError, "other_drawing: nan"),
        ({"shift": -1}, ValueError, "shift: 0 31 -1"),
        ({"shift": 32}, ValueError, "shift: 0 31 32"),
        ({"shift": 1.0}, TypeError, "shift: integer 1.0"),
        ({"mirror": 1}, TypeError, "mirror: True False 1"),
        ({"mirror": None}, TypeError, "mirror: True False None"),
        ({"caption_of": "drawing"}, ValueError, "caption_of: 'natural' 'view', 'drawing'"),
    ],
)
def test_bad_knobs_are_named(knobs, error, words):
    with pytest.raises(error) as raised:
        mt.worlds.emoji_drawings(**knobs)
    assert all(word in str(raised.value) for word in words.split())


@pytest.mark.parametrize("style", ["apple", None, 0])
def test_bad_style_is_named(style):
    with pytest.raises(ValueError, match=r"style: must be 'google' or 'twitter', got " + repr(style)):
        mt.datasets.drawings(style)


def test_without_pillow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ValueError, match=r"^drawings: Pillow is needed: pip install 'mmcl-theory\[images\]'"):
        mt.worlds.emoji_drawings()


def test_the_joint_of_emoji_is_made_once_and_cannot_be_changed():
    joint = mt.datasets.emoji()
    assert mt.datasets.emoji() is joint
    assert mt.datasets.emoji("de") is not joint
    with pytest.raises(ValueError, match="read-only"):
        joint.law.array[0, 0] = 1.0

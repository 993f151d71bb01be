"""The bundled icons: the numbers of their README by other means, their drawings, and the world of six weights."""

import itertools
from importlib import resources

import numpy as np
import pytest
import scipy.ndimage
import scipy.sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import svds

import mmcl_theory as mt
from mmcl_theory.joints.laws.dense import DenseLaw
from mmcl_theory.worlds import datasets
from mmcl_theory.worlds.icons import WEIGHTS
from mmcl_theory.worlds.registry import WORLDS

EXACT = 1e-13  # sums of at most fifty thousand non-negative numbers of total one, each off by 1e-16 of itself
PRINTED = 5.1e-5  # the README gives four digits
SPECTRAL = 1e-12  # eigenvalues of a matrix of norm 1 and size 1,422, by LAPACK

DATA = resources.files("mmcl_theory.worlds").joinpath("data/icons")
SIZES = {"tabler": (5113, 3854, 49966, 40), "phosphor": (1422, 1383, 9513, 17)}


def rows(collection: str) -> list[tuple[str, str, list[str]]]:
    lines = DATA.joinpath(f"{collection}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [(name, category, tags.split("|")) for _, name, category, tags in (line.split("\t") for line in lines)]


@pytest.fixture(scope="module")
def joints() -> dict[str, mt.Joint]:
    return {collection: mt.datasets.icons(collection) for collection in SIZES}


def sparse_normalized(joint: mt.Joint) -> scipy.sparse.csr_array:
    P = scipy.sparse.csr_array(np.asarray(joint.matrix))
    roots = [scipy.sparse.diags_array(P.sum(axis=axis) ** -0.5) for axis in (1, 0)]
    return scipy.sparse.csr_array(roots[0] @ P @ roots[1])


@pytest.mark.parametrize("collection", SIZES)
def test_pairs_are_those_of_the_file_whose_tag_two_icons_have(collection, joints):
    joint = joints[collection]
    table = rows(collection)
    icons_of: dict[str, set[str]] = {}
    for name, _, tags in table:
        for tag in tags:
            icons_of.setdefault(tag, set()).add(name)
    expected = {(name, tag) for name, _, tags in table for tag in tags if len(icons_of[tag]) >= 2}
    P = np.asarray(joint.matrix)
    found = {(joint.names.images[x], joint.names.texts[text]) for x, text in np.argwhere(P)}
    assert found == expected
    np.testing.assert_allclose(P[P > 0], 1 / len(expected), rtol=EXACT)
    assert (*P.shape, len(found), joint.n_classes) == SIZES[collection]
    category = {name: label for name, label, _ in table}
    assert [joint.names.classes[label] for label in np.asarray(joint.image_labels)] == [
        category[name] for name in joint.names.images
    ]


@pytest.mark.parametrize(
    ("collection", "alpha", "alpha_text", "second", "residual", "bound"),
    [("tabler", 0.3570, 0.4559, 0.9520, 0.5329, 1.2137), ("phosphor", 0.2050, 0.2668, 0.9902, 0.2765, 0.9054)],
)
def test_numbers_of_the_readme_by_scipy(collection, alpha, alpha_text, second, residual, bound, joints):
    joint = joints[collection]
    A = sparse_normalized(joint)
    assert connected_components(scipy.sparse.block_array([[None, A], [A.T, None]]))[0] == 1
    P = np.asarray(joint.matrix)
    labels = np.asarray(joint.image_labels)
    mass = np.array([P[labels == c].sum(axis=0) for c in range(joint.n_classes)])
    assert 1 - mass.max(axis=0).sum() == pytest.approx(alpha, abs=PRINTED)
    assert float(joint.labeling_error) == pytest.approx(1 - mass.max(axis=0).sum(), abs=EXACT)
    Y = np.sqrt(P.sum(axis=1))[:, None] * np.eye(joint.n_classes)[labels]
    assert 1 - np.linalg.norm(A.T @ Y) ** 2 == pytest.approx(alpha_text, abs=PRINTED)
    assert float(joint.text_induced_error) == pytest.approx(1 - np.linalg.norm(A.T @ Y) ** 2, abs=EXACT)
    left, values, _ = svds(A, k=101, random_state=0)
    values, left = values[::-1], left[:, ::-1]
    assert values[1] == pytest.approx(second, abs=PRINTED)
    left_over = Y - left[:, :100] @ (left[:, :100].T @ Y)
    assert np.linalg.norm(left_over) ** 2 == pytest.approx(residual, abs=PRINTED)
    assert alpha_text / (1 - values[100] ** 2) == pytest.approx(bound, rel=PRINTED / alpha_text + 1e-4)


def test_the_spectrum_of_phosphor_gives_the_residuals_and_bounds_of_the_readme(joints):
    table = mt.verify(joints["phosphor"], [100, 400, 800], "probe-text-induced")
    np.testing.assert_allclose(table.lhs, [0.2765, 0.0727, 0.0227], atol=PRINTED)
    np.testing.assert_allclose(table.rhs, [0.9054, 0.3200, 0.2691], atol=PRINTED)


@pytest.mark.parametrize("collection", SIZES)
def test_each_collection_is_a_world_by_name(collection, monkeypatch):
    monkeypatch.setattr("mmcl_theory.worlds.icons.icons", lambda *arguments: arguments)
    entry = WORLDS[collection]
    assert entry.knobs == ("all_tags",)
    assert entry.function() == (collection, False)
    assert entry.function(all_tags=True) == (collection, True)


@pytest.mark.parametrize(("collection", "n", "n_tags"), [("tabler", 5113, 6863), ("phosphor", 1438, 2632)])
def test_all_tags_can_be_kept(collection, n, n_tags, joints):
    joint = mt.datasets.icons(collection, all_tags=True)
    assert (joint.n_images, joint.n_texts) == (n, n_tags)
    assert list(joint.names.images) == [name for name, _, _ in rows(collection)]
    assert joint.labeling_error < joints[collection].labeling_error


@pytest.mark.parametrize(("collection", "weight"), [(name, one) for name, some in WEIGHTS.items() for one in some])
def test_tiles_are_cut_row_by_row(collection, weight):
    from PIL import Image

    tiles = mt.datasets.icon_drawings(collection, weight)
    n = len(rows(collection))
    assert tiles.shape == (n, 32, 32, 1)
    assert tiles.dtype == np.uint8
    with DATA.joinpath(f"{collection}_{weight}_32px.png").open("rb") as file:
        atlas = Image.open(file)
        for i in (0, 63, 64, 1000, n - 1):
            left, top = 32 * (i % 64), 32 * (i // 64)
            np.testing.assert_array_equal(tiles[i, ..., 0], np.asarray(atlas.crop((left, top, left + 32, top + 32))))


def test_weights_are_what_they_are_called():
    ink = {weight: 255.0 - mt.datasets.icon_drawings("phosphor", weight) for weight in WEIGHTS["phosphor"]}
    means = {weight: drawn.mean() for weight, drawn in ink.items()}
    assert means["thin"] < means["light"] < means["regular"] < means["bold"] < means["fill"]
    assert means["regular"] < means["duotone"]
    heart = [name for name, _, _ in rows("phosphor")].index("heart")
    assert ink["fill"][heart, 16, 16, 0] > 200 > 50 > ink["regular"][heart, 16, 16, 0]


def test_the_world_is_what_happens_to_each_icon(monkeypatch):
    table = rows("phosphor")
    some = np.sort(np.random.default_rng(0).choice(len(table), 20, replace=False))
    whole = mt.datasets.icons("phosphor")
    some = [i for i in some if table[i][0] in whole.names.images]
    names = [table[i][0] for i in some]
    kept = [whole.names.images.index(name) for name in names]
    law = DenseLaw.of("matrix", np.asarray(whole.matrix)[kept])
    part_names = mt.Names(tuple(names), whole.names.texts, whole.names.classes)
    part = mt.Joint.of_law(law, whole.image_labels[np.asarray(kept)], None, whole.n_classes, part_names)
    monkeypatch.setattr(datasets, "icons", lambda collection: part)
    world = mt.worlds.phosphor_drawings(other_drawing=0.4, shift=2, mirror=True)

    def reduced(tile: np.ndarray) -> np.ndarray:
        return tile.reshape(16, 2, 16, 2).mean(axis=(1, 3))

    drawn = {weight: mt.datasets.icon_drawings("phosphor", weight)[some, ..., 0] for weight in WEIGHTS["phosphor"]}
    codes = [reduced(tile) for tile in drawn["regular"]]
    tags = np.asarray(part.matrix) > 0
    pairs, captions = np.zeros((len(some), len(some))), np.zeros(tags.shape)
    for z in range(len(some)):
        chance = np.zeros(len(some))
        for weight, down, right, flip in itertools.product(drawn, (-2, 0, 2), (-2, 0, 2), (False, True)):
            view = np.fliplr(drawn[weight][z]) if flip else drawn[weight][z]
            view = scipy.ndimage.shift(view, (down, right), order=0, mode="constant", cval=255)
            seen = reduced(view)
            distances = [float(((seen - code) ** 2).sum()) for code in codes]
            chance[distances.index(min(distances))] += (0.6 if weight == "regular" else 0.4 / 5) / 18
        pairs += np.outer(chance, chance) / len(some)
        captions += np.outer(chance, tags[z] / tags[z].sum()) / len(some)
    seen = np.asarray(world.joint.image_ids)
    assert seen.tolist() == np.flatnonzero(pairs.sum(axis=1)).tolist()
    np.testing.assert_allclose(world.augmentation.matrix, pairs[np.ix_(seen, seen)], rtol=EXACT, atol=0)
    np.testing.assert_allclose(world.joint.matrix, captions[np.ix_(seen, captions.any(axis=0))], rtol=EXACT, atol=0)
    assert world.joint.names.images == tuple(names[x] for x in seen)


def test_captions_of_the_icon_that_was_viewed_are_ordered_with_the_augmentations():
    """The numbers of the docstring of ``phosphor_drawings``."""
    world = mt.worlds.phosphor_drawings()
    pairs = world.augmentation
    np.testing.assert_allclose(pairs.marginal, world.joint.image_marginal, rtol=EXACT)
    difference = np.asarray(pairs.normalized - world.joint.text_induced().normalized)
    np.linalg.cholesky(difference + SPECTRAL * np.eye(len(difference)))  # there is one: no eigenvalue is negative
    assert float(world.joint.text_induced_error) == pytest.approx(0.622, abs=0.0005)
    assert float(pairs.labeling_error) == pytest.approx(0.481, abs=0.0005)
    of_views = mt.worlds.phosphor_drawings(caption_of="view")
    assert float(of_views.joint.text_induced_error) == pytest.approx(0.237, abs=0.0005)
    assert float(mt.worlds.phosphor_drawings(shift=2).augmentation.labeling_error) == pytest.approx(0.754, abs=0.0005)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mt.datasets.icons("feather"), ValueError, "collection: must be 'tabler' or 'phosphor', got 'feather'"),
        (lambda: mt.datasets.icons(None), ValueError, "collection: must be 'tabler' or 'phosphor', got None"),
        (lambda: mt.datasets.icons(["tabler"]), ValueError, r"collection: must be .*, got \['tabler'\]"),
        (lambda: mt.datasets.icons("tabler", "yes"), TypeError, "all_tags: True or False is needed, got 'yes'"),
        (lambda: mt.datasets.icon_drawings("tabler", "bold"), ValueError, "weight: must be one of outline for tabler"),
        (lambda: mt.datasets.icon_drawings("phosphor", 400), ValueError, "weight: must be one of .*, got 400"),
        (lambda: mt.worlds.phosphor_drawings(2), ValueError, "other_drawing: .* 2"),
        (lambda: mt.worlds.phosphor_drawings(shift=-1), ValueError, "shift: .* -1"),
        (lambda: mt.worlds.phosphor_drawings(mirror="no"), TypeError, "mirror: True or False is needed, got 'no'"),
        (lambda: mt.worlds.phosphor_drawings(caption_of="icon"), ValueError, "caption_of: .*, got 'icon'"),
    ],
)
def test_bad_arguments_are_named(call, error, words):
    with pytest.raises(error, match=f"^{words}"):
        call()

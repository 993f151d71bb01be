"""Worlds with both kinds of pairs: against loops over what happens in them, and against their closed forms."""

import itertools
import math

import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.worlds.latent import World, content_style, kernel
from mmcl_theory.worlds.world import CAPTION_OF

# Sums and products of at most some hundred numbers of order one, each off by 1e-16.
EXACT = 1e-13

# Singular values and eigenvalues of matrices of norm 1 and size at most 60: LAPACK is off by a few units of rounding
# (2e-16) times a low power of the size.  The roots of eigenvalues are never compared, which would lose half the digits.
SPECTRAL = 1e-12

SMALL = [
    {"n_contents": 6, "n_styles": 8, "n_classes": 3},
    {"n_contents": 6, "n_styles": 5, "n_classes": 2, "radius": 2, "caption_omission": 0.7},
    {"n_contents": 4, "n_styles": 3, "n_classes": 4, "radius": 0, "content_change": 0.9, "caption_error": 0.95},
    {"n_contents": 2, "n_styles": 1, "n_classes": 1, "radius": 0, "content_change": 1.0, "caption_error": 1.0},
    {"n_contents": 6, "n_styles": 4, "n_classes": 3, "caption_omission": 0.0, "caption_error": 0.0},
    {"n_contents": 6, "n_styles": 4, "n_classes": 3, "caption_omission": 1.0, "content_change": 0.0},
    {"n_contents": 6, "n_styles": 8, "n_classes": 3, "style_change": 0.3},
]
DEFAULT = {"radius": 1, "content_change": 0.05, "caption_error": 0.1, "caption_omission": 0.2}

KERNELS = [
    {"n_images": 40, "n_texts": 30, "n_classes": 4},
    {"n_images": 7, "n_texts": 13, "n_classes": 3, "augmentation_width": 1.0, "caption_width": 1.0},
    {"n_images": 12, "n_texts": 12, "n_classes": 5, "augmentation_width": 1e-6, "caption_width": 1e-6},
    {"n_images": 9, "n_texts": 2, "n_classes": 9, "augmentation_width": 0.3, "caption_width": 0.01},
    {"n_images": 1, "n_texts": 3, "n_classes": 1, "caption_width": 0.5},
]


def singular_values(world: World, n: int) -> np.ndarray:
    """Those of A, with zeros up to n."""
    values = np.linalg.svd(np.asarray(world.joint.normalized), compute_uv=False)
    return np.pad(values, (0, max(0, n - len(values))))


def eigenvalues(world: World) -> np.ndarray:
    return np.linalg.eigvalsh(np.asarray(world.augmentation.normalized))[::-1]


def residual(vectors: np.ndarray, world: World) -> float:
    """‖(I − Π)Y‖² for Π the projector onto orthonormal columns."""
    labels = np.asarray(world.joint.image_label_matrix)
    return float(np.linalg.norm(labels - vectors @ (vectors.T @ labels)) ** 2)


def descending(values) -> np.ndarray:
    return np.sort(np.asarray(values, dtype=float))[::-1]


@pytest.mark.parametrize(
    "world",
    [
        make(**given, caption_of=caption_of)
        for make, knobs in ((content_style, SMALL), (kernel, KERNELS))
        for given in knobs
        for caption_of in CAPTION_OF
    ],
    ids=lambda world: repr(world.joint),
)
def test_both_laws_are_of_the_same_images(world):
    joint, pairs = world.joint, world.augmentation
    np.testing.assert_allclose(joint.image_marginal, np.full(joint.n_images, 1 / joint.n_images), rtol=EXACT)
    np.testing.assert_allclose(pairs.marginal, joint.image_marginal, rtol=EXACT)
    np.testing.assert_array_equal(pairs.labels, joint.image_labels)
    np.testing.assert_array_equal(pairs.matrix, pairs.matrix.T)
    assert pairs.n_classes == joint.n_classes
    assert set(np.asarray(joint.image_labels).tolist()) == set(range(joint.n_classes))
    assert eigenvalues(world)[-1] >= -SPECTRAL  # a mixture over natural images is positive semidefinite


@pytest.mark.parametrize("caption_of", CAPTION_OF)
def test_content_style_is_what_happens_to_each_image(caption_of):
    m, s, r = 4, 5, 2
    change, error, omission = 0.3, 0.15, 0.25
    world = content_style(m, s, r, 1, change, error, omission, caption_of)
    images = list(itertools.product(range(m), range(s)))
    class_of = [0, 0, 1, 1]

    def views(content: int, style: int):
        for shown, step in itertools.product(range(m), (-1, 0, 1)):
            yield (1 - change if shown == content else change / 3) / 3, images.index((shown, (style + step) % s))

    captions = np.zeros((m * s, m + r))
    for natural in images:
        for (share, x), meant in itertools.product(views(*natural), range(m)):
            captioned = natural[0] if caption_of == "natural" else images[x][0]
            chance = share * (1 - error if meant == captioned else error / 3) / len(images)
            captions[x, meant] += chance * (1 - omission)
            captions[x, m + class_of[meant]] += chance * omission
    np.testing.assert_allclose(world.joint.matrix, captions, atol=EXACT)
    assert np.asarray(world.joint.image_labels).tolist() == [class_of[content] for content, _ in images]
    assert np.asarray(world.joint.text_labels).tolist() == [0, 0, 1, 1, 0, 1]

    pairs = np.zeros((m * s, m * s))
    for natural in images:
        for (one, x), (other, y) in itertools.product(views(*natural), repeat=2):
            pairs[x, y] += one * other / len(images)
    np.testing.assert_allclose(world.augmentation.matrix, pairs, atol=EXACT)


@pytest.mark.parametrize("caption_of", CAPTION_OF)
@pytest.mark.parametrize("given", SMALL)
def test_content_style_closed_forms(given, caption_of):
    given = DEFAULT | given
    m, s, r = given["n_contents"], given["n_styles"], given["n_classes"]
    world = content_style(**given, caption_of=caption_of)
    nu = 1 - given["content_change"] * m / (m - 1)
    mu = (1 - given["caption_error"] * m / (m - 1)) * (nu if caption_of == "natural" else 1)
    assert float(world.joint.labeling_error) == pytest.approx((1 - mu) * (1 - 1 / r), abs=EXACT)
    assert float(world.joint.text_induced_error) == pytest.approx((1 - mu**2) * (1 - 1 / r), abs=EXACT)
    assert float(world.augmentation.labeling_error) == pytest.approx((1 - nu**2) * (1 - 1 / r), abs=EXACT)

    detailed = abs(mu) * math.sqrt(1 - given["caption_omission"])
    sigma = [1] + (r - 1) * [abs(mu)] + (m - r) * [detailed]
    n_values = max(len(sigma), min(world.joint.matrix.shape))
    padded = np.pad(descending(sigma), (0, n_values - len(sigma)))
    np.testing.assert_allclose(singular_values(world, n_values), padded, atol=SPECTRAL)

    rings = [
        (1 + 2 * sum(math.cos(2 * math.pi * j * t / s) for t in range(1, given["radius"] + 1)))
        / (2 * given["radius"] + 1)
        for j in range(s)
    ]
    if "style_change" in given:
        rings = [1] + (s - 1) * [1 - given["style_change"] * s / (s - 1)]
    lambdas = [(share * beta) ** 2 for beta in rings for share in (1, *(m - 1) * (nu,))]
    np.testing.assert_allclose(eigenvalues(world), descending(lambdas), atol=SPECTRAL)


def test_texts_that_no_caption_uses_are_left_out():
    assert content_style(6, 4, 3, caption_omission=0).joint.n_texts == 6
    assert content_style(6, 4, 3, caption_omission=1).joint.n_texts == 3
    assert content_style(6, 4, 3, caption_omission=0.5).joint.n_texts == 9


def test_captions_forget_the_style_and_small_augmentations_do_not():
    # μ = 0.88·0.82 and √(1−o) < 1: the first r directions of MMCL are the classes.  β_1 = 0.84 > ν = 0.82 for SSCL, so
    # its first three (the constant and the two of frequency 1) are styles: the classes, less their mean, are left.
    world = content_style(6, 9, 3, radius=1, content_change=0.15)
    of_texts = np.linalg.svd(np.asarray(world.joint.normalized))[0][:, :3]
    of_views = np.linalg.eigh(np.asarray(world.augmentation.normalized))[1][:, -3:]
    # The gaps, 0.08 in σ and 0.04 in λ, magnify what LAPACK is off by less than a hundredfold.
    assert residual(of_texts, world) == pytest.approx(0, abs=100 * SPECTRAL)
    assert residual(of_views, world) == pytest.approx(1 - 1 / 3, abs=100 * SPECTRAL)


@pytest.mark.parametrize("caption_of", CAPTION_OF)
def test_kernel_is_what_happens_to_each_image(caption_of):
    n, m, r, wide, narrow = 6, 5, 2, 0.2, 0.07
    world = kernel(n, m, r, wide, narrow, caption_of)

    def density(x: float, y: float, width: float) -> float:
        return sum(math.exp(-((x - y + turn) ** 2) / (2 * width**2)) for turn in range(-30, 31))

    images, texts = [(x + 0.5) / n for x in range(n)], [(y + 0.5) / m for y in range(m)]

    def caption(z: float, text: float) -> float:
        return density(z, text, narrow) / sum(density(z, other, narrow) for other in texts)

    captions, pairs = np.zeros((n, m)), np.zeros((n, n))
    for z in images:
        total = sum(density(z, image, wide) for image in images)
        for (x, image), (y, text) in itertools.product(enumerate(images), enumerate(texts)):
            share = density(z, image, wide) / total / n
            captions[x, y] += share * caption(z if caption_of == "natural" else image, text)
        total = sum(density(z, image, wide) for image in images)
        for (x, one), (y, other) in itertools.product(enumerate(images), repeat=2):
            pairs[x, y] += density(z, one, wide) * density(z, other, wide) / total**2 / n
    np.testing.assert_allclose(world.joint.matrix, captions, atol=EXACT)
    np.testing.assert_allclose(world.augmentation.matrix, pairs, atol=EXACT)
    assert np.asarray(world.joint.image_labels).tolist() == [int(r * image) for image in images]
    assert np.asarray(world.joint.text_labels).tolist() == [int(r * text) for text in texts]


@pytest.mark.parametrize(("wide", "narrow"), [(0.05, 0.1), (0.01, 0.03), (1.0, 0.004)])
@pytest.mark.parametrize("n", [8, 15])
@pytest.mark.parametrize("caption_of", CAPTION_OF)
def test_kernel_is_circulant_with_the_spectrum_of_a_sampled_gaussian(n, wide, narrow, caption_of):
    world = kernel(n, n, 2, wide, narrow, caption_of)
    captions, pairs = (np.asarray(law) * n for law in (world.joint.matrix, world.augmentation.matrix))
    for law in (captions, pairs):
        np.testing.assert_allclose(law, np.roll(law, (1, 1), axis=(0, 1)), atol=EXACT)

    def kappa(j: int, width: float) -> float:
        def aliased(j: int) -> float:
            # Terms left out have width · |j + turn · n| > 2: below e^(−8π²), 1e-34.
            turns = range(-math.ceil(2 / (width * n)) - 1, math.ceil(2 / (width * n)) + 2)
            return sum(math.exp(-2 * (math.pi * width * (j + turn * n)) ** 2) for turn in turns)

        return aliased(j) / aliased(0)

    sigma = descending(np.abs(np.fft.fft(captions[0])))
    lambdas = descending(np.fft.fft(pairs[0]).real)
    np.testing.assert_allclose(singular_values(world, n), sigma, atol=SPECTRAL)
    np.testing.assert_allclose(eigenvalues(world), lambdas, atol=SPECTRAL)
    blurred = [kappa(j, wide) if caption_of == "natural" else 1 for j in range(n)]
    expected = descending([kappa(j, narrow) * blur for j, blur in enumerate(blurred)])
    np.testing.assert_allclose(sigma, expected, atol=SPECTRAL)
    np.testing.assert_allclose(lambdas, descending([kappa(j, wide) ** 2 for j in range(n)]), atol=SPECTRAL)


@pytest.mark.parametrize("r", [2, 3, 4])
@pytest.mark.parametrize(("caption_of", "captions_scale"), [("natural", 2), ("view", math.sqrt(2))])
def test_kernel_labeling_errors_are_mean_distances(r, caption_of, captions_scale):
    n, width = 240, 0.02
    world = kernel(n, n, r, width, width, caption_of)
    distance = np.minimum(np.arange(n), n - np.arange(n)) / n
    for law, error, scale in (
        (world.joint.matrix, world.joint.labeling_error, captions_scale),
        (world.augmentation.matrix, world.augmentation.labeling_error, 2),
    ):
        offsets = n * np.asarray(law)[0]
        assert float(error) == pytest.approx(offsets @ np.minimum(1, r * distance), abs=EXACT)
        # The mean of |d| as a sum in steps h is off by about its trapezoid correction, h²/12 times the jump of its
        # slope at 0, which is 2/(width √(2π)): relative to the mean, (h/width)²/12 = 0.4 %; twice that is allowed.
        # Distances beyond 1/r are eight standard deviations away.
        assert float(error) == pytest.approx(r * width * scale / math.sqrt(math.pi), rel=(1 / n / width) ** 2 / 6)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        # Beyond 5/6 a replaced content is less likely than chance to be its own: the error falls for pairs of views.
        (lambda share: content_style(content_change=share * 5 / 6), lambda world: world.augmentation.labeling_error),
        (lambda share: content_style(caption_error=share), lambda world: world.joint.labeling_error),
        (lambda share: kernel(augmentation_width=share / 2 + 0.01), lambda world: world.augmentation.labeling_error),
        (lambda share: kernel(caption_width=share / 2 + 0.01), lambda world: world.joint.labeling_error),
    ],
    ids=["content_change", "caption_error", "augmentation_width", "caption_width"],
)
def test_noise_raises_the_labeling_error(make, error):
    errors = [float(error(make(share))) for share in np.linspace(0, 1, 8)]
    assert np.all(np.diff(errors) > 0)


@pytest.mark.parametrize(
    ("make", "given", "error", "words"),
    [
        (content_style, {"n_contents": 1, "n_classes": 1}, ValueError, "at least 2"),
        (content_style, {"n_contents": 6.0}, TypeError, "integer"),
        (content_style, {"n_contents": True}, TypeError, "integer"),
        (content_style, {"n_contents": 3 * 10**9}, ValueError, "too large"),
        (content_style, {"n_styles": 0}, ValueError, "at least 1"),
        (content_style, {"n_styles": None}, TypeError, "integer"),
        (content_style, {"n_classes": 0}, ValueError, "1 … 6"),
        (content_style, {"n_classes": 7}, ValueError, "1 … 6"),
        (content_style, {"n_classes": 4}, ValueError, "divide"),
        (content_style, {"radius": -1}, ValueError, "0 … 3"),
        (content_style, {"radius": 4}, ValueError, "0 … 3"),
        (content_style, {"radius": 0.5}, TypeError, "integer"),
        (content_style, {"content_change": 1.1}, ValueError, "1.1"),
        (content_style, {"content_change": "0.1"}, TypeError, "real"),
        (content_style, {"caption_error": -0.1}, ValueError, "-0.1"),
        (content_style, {"caption_error": math.nan}, ValueError, "nan"),
        (content_style, {"caption_omission": 2}, ValueError, "2"),
        (content_style, {"caption_omission": None}, TypeError, "real"),
        (content_style, {"caption_of": "text"}, ValueError, "'natural' or 'view', got 'text'"),
        (content_style, {"caption_of": None}, ValueError, "'natural' or 'view', got None"),
        (kernel, {"n_images": 0}, ValueError, "at least 1"),
        (kernel, {"n_images": 10**10}, ValueError, "too large"),
        (kernel, {"n_texts": 0}, ValueError, "at least 1"),
        (kernel, {"n_texts": [30]}, TypeError, "integer"),
        (kernel, {"n_classes": 41}, ValueError, "1 … 40"),
        (kernel, {"n_classes": 2.0}, TypeError, "integer"),
        (kernel, {"augmentation_width": 0}, ValueError, "0"),
        (kernel, {"augmentation_width": math.inf}, ValueError, "inf"),
        (kernel, {"caption_width": 1.5}, ValueError, "1.5"),
        (kernel, {"caption_width": False}, TypeError, "real"),
        (kernel, {"caption_width": [0.1]}, TypeError, "real"),
        (kernel, {"caption_of": ["view"]}, ValueError, "'natural' or 'view', got ['view']"),
    ],
)
def test_bad_input_is_refused_by_name(make, given, error, words):
    with pytest.raises(error) as caught:
        make(**given)
    assert str(caught.value).startswith(f"{next(iter(given))}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [{"n_styles": 10**6}, {"n_contents": 20_000, "n_classes": 20_000, "n_styles": 1}])
def test_a_world_too_large_is_refused_before_it_is_built(given):
    with pytest.raises(ValueError, match=r"^n_contents: .* too large"):
        content_style(**{"radius": 0} | given)


def test_texts_between_the_images_of_a_narrow_kernel_are_dropped():
    with pytest.warns(UserWarning, match="4 texts of zero mass dropped"):
        world = kernel(2, 6, 2, 0.1, 1e-6)
    assert np.asarray(world.joint.text_ids).tolist() == [1, 4]


def order(world: World) -> tuple[float, np.ndarray, float]:
    """The least eigenvalue of S − AAᵀ, each λ_j − σ_j², and α_T − α_A."""
    induced, pairs = world.joint.text_induced(), world.augmentation
    apart = np.linalg.eigvalsh(np.asarray(pairs.normalized - induced.normalized))
    values = [np.linalg.eigvalsh(np.asarray(graph.normalized))[::-1] for graph in (pairs, induced)]
    return float(apart[0]), values[0] - values[1], float(induced.labeling_error - pairs.labeling_error)


@pytest.mark.parametrize(
    "make",
    [
        lambda caption_of: content_style(6, 9, 3, 1, 0.3, 0.1, 0.8, caption_of),
        lambda caption_of: kernel(16, 12, 2, 0.2, 0.05, caption_of),
    ],
    ids=["content_style", "kernel"],
)
def test_text_pairs_of_what_was_viewed_are_below_the_augmentation_pairs_and_those_of_the_view_need_not_be(make):
    least, gaps, excess = order(make("natural"))
    assert least >= -SPECTRAL
    assert gaps.min() >= -SPECTRAL
    assert excess > 0.001
    least, gaps, excess = order(make("view"))
    assert least < -0.1
    assert gaps.min() < -0.05
    assert excess < -0.1


@pytest.mark.parametrize("seed", range(5))
def test_no_labels_make_text_pairs_of_what_was_viewed_more_consistent(seed):
    world = kernel(16, 12, 2, 0.2, 0.02)
    labels = np.random.default_rng(seed).integers(0, 3, 16)
    text_induced = mt.PairGraph(world.joint.text_induced().matrix, labels)
    assert text_induced.labeling_error >= mt.PairGraph(world.augmentation.matrix, labels).labeling_error - EXACT


@pytest.mark.parametrize("texts_tell", [{"caption_error": 0.0, "caption_omission": 0.0}])
def test_where_texts_determine_the_natural_image_both_pair_graphs_are_one(texts_tell):
    world = content_style(4, 1, 2, 0, 0.2, **texts_tell)
    np.testing.assert_allclose(world.joint.text_induced().matrix, world.augmentation.matrix, atol=EXACT)


@pytest.mark.parametrize(
    ("world", "of_texts", "of_views"),
    [
        # Nearly all text-induced pairs are of two classes, and texts win all the same.
        (content_style(3, 27, 3, 2, 0.05, 0.6, 0.5), (0.661, 0), (0.096, 2 / 3)),
        (kernel(60, 3, 3, 0.02, 0.01), (0.087, 0.024), (0.066, 0.210)),
        # One of the three texts lies on the border of two classes.
        (kernel(60, 3, 2, 0.02, 0.01), (0.196, 0.163), (0.044, 0.094)),
    ],
    ids=["texts win, wrong", "texts win", "texts lose"],
)
def test_labeling_errors_do_not_decide_which_probe_is_better(world, of_texts, of_views):
    """The numbers of docs/consistency.md at k = 3, which gives three digits."""
    for graph, (error, left) in ((world.joint.text_induced(), of_texts), (world.augmentation, of_views)):
        vectors = np.linalg.eigh(np.asarray(graph.normalized))[1][:, -3:]
        assert float(graph.labeling_error) == pytest.approx(error, abs=6e-4)
        assert residual(vectors, world) == pytest.approx(left, abs=6e-4)

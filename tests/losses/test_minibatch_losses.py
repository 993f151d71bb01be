"""Compare losses on batches with values recorded from the released code, and with their definitions as loops."""

import functools
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from refusals import assert_refused

import mmcl_theory as mt

FOLDER = pathlib.Path(__file__).parent / "reference"
RECORDED = {name: np.load(FOLDER / f"minibatch_losses_{name}.npz") for name in "ab"}
RELEASED = ("add_new_positive", "drop_easy_negative", "drop_false_negative", "drop_false_positive_as_released")
SEEDS = range(3)

# One of each function is also called as it is, which compiles each of its operations.
UNCOMPILED = ("simclr", "add_new_positive", "crossclr_intra", "spectral_mu1")

# What the toolkit promises of recorded values and gradients; they agree to 1e-15.
AGREED = 1e-10
# Sums of a few hundred numbers of order one, in two orders.
EXACT = 1e-12

# recorded name -> (loss of the differentiated embeddings and what else was recorded, these, name of the gradient)
LOSSES = {
    "simclr": (lambda z, r: mt.losses.ntxent(z, tau(r)), lambda r: r["embeddings"], "grad_simclr"),
    **{
        method: (
            lambda z, r, method=method: mt.losses.guided_ntxent(z, r["guide_embeddings"], tau(r), method=method),
            lambda r: r["embeddings"],
            f"grad_{method}",
        )
        for method in RELEASED
    },
    "crossclr_intra": (
        lambda z, r: mt.losses.crossclr(z, views(r)[1], 0.2, 0.8),
        lambda r: views(r)[0],
        "grad_image_crossclr_intra",
    ),
    "spectral_mu1": (
        lambda z, r: mt.losses.spectral(z, views(r)[1], max_norm=1.0),
        lambda r: views(r)[0],
        "grad_image_spectral_mu1",
    ),
    "spectral_unclipped_scale0.1": (
        lambda z, r: mt.losses.spectral(z, 0.1 * views(r)[1]),
        lambda r: 0.1 * views(r)[0],
        "grad_image_spectral_unclipped_scale0.1",
    ),
}


def tau(recorded):
    return recorded["temperature"][()]


def views(recorded):
    half = len(recorded["embeddings"]) // 2
    return recorded["embeddings"][:half], recorded["embeddings"][half:]


@functools.cache
def values_and_gradients(batch):
    """Compute all by one program."""
    program = jax.jit(lambda r: {name: jax.value_and_grad(loss)(z(r), r) for name, (loss, z, _) in LOSSES.items()})
    return jax.device_get(program(dict(RECORDED[batch])))


@pytest.mark.parametrize("batch", RECORDED)
@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_are_those_of_the_released_code(name, batch):
    recorded = RECORDED[batch]
    loss, embeddings, gradient = LOSSES[name]
    value, slope = values_and_gradients(batch)[name]
    if batch == "a" and name in UNCOMPILED:
        assert float(loss(embeddings(recorded), recorded)) == pytest.approx(float(value), abs=EXACT)  # not compiled
    assert float(value) == pytest.approx(float(recorded[f"loss_{name}"]), abs=AGREED)
    np.testing.assert_allclose(slope, recorded[gradient], rtol=0, atol=AGREED)
    assert np.abs(slope).max() > 1e-4  # so that agreement of gradients means something


def test_every_recorded_loss_is_compared():
    for recorded in RECORDED.values():
        assert {name.removeprefix("loss_") for name in recorded.files if name.startswith("loss_")} == set(LOSSES)


# Definitions as loops over anchors.  Losses are compiled at once, not an operation at a time.

NTXENT = jax.jit(lambda z: mt.losses.ntxent(z, 0.3))
GUIDED = {
    method: jax.jit(lambda z, guide, method=method: mt.losses.guided_ntxent(z, guide, 0.3, method=method))
    for method in mt.losses.GUIDED
}


def draw(seed: int, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ntxent_terms(z: np.ndarray, temperature: float, left_out=lambda i, j: False) -> list[float]:
    """List the −log softmax of each row at the other view of its image, without the rows that are left out."""
    z, n = unit(z), len(z)
    terms = []
    for i in range(n):
        positive = (i + n // 2) % n
        scores = {j: z[i] @ z[j] / temperature for j in range(n) if j != i and (j == positive or not left_out(i, j))}
        terms.append(np.log(sum(np.exp(score) for score in scores.values())) - scores[positive])
    return terms


@pytest.mark.parametrize("seed", SEEDS)
def test_drop_false_positive_leaves_out_the_images_whose_views_the_guide_finds_least_alike(seed):
    z, guide = draw(seed, (40, 5), (40, 6))
    g = unit(guide) @ unit(guide).T
    agreement = [g[i, (i + 20) % 40] for i in range(40)]
    # ⌊0.1·40⌋ = 4 rows: both views of two images.
    kept = np.argsort(agreement, kind="stable")[4:]
    expected = np.mean(np.array(ntxent_terms(z, 0.3))[kept])
    found = float(GUIDED["drop_false_positive"](z, guide))
    assert found == pytest.approx(expected, abs=EXACT)
    assert found != pytest.approx(float(NTXENT(z)), abs=1e-4)


# name -> how alike the guide finds the views of each of 20 images; 4 of 40 rows are to be dropped
DROPPED = jax.jit(jax.value_and_grad(GUIDED["drop_false_positive"]))
TIES = {"all": [0.3] * 20, "two-of-three": [0.1] * 3 + [0.3] * 17, "below": [0.0] + [0.1] * 5 + [0.3] * 14}


@pytest.mark.parametrize("kind", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("name", TIES)
def test_rows_that_tie_share_what_drop_false_positive_drops(name, kind):
    (z,) = draw(0, (40, 5))
    cosines = np.array(TIES[name])
    # In a frame that is turned at random the cosines tie but for rounding.
    turn = np.linalg.qr(draw(1, (41, 41))[0])[0]
    first, other = np.eye(20, 41), np.eye(20, 41, 20)
    guide = np.concatenate([first, cosines[:, None] * first + np.sqrt(1 - cosines**2)[:, None] * other]) @ turn
    agreement = np.tile(cosines, 2)
    order = np.sort(agreement)
    weights = np.array([1 - np.mean((order == own)[:4]) * 4 / np.sum(order == own) for own in agreement])
    assert weights.sum() == pytest.approx(36)
    found, slope = DROPPED(z, np.asarray(guide, kind))
    assert float(found) == pytest.approx(np.dot(weights, ntxent_terms(z, 0.3)) / 36, abs=EXACT)
    assert np.abs(slope).max() > 1e-4
    if name == "all":
        assert float(found) == pytest.approx(float(NTXENT(z)), abs=EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_dropped_negatives_are_those_the_guide_names(seed):
    z, guide = draw(seed, (40, 5), (40, 6))
    g = unit(guide) @ unit(guide).T
    np.fill_diagonal(g, 1)
    second_largest, fourth_smallest = np.sort(g, axis=1)[:, -2], np.sort(g, axis=1)[:, 3]
    for method, dropped in (
        ("drop_false_negative", lambda i, j: g[i, j] >= second_largest[i]),
        ("drop_easy_negative", lambda i, j: g[i, j] <= fourth_smallest[i]),
    ):
        found = float(GUIDED[method](z, guide))
        assert found == pytest.approx(np.mean(ntxent_terms(z, 0.3, dropped)), abs=EXACT)


def test_no_gradient_flows_into_the_guide():
    z, guide = draw(0, (20, 5), (20, 6))
    slopes = jax.jit(lambda z, guide: [jax.grad(loss, argnums=1)(z, guide) for loss in GUIDED.values()])(z, guide)
    assert not np.any(slopes)


@pytest.mark.parametrize("seed", SEEDS)
def test_clip_is_its_definition(seed):
    images, texts = draw(seed, (7, 4), (7, 4))
    s = unit(images) @ unit(texts).T / 0.4
    terms = [(np.log(np.exp(s[i]).sum()) + np.log(np.exp(s[:, i]).sum())) / 2 - s[i, i] for i in range(len(s))]
    assert float(mt.losses.clip(images, texts, 0.4)) == pytest.approx(np.mean(terms), abs=EXACT)


def test_clip_and_its_gradient_are_those_of_the_definition():
    one, other = draw(0, (6, 3), (6, 3))
    tau = 0.7

    def plain(a, b):
        scores = np.exp(unit(a) @ unit(b).T / tau)
        return -np.mean([np.log(scores[i, i] ** 2 / scores[i].sum() / scores[:, i].sum()) / 2 for i in range(6)])

    value, slope = jax.jit(jax.value_and_grad(lambda a, b: mt.losses.clip(a, b, tau)))(one, other)
    assert float(value) == pytest.approx(plain(one, other), rel=1e-13)
    step = np.random.default_rng(1).standard_normal(one.shape)
    h = 1e-6
    difference = (plain(one + h * step, other) - plain(one - h * step, other)) / (2 * h)
    assert float(np.sum(slope * step)) == pytest.approx(difference, rel=1e-7)


def test_the_temperature_of_clip_can_be_learned():
    images, texts = draw(0, (7, 4), (7, 4))
    slope = jax.jit(jax.grad(lambda log: mt.losses.clip(images, texts, jnp.exp(log))))(np.log(0.4))
    step = 1e-5
    ends = [float(mt.losses.clip(images, texts, 0.4 * np.exp(move))) for move in (step, -step)]
    # The error of a central difference is of the order of its step squared.
    assert float(slope) == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)


@functools.cache
def whole_crossclr(tau, weight, influence, kappa):
    return jax.jit(
        lambda one, other, image_inputs, text_inputs: mt.losses.crossclr(
            *(one, other, tau, weight),
            **{"image_inputs": image_inputs, "text_inputs": text_inputs, "influence": influence, "proximity": kappa},
        )
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("influence", [0.5, 0.9, 1.0])
def test_crossclr_in_full_is_its_definition(seed, influence):
    n, tau, weight, kappa = 8, 0.3, 0.7, 0.1
    sides = [unit(side) for side in draw(seed, (n, 4), (n, 4))]
    inputs = [rows + 0.8 for rows in draw(100 + seed, (n, 5), (n, 3))]  # moved, so that connectivities are positive
    connectivity = [
        np.array([np.mean([unit(rows)[i] @ unit(rows)[j] for j in range(n) if j != i]) for i in range(n)])
        for rows in inputs
    ]
    influential = [c > influence * c.max() for c in connectivity]
    assert influence == 1.0 or all(marks.sum() > 0 for marks in influential)
    expected = 0.0
    for here, there in ((0, 1), (1, 0)):
        weights = np.exp(connectivity[here] / kappa) / np.exp(connectivity[here] / kappa).sum()
        for i in range(n):
            own = np.exp(sides[here][i] @ sides[there][i] / tau)
            among = own
            for j in range(n):
                if j != i and not influential[there][j]:
                    among += np.exp(sides[here][i] @ sides[there][j] / tau)
                if j != i and not influential[here][j]:
                    among += weight * np.exp(sides[here][i] @ sides[here][j] / tau)
            expected -= weights[i] * np.log(own / among) / 2
    found = whole_crossclr(tau, weight, influence, kappa)(*sides, *inputs)
    assert float(found) == pytest.approx(expected, abs=EXACT)


def test_a_row_of_zeros_has_a_value_and_a_gradient():
    images, texts = draw(0, (6, 4), (6, 4))
    images[2] = 0
    for loss in (lambda z: mt.losses.clip(z, texts, 0.3), lambda z: mt.losses.spectral(z, texts, max_norm=1.0)):
        value, slope = jax.jit(jax.value_and_grad(loss))(images)
        assert np.isfinite(value)
        assert np.isfinite(slope).all()


# Sizes and precisions in which a sum of squares overflows or vanishes.

COSINE = {
    "clip": lambda z, w: mt.losses.clip(z, w, 0.3),
    "ntxent": lambda z, w: mt.losses.ntxent(jnp.concatenate([z, w]), 0.3),
    "guided": lambda z, w: mt.losses.guided_ntxent(jnp.concatenate([z, w]), jnp.concatenate([w, z]), 0.3),
    "crossclr": lambda z, w: mt.losses.crossclr(z, w, 0.3, 0.8),
    "crossclr-in-full": lambda z, w: mt.losses.crossclr(z, w, 0.3, 0.8, image_inputs=z, text_inputs=w, proximity=1.0),
    "max_norm": lambda z, w: mt.losses.spectral(z, w, max_norm=0.5),
}


def by_name(losses):
    """Compile all values and gradients at once, by name."""
    return jax.jit(lambda z, w: {name: jax.value_and_grad(loss)(z, w) for name, loss in losses.items()})


# One program of those that scale all rows, and one of that which shortens the long ones.
SCALED, SHORTENED = (by_name({n: loss for n, loss in COSINE.items() if (n == "max_norm") == is_it}) for is_it in (0, 1))


# name -> (type, norm of a row, error of a loss of order one; single precision rounds to 1e-7, sums of dozens to 1e-5)
SIZES = {
    "half": (jnp.float16, 250.0, 1e-5),
    "half-large": (jnp.float16, 6e4, 1e-5),
    "brain": (jnp.bfloat16, 1e30, 1e-5),
    "brain-small": (jnp.bfloat16, 1e-22, 1e-5),
    "single-large": (jnp.float32, 1e20, 1e-5),
    "single-largest": (jnp.float32, 3e38, 1e-5),
    "single-small": (jnp.float32, 1e-22, 1e-5),
    "double-large": (jnp.float64, 1e200, 1e-12),
    "double-small": (jnp.float64, 1e-200, 1e-12),
}


@pytest.mark.parametrize("size", SIZES)
def test_rows_of_any_size_and_precision_have_the_loss_and_gradient_of_double_precision(size):
    kind, length, tolerance = SIZES[size]
    for compiled, norm in ((SCALED, length), (SHORTENED, max(length, 1.0))):  # shorter rows stay as they are
        images, texts = ((norm * unit(rows)).astype(kind) for rows in draw(0, (12, 5), (12, 5)))
        found = jax.device_get(compiled(images, texts))
        known = jax.device_get(compiled(*(rows.astype(float) / norm for rows in (images, texts))))
        for name, (value, slope) in found.items():
            expected, expected_slope = known[name]
            assert value.dtype == jnp.promote_types(kind, jnp.float32), name
            assert float(value) == pytest.approx(float(expected), abs=tolerance), name
            # The gradient has the type of the rows; XLA may flush what is subnormal in single precision.
            assert slope.dtype == kind, name
            rounding = 4 * float(jnp.finfo(kind).eps) + tolerance
            least = jnp.finfo(kind).smallest_subnormal if kind == jnp.float16 else jnp.finfo(kind).tiny
            atol = rounding * float(np.abs(expected_slope).max()) + float(least) * norm
            np.testing.assert_allclose(slope.astype(float) * norm, expected_slope, rtol=0, atol=atol, err_msg=name)


@pytest.mark.parametrize("kind", [jnp.float16, jnp.bfloat16])
def test_half_precision_is_not_summed_in_half(kind):
    one, other = ((10 * rows).astype(kind) for rows in draw(0, (40, 64), (40, 64)))
    losses = jax.jit(lambda z, w: (mt.losses.spectral(z, w), mt.losses.clip(z, w, 0.01)))
    np.testing.assert_allclose(losses(one, other), losses(one.astype(float), other.astype(float)), rtol=1e-5)


@pytest.mark.parametrize("kind", [jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64])
def test_zero_rows_among_long_rows(kind):
    images, texts = (250 * unit(rows) for rows in draw(0, (12, 5), (12, 5)))
    images[2] = texts[2] = 0
    for compiled in (SCALED, SHORTENED):
        for name, (value, slope) in jax.device_get(compiled(images.astype(kind), texts.astype(kind))).items():
            assert np.isfinite(value), name
            assert np.isfinite(slope.astype(float)).all(), name
            assert name == "max_norm" or not slope[2].any()  # a row that is not shortened keeps its gradient


def test_a_power_of_two_changes_no_digit():
    z, w = (8 * rows for rows in draw(0, (12, 5), (12, 5)))  # all longer than max_norm
    for compiled in (SCALED, SHORTENED):
        moved, known = compiled(z * 2.0**600, w * 2.0**900), compiled(z, w)
        assert {name: float(value) for name, (value, _) in moved.items()} == {
            name: float(value) for name, (value, _) in known.items()
        }


# Bad input.

SIX = np.random.default_rng(0).standard_normal((6, 3))
NAN = np.where(np.eye(6, 3) > 0, np.nan, SIX)
BAD = {
    "spectral-rows": (ValueError, "texts: (6, 3) (4, 3)", lambda: mt.losses.spectral(SIX, SIX[:4])),
    "spectral-columns": (ValueError, "texts: (6, 3) (6, 2)", lambda: mt.losses.spectral(SIX, SIX[:, :2])),
    "spectral-nan": (ValueError, "images: finite nan", lambda: mt.losses.spectral(NAN, SIX)),
    "spectral-texts-nan": (ValueError, "texts: finite nan", lambda: mt.losses.spectral(SIX, NAN)),
    "spectral-inf": (ValueError, "images: finite inf", lambda: mt.losses.spectral(SIX * np.inf, SIX)),
    "spectral-1d": (ValueError, "images: 2 dimension", lambda: mt.losses.spectral(SIX[0], SIX[0])),
    "spectral-one": (ValueError, "images: two pairs 1", lambda: mt.losses.spectral(SIX[:1], SIX[:1])),
    "spectral-words": (TypeError, "images: real", lambda: mt.losses.spectral([["a"], ["b"]], SIX)),
    "spectral-norm": (ValueError, "max_norm: 0", lambda: mt.losses.spectral(SIX, SIX, max_norm=0)),
    "independent-others": (
        ValueError,
        "other_texts: (6, 3) (5, 3)",
        lambda: mt.losses.spectral_independent(SIX, SIX, SIX, SIX[:5]),
    ),
    "clip-rows": (ValueError, "texts: (6, 3) (4, 3)", lambda: mt.losses.clip(SIX, SIX[:4], 0.1)),
    "clip-zero": (ValueError, "temperature: (0 0", lambda: mt.losses.clip(SIX, SIX, 0)),
    "clip-negative": (ValueError, "temperature: (0 -1", lambda: mt.losses.clip(SIX, SIX, -1.0)),
    "clip-nan": (ValueError, "temperature: nan", lambda: mt.losses.clip(SIX, SIX, float("nan"))),
    "clip-inf": (ValueError, "temperature: inf", lambda: mt.losses.clip(SIX, SIX, float("inf"))),
    "clip-jax": (ValueError, "temperature: (0", lambda: mt.losses.clip(SIX, SIX, jnp.asarray(-0.1))),
    "clip-word": (TypeError, "temperature: real", lambda: mt.losses.clip(SIX, SIX, "cold")),
    "ntxent-odd": (ValueError, "embeddings: even 5", lambda: mt.losses.ntxent(SIX[:5], 0.1)),
    "ntxent-two": (ValueError, "embeddings: at least two images 2", lambda: mt.losses.ntxent(SIX[:2], 0.1)),
    "ntxent-nan": (ValueError, "embeddings: finite nan", lambda: mt.losses.ntxent(NAN, 0.1)),
    "ntxent-zero": (ValueError, "temperature: 0", lambda: mt.losses.ntxent(SIX, 0.0)),
    "guided-method": (ValueError, "method: add_new_positive 'x'", lambda: mt.losses.guided_ntxent(SIX, SIX, 0.1, "x")),
    "guided-rows": (ValueError, "guide: 6 4", lambda: mt.losses.guided_ntxent(SIX, SIX[:4], 0.1)),
    "guided-nan": (ValueError, "guide: finite nan", lambda: mt.losses.guided_ntxent(SIX, NAN, 0.1)),
    "guided-odd": (ValueError, "embeddings: even 5", lambda: mt.losses.guided_ntxent(SIX[:5], SIX[:5], 0.1)),
    "crossclr-rows": (ValueError, "texts: (6, 3) (4, 3)", lambda: mt.losses.crossclr(SIX, SIX[:4], 0.1, 0.8)),
    "crossclr-weight": (ValueError, "negative_weight: -1", lambda: mt.losses.crossclr(SIX, SIX, 0.1, -1)),
    "crossclr-one-input": (
        ValueError,
        "text_inputs: needed",
        lambda: mt.losses.crossclr(SIX, SIX, 0.1, 0.8, image_inputs=SIX),
    ),
    "crossclr-inputs": (
        ValueError,
        "image_inputs: 6 4",
        lambda: mt.losses.crossclr(SIX, SIX, 0.1, 0.8, image_inputs=SIX[:4], text_inputs=SIX),
    ),
    "crossclr-influence": (
        ValueError,
        "influence: 2",
        lambda: mt.losses.crossclr(SIX, SIX, 0.1, 0.8, image_inputs=SIX, text_inputs=SIX, influence=2),
    ),
    "crossclr-proximity": (
        ValueError,
        "proximity: 0",
        lambda: mt.losses.crossclr(SIX, SIX, 0.1, 0.8, image_inputs=SIX, text_inputs=SIX, proximity=0),
    ),
}


@pytest.mark.parametrize(("error", "words", "call"), BAD.values(), ids=BAD)
def test_bad_input_is_refused(error, words, call):
    assert_refused(error, words, call)

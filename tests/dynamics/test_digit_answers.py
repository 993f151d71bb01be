"""Check coloured digits in the limit of data against closed forms and against sums over all cases."""

import itertools

import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.worlds.shortcuts import training_law

EXACT = 1e-12  # LAPACK's rounding of matrices of norm 1


def knobs(seed):
    rng = np.random.default_rng(seed)
    noise, following = rng.uniform(0.05, 0.5), rng.uniform(0.2, 0.95)
    kept = dict(zip(("digit_kept", "style_kept"), rng.uniform(0.3, 1, 2), strict=True))
    return {"n_classes": 4, "n_styles": 2, "label_noise": noise, "following": following, **kept}


@pytest.mark.parametrize("seed", range(3))
def test_the_law_of_training_is_what_is_described(seed):
    given = knobs(seed)
    eta, q, m = given["label_noise"], given["following"], given["n_classes"]
    law = training_law(m, eta, q)
    for digit, label, colour in itertools.product(range(m), repeat=3):
        of_label = 1 - eta if label == digit else eta / (m - 1)
        of_colour = q if colour == label else (1 - q) / (m - 1)
        assert law[digit, label, colour] == pytest.approx(of_label * of_colour / m, rel=EXACT)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("caption_of", ["view", "natural"])
def test_both_spectra_are_the_documented_ones(seed, caption_of):
    given = knobs(seed)
    world = mt.worlds.coloured_digits(**given, caption_of=caption_of)
    m, n_styles, eta, q, a, s = (given[name] for name in (
        "n_classes", "n_styles", "label_noise", "following", "digit_kept", "style_kept"
    ))  # fmt: skip
    pairs, marginal = np.asarray(world.augmentation.matrix), np.asarray(world.joint.image_marginal)
    np.testing.assert_allclose(pairs.sum(axis=1), marginal, rtol=EXACT)
    found = np.sort(np.linalg.eigvalsh(pairs / np.sqrt(np.outer(marginal, marginal))))[::-1]
    expected = [1] * m + [s**2] * (m * (n_styles - 1)) + [a**2] * (m * (m - 1))
    expected += [a**2 * s**2] * (m * (m - 1) * (n_styles - 1))
    np.testing.assert_allclose(found, sorted(expected, reverse=True), atol=EXACT)
    nu, beta = eta / (m - 1), (1 - q) / (m - 1)
    agree = q * (1 - eta) + (1 - q) * nu
    kept = 1 - eta - nu
    of_colours = [kept * np.sqrt(q * (1 - q) / (agree * (1 - agree)))] * m
    of_others = [kept * np.sqrt(beta / (beta * (1 - nu) + q * nu))] * (m * (m - 2))
    # A caption of the natural image passes its digit through a channel that keeps it with probability a.
    dulled = a if caption_of == "natural" else 1
    expected = sorted([1] * m + [dulled * value for value in of_colours + of_others], reverse=True)
    sigma = np.linalg.svd(np.asarray(world.joint.normalized), compute_uv=False)
    np.testing.assert_allclose(sigma[: m**2], expected, atol=EXACT)
    np.testing.assert_allclose(sigma[m**2 :], 0, atol=1e-7)  # roots of rounding


def test_captions_that_tell_the_digit_determine_the_picture():
    world = mt.worlds.coloured_digits(3, captions_tell="digit")
    assert np.linalg.svd(np.asarray(world.joint.normalized), compute_uv=False) == pytest.approx(np.ones(9), abs=EXACT)
    assert float(world.joint.labeling_error) == pytest.approx(0, abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_sigma_of_linear_texts_is_the_closed_form(seed):
    given = knobs(seed)
    m, eta, q = (given[name] for name in ("n_classes", "label_noise", "following"))
    table = mt.dynamics.digit_answers(list(range(1, 2 * m + 1)), **given).query("training == 'multi-modal'")
    rho, law = q - (1 - q) / (m - 1), training_law(m, eta, q)
    # R²: the share of the variance of 1[label = 0] − 1/m that digit and colour explain, by its definition.
    pictures = law.sum(axis=1)
    explained = (pictures * (law[:, 0, :] / pictures - 1 / m) ** 2).sum() / (1 / m - 1 / m**2)
    expected = [1] * m + [(explained - rho**2) / (1 - rho**2)] * (m - 1) + [0]
    np.testing.assert_allclose(table.value, expected, atol=EXACT)


def test_published_numbers():
    table = mt.dynamics.digit_answers([10, 19]).query("training == 'multi-modal'")
    assert table.value.round(4).tolist() == [1, 0.6238]
    assert table.train_accuracy.to_numpy() == pytest.approx([0.775, 0.9], abs=EXACT)
    assert table.test_accuracy.to_numpy() == pytest.approx([0.025, 0.9], abs=EXACT)


@pytest.mark.parametrize("away", [-0.2, -1e-6, 0, 1e-6, 0.05])
@pytest.mark.parametrize("told", ["label", "digit"])
def test_the_digit_is_answered_below_the_threshold_and_the_colour_above(away, told):
    table = mt.dynamics.digit_answers([3, 5, 9], 3, 0.2, 0.8 + away, captions_tell=told, digit_kept=0.9, style_kept=0.5)
    answer = "tie" if away == 0 else "digit" if away < 0 else "colour"
    assert table.query("k >= 5 and training == 'multi-modal' or k == 9").answer.tolist() == [answer] * 3
    claimed = table[table.predicted != ""]
    assert len(claimed) == {"label": 5, "digit": 4}[told] - (3 if away == 0 else 0)
    assert (claimed.answer == claimed.predicted).all()


def test_a_style_that_views_keep_hides_the_digit_from_single_modal_training_alone():
    table = mt.dynamics.digit_answers(list(range(19, 41)), n_styles=4)
    assert table.groupby("training").answer.unique().map(list).to_dict() == {
        "multi-modal": ["digit"],
        "single-modal": ["colour"],
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_classes": 2}, "n_classes: "),
        ({"following": 1}, "following: must be above 0 and below 1"),
        ({"label_noise": 0}, "label_noise: must be above 0 and below 1"),
        ({"captions_tell": "colour"}, "captions_tell: must be 'label' or 'digit', got 'colour'"),
        ({"style_kept": 2}, "style_kept: "),
    ],
)
def test_refusals(given, message):
    for function in (mt.worlds.coloured_digits, lambda **some: mt.dynamics.digit_answers(3, **some)):
        with pytest.raises(ValueError, match=message):
            function(**given)

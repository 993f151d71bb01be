"""Check the world of a scarce modality against what happens to each thing, and its closed forms."""

import itertools

import numpy as np
import pytest

import mmcl_theory as mt

EXACT = 1e-12  # LAPACK's rounding of matrices of norm 1
KNOBS = [(3, 2, 0.6, 0.7, 0.8), (4, 3, 0.9, 0.3, 0.2), (3, 2, 1.0, 1.0, 0.5), (2, 1, 0.3, 0.5, 1.0)]


@pytest.mark.parametrize("given", KNOBS)
@pytest.mark.parametrize("told", ["meaning", "class"])
def test_the_joint_is_what_happens_to_each_thing(given, told):
    r, h, a, kappa, b = given
    joint = mt.worlds.scarce(*given, captions_tell=told)
    expected = np.zeros((r * h * r, r * h if told == "meaning" else r))
    meanings = list(itertools.product(range(r), range(h)))
    for (y, j), (y_shown, j_shown), hint in itertools.product(meanings, meanings, range(r)):
        shown = (1 - a) / (r * h)
        if y_shown == y:
            shown += a * (kappa * (j == j_shown) + (1 - kappa) / h)
        hinted = b * (hint == y) + (1 - b) / r
        text = y * h + j if told == "meaning" else y
        expected[(y_shown * h + j_shown) * r + hint, text] += shown * hinted / (r * h)
    np.testing.assert_allclose(joint.matrix, expected, atol=EXACT)
    assert np.asarray(joint.image_labels).tolist() == np.repeat(range(r), h * r).tolist()
    assert np.asarray(joint.text_labels).tolist() == np.repeat(range(r), h if told == "meaning" else 1).tolist()


@pytest.mark.parametrize("given", KNOBS)
@pytest.mark.parametrize("told", ["meaning", "class"])
def test_the_spectrum_is_the_documented_one(given, told):
    r, h, a, kappa, b = given
    q, u, v, w = (1 - a * b) / r, a * (1 - b) / r, b * (1 - a) / r, b + (1 - b) / r
    of_classes = (a * b + u + v) ** 2 / (a * b + q) + ((r - 1) * (u**2 + v**2) - 2 * u * v) / q
    of_meanings = (a * kappa) ** 2 * (w**2 / (a * b + q) + (r - 1) * ((1 - b) / r) ** 2 / q)
    expected = [1] + (r - 1) * [of_classes] + (r * (h - 1) * [of_meanings] if told == "meaning" else [])
    joint = mt.worlds.scarce(*given, captions_tell=told)
    found = np.linalg.svd(np.asarray(joint.normalized), compute_uv=False) ** 2
    np.testing.assert_allclose(found, sorted(expected, reverse=True), atol=EXACT)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"class_kept": 1, "following": 1}, "following: must be below 1 where class_kept is 1"),
        ({"captions_tell": "digit"}, "captions_tell: must be 'meaning' or 'class', got 'digit'"),
        ({"meaning_kept": -1}, "meaning_kept: "),
        ({"n_meanings": 0}, "n_meanings: "),
    ],
)
def test_refusals(given, message):
    with pytest.raises(ValueError, match=message):
        mt.worlds.scarce(**given)

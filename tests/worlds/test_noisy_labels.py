"""Check what a probe on noisy labels answers, up to the thresholds: the digit or the colour that follows the label."""

import itertools
from fractions import Fraction

import cells
import numpy as np
import pytest
from small_worlds import told_labels

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.certification.certify import certify_exact

EXACT = 1e-12  # LAPACK's rounding of matrices of norm 1
STEP = Fraction(1, 10**6)


def instance(world):
    return mt.Instance(world.joint, **{name: getattr(world, name) for name in cells.PARTS})


def fractional(m, eta, q, n_styles=1, digit=Fraction(1, 2), style=Fraction(1, 2), told="both"):
    """Digits in a colour and a style, by loops: digit and style are the squares of what a view keeps."""
    law = {
        (d, y, c): Fraction(1, m) * (1 - eta if y == d else eta / (m - 1)) * (q if c == y else (1 - q) / (m - 1))
        for d, y, c in itertools.product(range(m), repeat=3)
    }
    picture = {(d, c): sum(law[d, y, c] for y in range(m)) for d, c in itertools.product(range(m), repeat=2)}
    of_colour = [sum(picture[d, c] for d in range(m)) for c in range(m)]
    images = list(itertools.product(range(m), range(m), range(n_styles)))
    words = list(itertools.product(range(m), range(m))) if told == "both" else [(y, None) for y in range(m)]
    pairs = [
        [(law[d, y, c] if told == "label" or word == c else 0) * Fraction(1, n_styles) for y, word in words]
        for d, c, _ in images
    ]

    def view(one, other):
        (d, c, j), (e, b, i) = one, other
        again = digit * (d == e) + (1 - digit) * picture[e, b] / of_colour[b]
        return (c == b) * picture[d, c] * again * (style * (j == i) + (1 - style) / n_styles) / n_styles

    def exact(rows):
        return tuple(tuple(map(Fraction, row)) for row in rows)

    return ExactInstance(
        exact(pairs),
        tuple(d for d, _, _ in images),
        tuple(y for y, _ in words),
        m,
        attribute=(tuple(c for _, c, _ in images), tuple(word or 0 for _, word in words)),
        augmentation=exact([[view(one, other) for other in images] for one in images]),
        label_law=exact([[law[d, y, c] / picture[d, c] for y in range(m)] for d, c, _ in images]),
    )


def test_the_fractions_are_those_of_the_world():
    knobs = {"n_styles": 2, "digit_kept": 0.6, "style_kept": 0.7}
    world = mt.worlds.coloured_digits(3, 0.2, 0.6, **knobs)
    one = fractional(3, Fraction(1, 5), Fraction(3, 5), 2, Fraction(9, 25), Fraction(49, 100))
    for name, made in (("matrix", world.joint), ("augmentation", world.augmentation), ("label_law", world)):
        found = made.label_law if name == "label_law" else made.matrix
        np.testing.assert_allclose(np.array(getattr(one, name), float), found, atol=EXACT)


def proven(slug, one, k):
    proof = certify_exact(mt.theorems[slug], one, k)
    return proof.verdict, proof.reason


@pytest.mark.parametrize("m", [3, 4])
@pytest.mark.parametrize("step", [STEP, -STEP, Fraction(0)])
def test_an_encoder_of_few_dimensions_answers_a_colour_that_tells_the_label(m, step):
    pytest.importorskip("flint")
    found = proven("coloured-thresholds-narrow", fractional(m, Fraction(1, 10), Fraction(1, m) + step), m)
    if step == 0:
        assert found == ("not applicable", mt.theorems["coloured-thresholds-narrow"].requires[4].otherwise)
    else:
        assert found == ("holds", f"both sides are {'positive' if step > 0 else 'negative'}")


@pytest.mark.parametrize(("m", "told", "k"), [(3, "both", 9), (4, "both", 16), (3, "label", 3), (4, "label", 4)])
@pytest.mark.parametrize("step", [STEP, -STEP, Fraction(0)])
def test_an_encoder_that_holds_the_label_answers_what_tells_it_better(m, told, k, step):
    """Of captions that tell the label alone no more dimensions are needed than there are classes."""
    pytest.importorskip("flint")
    found = proven("coloured-thresholds", fractional(m, Fraction(1, 5), Fraction(4, 5) + step, told=told), k)
    if step == 0:
        assert found == ("not applicable", mt.theorems["coloured-thresholds"].requires[4].otherwise)
    else:
        assert found == ("holds", f"both sides are {'negative' if step > 0 else 'positive'}")


@pytest.mark.parametrize("step", [STEP, -STEP, Fraction(0)])
def test_single_modal_learning_answers_the_colour_until_views_keep_the_digit_better_than_the_style(step):
    pytest.importorskip("flint")
    one = fractional(3, Fraction(1, 10), Fraction(7, 10), 3, Fraction(1, 2) + step, Fraction(1, 2))
    found = proven("multi-against-single", one, 9)
    if step == 0:
        assert found[0] == "not applicable"
        assert found[1].startswith("λ_k = λ_{k+1}")
    else:
        assert found == ("holds", f"both sides are {'positive' if step > 0 else 'negative'}")


def test_hundreds_of_cells_are_decided_as_the_knobs_say():
    """Of every statement, to 1e-6 on both sides; the whole grid is run by cells.py itself."""
    table = cells.noisy(100, seed=1, nearest=6, sizes=(3,))
    assert cells.wrong(table).empty
    assert (table.verdict == "holds").all()
    assert (table.groupby("theorem").lhs.agg(lambda lhs: len(set(np.sign(lhs)))) == 2).all()
    assert ((table.digit - table.colour).abs().groupby(table.theorem).min() < 1e-5).all()


def test_at_the_published_noise_the_digit_needs_all_dimensions_where_texts_are_tabular():
    """Colours, then whether the digit is the colour, then the rest: where a linear text encoder answers the digit."""
    world, m = mt.worlds.coloured_digits(4, 0.1, 0.775), 4
    choices = {k: float(mt.measure(instance(world), k).label_choice) for k in (m, 2 * m, m * m)}
    assert choices == pytest.approx({4: -1, 8: -1, 16: 1}, abs=EXACT)
    assert mt.dynamics.digit_answers([4, 7, 8], 4).answer.tolist()[:3] == ["colour", "digit", "digit"]
    ks = [m, 2 * m, m * m]
    sigma = np.asarray(mt.factorize(world.joint, m * m).singular_values)
    gaps = sigma[: m * m] - np.append(sigma[1 : m * m], 0)
    assert [k for k in range(m, m * m + 1) if gaps[k - 1] > EXACT] == ks


@pytest.mark.parametrize("seed", range(4))
def test_between_the_colours_and_all_an_encoder_answers_the_colour_or_all_others_tie(seed):
    rng = np.random.default_rng(seed)
    m, eta = 4, rng.uniform(0.02, 0.6)
    q = rng.uniform(1 / m + 0.01, 0.98)
    world = mt.worlds.coloured_digits(m, eta, q)
    colour = eta * q > (1 - q) * (1 - eta / (m - 1)) / (m - 1)
    assert float(mt.measure(instance(world), 2 * m).label_choice) == pytest.approx(-float(colour), abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_views_are_decided_as_in_the_limit_of_data(seed):
    """Against the eigenproblem of digit_answers, at each k at which it has one answer and the cut is unique."""
    rng = np.random.default_rng(seed)
    knobs = dict(zip(("digit_kept", "style_kept"), rng.uniform(0.3, 0.95, 2), strict=True))
    world = mt.worlds.coloured_digits(3, 0.15, 0.6, 3, **knobs)
    table = mt.verify(instance(world), list(range(1, 10)), "multi-against-single")
    answers = mt.dynamics.digit_answers(list(range(1, 10)), 3, 0.15, 0.6, 3, **knobs)
    answers = answers[answers.training == "single-modal"].set_index("k").answer
    decided = table[table.verdict == "holds"]
    assert set(table.verdict) == {"holds", "not applicable"}
    assert {3, 9} <= set(decided.k) if knobs["style_kept"] > knobs["digit_kept"] else len(decided)
    assert [answers[k] for k in decided.k] == ["digit" if one > 0 else "colour" for one in decided.lhs]


def test_what_is_read_off_is_what_was_put_in():
    world = mt.worlds.coloured_digits(4, 0.2, 0.5, digit_kept=0.6)
    measured = mt.measure(instance(world), 4)
    assert float(measured.label_noise) == pytest.approx(0.2, abs=EXACT)
    assert float(measured.label_following) == pytest.approx(0.5, abs=EXACT)
    assert float(measured.class_kept) == pytest.approx(0.36, abs=EXACT)
    assert float(measured.label_distance) < EXACT
    assert float(measured.class_view_distance) < EXACT


def test_another_world_is_told_from_noisy_labels():
    world = mt.worlds.coloured_digits(3)
    moved = np.array(world.label_law)
    moved[1, :2] += [1e-7, -1e-7]
    one = instance(world)
    other = mt.Instance(world.joint, attribute=world.attribute, augmentation=world.augmentation, label_law=moved)
    slugs = ["coloured-thresholds-narrow", "multi-against-single"]
    assert (mt.verify(one, 3, slugs).verdict == "holds").all()
    assert mt.verify(other, 3, slugs).reason.str.startswith("labels are not noisy classes").all()
    told = instance(told_labels(world))
    assert mt.verify(told, 3, slugs[0]).reason[0].startswith("captions do not tell the attribute")


def test_what_rounding_has_split_is_no_cut():
    """Exactly, the digits of floats have eigenvalues of their own, between which a part of them would be learned."""
    pytest.importorskip("flint")
    world = mt.worlds.coloured_digits(3, n_styles=3, style_kept=0.5)
    assert mt.certify("multi-against-single", instance(world), 6).reason.startswith("λ_k = λ_{k+1}")
    world = mt.worlds.content_style(6, 2, 6, content_change=0.4, style_change=0.05)
    one = mt.Instance(world.joint, augmentation=world.augmentation, attribute=world.attribute)
    assert mt.certify("content-or-style", one, 6).reason.startswith("λ_k = λ_{k+1}")

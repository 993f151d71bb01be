"""Check coloured pictures: their spectra in closed form, and what is learned, up to the thresholds."""

from fractions import Fraction

import cells
import numpy as np
import pytest
from refusals import assert_refused, bad

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.certification.certify import certify_exact
from mmcl_theory.joints.coloured import kept, picture_mass

# LAPACK's few units of rounding, and those of an inverse of condition 1/(1−θ) in the closed form.
EXACT = 1e-12

# Rounding over the least gap of eigenvalues that is tried, 1e-6.
NEAR = 1e-8

KNOBS = [(3, 0.5, 0.9, 0.5), (3, 0.0, 0.4, 0.7), (4, 0.8, 0.6, 0.65), (5, 0.3, 1.0, 0.2), (4, 0.6, 0.0, 0.5)]


def spectrum(m, theta, a, b):
    """The m² numbers of the docstring, descending."""
    told, n = a * b * theta, m * m - 3 * m + 1
    t, s = (share + (1 - share) / m for share in (theta, told))
    K = np.array([[a, 0, a * (1 - b) / m], [0, b, b * (1 - a) / m], [0, 0, a * b]])
    R = np.array(
        [
            [a * (1 - b * theta), b * theta * (1 - a), a * b * theta * (1 - a) * (1 - b * theta) / s],
            [a * theta * (1 - b), b * (1 - a * theta), a * b * theta * (1 - b) * (1 - a * theta) / s],
            [t * a * (1 - b), t * b * (1 - a), t * a * b * (1 - theta * (a + b - a * b)) / s],
        ]
    ).T / (1 - told)
    standard = np.linalg.eigvals(K @ R).real
    of_same = (a * b) ** 2 * t * (1 - t) / (s * (1 - s))
    others = [(a * b) ** 2 * (1 - theta) / (1 - told)] * n
    return np.sort([1, of_same, *others, *np.repeat(standard, m - 1)])[::-1]


def natural(m, theta, a, b):
    """Pictures, and what is told of them, cell by cell; fractions of fractions."""
    P = np.zeros((m * m, m * m), dtype=object)
    for d, c, told, shade in np.ndindex(m, m, m, m):
        picture = theta * (d == c) / m + (1 - theta) / m**2
        P[m * d + c, m * told + shade] = picture * (a * (d == told) + (1 - a) / m) * (b * (c == shade) + (1 - b) / m)
    return P


def fractions(rows):
    return tuple(tuple(map(Fraction, row)) for row in rows)


def instance(world):
    return mt.Instance(world.joint, attribute=world.attribute, augmentation=world.augmentation)


def verdicts(world, *slugs, k=None):
    """The measured sides and the verdicts at one dimension a class."""
    table = mt.verify(instance(world), k or world.joint.n_classes, list(slugs))
    return list(zip(table.lhs, table.verdict, strict=True))


@pytest.mark.parametrize("knobs", KNOBS)
def test_pairs_are_those_of_the_law_cell_by_cell(knobs):
    m, theta, a, b = knobs
    world = mt.worlds.coloured(*knobs, 1, 1)
    np.testing.assert_allclose(world.joint.matrix, natural(*knobs).astype(float), rtol=1e-13)
    seen = mt.worlds.coloured(m, theta, 0.5, 0.5, a, b)
    given = natural(m, theta, a, b).astype(float)  # of natural pictures and views
    pairs = given.T @ (given / given.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(seen.augmentation.matrix, pairs, rtol=1e-12)
    np.testing.assert_allclose(seen.joint.image_marginal, given.sum(axis=0), rtol=1e-12)
    assert np.array_equal(seen.attribute[0], np.tile(np.arange(m), m))
    assert np.array_equal(seen.joint.image_labels, np.repeat(np.arange(m), m))


@pytest.mark.parametrize("knobs", KNOBS)
def test_the_spectra_have_the_closed_form(knobs):
    m, theta, a, b = knobs
    views = (0.7, 0.9)
    world = mt.worlds.coloured(*knobs, *views)
    found = mt.factorize(world.joint, m * m).singular_values[: m * m]
    np.testing.assert_allclose(found**2, spectrum(m, theta * 0.7 * 0.9, a, b), atol=EXACT)
    S = np.asarray(world.augmentation.normalized)
    np.testing.assert_allclose(np.linalg.eigvalsh(S)[::-1], spectrum(m, theta, *views), atol=EXACT)


@pytest.mark.parametrize("knobs", KNOBS)
def test_the_errors_have_the_closed_form(knobs):
    m, theta, a, b = knobs
    measured = mt.measure(instance(mt.worlds.coloured(*knobs, 0.7, 0.9)), m)
    chance = 1 - 1 / m
    assert float(measured.labeling_error) == pytest.approx((1 - a) * chance, abs=EXACT)
    assert float(measured.attribute_error) == pytest.approx((1 - b) * chance, abs=EXACT)
    assert float(measured.augmentation_error) == pytest.approx((1 - 0.7**2) * chance, abs=EXACT)
    assert float(measured.augmentation_attribute_error) == pytest.approx((1 - 0.9**2) * chance, abs=EXACT)
    assert float(measured.attribute_correlation) == pytest.approx(theta * 0.7 * 0.9, abs=EXACT)
    assert float(measured.coloured_distance) < EXACT
    assert float(measured.coloured_view_distance) < EXACT
    if theta == 0:
        assert float(measured.text_induced_error) == pytest.approx((1 - a * a) * chance, abs=EXACT)
        assert float(measured.style_distance) < EXACT


def test_the_law_is_one_formula_in_every_arithmetic():
    assert picture_mass(1, 3, Fraction(1, 2)) * kept(0, 3, Fraction(1, 4)) == Fraction(2, 9) * Fraction(1, 4)


@pytest.mark.parametrize("theta", [0.1, 0.9])
def test_linear_text_encoders_on_two_indicators_have_the_roots_of_a_quadratic(theta):
    m, a, b = 4, 0.8, 0.6
    P = natural(m, theta, a, b).astype(float)
    codes = np.hstack([np.kron(np.eye(m), np.ones((m, 1))), np.kron(np.ones((m, 1)), np.eye(m))])
    whitened = np.linalg.svd(np.sqrt(P.sum(axis=0))[:, None] * codes)[0][:, : 2 * m - 1]
    A = P / np.sqrt(np.outer(P.sum(axis=1), P.sum(axis=0)))
    found = np.linalg.svd(A @ whitened, compute_uv=False) ** 2
    s = (a * b * theta) ** 2
    roots = np.roots(
        [1, -(a * a + b * b - 2 * (a * b) ** 2 * theta**2) / (1 - s), (a * b) ** 2 * (1 - theta**2) / (1 - s)]
    )
    np.testing.assert_allclose(found, [1, *np.sort(np.repeat(roots, m - 1))[::-1]], atol=EXACT)


# What is learned.


def test_hundreds_of_cells_are_decided_as_the_knobs_say():
    """Of every statement, to 1e-6 on both sides of a = b; the whole grid is run by cells.py itself."""
    table = cells.decided(400, seed=1, nearest=6, sizes=(3,))
    assert cells.wrong(table).empty
    open_ = table[table.verdict != "holds"]
    # Elsewhere every cell is decided, but where λ = a² and b² of weak views are nearer than a gap that is told.
    assert set(open_.reason) <= {
        mt.theorems["class-or-colour"].requires[4].otherwise,
        mt.theorems["class-or-colour-sscl"].requires[4].otherwise,
    }
    nearest = (table.digit - table.colour).abs().groupby(table.theorem).min()
    assert (nearest < 1e-5).all()
    # Shares of masses of total 1, each off by 1e-16, are known to 14 digits in whatever order they are added.
    assert {-1.0, 1.0} == set(table.lhs[table.theorem != "content-or-style"].dropna().round(14))


@pytest.mark.parametrize("theta", [Fraction(0), Fraction(7, 10)])
@pytest.mark.parametrize("step", [Fraction(1, 10**6), -Fraction(1, 10**6)])
@pytest.mark.parametrize("m", [3, 4])
def test_decisions_are_proven_next_to_the_threshold(m, theta, step):
    """All is in fractions: of the pairs of picture and caption, and of the views that are told as captions are."""
    pytest.importorskip("flint")
    a, b = Fraction(3, 5) + step, Fraction(3, 5)
    given = natural(m, theta, a, b).tolist()
    mass = [sum(row) for row in given]
    pairs = [
        [sum(row[x] * row[z] / p for row, p in zip(given, mass, strict=True)) for z in range(m * m)]
        for x in range(m * m)
    ]
    digits, colours = (tuple(labels.tolist()) for labels in np.divmod(np.arange(m * m), m))
    told = ExactInstance(fractions(given), digits, digits, m, attribute=(colours, colours))
    # Images are views, of another law than pictures, and each has a caption of its own.
    seen = fractions(np.diag([sum(row) for row in pairs]))
    seen = ExactInstance(seen, digits, digits, m, attribute=(colours, None), augmentation=fractions(pairs))
    for slug, one in (("class-or-colour", told), ("class-or-colour-sscl", seen)):
        proof = certify_exact(mt.theorems[slug], one, m)
        if theta == 0 and step < 0:
            assert proof.verdict == "not applicable"
            assert "says nothing of the digit" in proof.reason
        else:
            sign = "positive" if step > 0 else "negative"
            assert (proof.verdict, proof.reason) == ("holds", f"both sides are {sign}")


def test_at_a_tie_nothing_is_decided():
    world = mt.worlds.coloured(3, 0.5, 0.6, 0.6, 0.8, 0.8)
    table = mt.verify(instance(world), 3, ["class-or-colour", "class-or-colour-sscl"])
    assert list(table.verdict) == ["not applicable"] * 2
    assert table.reason.str.contains("nothing decides between them").all()


def test_another_world_is_told_from_a_coloured_one():
    world = mt.worlds.coloured(3, 0.5, 0.9, 0.5)
    moved = np.asarray(world.joint.matrix).copy()
    moved[0, :2] += [1e-8, -1e-8]
    joint = mt.Joint(moved, world.joint.image_labels, world.joint.text_labels)
    table = mt.verify(mt.Instance(joint, attribute=world.attribute), 3, "class-or-colour")
    assert table.reason[0].startswith("it is not a coloured world")


def test_a_bound_by_text_pairs_says_something_exactly_where_the_digit_is_learned():
    for a, b in ((0.6, 0.5), (0.501, 0.5), (0.499, 0.5), (0.3, 0.5)):
        (row,) = mt.verify(mt.worlds.coloured(4, 0.0, a, b, 1, 1).joint, 4, "probe-text-induced").to_dict("records")
        assert row["rhs"] == pytest.approx(0.75 * (1 - a * a) / (1 - min(a, b) ** 2), abs=EXACT)
        assert (row["verdict"] == "vacuous") == (a < b)


# Content and style: resampled views where colours say nothing of digits.


@pytest.mark.parametrize("m", [3, 4])
@pytest.mark.parametrize(("content", "style"), [(0.3, 0.6), (0.5, 0.51), (0.05, 0.95)])
def test_resampling_learns_the_content_beyond_its_threshold(m, content, style):
    world = mt.worlds.coloured(m, 0, 0.5, 0.5, content**0.5, style**0.5)
    assert verdicts(world, "content-or-style") == [(pytest.approx(-(1 - 1 / m) / 2, abs=EXACT), "holds")]
    guide = np.equal.outer(*[np.asarray(world.joint.image_labels)] * 2).astype(float)
    weight = (style - content) / (style - content + 1 + 1 / (m - 1))
    assert weight < 0.5
    changed, least = (1 - content) * (1 - 1 / m), (1 - style) * (1 - 1 / m)
    share = (changed - least) / (1 - least)
    for step in (1e-6, -1e-6):
        for change, limit in ((mt.resampling.add_new_positive, weight), (mt.resampling.drop_false_positive, share)):
            graph = change(world.augmentation, guide, limit + step)
            one = mt.worlds.World(world.joint, graph, world.attribute)
            assert verdicts(one, "content-or-style") == [
                (pytest.approx(np.sign(step) * (1 - 1 / m) / 2, abs=NEAR), "holds")
            ]


def test_pairs_that_prefer_one_style_are_not_decided():
    world = mt.worlds.coloured(3, 0.3, 0.5, 0.5)
    table = mt.verify(instance(world), 3, "content-or-style")
    assert "not invariant" in table.reason[0]


BAD = [
    *(
        bad(
            f"coloured-{name}={value}",
            error,
            f"{name}: {words}",
            lambda _, knob={name: value}: mt.worlds.coloured(**knob),
        )
        for name, value, error, words in [
            ("n_classes", 2, ValueError, "at least 3"),
            ("n_classes", 2.5, TypeError, "integer 2.5"),
            ("n_classes", 10**4, ValueError, "large"),
            ("correlation", 1, ValueError, "below 1"),
            ("correlation", -0.1, ValueError, "[0, 1]"),
            *((name, 1.1, ValueError, "[0, 1]") for name in ("digit_kept", "colour_kept")),
            *((name, "a", TypeError, "real 'a'") for name in ("view_digit_kept", "view_colour_kept")),
        ]
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_knobs_are_refused(call, error, words):
    assert_refused(error, words, lambda: call(None))

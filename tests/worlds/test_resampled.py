"""Check resampled contents and styles: the law, its spectrum, and what is learned up to the thresholds."""

from fractions import Fraction

import cells
import numpy as np
import pandas as pd
import pytest
from refusals import assert_refused, bad

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.certification.certify import certify_exact
from mmcl_theory.resampling.thresholds import METHODS, content_threshold

# LAPACK's few units of rounding.
EXACT = 1e-12


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("strength", [0.0, 0.1, 0.4])
def test_the_world_is_what_the_method_makes_of_its_pairs(method, strength):
    world = mt.worlds.resampled(3, 4, 0.3, 0.6, method, strength)
    guide = np.equal.outer(*[np.asarray(world.joint.image_labels)] * 2).astype(float)
    made = METHODS[method](world.augmentation, guide, strength)
    np.testing.assert_allclose(world.resampled.matrix, made.matrix, rtol=0, atol=1e-16)


def test_no_more_is_dropped_than_there_is_of_two_contents():
    one, other = (mt.worlds.resampled(3, 3, 0.3, 0.6, "drop_false_positive", share) for share in (0.7 * 2 / 3, 0.9))
    np.testing.assert_allclose(one.resampled.matrix, other.resampled.matrix, rtol=0, atol=1e-16)
    assert float(other.resampled.labeling_error) == 0


@pytest.mark.parametrize(("m", "s"), [(3, 3), (3, 4)])
def test_the_spectra_have_the_closed_form(m, s):
    content, style, weight, share = 0.3, 0.6, 0.2, 0.25
    changed = (1 - content) * (1 - 1 / m)
    x = 1 - (changed - share) / (1 - share) / (1 - 1 / m)
    y, both = ((1 - weight) * value - weight / (s - 1) for value in (style, content * style))
    expected = {
        "add_new_positive": ((1 - weight) * content + weight, y, both),
        "drop_false_positive": (x, style, x * style),
    }
    for method, strength in (("add_new_positive", weight), ("drop_false_positive", share)):
        world = mt.worlds.resampled(m, s, content, style, method, strength)
        spectra = ((content, style, content * style), expected[method])
        for graph, values in zip((world.augmentation, world.resampled), spectra, strict=True):
            numbers = np.repeat([1, *values], [1, m - 1, s - 1, (m - 1) * (s - 1)])
            found = np.linalg.eigvalsh(np.asarray(graph.normalized))
            np.testing.assert_allclose(found, np.sort(numbers), atol=EXACT)


def instance(world):
    parts = {name: getattr(world, name) for name in ("attribute", "augmentation", "resampled")}
    return mt.Instance(world.joint, **parts)


def fractional(m, s, content, style, method, strength):
    """Pairs of contents and styles, and what the method makes of them, by loops over fractions."""
    items = [(c, j) for c in range(m) for j in range(s)]

    def pair(one, other, correlation, n):
        return correlation * (one == other) + (1 - correlation) / n

    old = [[pair(c, d, content, m) * pair(i, j, style, s) / (m * s) for d, j in items] for c, i in items]
    if method == "add_new_positive":
        new = [[Fraction(c == d and i != j, m * s * (s - 1)) for d, j in items] for c, i in items]
        law = [
            [(1 - strength) * a + strength * b for a, b in zip(*rows, strict=True)]
            for rows in zip(old, new, strict=True)
        ]
    else:
        kept = 1 - strength / ((1 - content) * (1 - Fraction(1, m)))
        law = [
            [a * (1 if c == d else kept) / (1 - strength) for a, (d, _) in zip(row, items, strict=True)]
            for row, (c, _) in zip(old, items, strict=True)
        ]
    old, law = (tuple(tuple(map(Fraction, row)) for row in rows) for rows in (old, law))
    contents, styles = zip(*items, strict=True)
    return ExactInstance(old, contents, contents, m, attribute=(styles, None), augmentation=old, resampled=law)


def threshold(method, content, style, m, s):
    """In fractions: where two eigenvalues meet."""
    if method == "add_new_positive":
        return (style - content) / (style - content + 1 + Fraction(1, s - 1))
    changed, allowed = ((1 - value) * (1 - Fraction(1, m)) for value in (content, style))
    return (changed - allowed) / (1 - allowed)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("m", "s"), [(3, 3), (4, 4), (3, 4)])
def test_decisions_are_proven_next_to_the_threshold(m, s, method):
    pytest.importorskip("flint")
    content, style = Fraction(2, 5), Fraction(3, 5)
    limit = threshold(method, content, style, m, s)
    assert float(limit) == pytest.approx(content_threshold(method, float(content), float(style), m, s), abs=1e-15)
    for step in (Fraction(1, 10**6), Fraction(-1, 10**6), Fraction(0)):
        one = fractional(m, s, content, style, method, limit + step)
        slug = cells.RESAMPLING[method]
        proof = certify_exact(mt.theorems[slug], one, m)
        if step == 0:
            assert proof.verdict == "not applicable"
            assert "nothing decides between them" in proof.reason
        elif step < 0 and s > m:  # which of the styles are learned is open, though no content is
            assert (proof.verdict, proof.reason[:17]) == ("not applicable", "λ^R_k = λ^R_{k+1}")
        else:
            sign = "positive" if step > 0 else "negative"
            assert (proof.verdict, proof.reason) == ("holds", f"both sides are {sign}")
        for slug in ("resampling-add", "resampling-drop"):
            proof = certify_exact(mt.theorems[slug], one, m)
            assert (proof.verdict, proof.reason) == ("holds", "both sides are positive")


def test_hundreds_of_cells_are_decided_as_the_thresholds_say():
    """Of every statement, to 1e-6 on both sides; the whole grid is run by cells.py itself."""
    table = pd.concat([cells.resampled(400, 1, 6, sizes=(3,)), cells.mixed(200, 1)], ignore_index=True)
    assert cells.wrong(table).empty
    assert (table.verdict == "holds").all()
    assert (table.groupby("theorem").lhs.agg(lambda lhs: len(set(np.sign(lhs)))) == 2).all()
    of_thresholds = table[table.theorem.str.contains("threshold")]
    assert ((of_thresholds.digit - of_thresholds.colour).abs().groupby(of_thresholds.theorem).min() < 1e-5).all()


def test_what_is_found_is_what_every_optimal_encoder_learns():
    """Against the eigenproblem that looks at all optimal encoders."""
    for method, slug in cells.RESAMPLING.items():
        for strength in (0.05, 0.3):
            table = mt.resampling.content_learned(method, strength, 0.4, 0.6, 3, 3)
            found = mt.verify(instance(mt.worlds.resampled(3, 3, 0.4, 0.6, method, strength)), 3, slug)
            assert (found.lhs[0] > 0) == (table.learned[0] == "content")
            assert 1 / 3 - found.lhs[0] == pytest.approx(table.residual[0], abs=EXACT)


def mixed(weight):
    """Three images of two classes: pairs of labeling error 1/2 mixed with others of the same, and the rest."""
    old = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 2]]) / 10
    new = np.diag([0.0, 0.2, 0.4]) + np.array([[0, 0, 0.2], [0, 0, 0], [0.2, 0, 0]])
    labels = [0, 0, 1]
    joint = mt.Joint(np.eye(3), labels, labels)
    graphs = [mt.PairGraph(law, labels) for law in (old, (1 - weight) * old + weight * new)]
    return mt.Instance(joint, augmentation=graphs[0], resampled=graphs[1])


def test_what_was_mixed_in_is_read_off():
    measured = mt.measure(mixed(0.25), 1)
    assert float(measured.added_share) == pytest.approx(0.25, abs=EXACT)  # (0, 1) is nowhere else
    assert float(measured.added_error) == pytest.approx(0.4, abs=EXACT)
    table = mt.verify(mixed(0.25), 1, ["resampling-add", "resampling-drop"])
    assert table.reason.str.contains("the labeling error stays").all()


def test_nothing_new_and_nothing_dropped_are_told():
    table = mt.verify(mixed(0.0), 1, ["resampling-add", "resampling-drop"])
    assert list(table.reason.str[:5]) == ["w = 0", "d = 0"]
    one = mixed(0.25)
    swapped = mt.Instance(one.joint, augmentation=mt.PairGraph(np.eye(3), [0, 0, 1]), resampled=one.resampled)
    assert mt.verify(swapped, 1, "resampling-drop").reason[0].startswith("d = 1")


def test_pairs_that_depend_on_each_other_have_no_threshold_of_what_is_dropped():
    """Content and style change together: new pairs have their threshold, of the larger of y and z."""
    world = mt.worlds.resampled(3, 3, 0.4, 0.6, strength=0.9)
    contents, styles = (np.asarray(part) for part in (world.joint.image_labels, world.attribute[0]))
    same = [np.equal.outer(labels, labels) for labels in (contents, styles)]
    old = np.where(same[0] & same[1], 5.0, np.where(same[0] | same[1], 1.0, 2.0))
    new = (1 - 0.9) * old / old.sum() + 0.9 * (same[0] & ~same[1]) / (same[0] & ~same[1]).sum()
    graphs = {"augmentation": mt.PairGraph(old, contents), "resampled": mt.PairGraph(new, contents)}
    one = mt.Instance(world.joint, attribute=world.attribute, **graphs)
    table = mt.verify(one, 3, list(cells.RESAMPLING.values()))
    assert table.verdict[0] == "holds"
    assert "independently" in table.reason[1]


# Negatives.


def negatives(m, s, same, changed):
    """Contents and styles, whose pairs change the content this often, and negatives of one content with ``same``."""
    contents = np.repeat(np.arange(m), s)
    alike = np.equal.outer(contents, contents)
    laws = [np.where(alike, share / m / s**2, (1 - share) / m / (m - 1) / s**2) for share in (1 - changed, same)]
    graphs = [mt.PairGraph(law, contents) for law in laws]
    return mt.Instance(mt.Joint(np.eye(m * s), contents, contents), augmentation=graphs[0], negatives=graphs[1])


@pytest.mark.parametrize("weight", [0.5, 0.9, 1.2])
def test_the_gain_of_weighted_negatives_is_the_closed_form_and_the_least_loss(weight):
    m, content = 3, 0.6
    changed = (1 - content) * (1 - 1 / m)
    (row,) = mt.verify(negatives(m, 2, weight / m, changed), 1, "resampling-negatives").to_dict("records")
    gain = [mt.resampling.negatives_gain(content, 0.7, m, 2, same) for same in (weight, 1.0)]
    assert row["lhs"] == pytest.approx(gain[0] - gain[1], abs=EXACT)
    assert row["verdict"] == "holds"
    assert (row["lhs"] > 0) == (weight < 1)
    u, v = np.meshgrid(*[np.linspace(0, 5, 501)] * 2)
    least = [
        -(-2 * ((1 - changed) * u + changed * v) + same * u**2 + (1 - same) * v**2).min()
        for same in (weight / m, 1 / m)
    ]
    assert row["lhs"] == pytest.approx(least[0] - least[1], abs=1e-4)  # a step of 0.01, squared


def test_negatives_of_one_content_more_or_less_often_than_chance_are_proven():
    pytest.importorskip("flint")
    labels = (0, 0, 1, 2)
    pairs = tuple(tuple(Fraction(9 if x == z else 1, 48) for z in range(4)) for x in range(4))
    for step in (Fraction(1, 10**6), Fraction(-1, 10**6), Fraction(0)):
        law = tuple(
            tuple(Fraction(1, 16) + (step if x == z == 0 else -step / 12 if x != z else 0) for z in range(4))
            for x in range(4)
        )
        one = ExactInstance(pairs, labels, labels, 3, augmentation=pairs, negatives=law)
        proof = certify_exact(mt.theorems["resampling-negatives"], one, 1)
        if step == 0:
            assert (proof.verdict, proof.reason[:9]) == ("not applicable", "μ_M = π_A")
        else:
            # The pairs 0–1 and 1–0 of one class lose a sixth of what the pair 0–0 gains.
            assert (proof.verdict, proof.reason) == (
                "holds",
                f"both sides are {'negative' if step > 0 else 'positive'}",
            )


def test_where_no_encoder_sees_classes_negatives_decide_nothing():
    reason = mt.verify(negatives(3, 2, 0.5, 0.6), 1, "resampling-negatives").reason[0]
    assert reason.startswith("negatives are of one class as often as augmentation pairs")


BAD = [
    bad(
        f"resampled-{name}={value}",
        error,
        f"{name}: {words}",
        lambda _, knob={name: value}: mt.worlds.resampled(**knob),
    )
    for name, value, error, words in [
        ("n_contents", 1, ValueError, "at least 2"),
        ("n_contents", 10**4, ValueError, "large"),
        ("n_styles", 1, ValueError, "at least 2"),
        ("content_kept", 1.1, ValueError, "[0, 1]"),
        ("style_kept", "a", TypeError, "real 'a'"),
        ("method", "add", ValueError, "add_new_positive, drop_false_positive got 'add'"),
        ("method", 1, ValueError, "got 1"),
        ("strength", -0.1, ValueError, "[0, 1]"),
    ]
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_knobs_are_refused(call, error, words):
    assert_refused(error, words, lambda: call(None))

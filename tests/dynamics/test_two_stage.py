"""Check where two stages cut, against integrals of the definition and against draws."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import mmcl_theory as mt

CASES = [(0.2, 0.5, 2.0, 1.0), (0.4, 1.3, 2.2, 1.5), (0.8, 3.0, 1.0, 0.5)]


def encoded(v, shortcut, kappa, odds, separation, spread):
    """E[U | V, s] in training, integrated over the meaning U."""
    given = 1 / (1 + math.exp(-odds))
    sums = np.zeros(2)
    for label in (-1, 1):

        def density(u, label=label):
            around = norm.pdf(u, label * separation / 2, math.sqrt(kappa * spread))
            return around * norm.pdf(v, u, math.sqrt((1 - kappa) * spread))

        parts = [quad(lambda u, power=power: u**power * density(u), -15, 15, limit=200)[0] for power in (0, 1)]
        sums += (given if shortcut == label else 1 - given) * np.array(parts)
    return sums[1] / sums[0]


@pytest.mark.parametrize("case", CASES)
def test_the_encoder_of_two_stages_is_between_the_anchors_at_its_cut(case):
    cut = mt.dynamics.two_stage_answers(*case).two_stage_cut[0]
    below, above = (encoded(-cut + step, 1, *case) for step in (-1e-5, 1e-5))
    assert below < 0 < above  # the anchors are ±Δ/2, so that the nearer one is a matter of sign
    assert encoded(cut, -1, *case) == pytest.approx(0, abs=1e-7)  # quad's tolerance is 1.5e-8


@pytest.mark.parametrize("case", CASES)
def test_supervision_cuts_where_both_classes_are_as_likely(case):
    _, odds, separation, spread = case
    cut = mt.dynamics.two_stage_answers(*case).supervised_cut[0]
    likely = [odds * label / 2 + norm.logpdf(-cut, label * separation / 2, math.sqrt(spread)) for label in (-1, 1)]
    assert likely[0] == pytest.approx(likely[1], abs=1e-12)


def test_accuracies_are_those_of_a_million_draws():
    kappa, odds, separation, spread = 0.6, 2.0, 2.0, 1.0
    row = mt.dynamics.two_stage_answers(kappa, odds, separation, spread).iloc[0]
    rng, n = np.random.default_rng(0), 10**6
    labels, shortcut = rng.choice([-1, 1], (2, n))
    v = labels * separation / 2 + math.sqrt(spread) * rng.normal(size=n)
    for name in ("supervised", "two_stage"):
        right = np.where(v > -shortcut * row[f"{name}_cut"], 1, -1) == labels
        assert right.mean() == pytest.approx(row[f"{name}_accuracy"], abs=5 * 0.5 / math.sqrt(n))
    assert right[shortcut != labels].mean() == pytest.approx(row.against_shortcut, abs=5 * 0.5 / math.sqrt(n / 2))


def test_two_stages_are_ahead_and_a_perfect_shortcut_is_overcome_from_one_half_on():
    kappas = [0.1, 0.5 - 1e-6, 0.5, 0.5 + 1e-6, 0.9]
    table = mt.dynamics.two_stage_answers(kappas, [1e-3, 1.0, 5.0])
    assert (table.two_stage_cut < table.supervised_cut).all()
    assert (table.two_stage_accuracy > table.supervised_accuracy).all()
    perfect = mt.dynamics.two_stage_answers(kappas, math.inf)
    assert (perfect.supervised_accuracy == 0.5).all()
    assert np.sign(perfect.against_shortcut - 0.5).tolist() == [-1, -1, 0, 1, 1]
    shares = np.array(kappas)
    assert perfect.against_shortcut.to_numpy() == pytest.approx(norm.cdf(2 * (1 - 1 / (2 * shares))), rel=1e-12)


def test_texts_that_tell_the_class_alone_give_the_answers_of_supervision():
    rng = np.random.default_rng(0)
    posterior = rng.dirichlet(np.ones(4), 500)
    anchors = np.linalg.qr(rng.normal(size=(6, 4)))[0].T  # equal norms and angles
    for shift in (0, 0.3):  # the vertices of a regular simplex, about the origin and elsewhere
        assert (mt.dynamics.class_only(posterior, anchors + shift * anchors.sum(axis=0)) == posterior.argmax(1)).all()
    crowded = anchors * np.array([1, 1, 1, 3])[:, None]
    assert (mt.dynamics.class_only(posterior, crowded) != posterior.argmax(1)).any()  # which the condition excludes


@pytest.mark.parametrize("given", [(0, 1), (1.1, 1), (0.5, 0), (0.5, 1, 0), (0.5, 1, 1, -1)])
def test_refusals(given):
    with pytest.raises(ValueError, match=r"^(kappa|log_odds|separation|spread): must be in \(0, "):
        mt.dynamics.two_stage_answers(*given)

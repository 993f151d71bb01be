"""Enclose the InfoNCE loss of given encoders and the zero-shot classifier of their scores (theory, section 12)."""

from flint import arb, fmpq

from ..arithmetic.ball import Ball, hull, rational, total
from ..arithmetic.encoder_pair import EncoderPair
from .exact_measurement import ExactMeasurement
from .registry import encloses, encloses_with


@encloses
def temperature(m: ExactMeasurement) -> fmpq:
    """Return τ, the temperature."""
    return rational(m.exact.temperature)


@encloses_with("encoders")
def infonce_loss(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return L_τ(s), of the scores of the encoders."""
    return loss_over_temperature(m, balls(pair.scores)) * rational(m.exact.temperature)


def balls(scores: list[list[fmpq]]) -> list[list[Ball]]:
    """Turn a matrix of rationals into one of balls."""
    return [[Ball(score) for score in row] for row in scores]


def loss_over_temperature(m: ExactMeasurement, scores: list[list[Ball]]) -> Ball:
    """Compute L_τ(s)/τ = −E_P s/τ + E_x log E e^{s(x,·)/τ}."""
    law, rate = m.joint, 1 / rational(m.exact.temperature)
    attraction = total(mass * scores[x][text] * rate for x, text, mass in law.cells())
    spread = total(
        p * total(q * _exp(score * rate) for q, score in zip(law.column_marginal, row, strict=True)).log()
        for p, row in zip(law.row_marginal, scores, strict=True)
    )
    return spread - attraction


def _exp(power: Ball) -> Ball:
    """Return e to a power; exactly 1 at 0."""
    return Ball(1) if power.is_exact and power.value == 0 else Ball(arb(power.value).exp())


def predicted_odds(m: ExactMeasurement, pair: EncoderPair) -> list[list[Ball]]:
    """Compute Q_s(l|x)/p_L(l) for each image x and text l, exact where the scores of x are all equal."""
    law, rate = m.joint, 1 / rational(m.exact.temperature)
    found = []
    for row in pair.scores:
        odds = [_exp(Ball((score - max(row)) * rate)) for score in row]
        whole = total(q * odd for q, odd in zip(law.column_marginal, odds, strict=True))
        found.append([odd / whole for odd in odds])
    return found


@encloses_with("encoders")
def score_divergence(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return E_x KL(P(·|x) ‖ Q_s(·|x))."""
    law, odds = m.joint, predicted_odds(m, pair)
    p, q = law.row_marginal, law.column_marginal
    return total(mass * (mass / p[x] / q[text] / odds[x][text]).log() for x, text, mass in law.cells())


def _predicted_classes(m: ExactMeasurement, pair: EncoderPair) -> list[list[Ball]]:
    """Compute Q_s(y_L = i | x)."""
    law, odds = m.joint, predicted_odds(m, pair)
    return [
        [
            total(law.column_marginal[text] * row[text] for text, label in enumerate(law.column_labels) if label == i)
            for i in range(law.n_classes)
        ]
        for row in odds
    ]


@encloses_with("encoders")
def score_error(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return the error on images of the class whose texts the scores predict most."""
    return m.error_of_scores(_predicted_classes(m, pair), m.joint)


@encloses_with("encoders")
def text_label_excess(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return δ; of classes that share the largest Q_s the worst is answered, or any that balls leave open."""
    law, truth = m.joint, m.joint.posteriors
    low = high = fmpq(0)
    for x, (mass, predicted) in enumerate(zip(law.row_marginal, _predicted_classes(m, pair), strict=True)):
        costs = [max(truth[j][x] for j in range(law.n_classes)) - truth[i][x] for i in range(law.n_classes)]
        below = [[(other - one).is_positive() for other in predicted] for one in predicted]
        possible = [cost for cost, row in zip(costs, below, strict=True) if True not in row]
        certain = [cost for cost, row in zip(costs, below, strict=True) if not any(one is not False for one in row)]
        low += mass * max(certain, default=min(possible))
        high += mass * max(possible)
    m.open_ties |= low != high
    return hull(low, high)

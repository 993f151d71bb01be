"""Enclose how well scores rank the texts of an image, and how well they can (theory, section 12)."""

import math

from flint import arb, ctx, fmpq

from ..arithmetic.ball import Ball, hull
from ..arithmetic.encoder_pair import EncoderPair
from .contrastive import score_divergence as divergence_of_scores
from .exact_measurement import ExactMeasurement
from .information import densities
from .information import mutual_information as information
from .registry import encloses, encloses_with

_FAR = 40  # above it the limit is 1 to 17 digits
_HALVINGS = 100  # of the interval of a λ, before Newton's steps
_NEWTON = 12  # steps, each of which doubles the digits


def _ranked(m: ExactMeasurement, scores: list[list[fmpq]]) -> fmpq:
    """Compute AUC(s) of rational scores, a tie counted half, from the masses of equal scores in order."""
    law, found = m.joint, fmpq(0)
    for row, given in zip(law.rows, scores, strict=True):
        masses: dict[fmpq, list[fmpq]] = {}
        for mass, q, score in zip(row, law.column_marginal, given, strict=True):
            both = masses.setdefault(score, [fmpq(0), fmpq(0)])
            both[0] += mass
            both[1] += q
        below = fmpq(0)
        for score in sorted(masses):
            mass, q = masses[score]
            found += mass * (below + q / 2)
            below += q
    return found


@encloses
def best_ranking(m: ExactMeasurement) -> fmpq:
    """Return AUC*, of the scores P/(p_V p_L)."""
    return _ranked(m, densities(m.joint))


@encloses_with("encoders")
def ranking(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return AUC(s), of the scores of the encoders."""
    return _ranked(m, pair.scores)


@encloses_with("encoders")
def ranking_limit(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return g(KL_s)."""
    return limit(divergence_of_scores(m))


@encloses
def information_limit(m: ExactMeasurement) -> Ball:
    """Return g(I)."""
    return limit(information(m))


@encloses
def pair_variation(m: ExactMeasurement) -> fmpq:
    """Return Σ (P(x,l) − p_V(x)p_L(l))₊."""
    law = m.joint
    return sum(
        (max(mass - law.row_marginal[x] * law.column_marginal[text], fmpq(0)) for x, text, mass in law.cells()),
        fmpq(0),
    )


def limit(divergence: Ball) -> Ball:
    """Enclose g(κ), which increases with κ, between its values at λs whose divergences are below and above κ."""
    if divergence.is_exact and divergence.value == 0:
        return Ball(0)
    ball = divergence.enclosure()
    if not ball.is_finite() or ball < 0:
        return Ball(arb.nan())
    # Below λ = 2^−b the divergence, λ²/6 nearly, is a difference of terms of order one: 2b more bits.
    bits = max(0, -int(float(ball.upper().log()) / math.log(2)))
    with ctx.workprec(2 * ctx.prec + 2 * min(bits, 8 * ctx.prec) + 64):
        least, most = ball.lower().min(_FAR), ball.upper()
        low = _mean(_tilt(least, -1)).lower() if least > 0 else arb(0)
        high = _mean(_tilt(most, 1)).upper() if most < _FAR else arb(1)
    return hull(low, high)


def _mean(tilt: arb) -> arb:
    """Compute coth λ − 1/λ."""
    return tilt.coth() - 1 / tilt


def _divergence(tilt: arb) -> arb:
    """Compute λ coth λ − 1 − log(sinh λ/λ)."""
    return tilt * tilt.coth() - 1 - (tilt.sinh() / tilt).log()


def _tilt(divergence: arb, side: int) -> arb:
    """Find a λ whose divergence is certainly at most a positive κ (side −1), or at least κ (side 1), and hardly so.

    By Newton's steps for the convex κ(√y) from a bisection of [√(6κ), √(6κ)e^κ], and a step aside that is doubled until
    the enclosures are apart.
    """
    target = arb(divergence.mid())
    least = (6 * target).sqrt()
    low, high = arb(0), target
    for _ in range(_HALVINGS):
        middle = arb(((low + high) / 2).mid())
        low, high = (middle, high) if _divergence(arb((least * middle.exp()).mid())) < target else (low, middle)
    tilt = arb((least * low.exp()).mid())
    step = arb(2) ** (8 - ctx.prec)
    for _ in range(_NEWTON):
        slope = 1 / tilt - tilt / tilt.sinh() ** 2
        tilt = arb((tilt - (_divergence(tilt) - target) / slope).mid())
    while True:
        aside = tilt * (1 + side * step)
        difference = (_divergence(aside) - divergence) * side
        if difference >= 0:
            return aside
        step *= 2

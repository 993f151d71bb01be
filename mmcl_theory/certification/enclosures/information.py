"""Enclose the dependence of texts on images and the InfoNCE loss at its optimum (theory, sections 3 and 6)."""

import itertools
import math

from flint import fmpq

from ...losses import SETS_LIMIT, n_candidate_numbers
from ..arithmetic.ball import Ball, total
from ..arithmetic.pair_law import PairLaw
from .exact_measurement import ExactMeasurement
from .registry import encloses


@encloses
def chi_square(m: ExactMeasurement) -> fmpq:
    """Return χ²(P ‖ p_V p_Lᵀ)."""
    return m.joint.chi_square()


@encloses
def mutual_information(m: ExactMeasurement) -> Ball:
    """Return I(X;L) in nats."""
    law = m.joint
    density = densities(law)
    return total(mass * Ball(density[x][text]).log() for x, text, mass in law.cells())


def densities(law: PairLaw) -> list[list[fmpq]]:
    """Compute P(x,l)/(p_V(x)p_L(l)): e to the power of the optimal score, the pointwise mutual information."""
    return [
        [mass / p / q for mass, q in zip(row, law.column_marginal, strict=True)]
        for row, p in zip(law.rows, law.row_marginal, strict=True)
    ]


@encloses
def infonce_gradient(m: ExactMeasurement) -> fmpq:
    """Return ‖∇L_NCE‖_1 at the optimal scores: the pairs that they predict, half from either side, less the true."""
    law = m.joint
    from_rows = _predicted(densities(law), law.column_marginal, law.row_marginal)
    from_columns = _predicted(densities(law.transposed), law.row_marginal, law.column_marginal)
    return sum(
        (
            abs((from_rows[x][text] + from_columns[text][x]) / 2 - mass)
            for x, row in enumerate(law.rows)
            for text, mass in enumerate(row)
        ),
        fmpq(0),
    )


def _predicted(odds: list[list[fmpq]], candidates: list[fmpq], givens: list[fmpq]) -> list[list[fmpq]]:
    """Multiply each given item's mass by its softmax over candidates, whose odds are weighted by their masses."""
    found = []
    for row, mass in zip(odds, givens, strict=True):
        weights = [q * odd for q, odd in zip(candidates, row, strict=True)]
        whole = sum(weights, fmpq(0))
        found.append([mass * weight / whole for weight in weights])
    return found


@encloses
def infonce_information(m: ExactMeasurement) -> Ball | None:
    """Return log M − L_NCE = E ρ log ρ − E ρ̄ log ρ̄, ρ̄ the mean of the density ρ over M independent texts.

    None where ``Quantities`` has none, for too many sets of texts.
    """
    law, count = m.joint, m.exact.candidates
    q = law.column_marginal
    if n_candidate_numbers(len(law.row_marginal), len(q), count) > SETS_LIMIT:
        return None
    density = densities(law)
    found = mutual_information(m)
    for chosen in itertools.combinations_with_replacement(range(len(q)), count):
        ways, chance = math.factorial(count), fmpq(1)
        for text in set(chosen):
            ways //= math.factorial(chosen.count(text))
            chance *= q[text] ** chosen.count(text)
        for p, row in zip(law.row_marginal, density, strict=True):
            mean = sum((row[text] for text in chosen), fmpq(0)) / count
            if mean != 0:
                found -= p * ways * chance * mean * Ball(mean).log()
    return found


@encloses
def candidates(m: ExactMeasurement) -> int:
    """Return M, the number of candidates."""
    return m.exact.candidates

"""Mutual information and InfoNCE at its optimum, on an exact law of pairs (theory, sections 3 and 6)."""

from collections.abc import Iterable

from flint import fmpq

from ...losses import TRIPLES_LIMIT
from .ball import Ball
from .laws import PairLaw


def mutual_information(law: PairLaw) -> Ball:
    """I(X;L) in nats."""
    density = densities(law)
    return _sum(mass * Ball(density[x][text]).log() for x, text, mass in law.cells())


def densities(law: PairLaw) -> list[list[fmpq]]:
    """P(x,l)/(p_V(x)p_L(l)): e to the power of the optimal score, the pointwise mutual information."""
    return [
        [mass / p / q for mass, q in zip(row, law.column_marginal, strict=True)]
        for row, p in zip(law.rows, law.row_marginal, strict=True)
    ]


def infonce_gradient(law: PairLaw) -> fmpq:
    """‖∇L_NCE‖_1 at the optimal scores: the pairs that they predict, half from either side, less the true ones."""
    from_rows = predicted(densities(law), law.column_marginal, law.row_marginal)
    from_columns = predicted(densities(law.transposed), law.row_marginal, law.column_marginal)
    return sum(
        (
            abs((from_rows[x][text] + from_columns[text][x]) / 2 - mass)
            for x, row in enumerate(law.rows)
            for text, mass in enumerate(row)
        ),
        fmpq(0),
    )


def predicted(odds: list[list[fmpq]], candidates: list[fmpq], givens: list[fmpq]) -> list[list[fmpq]]:
    """The given one's mass times its softmax over candidates, whose odds are weighted by their masses."""
    found = []
    for row, mass in zip(odds, givens, strict=True):
        weights = [q * odd for q, odd in zip(candidates, row, strict=True)]
        total = sum(weights, fmpq(0))
        found.append([mass * weight / total for weight in weights])
    return found


def infonce_information(law: PairLaw) -> Ball | None:
    """Log 2 − L_NCE with two candidates: E_{(x,l)~P} E_{l'~p_L} log 2ρ(x,l)/(ρ(x,l) + ρ(x,l')), ρ the density.

    None where ``Quantities`` has none, for too many triples.
    """
    q = law.column_marginal
    if len(law.row_marginal) * len(q) ** 2 > TRIPLES_LIMIT:
        return None
    density = densities(law)
    return _sum(
        mass * _sum(q[other] * Ball(2 * odd / (odd + density[x][other])).log() for other in range(len(q)))
        for x, text, mass in law.cells()
        for odd in [density[x][text]]
    )


def _sum(terms: Iterable[Ball]) -> Ball:
    return sum(terms, Ball(0))

"""Enclose what the linear probe fitted on labelled images leaves (theory, section 14)."""

from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from ..arithmetic.ball import Ball, total
from ..arithmetic.exact import Labels
from ..arithmetic.forms import Undecided
from ..arithmetic.pair_law import PairLaw
from .exact_measurement import ExactMeasurement
from .registry import encloses, encloses_with


@encloses_with("labelled")
def labelled_size(m: ExactMeasurement, counts: Labels) -> int:
    """Return the number of labelled images."""
    return sum(counts)


@encloses
def largest_leverage(m: ExactMeasurement) -> Ball:
    """Return max_x Σ_{j≤k} f_j(x)², f_j orthonormal: the largest value of Π_k1_x at x over p_V(x)."""
    p = m.joint.row_marginal
    scores = m.joint.form.project([[fmpq(int(x == z)) for z in range(len(p))] for x in range(len(p))], m.k).scores
    largest = scores[0][0] / p[0]
    for x in range(1, len(p)):
        largest = -((-largest).minimum(-(scores[x][x] / p[x])))
    return largest


@encloses_with("labelled")
def fitted_residual(m: ExactMeasurement, counts: Labels) -> Ball:
    """Return Σ_i ‖1_i − g_i‖², g_i the least-squares fit of 1_i on the labelled images by the first k eigenfunctions.

    Raises
    ------
    Undecided
        If the labelled images do not determine the fit, or not certainly so.
    """
    span = m.joint.form.span(m.k)
    fitted: list[Any] = _enclosed(span, counts, m.joint) if isinstance(span, arb_mat) else _exact(span, counts, m.joint)
    off = [
        [hit - guess for hit, guess in zip(*rows, strict=True)] for rows in zip(m.joint.targets, fitted, strict=True)
    ]
    p = m.joint.row_marginal
    return total(Ball(mass * entry**2) for row in off for mass, entry in zip(p, row, strict=True))


def _exact(span: list[list[fmpq]], counts: Labels, law: PairLaw) -> list[list[fmpq]]:
    """Fit the classes by rational functions, exactly."""
    features, targets = fmpq_mat(span), fmpq_mat(law.targets)
    weighted = fmpq_mat([[n * entry for n, entry in zip(counts, row, strict=True)] for row in span])
    gram = weighted * features.transpose()
    if gram.rank() < gram.nrows():
        raise Undecided("the labelled images do not tell the features apart", final=True)
    return (gram.solve(weighted * targets.transpose()).transpose() * features).tolist()


def _enclosed(span: arb_mat, counts: Labels, law: PairLaw) -> list[list[arb]]:
    """Fit the classes by enclosed functions."""
    weighted = arb_mat([[n * entry for entry in row] for n, row in zip(counts, span.tolist(), strict=True)])
    try:
        weights = (weighted.transpose() * span).solve(weighted.transpose() * arb_mat(law.targets).transpose())
    except ZeroDivisionError as error:
        raise Undecided("the labelled images do not tell the features apart") from error
    return (span * weights).transpose().tolist()

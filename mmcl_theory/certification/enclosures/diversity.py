"""Enclose connectivity within classes and the order of the two kinds of pairs (theory, section 13)."""

from flint import fmpq, fmpq_mat

from ..arithmetic.ball import Ball, total
from ..arithmetic.forms import Form
from ..arithmetic.pair_law import PairLaw
from .exact_measurement import ExactMeasurement
from .registry import encloses, encloses_with


@encloses
def gap_of_classes(m: ExactMeasurement) -> Ball:
    """Return Σ_{j≤r}(1 − σ_j²), r the number of classes of images with mass."""
    r = sum(mass > 0 for mass in m.joint.class_masses)
    return r - total(m.squared_sigmas()[:r])


@encloses
def within_class_gap(m: ExactMeasurement) -> Ball:
    """Return the (k+1)-th least eigenvalue of the Laplacian of text-induced pairs of one class."""
    return _gap_within(m.joint.induced, m.k)


@encloses_with("augmentation")
def augmentation_within_class_gap(m: ExactMeasurement, graph: PairLaw) -> Ball:
    """Return the (k+1)-th least eigenvalue of the Laplacian of augmentation pairs of one class."""
    return _gap_within(graph, m.k)


def _gap_within(pairs: PairLaw, k: int) -> Ball:
    """Return the eigenvalue after the k-th least, 1 beyond the last."""
    labels = pairs.row_labels
    rows = [
        [mass if labels[x] == labels[z] else fmpq(0) for z, mass in enumerate(row)] for x, row in enumerate(pairs.rows)
    ]
    values = Form(_laplacian(rows), pairs.row_marginal).eigenvalues()
    return values[-1 - k] if k < len(values) else Ball(1)


@encloses_with("augmentation")
def order_defect(m: ExactMeasurement, graph: PairLaw) -> Ball:
    """Return what the Laplacian of text-induced pairs may fall short of that of augmentation pairs."""
    difference = _laplacian(m.joint.induced.rows) - _laplacian(graph.rows)
    return -(Form(difference, m.joint.row_marginal).eigenvalues()[-1].minimum(0))


@encloses_with("augmentation")
def least_marginal_ratio(m: ExactMeasurement, graph: PairLaw) -> fmpq:
    """Return the least ratio of the two marginals of images."""
    return min(own / p for own, p in zip(graph.row_marginal, m.joint.row_marginal, strict=True))


def _laplacian(rows: list[list[fmpq]]) -> fmpq_mat:
    """Subtract pairs from the diagonal matrix of their marginal."""
    sums = [sum(row, fmpq(0)) for row in rows]
    return fmpq_mat([[(sums[x] if x == z else 0) - mass for z, mass in enumerate(row)] for x, row in enumerate(rows)])

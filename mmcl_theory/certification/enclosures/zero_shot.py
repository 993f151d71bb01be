"""Enclose the parts of which the residual of the zero-shot head consists."""

from flint import fmpq

from ..arithmetic.ball import Ball, total
from ..arithmetic.pair_law import Function
from .exact_measurement import ExactMeasurement
from .registry import encloses


def _gaps(m: ExactMeasurement) -> list[Function]:
    """Return 1[y(x) = i] − Pr[y(l) = i | x] for each class i, whose weighted form is Y − AW."""
    law = m.joint
    return [
        [a - b for a, b in zip(target, posterior, strict=True)]
        for target, posterior in zip(law.targets, law.posteriors, strict=True)
    ]


def _means(m: ExactMeasurement, function: Function) -> Function:
    """Return E[f(x) | l] for each text l, whose weighted form is Aᵀ times that of f."""
    law = m.joint
    sums = [fmpq(0)] * len(law.column_marginal)
    for x, text, mass in law.cells():
        sums[text] += mass * function[x]
    return [value / q for value, q in zip(sums, law.column_marginal, strict=True)]


@encloses
def posterior_residual(m: ExactMeasurement) -> fmpq:
    """Return ‖Y − AW‖²."""
    return sum((m.joint.mean([value**2 for value in gap]) for gap in _gaps(m)), fmpq(0))


@encloses
def text_mean_residual(m: ExactMeasurement) -> fmpq:
    """Return ‖Aᵀ(Y − AW)‖²."""
    means = [_means(m, gap) for gap in _gaps(m)]
    return sum((m.joint.transposed.mean([value**2 for value in mean]) for mean in means), fmpq(0))


@encloses
def head_distance(m: ExactMeasurement) -> Ball:
    """Return ‖Π_k(Y − AW)‖²."""
    products = m.joint.form.project(_gaps(m), m.k).products
    return total(products[i][i] for i in range(len(products)))


@encloses
def soft_residual(m: ExactMeasurement) -> Ball:
    """Return ‖Y − Π_kAAᵀY‖² = 1 − 2⟨Y, Π_kAAᵀY⟩ + ⟨AAᵀY, Π_kAAᵀY⟩."""
    law, r = m.joint, m.exact.n_classes
    walked = [_means_of_images(m, _means(m, target)) for target in law.targets]
    products = law.form.project([*law.targets, *walked], m.k).products
    return 1 + total(products[r + i][r + i] - 2 * products[i][r + i] for i in range(r))


def _means_of_images(m: ExactMeasurement, function: Function) -> Function:
    """Return E[f(l) | x] for each image x, whose weighted form is A times that of f."""
    law = m.joint
    sums = [fmpq(0)] * len(law.row_marginal)
    for x, text, mass in law.cells():
        sums[x] += mass * function[text]
    return [value / p for value, p in zip(sums, law.row_marginal, strict=True)]

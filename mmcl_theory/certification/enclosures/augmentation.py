"""Enclose the quantities of augmentation pairs, under their own marginal (theory, section 4)."""

from flint import fmpq

from ..arithmetic.ball import Ball
from ..arithmetic.exact import Labels
from ..arithmetic.forms import Form
from ..arithmetic.pair_law import PairLaw
from .exact_measurement import ExactMeasurement
from .registry import encloses_with


@encloses_with("augmentation")
def augmentation_error(m: ExactMeasurement, graph: PairLaw) -> fmpq:
    """Return α_A, the probability that two views of one image have different labels."""
    return graph.disagreement(*[graph.row_labels] * 2)


@encloses_with("augmentation")
def augmentation_collision(m: ExactMeasurement, graph: PairLaw) -> fmpq:
    """Return π_A = Σ_i p_i², p_i the mass of a class under the marginal of the augmentation pairs."""
    return sum((mass**2 for mass in graph.class_masses), fmpq(0))


@encloses_with("augmentation_form")
def lambda_k(m: ExactMeasurement, form: Form) -> Ball:
    """Return λ_k."""
    return eigenvalue(form, m.k)


@encloses_with("augmentation_form")
def lambda_next(m: ExactMeasurement, form: Form) -> Ball:
    """Return λ_{k+1}."""
    return eigenvalue(form, m.k + 1)


@encloses_with("augmentation_form")
def lambda_after(m: ExactMeasurement, form: Form) -> Ball:
    """Return λ_{k+2}."""
    return eigenvalue(form, m.k + 2)


@encloses_with("augmentation_form")
def lambda_min(m: ExactMeasurement, form: Form) -> Ball:
    """Return the least eigenvalue."""
    return form.eigenvalues()[-1]


def eigenvalue(form: Form, j: int) -> Ball:
    """Return λ_j, 0 beyond the last."""
    return form.eigenvalues()[j - 1] if j <= form.size else Ball(0)


@encloses_with("augmentation_form", "augmentation")
def sscl_residual(m: ExactMeasurement, form: Form, graph: PairLaw) -> Ball:
    """Return r_k^A, the residual of the probe on the eigenfunctions of the augmentation graph."""
    return m.residual(form, graph)


@encloses_with("augmentation_form", "augmentation")
def sscl_error(m: ExactMeasurement, form: Form, graph: PairLaw) -> Ball:
    """Return e_k^A, the error of that probe."""
    return m.error(form, graph)


@encloses_with("augmentation")
def marginal_distance(m: ExactMeasurement, graph: PairLaw) -> fmpq:
    """Return the total variation distance between the two marginals of images."""
    pairs = zip(graph.row_marginal, m.joint.row_marginal, strict=True)
    return sum((abs(p - q) for p, q in pairs), fmpq(0)) / 2


@encloses_with("augmentation", "auxiliary_labels")
def auxiliary_disagreement(m: ExactMeasurement, graph: PairLaw, labels: Labels) -> fmpq:
    """Return the probability that two views of one image have different auxiliary labels."""
    return graph.disagreement(labels, labels)


@encloses_with("augmentation", "auxiliary_labels")
def auxiliary_error(m: ExactMeasurement, graph: PairLaw, labels: Labels) -> fmpq:
    """Return Δ, the probability that the auxiliary label is not the label."""
    return graph.mean([fmpq(int(a != b)) for a, b in zip(labels, graph.row_labels, strict=True)])

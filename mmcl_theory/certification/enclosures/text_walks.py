"""Enclose what walks of several steps say of the residuals of probes and the zero-shot head (theory, section 10).

The bounds of the best polynomials are enclosed by the values ∫ p dμ of rational polynomials p that are proven to be
feasible (``arithmetic/mass_bounds.py``).  Such a value is a bound whether or not p is the very best one, and is a
little above the least (below the greatest) there is: by what the rounding of a cut at the working precision costs.
"""

from flint import fmpq

from ...walks.residuals import INDEFINITE
from ..arithmetic.ball import Ball, rational
from ..arithmetic.forms import Form
from ..arithmetic.mass_bounds import mass_below, mass_up_to
from ..arithmetic.pair_law import Function, PairLaw
from ..arithmetic.walk_moments import Moment, as_ball, moments
from . import labels, walks
from .exact_measurement import ExactMeasurement
from .registry import encloses, encloses_with


@encloses
def walk_error_two(m: ExactMeasurement) -> Ball:
    """Return α^(2), the probability that the label differs after two steps."""
    return 1 - as_ball(moments(m.joint.form, m.joint.targets, 2)[2])


@encloses
def walk_error_last(m: ExactMeasurement) -> Ball:
    """Return α^(M)."""
    return _error_after(m.joint, m.joint.form, m.exact.steps)


@encloses
def walk_error_before(m: ExactMeasurement) -> Ball:
    """Return α^(M−1)."""
    return _error_after(m.joint, m.joint.form, m.exact.steps - 1)


@encloses
def walk_upper(m: ExactMeasurement) -> Ball:
    """Return ∫ p dμ for a polynomial of degree M that is at least 1 up to σ²_{k+1} and at least 0 beyond."""
    return mass_up_to(_square(m, m.k + 1), _label_moments(m.joint, m.joint.form, m.exact.steps))


@encloses
def walk_lower(m: ExactMeasurement) -> Ball:
    """Return ∫ p dμ for a polynomial of degree M that is at most 1 below σ_k² and at most 0 from there."""
    return mass_below(_square(m, m.k), _label_moments(m.joint, m.joint.form, m.exact.steps))


@encloses
def zero_shot_walk_upper(m: ExactMeasurement) -> Ball:
    """Return the upper bound of r_k, and of ‖Π_k(Y − AW)‖² the whole ‖Y − AW‖² less a lower bound of the rest."""
    return walk_upper(m) + (missed(m) - mass_below(_square(m, m.k), _missed_moments(m)))


@encloses
def zero_shot_walk_lower(m: ExactMeasurement) -> Ball:
    """Return the lower bound of r_k, and that of ‖Π_k(Y − AW)‖²."""
    return walk_lower(m) + (missed(m) - mass_up_to(_square(m, m.k + 1), _missed_moments(m)))


@encloses_with("augmentation", "augmentation_form")
def sscl_walk_error_two(m: ExactMeasurement, graph: PairLaw, form: Form) -> Ball:
    """Return the probability that the label differs after two steps along augmentation pairs."""
    return 1 - as_ball(moments(form, graph.targets, 2)[2])


@encloses_with("augmentation", "augmentation_form")
def sscl_walk_error_last(m: ExactMeasurement, graph: PairLaw, form: Form) -> Ball:
    """Return the same after M steps."""
    return _error_after(graph, form, m.exact.steps)


@encloses_with("augmentation", "augmentation_form")
def sscl_walk_error_before(m: ExactMeasurement, graph: PairLaw, form: Form) -> Ball:
    """Return the same after M − 1 steps."""
    return _error_after(graph, form, m.exact.steps - 1)


@encloses_with("augmentation", "augmentation_form")
def sscl_walk_upper(m: ExactMeasurement, graph: PairLaw, form: Form) -> Ball:
    """Return the upper bound for augmentation pairs, λ_{k+1} in the place of σ²_{k+1}; else 1 − π_A."""
    known = _label_moments(graph, form, m.exact.steps)
    return mass_up_to(_eigenvalue(form, m.k + 1), known) if _is_semidefinite(form) else as_ball(known[0])


@encloses_with("augmentation", "augmentation_form")
def sscl_walk_lower(m: ExactMeasurement, graph: PairLaw, form: Form) -> Ball:
    """Return the lower bound for augmentation pairs, λ_k in the place of σ_k²; else 0."""
    known = _label_moments(graph, form, m.exact.steps)
    return mass_below(_eigenvalue(form, m.k), known) if _is_semidefinite(form) else Ball(0)


def _is_semidefinite(form: Form) -> bool:
    """Decide whether walks bound anything: whether no eigenvalue is negative by more than rounding of the pairs."""
    return (form.eigenvalues()[-1] + rational(INDEFINITE)).is_positive() is True


def _eigenvalue(form: Form, j: int) -> Ball:
    """Return the j-th eigenvalue of a form, 0 beyond the last."""
    return form.eigenvalues()[j - 1] if j <= form.size else Ball(0)


def _square(m: ExactMeasurement, j: int) -> Ball:
    """Return σ_j², 0 beyond the last."""
    squares = m.squared_sigmas()
    return squares[j - 1] if j <= len(squares) else Ball(0)


def _error_after(law: PairLaw, form: Form, steps: int) -> Ball:
    """Return the probability that the labels at the two ends of a walk differ."""
    return 1 - as_ball(moments(form, law.targets, steps)[steps])


def _label_moments(law: PairLaw, form: Form, steps: int) -> list[Moment]:
    """Return the moments of the labels' measure, less the mass π that it has at 1 in any case."""
    mass = sum((share**2 for share in law.class_masses), fmpq(0))
    return moments(form, law.targets, steps, known=mass)


def missed(m: ExactMeasurement) -> fmpq:
    """Return ‖Y − AW‖² = 2α − α_V, what the untruncated zero-shot head misses."""
    return 2 * labels.labeling_error(m) - walks.image_induced_error(m)


def _missed_moments(m: ExactMeasurement) -> list[Moment]:
    """Return the moments of Y − AW, less what it has at 1: the differences of the classes' masses, squared."""
    law = m.joint
    pairs = zip(law.targets, law.posteriors, strict=True)
    functions: list[Function] = [[one - other for one, other in zip(*pair, strict=True)] for pair in pairs]
    mass = sum((law.mean(function) ** 2 for function in functions), fmpq(0))
    return moments(law.form, functions, m.exact.steps, known=mass)

"""Enclose what linear probes and the zero-shot head on the optimal encoders can do (theory, sections 1 and 2)."""

from ..arithmetic.ball import Ball, total
from ..arithmetic.forms import Projection
from .exact_measurement import ExactMeasurement
from .registry import encloses


@encloses
def probe_residual(m: ExactMeasurement) -> Ball:
    """Return r_k, the residual of the probe on images."""
    return m.residual(m.joint.form, m.joint)


@encloses
def probe_error(m: ExactMeasurement) -> Ball:
    """Return e_k, the error of the probe on images."""
    return m.error(m.joint.form, m.joint)


@encloses
def text_probe_residual(m: ExactMeasurement) -> Ball:
    """Return r_k^L, the residual of the probe on texts."""
    return m.residual(m.joint.transposed.form, m.joint.transposed)


@encloses
def text_probe_error(m: ExactMeasurement) -> Ball:
    """Return e_k^L, the error of the probe on texts."""
    return m.error(m.joint.transposed.form, m.joint.transposed)


@encloses
def zero_shot_residual(m: ExactMeasurement) -> Ball:
    """Return ‖Y − Π_kAW‖² = 1 − 2 ⟨Y, Π_kAW⟩ + ⟨AW, Π_kAW⟩."""
    r, products = m.exact.n_classes, _zero_shot(m).products
    return 1 + total(products[r + i][r + i] - 2 * products[i][r + i] for i in range(r))


@encloses
def zero_shot_error(m: ExactMeasurement) -> Ball:
    """Return the error of the zero-shot head, whose scores are Π_kAW."""
    r = m.exact.n_classes
    return m.error_of_scores([row[r:] for row in _zero_shot(m).scores], m.joint)


def _zero_shot(m: ExactMeasurement) -> Projection:
    """Apply Π_k to the indicators of the classes and to their posteriors, whose weighted form is AW."""
    law = m.joint
    return law.form.project([*law.targets, *law.posteriors], m.k)


# ‖A − U_kU_kᵀA‖² = ‖A‖² − Σ_{j≤k} u_jᵀAAᵀu_j for orthonormal u_j, here eigenvectors; so too with A_T for A.


@encloses
def optimal_loss(m: ExactMeasurement) -> Ball:
    """Return the factorization loss of the optimal encoders, ‖A‖² − Σ_{j≤k} σ_j²."""
    return m.joint.squared_norm() - total(m.squared_sigmas()[: m.k])


@encloses
def optimal_text_induced_loss(m: ExactMeasurement) -> Ball:
    """Return ‖A_T‖² − Σ_{j≤k} σ_j⁴, what U_kΣ_k²U_kᵀ leaves of A_T."""
    return m.joint.induced.squared_norm() - total(square**2 for square in m.squared_sigmas()[: m.k])

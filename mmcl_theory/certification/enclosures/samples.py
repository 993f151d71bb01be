"""Enclose what makes samples deviate, and what a finite sample of pairs teaches (theory, section 5)."""

from fractions import Fraction

from flint import fmpq

from ..arithmetic.ball import Ball
from ..arithmetic.sampled_pairs import SampledPairs
from .exact_measurement import ExactMeasurement
from .registry import encloses, encloses_with


@encloses
def largest_contribution(m: ExactMeasurement) -> Ball:
    """Return R = (R_0 + √(R_0²+4))/2, 1/R_0² the least p_V(x)p_L(l) of a pair of positive mass."""
    p, q = m.joint.row_marginal, m.joint.column_marginal
    square = Ball(1 / min(p[x] * q[text] for x, text, _ in m.joint.cells()))
    return (square.sqrt() + (square + 4).sqrt()) / 2


@encloses
def contribution_variance(m: ExactMeasurement) -> fmpq:
    """Return v, the largest mean square of what one pair adds for an image or a text."""
    return max(m.joint.contributions() + m.joint.transposed.contributions())


@encloses
def least_mass(m: ExactMeasurement) -> fmpq:
    """Return the least mass of an image or a text."""
    return min(m.joint.row_marginal + m.joint.column_marginal)


@encloses_with("sample")
def sample_size(m: ExactMeasurement, sample: SampledPairs) -> fmpq:
    """Return N, the number of pairs."""
    return sample.size


@encloses
def failure_probability(m: ExactMeasurement) -> Fraction | None:
    """Return δ, with which a probable statement may fail."""
    return m.exact.failure_probability


@encloses_with("sample")
def sample_deviation(m: ExactMeasurement, sample: SampledPairs) -> Ball:
    """Return t = ‖Â − A‖₂."""
    return sample.deviation()


@encloses_with("sample")
def sample_gap(m: ExactMeasurement, sample: SampledPairs) -> Ball:
    """Return σ̂_k² − σ̂²_{k+1}; nothing is left beyond the last."""
    values = sample.form.eigenvalues()
    return values[m.k - 1] - (values[m.k] if m.k < len(values) else 0)


@encloses_with("sample")
def sample_residual(m: ExactMeasurement, sample: SampledPairs) -> Ball:
    """Return the residual of the probe on the sample's eigenfunctions, as analysed."""
    return m.residual(sample.form, m.joint)


@encloses_with("sample")
def sample_error(m: ExactMeasurement, sample: SampledPairs) -> Ball:
    """Return the error of that probe."""
    return m.error(sample.form, m.joint)


@encloses_with("sample")
def practical_deviation(m: ExactMeasurement, sample: SampledPairs) -> Ball:
    """Return ‖Ã − A‖₂, Ã normalized by the sample's own marginals."""
    return sample.practical_deviation()


@encloses_with("sample")
def practical_residual(m: ExactMeasurement, sample: SampledPairs) -> Ball:
    """Return the residual of the probe on the eigenfunctions of the sample with its own marginals."""
    return sample.practical_residual(m.k)

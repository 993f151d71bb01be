"""Enclose the alignment of given encoders, and what noise of captions does to pairs (theory, section 12)."""

from flint import fmpq, fmpq_mat

from ..arithmetic.ball import Ball, rational, total
from ..arithmetic.encoder_pair import EncoderPair
from ..arithmetic.forms import Form
from ..arithmetic.pair_law import PairLaw
from .contrastive import loss_over_temperature
from .exact_measurement import ExactMeasurement
from .registry import encloses, encloses_with


@encloses_with("encoders")
def alignment(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return the mean inner product of the features of a pair, less that of their means."""
    return pair.alignment()


@encloses_with("encoders")
def image_variance(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return E‖f_V − E f_V‖²."""
    return _trace(pair.variance_forms[0])


@encloses_with("encoders")
def text_variance(m: ExactMeasurement, pair: EncoderPair) -> fmpq:
    """Return E‖f_L − E f_L‖²."""
    return _trace(pair.variance_forms[1])


def _trace(form: Form) -> fmpq:
    """Sum the diagonal of the matrix of a form."""
    return sum((form.matrix[i, i] for i in range(form.size)), fmpq(0))


@encloses_with("encoders")
def alignment_spectrum(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return Σ_j σ_{j+1}√(s_j t_j)."""
    images, texts = (form.eigenvalues() for form in pair.variance_forms)
    # No eigenvalue of a covariance is negative, so neither is what lies below 0 in its ball.
    return total(
        m.sigma(j + 2) * (_positive_part(one).sqrt() * _positive_part(other).sqrt())
        for j, (one, other) in enumerate(zip(images, texts, strict=True))
    )


def _positive_part(value: Ball) -> Ball:
    """Return max(value, 0)."""
    return -((-value).minimum(0)) if value.is_exact or value.is_positive() is not True else value


@encloses_with("encoders")
def cosine_information(m: ExactMeasurement, pair: EncoderPair) -> Ball:
    """Return −L_τ/τ of the cosines of the features."""
    return -loss_over_temperature(m, pair.cosines())


@encloses
def mismatch(m: ExactMeasurement) -> fmpq:
    """Return η, the share of pairs that keep their caption."""
    return rational(m.exact.mismatch)


def _diluted(m: ExactMeasurement) -> PairLaw:
    """Return P_η = ηP + (1−η)p_Vp_Lᵀ."""
    law, share = m.joint, rational(m.exact.mismatch)
    rows = [
        [share * mass + (1 - share) * p * q for mass, q in zip(row, law.column_marginal, strict=True)]
        for row, p in zip(law.rows, law.row_marginal, strict=True)
    ]
    return PairLaw(fmpq_mat(rows), law.row_labels, law.column_labels, law.n_classes)


@encloses
def diluted_error(m: ExactMeasurement) -> fmpq:
    """Return α_T of the diluted captions."""
    law = _diluted(m)
    return law.induced.disagreement(law.row_labels, law.row_labels)


@encloses
def dilution_residual(m: ExactMeasurement) -> fmpq:
    """Return ‖A_ηA_ηᵀ − η²AAᵀ − (1−η²)√p_V√p_Vᵀ‖²: of text-induced pairs, each difference over √(pp')."""
    share, p = rational(m.exact.mismatch) ** 2, m.joint.row_marginal
    pairs, diluted = m.joint.induced.rows, _diluted(m).induced.rows
    return sum(
        (
            (diluted[x][z] - share * pairs[x][z] - (1 - share) * p[x] * p[z]) ** 2 / (p[x] * p[z])
            for x in range(len(p))
            for z in range(len(p))
        ),
        fmpq(0),
    )


@encloses
def caption_gap(m: ExactMeasurement) -> fmpq:
    """Return the largest weighted difference of the two distances of a pair of images.

    Σ_j σ_j²φ_j(x)φ_j(x') is the entry of D_V^{-1/2}AAᵀD_V^{-1/2}, P_T(x,x')/(p(x)p(x')), by the spectral theorem.
    """
    law = m.joint
    p, q, pairs = law.row_marginal, law.column_marginal, law.induced.rows
    captions = [[mass / p[x] for mass in row] for x, row in enumerate(law.rows)]
    gaps = [fmpq(0)]
    for x in range(len(p)):
        for z in range(x):
            features = pairs[x][x] / p[x] ** 2 - 2 * pairs[x][z] / (p[x] * p[z]) + pairs[z][z] / p[z] ** 2
            told = sum(((a - b) ** 2 / c for a, b, c in zip(captions[x], captions[z], q, strict=True)), fmpq(0))
            gaps.append(abs(features - told) * p[x] * p[z] / (p[x] + p[z]))
    return max(gaps)

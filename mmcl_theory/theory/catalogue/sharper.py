"""Beyond the sources: sharper constants, missing sides, conditions dropped.  Proofs in docs/sharper.md."""

import math
from typing import Any

from ..assumptions import (
    connected_augmentation,
    connected_beyond_k,
    several_classes,
    unique_augmentation_projector,
    unique_projector,
)
from ..functions import maximum, minimum, sqrt
from ..theorem import Kind, Theorem

_LOG_2 = math.nextafter(math.log(2), 1)  # log 2 from above: what is certified is true to the last bit


def transferred(q: Any) -> Any:
    """2α − α²·r/(r−1), the labeling error that text-induced pairs have at most."""
    return 2 * q.labeling_error - q.labeling_error**2 * q.n_classes / (q.n_classes - 1)


def untruncated(q: Any) -> Any:
    """‖Y − AW‖ = √(2α − α_V): what the zero-shot head loses without truncation."""
    return sqrt(maximum(0, 2 * q.labeling_error - q.image_induced_error))  # at least α², rounding apart


def truncation(q: Any) -> Any:
    """σ_{k+1}√(α_V/(1−σ²_{k+1})), at most σ_{k+1}: what truncation moves the zero-shot head by at most."""
    return q.sigma_next * sqrt(minimum(1, q.image_induced_error / (1 - q.sigma_next**2)))


label_transfer_classes = Theorem(
    slug="label-transfer-classes",
    title="Labeling error of text-induced pairs, with the number of classes",
    kind=Kind.UPPER_BOUND,
    statement=r"\alpha_T \le 2\alpha - \frac{r}{r-1}\alpha^2",
    source="ours; the nearest-neighbour bound of Cover and Hart, for texts",
    proof="Given a text with labeling error a the other r−1 classes share a, so Σ_i P(i|l)² ≥ (1−a)² + a²/(r−1); "
    "the right-hand side is concave in a. Equality for isotropic noise.",
    lhs=lambda q: q.text_induced_error,
    rhs=transferred,
    requires=(several_classes,),
    per_k=False,
)

label_transfer_lower = Theorem(
    slug="label-transfer-lower",
    title="Labeling error of text-induced pairs from below",
    kind=Kind.LOWER_BOUND,
    statement=r"\alpha_T \ge \alpha^\star = \mathbb{E}_l\left[1-\max_i P(y_V=i\mid l)\right]",
    source="ours",
    proof="Σ_i P(i|l)² ≤ max_i P(i|l). Equality where each text either tells the class or leaves some classes "
    "equally likely.",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: q.bayes_labeling_error,
    per_k=False,
)

probe_mmcl_classes = Theorem(
    slug="probe-mmcl-classes",
    title="Linear-probe residual of the optimal multi-modal encoder, with the number of classes",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{2\alpha-\frac{r}{r-1}\alpha^2}{1-\sigma_{k+1}^2}",
    source="ours",
    proof="`probe-text-induced` and `label-transfer-classes`. Equality for isotropic noise of any strength, k = 1.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: transferred(q) / (1 - q.sigma_next**2),
    requires=(several_classes, connected_beyond_k, unique_projector),
)

zero_shot_sharp = Theorem(
    slug="zero-shot-sharp",
    title="Zero-shot residual, from image-induced pairs",
    kind=Kind.UPPER_BOUND,
    statement=r"z_k \le \left(\sqrt{2\alpha-\alpha_V} + \sigma_{k+1}"
    r"\sqrt{\min\left(1, \frac{\alpha_V}{1-\sigma_{k+1}^2}\right)}\right)^2",
    source="ours",
    proof="‖Y−AW‖² = 1 − 2(1−α) + ‖AW‖² = 2α − α_V, α_V the labeling error of two texts of one image; "
    "‖(A−A_k)W‖ ≤ σ_{k+1}√(r_k^L), and `probe-text-induced` for texts.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: (untruncated(q) + truncation(q)) ** 2,
    requires=(connected_beyond_k, unique_projector),
)

zero_shot_lower = Theorem(
    slug="zero-shot-lower",
    title="Zero-shot residual from below",
    kind=Kind.LOWER_BOUND,
    statement=r"z_k \ge \max\left(0, \sqrt{2\alpha-\alpha_V} - \sigma_{k+1}"
    r"\sqrt{\min\left(1, \frac{\alpha_V}{1-\sigma_{k+1}^2}\right)}\right)^2",
    source="ours",
    proof="The triangle inequality of `zero-shot-sharp` the other way round.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: maximum(0, untruncated(q) - truncation(q)) ** 2,
    requires=(connected_beyond_k, unique_projector),
)

zero_shot_probe = Theorem(
    slug="zero-shot-probe",
    title="No zero-shot head is better than the linear probe",
    kind=Kind.LOWER_BOUND,
    statement=r"z_k \ge r_k",
    source="ours",
    proof="A_kW = Π_kAW lies in the column space of the encoder, where the probe is the nearest point to Y: "
    "z_k = r_k + ‖Π_kY − A_kW‖².",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: q.probe_residual,
    requires=(unique_projector,),
)

class_conductance_total = Theorem(
    slug="class-conductance-total",
    title="Classes that few pairs leave keep the spectrum high, by their sum",
    kind=Kind.UPPER_BOUND,
    statement=r"1-\sigma_r^2 \le \sum_i\varphi_i",
    source="ours",
    proof="I − AAᵀ compressed to the span of the class indicators is positive semidefinite of trace Σφ_i, so its "
    "largest eigenvalue, which is at least 1 − σ_r², is no more. Equality for two classes that texts tell apart.",
    lhs=lambda q: 1 - q.sigma_classes**2,
    rhs=lambda q: q.total_conductance,
    per_k=False,
)

probe_sscl_auxiliary = Theorem(
    slug="probe-sscl-auxiliary",
    title="Linear-probe residual of the optimal single-modal encoder, with auxiliary labels",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k^A \le \left(\sqrt{\frac{\varphi^{\hat y}}{1-\lambda_{k+1}}} + \sqrt{2\Delta}\right)^2",
    source="ours; with e_k ≤ 2 r_k it implies haochen2021",
    proof="‖(I−Π)Y‖ ≤ ‖(I−Π)Ŷ‖ + ‖Y−Ŷ‖ and ‖Y−Ŷ‖² = 2Δ; `probe-sscl` for ŷ.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: (sqrt(q.auxiliary_disagreement / (1 - q.lambda_next)) + sqrt(2 * q.auxiliary_error)) ** 2,
    requires=(connected_augmentation, unique_augmentation_projector),
)

probe_sscl_error = Theorem(
    slug="probe-sscl-error",
    title="Linear-probe error of the optimal single-modal encoder, with auxiliary labels",
    kind=Kind.UPPER_BOUND,
    statement=r"e_k^A \le \frac{2\varphi^{\hat y}}{1-\lambda_{k+1}} + 5\Delta",
    source="ours; haochen2021 has 4 and 8 in place of 2 and 5",
    proof="An error is one where ŷ is not y, or one with respect to ŷ. Of these there are at most 2‖Ŷ−ΠY‖² = "
    "2‖(I−Π)Ŷ‖² + 2‖Π(Ŷ−Y)‖² ≤ 2φ^ŷ/(1−λ_{k+1}) + 4Δ. The 2 is the best possible, with ŷ = y.",
    lhs=lambda q: q.sscl_error,
    rhs=lambda q: 2 * q.auxiliary_disagreement / (1 - q.lambda_next) + 5 * q.auxiliary_error,
    requires=(connected_augmentation, unique_augmentation_projector),
)

cheeger_text_induced = Theorem(
    slug="cheeger-text-induced",
    title="Conductance of the text-induced graph from above, sharp",
    kind=Kind.UPPER_BOUND,
    statement=r"\varphi(G) \le \sqrt{\tfrac43(1-\sigma_2^2)}",
    source="ours; the Cheeger inequality has 2 in place of 4/3, for graphs of any kind",
    proof="Sweep over the level sets of the second eigenvector as for Cheeger's inequality. The two images are "
    "independent given the text, and E|f²−f'²| ≤ (4/√3) sd(f) ‖f‖ for independent f, f' of one law.",
    lhs=lambda q: q.conductance,
    rhs=lambda q: sqrt(4 * (1 - q.sigma_2**2) / 3),
    per_k=False,
)

infonce_bound_two = Theorem(
    slug="infonce-bound-two",
    title="InfoNCE with two candidates is a lower bound of mutual information, sharp",
    kind=Kind.UPPER_BOUND,
    statement=r"\log M - L_{\mathrm{NCE}} \le \log2\cdot I(X;L),\quad M=2",
    source="ours; oord2018 without the factor",
    proof="For ρ, ρ' independent of one law of mean 1 and h(ρ) = ρ log ρ − ρ + 1 it says E h((ρ+ρ')/2) is at least "
    "(1−log 2) E h(ρ); the left side is at least 2E h((1+ρ)/2), as 1/(a+b) is a positive definite kernel.",
    lhs=lambda q: q.infonce_information,
    rhs=lambda q: _LOG_2 * q.mutual_information,
    trivial=math.log(2),  # no loss is negative
    per_k=False,
)

THEOREMS = (
    label_transfer_classes,
    label_transfer_lower,
    probe_mmcl_classes,
    zero_shot_sharp,
    zero_shot_lower,
    zero_shot_probe,
    class_conductance_total,
    probe_sscl_auxiliary,
    probe_sscl_error,
    cheeger_text_induced,
    infonce_bound_two,
)

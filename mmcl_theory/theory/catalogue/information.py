"""Bound mutual information by the spectrum, and state where InfoNCE has its minimum."""

import math

from ...worlds.extremal import faint_pair, matched, two_images
from ..functions import log, rational
from ..theorem import Extremal, Kind, Theorem

information_chi_square = Theorem(
    slug="information-chi-square",
    title="Mutual information from the spectrum",
    kind=Kind.UPPER_BOUND,
    statement=r"I(X;L) \le \log(1+\chi^2)",
    source="Jensen's inequality",
    proof="I = E_P log P/(p_Vp_L) ≤ log E_P P/(p_Vp_L) = log(1+χ²).",
    lhs=lambda q: q.mutual_information,
    rhs=lambda q: log(1 + q.chi_square),
    trivial=math.inf,  # there is no value that information never exceeds
    per_k=False,
    extremal=Extremal(matched, attained=True),
)

information_classes = Theorem(
    slug="information-classes",
    title="What texts tell of the classes takes mutual information",
    kind=Kind.LOWER_BOUND,
    statement=r"I(X;L) \ge 1-\pi-\alpha_T",
    source="ours, by Pinsker's inequality; found by search",
    proof="I(X;L) ≥ I(Y;L) = E_l KL(p(·|l) ‖ p) ≥ ½ E_l‖p(·|l) − p‖₁² ≥ E_l‖p(·|l) − p‖₂² = 1 − α_T − π, for laws of "
    "the class. In full: docs/sharper.md.",
    lhs=lambda q: q.mutual_information,
    rhs=lambda q: 1 - q.class_collision - q.text_induced_error,
    per_k=False,
    extremal=Extremal(faint_pair, attained=False),
)

chi_square_classes = Theorem(
    slug="chi-square-classes",
    title="Text-induced pairs are as inconsistent as the spectrum is low",
    kind=Kind.LOWER_BOUND,
    statement=r"\alpha_T \ge 1-\pi-\tfrac12\chi^2",
    source="ours; found by search",
    proof="1 − π − α_T = Σ_{j≥2} σ_j²‖u_jᵀY‖², and ‖u_jᵀY‖² ≤ ½, the largest variance that a combination of indicators "
    "of classes with coefficients of norm 1 can have. In full: docs/sharper.md.",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: 1 - q.class_collision - rational(1, 2) * q.chi_square,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

infonce_optimum = Theorem(
    slug="infonce-optimum",
    title="InfoNCE is minimized by the pointwise mutual information",
    kind=Kind.IDENTITY,
    statement=r"\|\nabla L_{\mathrm{NCE}}(s)\|_1 = 0\ \text{ at } s(x,l) = \log\frac{P(x,l)}{p_V(x)p_L(l)}",
    source="oord2018",
    proof="The gradient at s is the law of pairs that the scores predict less P, and both are P there; the loss is "
    "convex in the scores. The symmetric (CLIP) population loss is meant.",
    lhs=lambda q: q.infonce_gradient,
    rhs=lambda q: 0.0 * q.infonce_gradient,
    per_k=False,
)

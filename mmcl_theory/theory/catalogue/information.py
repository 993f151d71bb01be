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
    proof=r"With $\rho = P/(p_Vp_L)$, Jensen's inequality says "
    r"$I(X;L) = \mathbb{E}_P[\log\rho] \le \log\mathbb{E}_P[\rho] = \log(1+\chi^2)$.",
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
    proof=r"Let $C$ be the class of the image, $p$ its law and $p(\cdot|l)$ its law given a text. Then $I(X;L) \ge "
    r"I(C;L) = \mathbb{E}_l[\mathrm{KL}(p(\cdot|l),p)] \ge \tfrac12\mathbb{E}_l\lVert p(\cdot|l)-p\rVert_1^2 \ge "
    r"\mathbb{E}_l\lVert p(\cdot|l)-p\rVert_2^2 = 1-\alpha_T-\pi$. In full: docs/sharper.md#information-classes.",
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
    proof=r"$1-\pi-\alpha_T = \sum_{j\ge2}\sigma_j^2\lVert u_j^\top Y\rVert^2$, and "
    r"$\lVert u_j^\top Y\rVert^2 \le \tfrac12$, the largest variance that a combination of indicators of classes with "
    "coefficients of norm 1 can have. In full: docs/sharper.md#chi-square-classes.",
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
    proof="The gradient at $s$ is the law of pairs that the scores predict less $P$, and at this $s$ both are $P$; "
    "the loss is convex in the scores. The symmetric population loss, that of CLIP, is meant.",
    lhs=lambda q: q.infonce_gradient,
    rhs=lambda q: 0.0 * q.infonce_gradient,
    per_k=False,
)

"""Bound mutual information by the spectrum, and state where InfoNCE has its minimum."""

import math

from ...worlds.extremal import matched
from ..functions import log
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

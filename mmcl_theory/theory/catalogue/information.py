"""Bound mutual information by the spectrum, and InfoNCE by mutual information."""

import math

from ...worlds.extremal import matched, rare_exclusion
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

infonce_bound = Theorem(
    slug="infonce-bound",
    title="InfoNCE is a lower bound of mutual information",
    kind=Kind.UPPER_BOUND,
    statement=r"\log M - L_{\mathrm{NCE}} \le I(X;L),\quad M=2",
    source="oord2018",
    proof="With M candidates the loss is that of finding the positive among them, at least log M − I(X;L) for every "
    "score; here it is the least over all scores, at the pointwise mutual information, enumerated for M = 2.",
    lhs=lambda q: q.infonce_information,
    rhs=lambda q: q.mutual_information,
    trivial=math.log(2),  # no loss is negative
    per_k=False,
    extremal=Extremal(rare_exclusion, attained=False, share=math.log(2)),
    implied_by=("infonce-bound-two",),
)

infonce_bound_two = Theorem(
    slug="infonce-bound-two",
    title="InfoNCE with two candidates is a lower bound of mutual information, sharp",
    kind=Kind.UPPER_BOUND,
    statement=r"\log M - L_{\mathrm{NCE}} \le \log2\cdot I(X;L),\quad M=2",
    source="ours; oord2018 without the factor",
    proof="For ρ, ρ' independent of one law of mean 1 and h(ρ) = ρ log ρ − ρ + 1 it says E h((ρ+ρ')/2) is at least "
    "(1−log 2) E h(ρ); the left side is at least 2E h((1+ρ)/2), as 1/(a+b) is a positive definite kernel. "
    "In full: docs/sharper.md.",
    lhs=lambda q: q.infonce_information,
    rhs=lambda q: log(2) * q.mutual_information,
    trivial=math.log(2),  # no loss is negative
    per_k=False,
    extremal=Extremal(rare_exclusion, attained=False),
)

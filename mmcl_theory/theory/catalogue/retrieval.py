"""Bound how well scores rank texts: the regret of a divergence, and the optimum by the dependence of the pairs."""

from ...worlds.extremal import faint_reversed_ranks, linear_ranks, ranks, rare_texts, reversed_ranks, two_images
from ..functions import sqrt
from ..theorem import Extremal, Kind, Theorem

retrieval_regret = Theorem(
    slug="retrieval-regret",
    title="What retrieval loses to the best scores, from the InfoNCE loss",
    kind=Kind.UPPER_BOUND,
    statement=r"\mathrm{AUC}^\star-\mathrm{AUC}(s) \le g(\mathrm{KL}_s),\quad "
    r"g\left(\lambda\coth\lambda-1-\log\frac{\sinh\lambda}{\lambda}\right)=\coth\lambda-\frac1\lambda",
    source="ours",
    proof="With U and V the ranks of a text by s and by P/p_L, spread evenly, the regret at x is E_P(V−U). "
    "Donsker–Varadhan: λ·regret ≤ KL + log E_Q e^{λ(V−U)}; Q is a mixture of uniform laws on {U > c}, and "
    "Hardy–Littlewood bounds each by sinh(λ(1−c))/(λ(1−c)). In full: docs/information.md.",
    lhs=lambda q: q.best_ranking - q.ranking,
    rhs=lambda q: q.ranking_limit,
    per_k=False,
    extremal=Extremal(reversed_ranks, attained=False),
)

retrieval_regret_root = Theorem(
    slug="retrieval-regret-root",
    title="What retrieval loses to the best scores, as a root of the InfoNCE loss",
    kind=Kind.UPPER_BOUND,
    statement=r"\mathrm{AUC}^\star-\mathrm{AUC}(s) \le \sqrt{\tfrac23\mathrm{KL}_s}",
    source="ours",
    proof="`retrieval-regret`, and log(sinh λ/λ) ≤ λ²/6. In full: docs/information.md.",
    lhs=lambda q: q.best_ranking - q.ranking,
    rhs=lambda q: sqrt(2 * q.score_divergence / 3),
    per_k=False,
    extremal=Extremal(faint_reversed_ranks, attained=False),
    implied_by=("retrieval-regret",),
)

retrieval_variation_lower = Theorem(
    slug="retrieval-variation-lower",
    title="The best retrieval is at least the total variation",
    kind=Kind.LOWER_BOUND,
    statement=r"2\mathrm{AUC}^\star-1 \ge \mathrm{TV}",
    source="ours",
    proof="2AUC*−1 = ½E|ρ−ρ'| of two independent texts of one image, at least ½E|ρ−1| by Jensen, which is TV.",
    lhs=lambda q: 2 * q.best_ranking - 1,
    rhs=lambda q: q.pair_variation,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

retrieval_variation = Theorem(
    slug="retrieval-variation",
    title="The best retrieval is at most twice the total variation",
    kind=Kind.UPPER_BOUND,
    statement=r"2\mathrm{AUC}^\star-1 \le 2\mathrm{TV}",
    source="ours",
    proof="2AUC*−1 = ½E|ρ−ρ'| ≤ ½E|ρ−1| + ½E|ρ'−1| = 2TV.",
    lhs=lambda q: 2 * q.best_ranking - 1,
    rhs=lambda q: 2 * q.pair_variation,
    per_k=False,
    extremal=Extremal(rare_texts, attained=False),
)

retrieval_information = Theorem(
    slug="retrieval-information",
    title="The best retrieval from mutual information",
    kind=Kind.UPPER_BOUND,
    statement=r"2\mathrm{AUC}^\star-1 \le g(I(X;L))",
    source="ours",
    proof="2AUC*−1 is the mean of 2V−1 under P, V the rank of a text by P/p_L, which is uniform under p_L: "
    "Donsker–Varadhan for each image, and g is concave.",
    lhs=lambda q: 2 * q.best_ranking - 1,
    rhs=lambda q: q.information_limit,
    per_k=False,
    extremal=Extremal(ranks, attained=False),
)

retrieval_chi_square = Theorem(
    slug="retrieval-chi-square",
    title="The best retrieval from the spectrum",
    kind=Kind.UPPER_BOUND,
    statement=r"2\mathrm{AUC}^\star-1 \le \sqrt{\tfrac13\chi^2}",
    source="ours",
    proof="2AUC*−1 = E(ρ−1)(2V−1) under independent pairs, V uniform: Cauchy–Schwarz, and E(2V−1)² = 1/3.",
    lhs=lambda q: 2 * q.best_ranking - 1,
    rhs=lambda q: sqrt(q.chi_square / 3),
    per_k=False,
    extremal=Extremal(linear_ranks, attained=False),
)

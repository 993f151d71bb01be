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
    proof=r"Let $U$ and $V$ be the ranks of a text by $s$ and by $\rho = P/(p_Vp_L)$, spread evenly over $[0,1]$ "
    r"under $p_L$. The left side is the mean over images of $\mathbb{E}_P(V-U)$, and by Donsker and Varadhan "
    r"$\lambda\mathbb{E}_P(V-U) \le \mathrm{KL}+\log\mathbb{E}_{Q_s}[\exp(\lambda(V-U))]$ for every $\lambda>0$, with "
    "$Q_s$ the texts that the scores predict. These are a mixture of uniform laws on $U>c$, so that the last mean is "
    r"at most $\frac{\sinh\lambda}{\lambda}$ by Hardy and Littlewood. The best $\lambda$ gives $g(\mathrm{KL})$, "
    "which is concave. In full: docs/information.md#retrieval-regret.",
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
    proof=r"`retrieval-regret`, and $\log\frac{\sinh\lambda}{\lambda} \le \frac{\lambda^2}{6}$. In full: "
    "docs/information.md#retrieval-regret-root.",
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
    proof=r"Let $\rho$ and $\rho'$ be $P/(p_Vp_L)$ for one image and two texts drawn independently from $p_L$. Then "
    r"$2\mathrm{AUC}^\star-1 = \tfrac12\mathbb{E}|\rho-\rho'|$, at least $\tfrac12\mathbb{E}|\rho-1|$ by Jensen, "
    r"which is $\mathrm{TV}$.",
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
    proof=r"With $\rho$ and $\rho'$ as for `retrieval-variation-lower`, $2\mathrm{AUC}^\star-1 = "
    r"\tfrac12\mathbb{E}|\rho-\rho'| \le \tfrac12\mathbb{E}|\rho-1|+\tfrac12\mathbb{E}|\rho'-1| = 2\mathrm{TV}$.",
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
    proof="Let $V$ be the rank of a text by $P/(p_Vp_L)$, spread evenly over $[0,1]$ under $p_L$. Then "
    r"$2\mathrm{AUC}^\star-1$ is the mean of $2V-1$ under $P$. Donsker and Varadhan bound it for each image as in "
    "`retrieval-regret`, with $g$ as there, which is concave. In full: docs/information.md#retrieval-regret-root.",
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
    proof=r"With $V$ as for `retrieval-information` and $\rho = P/(p_Vp_L)$, "
    r"$2\mathrm{AUC}^\star-1 = \mathbb{E}[(\rho-1)(2V-1)]$ under independent pairs, where $V$ is uniform on $[0,1]$. "
    r"Cauchy–Schwarz: $\mathbb{E}(\rho-1)^2 = \chi^2$ and $\mathbb{E}(2V-1)^2 = \tfrac13$.",
    lhs=lambda q: 2 * q.best_ranking - 1,
    rhs=lambda q: sqrt(q.chi_square / 3),
    per_k=False,
    extremal=Extremal(linear_ranks, attained=False),
)

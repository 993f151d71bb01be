"""Bound the InfoNCE loss by mutual information, and the zero-shot classifier of any scores by their InfoNCE loss."""

import math

from ...worlds.extremal import many_matched, noisy_pair, rare_exclusion, rare_exclusion_of_many, two_images
from ..assumptions import beyond_labeling_error
from ..functions import log, maximum, rational, sqrt
from ..theorem import Extremal, Kind, Theorem

infonce_kl = Theorem(
    slug="infonce-kl",
    title="The excess InfoNCE loss is a divergence",
    kind=Kind.IDENTITY,
    statement=r"\frac{L_\tau(s)}{\tau} = \mathrm{KL}_s - I(X;L)",
    source="ours",
    proof="With Q_s(l|x) ∝ p_L(l)e^{s(x,l)/τ}, log Q_s(l|x)/p_L(l) = s(x,l)/τ − log E e^{s(x,·)/τ}, so that −L_τ(s)/τ "
    "is its mean under P, and log P(l|x)/p_L(l) = log P(l|x)/Q_s(l|x) + log Q_s(l|x)/p_L(l).",
    lhs=lambda q: q.infonce_loss / q.temperature,
    rhs=lambda q: q.score_divergence - q.mutual_information,
    per_k=False,
)

infonce_bound = Theorem(
    slug="infonce-bound",
    title="InfoNCE is a lower bound of mutual information",
    kind=Kind.UPPER_BOUND,
    statement=r"\log M - L_{\mathrm{NCE}} \le I(X;L)",
    source="oord2018",
    proof="With M candidates the loss is that of finding the positive among them, at least log M − I(X;L) for every "
    "score; here it is the least over all scores, at the pointwise mutual information, by enumeration.",
    lhs=lambda q: q.infonce_information,
    rhs=lambda q: q.mutual_information,
    trivial=lambda q: log(q.candidates),  # no loss is negative
    per_k=False,
    extremal=Extremal(rare_exclusion_of_many, attained=False, share=63 * math.log(64 / 63)),
    implied_by=("infonce-bound-many",),
)

infonce_bound_many = Theorem(
    slug="infonce-bound-many",
    title="InfoNCE with few candidates is a lower bound of mutual information, sharp",
    kind=Kind.UPPER_BOUND,
    statement=r"\log M - L_{\mathrm{NCE}} \le (M-1)\log\frac{M}{M-1}\cdot I(X;L)",
    source="ours; oord2018 without the factor",
    proof="The left side is E h(ρ) − E h(ρ̄), h(u) = u log u − u + 1 and ρ̄ the mean of M independent ρ = P/(p_Vp_L). By "
    "superadditivity E h(ρ̄) ≥ M·E h(1+(ρ−1)/M), which is at least (1 − (M−1)log(M/(M−1)))·E h(ρ). "
    "In full: docs/information.md.",
    lhs=lambda q: q.infonce_information,
    rhs=lambda q: (q.candidates - 1) * log(q.candidates / (q.candidates - 1)) * q.mutual_information,
    trivial=lambda q: log(q.candidates),
    per_k=False,
    extremal=Extremal(rare_exclusion, attained=False),
)

infonce_negatives = Theorem(
    slug="infonce-negatives",
    title="So many negatives are enough for InfoNCE to show the mutual information",
    kind=Kind.LOWER_BOUND,
    statement=r"\log M - L_{\mathrm{NCE}} \ge I(X;L) - \log\left(1+\frac{\chi^2}{M}\right)",
    source="ours",
    proof="I − (log M − L_NCE) = E ρ̄ log ρ̄, the mean of log ρ̄ where the first candidate is the image's text, at most "
    "log of the mean of ρ̄ then: 1 + χ²(x)/M for the image x; and the logarithm is concave in x too. "
    "In full: docs/information.md.",
    lhs=lambda q: q.infonce_information,
    rhs=lambda q: q.mutual_information - log(1 + q.chi_square / q.candidates),
    per_k=False,
    extremal=Extremal(many_matched, attained=False),
)

# x log x is at least this much smaller at the place of 0, where it has no logarithm: nothing that any number shows.
_TINY = rational(1, 10**300)


def _entropic(x):  # type: ignore[no-untyped-def]
    """Return x log x, by no more than 1e-297 too small where x is nearly 0."""
    x = maximum(x, _TINY)
    return x * log(x)


zero_shot_infonce_entropy = Theorem(
    slug="zero-shot-infonce-entropy",
    title="Zero-shot error of any scores from their InfoNCE loss",
    kind=Kind.UPPER_BOUND,
    statement=r"e_s\left(\log2-H_b\left(\frac{\alpha}{e_s}\right)\right) \le \mathrm{KL}_s",
    source="ours",
    proof="At an error Q_s(y|x) ≤ ½. Data processing to {y, not y} leaves a divergence of at least log 2 − H_b of the "
    "chance that the text has another label; its mean over the errors is at most α/e; Jensen. "
    "In full: docs/information.md.",
    lhs=lambda q: (
        q.score_error
        * (log(2) + _entropic(q.labeling_error / q.score_error) + _entropic(1 - q.labeling_error / q.score_error))
    ),
    rhs=lambda q: q.score_divergence,
    requires=(beyond_labeling_error,),
    trivial=lambda q: log(2),  # no error exceeds 1, and no entropy is negative
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

zero_shot_infonce = Theorem(
    slug="zero-shot-infonce",
    title="Zero-shot error of any scores from their InfoNCE loss, solved for the error",
    kind=Kind.UPPER_BOUND,
    statement=r"e_s \le \tfrac12\left(\sqrt{\mathrm{KL}_s}+\sqrt{\mathrm{KL}_s+4\alpha}\right)^2",
    source="ours",
    proof="log 2 − H_b(t) ≥ ½(1−2t)² makes (e−2α)² ≤ 2·KL·e of `zero-shot-infonce-entropy`, whose larger root is the "
    "right side; where e ≤ 2α it is at least 2α. In full: docs/information.md.",
    lhs=lambda q: q.score_error,
    rhs=lambda q: (sqrt(q.score_divergence) + sqrt(q.score_divergence + 4 * q.labeling_error)) ** 2 / 2,
    per_k=False,
    extremal=Extremal(noisy_pair, attained=False),
    implied_by=("zero-shot-infonce-entropy",),
)

zero_shot_infonce_excess = Theorem(
    slug="zero-shot-infonce-excess",
    title="Zero-shot error on the texts' labels beyond the least, from the InfoNCE loss",
    kind=Kind.UPPER_BOUND,
    statement=r"\tfrac12\left[(1+\delta_s)\log(1+\delta_s)+(1-\delta_s)\log(1-\delta_s)\right] \le \mathrm{KL}_s",
    source="ours",
    proof="An answer that costs d at x has P larger by d on the best class, and Q_s no smaller on the answer: the "
    "divergence on the two classes is at least the left side at d, which is convex; Jensen. "
    "In full: docs/information.md.",
    lhs=lambda q: (_entropic(1 + q.text_label_excess) + _entropic(1 - q.text_label_excess)) / 2,
    rhs=lambda q: q.score_divergence,
    trivial=lambda q: log(2),
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

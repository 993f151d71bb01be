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
    proof=r"The scores predict the texts $Q_s(l|x) \propto p_L(l)\exp(s(x,l)/\tau)$, so that $-L_\tau(s)/\tau$ is the "
    r"mean under $P$ of $\log(Q_s(l|x)/p_L(l))$. Add that of $\log(P(l|x)/Q_s(l|x))$, which is $\mathrm{KL}_s$: the "
    "sum is $I(X;L)$.",
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
    proof=r"`infonce-bound-many`, whose factor is below 1. $L_{\mathrm{NCE}}$ is the least loss of finding an image's "
    "own text among $M$ candidates, which the pointwise mutual information as score reaches; other scores have more, "
    "so it holds for them too (oord2018).",
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
    proof=r"Let $\bar\rho$ be the mean of $M$ independent values of $\rho = P/(p_Vp_L)$, for one image and texts "
    r"drawn from $p_L$, and $h(u) = u\log u-u+1$. The left side is the mean over images of "
    r"$\mathbb{E}[h(\rho)]-\mathbb{E}[h(\bar\rho)]$, and $I(X;L)$ that of $\mathbb{E}[h(\rho)]$. By superadditivity "
    r"$\mathbb{E}[h(\bar\rho)] \ge M\cdot\mathbb{E}[h(1+\frac{\rho-1}{M})]$, which is at least "
    r"$(1-(M-1)\log\frac{M}{M-1})\mathbb{E}[h(\rho)]$. In full: docs/information.md#infonce-bound-many.",
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
    proof=r"Let $\rho_i$ be $P/(p_Vp_L)$ at the $M$ candidates of an image $x$ and $\bar\rho$ their mean. $I(X;L)$ "
    r"less the left side is the mean of $\log\bar\rho$ where the first candidate is the image's own text. By Jensen "
    r"it is at most the logarithm of the mean of $\bar\rho$ then, $1+\chi^2(x)/M$, and the logarithm is concave in "
    r"$\chi^2(x)$ too, whose mean is $\chi^2$. In full: docs/information.md#infonce-negatives.",
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
    proof=r"At an error the predicted texts have $Q_s(y|x) \le \tfrac12$ for the image's class $y$. Data processing "
    r"to $y$ or not $y$ leaves a divergence of at least $\log2-H_b(a)$, with $a$ the chance that the text of $x$ has "
    r"another label and $H_b$ the binary entropy. The mean of $a$ over the errors is at most $\alpha/e_s$; Jensen. In "
    "full: docs/information.md#zero-shot-infonce-entropy.",
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
    proof=r"Where $e_s \le 2\alpha$ there is nothing to prove, as the right side is at least $2\alpha$. Elsewhere "
    r"$\log2-H_b(t) \ge \tfrac12(1-2t)^2$ makes `zero-shot-infonce-entropy` say "
    r"$(e_s-2\alpha)^2 \le 2e_s\cdot\mathrm{KL}_s$, and the right side is the larger root of this quadratic in $e_s$. "
    "In full: docs/information.md#zero-shot-infonce.",
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
    proof="Where the answer at $x$ is not the text's likeliest label, let $d$ be by how much it is less likely under "
    "$P$. The scores predict it at least as much, so the divergence at $x$ is at least the left side with $d$ for "
    r"$\delta_s$, by data processing to the two labels. The left side is convex, and $\delta_s$ is the mean of $d$. "
    "In full: docs/information.md#zero-shot-infonce-excess.",
    lhs=lambda q: (_entropic(1 + q.text_label_excess) + _entropic(1 - q.text_label_excess)) / 2,
    rhs=lambda q: q.score_divergence,
    trivial=lambda q: log(2),
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

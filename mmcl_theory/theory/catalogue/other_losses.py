"""InfoNCE and linear encoders (theory, sections 2 and 6)."""

import math

from ..theorem import Kind, Theorem

linear_mmcl = Theorem(
    slug="linear-mmcl",
    title="Linear encoders learn the cross-covariance, truncated",
    kind=Kind.IDENTITY,
    statement=r"-\operatorname{Tr}(G_1CG_2^\top) + \tfrac12\|G_1^\top G_2\|_F^2 = -\tfrac12\sum_{j\le k}s_j(C)^2"
    r"\ \text{ at } G_1^\top G_2 = C_k",
    source="nakada2023",
    proof="The loss is ½‖C − G_1ᵀG_2‖² − ½‖C‖², so by Eckart–Young–Mirsky the minimizers are the truncated "
    "decompositions C_k. C is the cross-covariance of the features that the instance has as encoders.",
    lhs=lambda q: q.linear_loss,
    rhs=lambda q: q.linear_optimum,
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
)

THEOREMS = (linear_mmcl, infonce_optimum, infonce_bound)

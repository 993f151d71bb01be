"""State what no encoders go below: minima tested as minima, and the worst case of a linear probe."""

import math

from ...worlds.extremal import aligned, four_halves, two_images
from ..theorem import Extremal, Kind, Theorem

amf_lower = Theorem(
    slug="amf-lower",
    title="No encoders have a smaller factorization loss than the truncated decomposition",
    kind=Kind.LOWER_BOUND,
    statement=r"L_{\mathrm{AMF}}(F_V,F_L) \ge \sum_{j>d}\sigma_j^2",
    source="Eckart–Young–Mirsky",
    proof=r"$F_VF_L^\top$ has at most the rank $d$, the dimension of the given encoders, and no such matrix is nearer "
    "to $A$ than $A_d$, which leaves the right side (Eckart–Young–Mirsky). In full: "
    "docs/samples.md#amf-lower-partial-lower-linear-lower-minima-tested-as-minima.",
    lhs=lambda q: q.factorization_loss,
    rhs=lambda q: q.encoder_tail,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

partial_lower = Theorem(
    slug="partial-lower",
    title="No text encoder has a smaller factorization loss than the best one beside the image encoder",
    kind=Kind.LOWER_BOUND,
    statement=r"L_{\mathrm{AMF}}(F_V,F_L) \ge \operatorname{Tr}(I-\Pi)AA^\top",
    source="ours",
    proof=r"With $\Pi$ the projector onto the columns of $F_V$, "
    r"$\lVert A-F_VF_L^\top\rVert_F^2 = \lVert(I-\Pi)A\rVert_F^2+\lVert\Pi A-F_VF_L^\top\rVert_F^2$, and the first "
    "part is the right side. In full: docs/samples.md#amf-lower-partial-lower-linear-lower-minima-tested-as-minima.",
    lhs=lambda q: q.factorization_loss,
    rhs=lambda q: q.unexplained,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

linear_lower = Theorem(
    slug="linear-lower",
    title="No linear encoders have a smaller loss than the truncated cross-covariance",
    kind=Kind.UPPER_BOUND,
    statement=r"-L_{\mathrm{lin}}(G_1,G_2) \le \tfrac12\sum_{j\le k}s_j(C)^2",
    source="Eckart–Young–Mirsky; nakada2023",
    proof=r"The loss is $\tfrac12\lVert C-G_1^\top G_2\rVert_F^2-\tfrac12\lVert C\rVert_F^2$, with $C$ the "
    r"cross-covariance of the given features, and $G_1^\top G_2$ has at most the rank $k$. It is checked for the maps "
    "that keep the first $k$ components of the features as they are. In full: "
    "docs/samples.md#amf-lower-partial-lower-linear-lower-minima-tested-as-minima.",
    lhs=lambda q: -q.given_linear_loss,
    rhs=lambda q: -q.linear_optimum,
    trivial=math.inf,  # C may be of any size
    extremal=Extremal(aligned, attained=True),
)

probe_minimax = Theorem(
    slug="probe-minimax",
    title="No encoder of its width has a better worst case",
    kind=Kind.UPPER_BOUND,
    statement=r"\mu(S) \le 1-\sigma_{\dim S+1}^2,\ \text{so}\ "
    r"\sup_{\mathbb{E}_{P_T}(g-g')^2\le\varepsilon}\mathrm{dist}^2(g,S) = \frac{\varepsilon}{2\mu(S)} "
    r"\ge \frac{\varepsilon}{2(1-\sigma_{\dim S+1}^2)}",
    source="ours",
    proof=r"In the span of the first $\dim S+1$ singular functions some $g$ is orthogonal to $S$, and its energy "
    r"$\tfrac12\mathbb{E}(g-g')^2$ is at most $(1-\sigma_{\dim S+1}^2)\lVert g\rVert^2$. Equality where $S$ is "
    "spanned by the first singular functions. In full: "
    "docs/samples.md#probe-minimax-no-encoder-of-that-width-has-a-better-worst-case.",
    lhs=lambda q: q.unexplained_energy,
    rhs=lambda q: 1 - q.sigma_affine_next**2,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

intra_energy = Theorem(
    slug="intra-energy",
    title="Negatives within the modalities weigh at least as much as those between them",
    kind=Kind.LOWER_BOUND,
    statement=r"\|F_VF_V^\top\|_F^2+\|F_LF_L^\top\|_F^2 \ge 2\|F_VF_L^\top\|_F^2",
    source="ours",
    proof=r"With $X = F_V^\top F_V$ and $Z = F_L^\top F_L$ the sides are $\lVert X\rVert_F^2+\lVert Z\rVert_F^2$ and "
    r"$2\langle X,Z\rangle$, which differ by $\lVert X-Z\rVert_F^2$.",
    lhs=lambda q: q.intra_energy,
    rhs=lambda q: 2 * q.cross_energy,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

crossclr_spectral = Theorem(
    slug="crossclr-spectral",
    title="Negatives within a modality shrink and balance the encoders, and change nothing else",
    kind=Kind.UPPER_BOUND,
    statement=r"4\langle A,F_VF_L^\top\rangle - 2\|F_VF_L^\top\|_F^2 - \|F_VF_V^\top\|_F^2 - \|F_LF_L^\top\|_F^2"
    r" \le \sum_{j\le d}\sigma_j^2",
    source="ours, of the loss of zolfaghari2021 with squares",
    proof="By `intra-energy` the left side is at most "
    r"$4\langle A,Z\rangle-4\lVert Z\rVert_F^2 = \lVert A\rVert_F^2-\lVert A-2Z\rVert_F^2$ with $Z = F_VF_L^\top$ of "
    "rank $d$ at most, and no such matrix is nearer to $A$ than $A_d$. Equality where $Z = A_d/2$ and "
    r"$F_V^\top F_V = F_L^\top F_L$. For any weight of these negatives, here 1, in full: "
    "docs/shortcuts.md#negatives-within-a-modality.",
    lhs=lambda q: -2 * q.contrastive_loss - q.intra_energy,
    rhs=lambda q: q.squared_norm - q.encoder_tail,
    trivial=math.inf,  # there is no value that it never exceeds, whatever d
    per_k=False,
    extremal=Extremal(four_halves, attained=True),
)

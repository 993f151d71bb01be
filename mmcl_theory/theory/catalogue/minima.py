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
    proof="F_VF_Lᵀ has rank d at most, the dimension of the given encoders, and no such matrix is nearer to A.",
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
    proof="‖A − F_VF_Lᵀ‖² = ‖(I−Π)A‖² + ‖ΠA − F_VF_Lᵀ‖², as the columns of F_VF_Lᵀ are in the range of Π.",
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
    proof="The loss is ½‖C − G_1ᵀG_2‖² − ½‖C‖², and G_1ᵀG_2 has rank k at most.  Checked for the maps that keep the "
    "first k components of the given features as they are.",
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
    proof="Of the span of the first dim S + 1 singular functions some g is orthogonal to S, and its energy ½E(g−g')² "
    "is at most (1−σ²_{dim S+1})‖g‖².  Equality where S is spanned by the first singular functions.",
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
    proof="With X = F_VᵀF_V and Y = F_LᵀF_L the sides are ‖X‖² + ‖Y‖² and 2⟨X, Y⟩, which differ by ‖X − Y‖².",
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
    proof="By `intra-energy` the left side is at most 4⟨A, Z⟩ − 4‖Z‖² = ‖A‖² − ‖A − 2Z‖², Z = F_VF_Lᵀ of rank d at "
    "most, and no such matrix is nearer to A than its truncated decomposition.  Equality where Z = A_d/2 and "
    "F_VᵀF_V = F_LᵀF_L.  For any weight λ of these negatives, here 1: docs/shortcuts.md.",
    lhs=lambda q: -2 * q.contrastive_loss - q.intra_energy,
    rhs=lambda q: q.squared_norm - q.encoder_tail,
    trivial=math.inf,  # there is no value that it never exceeds, whatever d
    per_k=False,
    extremal=Extremal(four_halves, attained=True),
)

"""State the identities: contrastive learning is matrix factorization, and the spectrum is the total inertia."""

from ..theorem import Kind, Theorem

scl_amf = Theorem(
    slug="scl-amf",
    title="The spectral contrastive loss is a factorization loss",
    kind=Kind.IDENTITY,
    statement=r"L_{\mathrm{SCL}}(f_V,f_L) + \|A\|_F^2 = L_{\mathrm{AMF}}(F_V,F_L)",
    source="zhang2023; haochen2021 for the symmetric case",
    proof="Expand the square: the cross term is −2ΣP f_Vᵀf_L, the last Σp_V p_L (f_Vᵀf_L)².",
    lhs=lambda q: q.contrastive_loss + q.squared_norm,
    rhs=lambda q: q.factorization_loss,
    per_k=False,
)

amf_optimum = Theorem(
    slug="amf-optimum",
    title="The optimal encoders are a truncated singular value decomposition",
    kind=Kind.IDENTITY,
    statement=r"L_{\mathrm{AMF}}(U_k\Sigma_k^{1/2},V_k\Sigma_k^{1/2}) = \sum_{j>k}\sigma_j^2",
    source="zhang2023; Eckart–Young–Mirsky",
    proof="Eckart–Young–Mirsky: no rank-k matrix is nearer to A than its truncated decomposition.",
    lhs=lambda q: q.optimal_loss,
    rhs=lambda q: q.tail,
)

text_induced_spectrum = Theorem(
    slug="text-induced-spectrum",
    title="Multi-modal learning is single-modal learning on text-induced pairs",
    kind=Kind.IDENTITY,
    statement=r"\|A_T - U_k\Sigma_k^2U_k^\top\|_F^2 = \sum_{j>k}\sigma_j^4,\quad "
    r"A_T = D_V^{-1/2} P D_L^{-1} P^\top D_V^{-1/2}",
    source="zhang2023",
    proof="The normalized matrix A_T of P_T is AAᵀ, with eigenvectors u_j and eigenvalues σ_j². So the image encoder "
    "that is optimal for P attains on P_T the Eckart–Young–Mirsky optimum of the symmetric factorization.",
    lhs=lambda q: q.optimal_text_induced_loss,
    rhs=lambda q: q.text_induced_tail,
)

partial_minimum = Theorem(
    slug="partial-minimum",
    title="Eliminating the text encoder leaves text-induced pairs",
    kind=Kind.IDENTITY,
    statement=r"\min_{F_L} L_{\mathrm{AMF}}(F_V,F_L) = \operatorname{Tr}(I-\Pi)AA^\top",
    source="ours",
    proof="For fixed F_V the best F_VF_Lᵀ is ΠA, and ‖(I−Π)A‖_F² = Tr (I−Π)AAᵀ.",
    lhs=lambda q: q.best_text_loss,
    rhs=lambda q: q.unexplained,
    per_k=False,
)

chi_square = Theorem(
    slug="chi-square",
    title="The spectrum beyond the first value is the total inertia",
    kind=Kind.IDENTITY,
    statement=r"\sum_{j\ge2}\sigma_j^2 = \chi^2(P\,\|\,p_Vp_L^\top)",
    source="greenacre",
    proof="A − √p_V√p_Lᵀ removes exactly the first triplet, and its squared norm is χ².",
    lhs=lambda q: q.inertia,
    rhs=lambda q: q.chi_square,
    per_k=False,
)

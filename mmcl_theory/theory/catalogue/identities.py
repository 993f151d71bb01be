"""State the identities: contrastive learning is matrix factorization, and the spectrum is the total inertia."""

from ..theorem import Kind, Theorem

scl_amf = Theorem(
    slug="scl-amf",
    title="The spectral contrastive loss is a factorization loss",
    kind=Kind.IDENTITY,
    statement=r"L_{\mathrm{SCL}}(f_V,f_L) + \|A\|_F^2 = L_{\mathrm{AMF}}(F_V,F_L)",
    source="zhang2023; haochen2021 for the symmetric case",
    proof=r"Expand $L_{\mathrm{AMF}} = \lVert A-F_VF_L^\top\rVert_F^2$, where $F_V$ has the row $\sqrt{p_V(x)}f_V(x)$ "
    r"for image $x$ and $F_L$ the row $\sqrt{p_L(l)}f_L(l)$ for text $l$. The cross term is "
    r"$-2\sum_{x,l}P(x,l)f_V(x)^\top f_L(l)$ and the last one $\sum_{x,l}p_V(x)p_L(l)(f_V(x)^\top f_L(l))^2$; "
    r"together they are $L_{\mathrm{SCL}}$.",
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
    proof="Eckart–Young–Mirsky: no matrix of rank $k$ is nearer to $A$ than its truncated decomposition "
    r"$A_k = U_k\Sigma_kV_k^\top$, and $\lVert A-A_k\rVert_F^2 = \sum_{j>k}\sigma_j^2$.",
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
    proof=r"The normalized matrix $A_T$ of text-induced pairs is $AA^\top$, with eigenvectors $u_j$ and eigenvalues "
    r"$\sigma_j^2$. What its first $k$ terms leave is the least that a matrix of rank $k$ can (Eckart–Young–Mirsky). "
    r"So $u_1,\dots,u_k$ span the optimal image encoder of text-induced pairs as they do that of pairs of image and "
    "text.",
    lhs=lambda q: q.optimal_text_induced_loss,
    rhs=lambda q: q.text_induced_tail,
)

partial_minimum = Theorem(
    slug="partial-minimum",
    title="Eliminating the text encoder leaves text-induced pairs",
    kind=Kind.IDENTITY,
    statement=r"\min_{F_L} L_{\mathrm{AMF}}(F_V,F_L) = \operatorname{Tr}(I-\Pi)AA^\top",
    source="ours",
    proof=r"For a fixed $F_V$ the best $F_VF_L^\top$ is $\Pi A$, with $\Pi$ the projector onto the columns of $F_V$, "
    r"and $\lVert A-\Pi A\rVert_F^2 = \mathrm{Tr}(I-\Pi)AA^\top$.",
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
    proof=r"As $u_1 = \sqrt{p_V}$ and $v_1 = \sqrt{p_L}$, the matrix $A-u_1v_1^\top$ has the entries "
    r"$(P(x,l)-p_V(x)p_L(l))/\sqrt{p_V(x)p_L(l)}$. Their squares sum to $\chi^2$, and its singular values are those "
    "of $A$ from the second on.",
    lhs=lambda q: q.inertia,
    rhs=lambda q: q.chi_square,
    per_k=False,
)

"""Bound how far the features of pairs can be aligned, and state what noise and equality of captions do to features."""

from ...worlds.extremal import hot_pair, nested_pairs, second_functions
from ..functions import minimum, sqrt
from ..theorem import Extremal, Kind, Theorem

alignment_spectrum = Theorem(
    slug="alignment-spectrum",
    title="No encoders align the features of pairs beyond the spectrum",
    kind=Kind.UPPER_BOUND,
    statement=r"\mathbb{E}_P\langle f_V,f_L\rangle-\langle m_V,m_L\rangle \le \sum_j\sigma_{j+1}\sqrt{s_jt_j}",
    source="ours; von Neumann's trace inequality",
    proof=r"The left side is $\langle A-u_1v_1^\top,F_VF_L^\top\rangle$, with $F_V$ and $F_L$ the factors of the "
    r"centred features, whose singular values are $\sqrt{s_j}$ and $\sqrt{t_j}$. Von Neumann's trace inequality, and "
    r"Horn's for the singular values of the product $F_VF_L^\top$. In full: docs/information.md#alignment-spectrum.",
    lhs=lambda q: q.alignment,
    rhs=lambda q: q.alignment_spectrum,
    trivial=lambda q: sqrt(q.image_variance * q.text_variance),
    per_k=False,
    extremal=Extremal(nested_pairs, attained=True),
)

alignment_ceiling = Theorem(
    slug="alignment-ceiling",
    title="No encoders align the features of pairs beyond the maximal correlation",
    kind=Kind.UPPER_BOUND,
    statement=r"\mathbb{E}_P\langle f_V,f_L\rangle-\langle m_V,m_L\rangle "
    r"\le \sigma_2\sqrt{\mathbb{E}\|f_V-m_V\|^2\,\mathbb{E}\|f_L-m_L\|^2}",
    source="ours",
    proof=r"`alignment-spectrum`, $\sigma_{j+1} \le \sigma_2$ and Cauchy–Schwarz. Where "
    r"$\mathbb{E}\lVert f_V\rVert^2 = \mathbb{E}\lVert f_L\rVert^2 = 1$ the factors under the root are "
    r"$1-\lVert m_V\rVert^2$ and $1-\lVert m_L\rVert^2$.",
    lhs=lambda q: q.alignment,
    rhs=lambda q: q.sigma_2 * sqrt(q.image_variance * q.text_variance),
    trivial=lambda q: sqrt(q.image_variance * q.text_variance),  # Cauchy–Schwarz
    per_k=False,
    extremal=Extremal(second_functions, attained=True),
    implied_by=("alignment-spectrum",),
)

temperature_ceiling = Theorem(
    slug="temperature-ceiling",
    title="At a temperature cosines show no more information than this",
    kind=Kind.UPPER_BOUND,
    statement=r"-\frac{L_\tau(\mathrm{cos})}{\tau} \le \min\left(I(X;L),\frac{\sigma_2}{\tau}\right)",
    source="ours",
    proof=r"`infonce-kl` gives $I(X;L)$. By Jensen, $-L_\tau$ is at most the mean score of pairs less that of "
    r"independent pairs, which `alignment-ceiling` bounds by $\sigma_2$ for features of length 1; divide by $\tau$.",
    lhs=lambda q: q.cosine_information,
    rhs=lambda q: minimum(q.mutual_information, q.sigma_2 / q.temperature),
    trivial=lambda q: 1 / q.temperature,  # as σ_2 ≤ 1
    per_k=False,
    extremal=Extremal(hot_pair, attained=False),
    implied_by=("infonce-kl", "alignment-ceiling"),
)

noise_dilution = Theorem(
    slug="noise-dilution",
    title="Captions that are mixed up dilute the labels of text-induced pairs",
    kind=Kind.IDENTITY,
    statement=r"\alpha_T(\eta) = 1-\pi-\eta^2(1-\pi-\alpha_T),\quad P_\eta = \eta P+(1-\eta)p_Vp_L^\top",
    source="ours",
    proof=r"The normalized matrix of $P_\eta$ is $A_\eta = \eta A+(1-\eta)u_1v_1^\top$, and "
    r"$1-\alpha_T(\eta) = \lVert A_\eta^\top Y\rVert_F^2$. As $v_1$ is orthogonal to $(A-u_1v_1^\top)^\top Y$, it is "
    r"$\eta^2(1-\alpha_T)+(1-\eta^2)\lVert u_1^\top Y\rVert^2$, where $\lVert u_1^\top Y\rVert^2 = \pi$.",
    lhs=lambda q: q.diluted_error,
    rhs=lambda q: 1 - q.class_collision - q.mismatch**2 * (1 - q.class_collision - q.text_induced_error),
    per_k=False,
)

noise_dilution_spectrum = Theorem(
    slug="noise-dilution-spectrum",
    title="Captions that are mixed up shrink the spectrum and turn no feature",
    kind=Kind.IDENTITY,
    statement=r"\|A_\eta A_\eta^\top-\eta^2AA^\top-(1-\eta^2)u_1u_1^\top\|_F^2 = 0",
    source="ours",
    proof=r"The normalized matrix of $P_\eta$ of `noise-dilution` is $A_\eta = \eta A+(1-\eta)u_1v_1^\top$, and "
    r"$Av_1 = u_1$. So $\sigma_j$ becomes $\eta\sigma_j$ for $j \ge 2$, with the same vectors, and $r_k$ is the same.",
    lhs=lambda q: q.dilution_residual,
    rhs=lambda q: 0.0 * q.dilution_residual,
    per_k=False,
)

caption_distance = Theorem(
    slug="caption-distance",
    title="Images with equal captions get equal features",
    kind=Kind.IDENTITY,
    statement=r"\max_{x,x'}\frac{p(x)p(x')}{p(x)+p(x')}\left|\sum_j\sigma_j^2(\varphi_j(x)-\varphi_j(x'))^2"
    r"-\sum_l\frac{(P(l|x)-P(l|x'))^2}{p_L(l)}\right| = 0,\quad \varphi_j = \frac{u_j}{\sqrt{p_V}}",
    source="ours; greenacre, the chi-square distance",
    proof=r"Both are $\langle d,AA^\top d\rangle$ for $d = e_x/\sqrt{p_V(x)}-e_{x'}/\sqrt{p_V(x')}$, with $e_x$ the "
    r"unit vector of image $x$: the first by the spectrum of $AA^\top$, the second as $\lVert A^\top d\rVert^2$.",
    lhs=lambda q: q.caption_gap,
    rhs=lambda q: 0.0 * q.caption_gap,
    per_k=False,
)

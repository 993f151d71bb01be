"""Bound the linear probe on encoders that are not optimal."""

from ...worlds.extremal import rotated
from ..assumptions import connected_beyond_k, gap_to_encoder
from ..functions import maximum, sqrt
from ..theorem import Extremal, Kind, Theorem

suboptimal_encoder = Theorem(
    slug="suboptimal-encoder",
    title="Linear-probe residual of an encoder that is not quite optimal",
    kind=Kind.UPPER_BOUND,
    statement=r"r(F_V) \le \left(\sqrt{\frac{\alpha_T}{1-\sigma_{k+1}^2}} + "
    r"\sqrt{\frac{p_{\max}\varepsilon}{\sigma_k^2-\sigma_{d+1}^2}}\right)^2,\quad "
    r"\varepsilon = L_{\mathrm{AMF}}(F_V,F_L)-\sum_{j>d}\sigma_j^2",
    source="ours; haochen2021 has kε/(gap)² in place of ε/gap",
    proof=r"Let $d \ge k$ be the dimension of the encoders, $\Pi$ the projector onto the columns of $F_V$ and "
    r"$c_j = \lVert\Pi u_j\rVert^2$, of sum $d$ at most. $\lVert(I-\Pi)A\rVert_F^2 \le L_{\mathrm{AMF}}$ says "
    r"$\sum_{j\le d}\sigma_j^2(1-c_j)-\sum_{j>d}\sigma_j^2c_j \le \varepsilon$, so "
    r"$\sum_{j\le k}(1-c_j) \le \frac{\varepsilon}{\sigma_k^2-\sigma_{d+1}^2}$. Split $Y$: of $\Pi_kY$, where "
    r"$\lVert Y\rVert_2^2 = p_{\max}$, the projector $I-\Pi$ leaves at most the second root, and the rest is at most "
    r"$\sqrt{r_k}$, which `probe-text-induced` bounds. Equality at every excess: "
    "docs/samples.md#suboptimal-encoder-is-met-with-equality-at-every-excess.",
    lhs=lambda q: q.encoder_residual,
    rhs=lambda q: (
        (
            sqrt(q.text_induced_error / (1 - q.sigma_next**2))
            # ε is never negative, rounding apart
            + sqrt(q.largest_class * maximum(0, q.excess_loss) / (q.sigma_k**2 - q.sigma_encoder_next**2))
        )
        ** 2
    ),
    requires=(gap_to_encoder, connected_beyond_k),
    extremal=Extremal(rotated, attained=True, k=2),
    weaker_with=("sigma_next",),
)

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
    proof="With d the dimension of the encoders and c_j = ‖Πu_j‖²: ‖(I−Π)A‖² ≤ L_AMF gives "
    "Σ_{j≤k}(1−c_j) ≤ ε/(σ_k²−σ²_{d+1}); split Y into its first k components and the rest.",
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

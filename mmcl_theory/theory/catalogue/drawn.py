"""Bound the errors of heads that draw their answers: no factor 2 stands between a residual and an error then."""

from ...worlds.extremal import half_decided, two_images
from ..assumptions import connected_beyond_k, unique_projector
from ..theorem import Extremal, Kind, Theorem

probe_drawn_exact = Theorem(
    slug="probe-drawn-exact",
    title="Error of the linear probe that draws its answers, exactly",
    kind=Kind.IDENTITY,
    statement=r"\tilde e_k = r_k - g_k,\quad "
    r"g_k = \mathbb{E}\|\pi-p\|^2 + \mathbb{E}\langle 2p-\pi, \pi-\mathrm{onehot}(y)\rangle",
    source="ours",
    proof=r"Let $p$ be the scores and $\pi$ the probabilities that the class is drawn from. For any $p$ and $\pi$, "
    r"$1-\pi_y = \lVert\mathrm{onehot}(y)-p\rVert^2-\lVert\pi-p\rVert^2-\langle2p-\pi,\pi-\mathrm{onehot}(y)\rangle$: "
    "expand, and take the mean. In full: "
    "docs/heads.md#probe-drawn-exact-zero-shot-drawn-exact-probe-drawn-zero-shot-drawn.",
    lhs=lambda q: q.probe_drawn_error,
    rhs=lambda q: q.probe_residual - q.probe_drawn_gain,
    requires=(unique_projector,),
)

zero_shot_drawn_exact = Theorem(
    slug="zero-shot-drawn-exact",
    title="Error of the zero-shot head that draws its answers, exactly",
    kind=Kind.IDENTITY,
    statement=r"\tilde e^{\mathrm{zs}}_k = z_k - g^{\mathrm{zs}}_k",
    source="ours",
    proof="As for `probe-drawn-exact`, which holds for any scores. In full: "
    "docs/heads.md#probe-drawn-exact-zero-shot-drawn-exact-probe-drawn-zero-shot-drawn.",
    lhs=lambda q: q.zero_shot_drawn_error,
    rhs=lambda q: q.zero_shot_residual - q.zero_shot_drawn_gain,
    requires=(unique_projector,),
)

probe_drawn = Theorem(
    slug="probe-drawn",
    title="Error of the linear probe that draws its answers",
    kind=Kind.UPPER_BOUND,
    statement=r"\tilde e_k = \mathbb{E}[1-\pi_y(x)] \le r_k",
    source="ours",
    proof=r"`probe-drawn-exact`, where the gain $g_k$ is not negative: $\pi(x)$ is the point of the simplex nearest "
    r"to $2p(x)$, so $\langle2p-\pi,\mathrm{onehot}(y)-\pi\rangle \le 0$. In full: "
    "docs/heads.md#probe-drawn-exact-zero-shot-drawn-exact-probe-drawn-zero-shot-drawn.",
    lhs=lambda q: q.probe_drawn_error,
    rhs=lambda q: q.probe_residual,
    requires=(unique_projector,),
    trivial=lambda q: 1 - q.class_collision,
    extremal=Extremal(half_decided, attained=True, k=2),
)

zero_shot_drawn = Theorem(
    slug="zero-shot-drawn",
    title="Error of the zero-shot head that draws its answers",
    kind=Kind.UPPER_BOUND,
    statement=r"\tilde e^{\mathrm{zs}}_k = \mathbb{E}[1-\pi_y(x)] \le z_k",
    source="ours",
    proof="As for `probe-drawn`, which holds for any scores. In full: "
    "docs/heads.md#probe-drawn-exact-zero-shot-drawn-exact-probe-drawn-zero-shot-drawn.",
    lhs=lambda q: q.zero_shot_drawn_error,
    rhs=lambda q: q.zero_shot_residual,
    requires=(unique_projector,),
    extremal=Extremal(two_images, attained=True),
)

probe_drawn_mmcl = Theorem(
    slug="probe-drawn-mmcl",
    title="Error of the linear probe of the optimal multi-modal encoder that draws its answers",
    kind=Kind.UPPER_BOUND,
    statement=r"\tilde e_k \le \frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}",
    source="zhang2023, sharp form",
    proof="`probe-drawn`, and `probe-mmcl` for its $r_k$. It is half of `probe-error-mmcl`.",
    lhs=lambda q: q.probe_drawn_error,
    rhs=lambda q: (2 * q.labeling_error - q.labeling_error**2) / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
    trivial=lambda q: 1 - q.class_collision,
    extremal=Extremal(two_images, attained=False),
    implied_by=("probe-drawn", "probe-mmcl"),
    weaker_with=("sigma_next",),
)

"""Bound residuals by walks of several steps: image, one of its texts, an image of that text, and so on.

α^(m) is the probability that the label differs after m steps.  A residual is the mass up to σ²_{k+1} of the labels'
spectral measure μ, of which walks know moments: 1 − α^(m) = ∫ x^m dμ.  Proofs in docs/walks.md.
"""

from ...worlds.extremal import coarse_captions, two_components, two_images, two_levels
from ..assumptions import (
    connected_augmentation,
    connected_beyond_k,
    positive_augmentation,
    semidefinite_augmentation,
    spread_augmentation,
    spread_spectrum,
    unique_augmentation_projector,
    unique_projector,
)
from ..theorem import Extremal, Kind, Theorem
from ..trivial import largest_augmentation_residual, largest_residual

_LABELS = (
    r"Let the measure $\mu$ have the mass $\lVert u_j^\top Y\rVert^2$ at each $\sigma_j^2$. Then $r_k = \mu([0,a])$ "
    r"with $a = \sigma_{k+1}^2$, and $\int x^m d\mu = 1-\alpha^{(m)}$. "
)

probe_lower_classes = Theorem(
    slug="probe-lower-classes",
    title="Linear-probe residual from below, with the sizes of the classes",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k \ge \frac{\alpha_T - (1-\sigma_k^2)(1-\pi)}{\sigma_k^2-\sigma_{\min}^2}",
    source="ours",
    proof=r"As for `probe-mmcl-lower`. The part of $Y$ along $u_1$ has the squared norm $\pi$ and adds nothing to "
    r"$\alpha_T$, as $\sigma_1 = 1$: $\alpha_T \le (1-\sigma_k^2)(1-\pi-r_k)+(1-\sigma_{\min}^2)r_k$. In full: "
    "docs/walks.md#probe-lower-classes.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: (
        (q.text_induced_error - (1 - q.sigma_k**2) * (1 - q.class_collision)) / (q.sigma_k**2 - q.sigma_min**2)
    ),
    requires=(spread_spectrum, unique_projector),
    extremal=Extremal(two_levels, attained=True, k=2),
)

probe_two_step = Theorem(
    slug="probe-two-step",
    title="Linear-probe residual, from walks of two steps",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \alpha_T + \frac{\alpha^{(2)}-\alpha_T}{1-\sigma_{k+1}^2}",
    source="ours",
    proof=_LABELS + r"The polynomial $p = 1-\frac{x(x-a)}{1-a}$ is at least 1 on $[0,a]$ and at least 0 on $[a,1]$, "
    r"and $\int p d\mu$ is the right side. In full: docs/walks.md#any-polynomial-is-a-proof.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.text_induced_error + (q.walk_error_two - q.text_induced_error) / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
    trivial=largest_residual,
    extremal=Extremal(two_components, attained=True, k=2),
    implied_by=("probe-walk",),
    weaker_with=("sigma_next",),
)

probe_two_step_lower = Theorem(
    slug="probe-two-step-lower",
    title="Linear-probe residual from below, from walks of two steps",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k \ge \alpha_T - \frac{\alpha^{(2)}-\alpha_T}{\sigma_k^2}",
    source="ours",
    proof=_LABELS + r"$\mu$ has no mass between $a$ and $b = \sigma_k^2$, and $p = (1-x)(1-\frac{x}{b})$ is at most 1 "
    r"on $[0,b]$ and at most 0 on $[b,1]$, and $\int p d\mu$ is the right side. In full: "
    "docs/walks.md#any-polynomial-is-a-proof.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.text_induced_error - (q.walk_error_two - q.text_induced_error) / q.sigma_k**2,
    requires=(unique_projector,),
    extremal=Extremal(coarse_captions, attained=True, k=2),
    implied_by=("probe-walk-lower",),
)

probe_steps = Theorem(
    slug="probe-steps",
    title="Linear-probe residual, from the last of several steps",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{\alpha^{(M)}-\sigma_{k+1}^2\alpha^{(M-1)}}{1-\sigma_{k+1}^2}",
    source="ours",
    proof=_LABELS + r"The polynomial $p = 1-\frac{x^{M-1}(x-a)}{1-a}$ is at least 1 on $[0,a]$ and at least 0 on "
    r"$[a,1]$, and $\int p d\mu$ is the right side. $M = 1$ is `probe-text-induced`. In full: "
    "docs/walks.md#any-polynomial-is-a-proof.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: (q.walk_error_last - q.sigma_next**2 * q.walk_error_before) / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
    trivial=largest_residual,
    extremal=Extremal(two_components, attained=True, k=2),
    implied_by=("probe-walk",),
    weaker_with=("sigma_next",),
)

probe_walk = Theorem(
    slug="probe-walk",
    title="Linear-probe residual, the best bound from walks of up to M steps",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k \le \overline r_k^{(M)} = \min\int p\,d\mu'"
    r"\text{ over }\deg p \le M,\ p \ge 1\text{ on }[0,\sigma_{k+1}^2],\ p \ge 0\text{ on }[\sigma_k^2,1]",
    source="ours; the best polynomials are Chebyshev's, Markov's and Stieltjes's",
    proof=_LABELS + r"$\mu$ has at least the mass $\pi$ at 1, as $u_1 = \sqrt{p_V}$, and $\mu'$ is $\mu$ without "
    r"that. So $r_k = \mu'([0,a]) \le \int p d\mu'$ for each such $p$. In full: "
    "docs/walks.md#probe-walk-and-probe-walk-lower.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.walk_upper,
    requires=(unique_projector,),
    trivial=largest_residual,
    extremal=Extremal(coarse_captions, attained=True, k=2),
)

probe_walk_lower = Theorem(
    slug="probe-walk-lower",
    title="Linear-probe residual from below, the best bound from walks of up to M steps",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k \ge \underline r_k^{(M)} = \max\int p\,d\mu'"
    r"\text{ over }\deg p \le M,\ p \le 1\text{ on }[0,\sigma_{k+1}^2],\ p \le 0\text{ on }[\sigma_k^2,1]",
    source="ours; the best polynomials are Chebyshev's, Markov's and Stieltjes's",
    proof=r"With $\mu'$ as for `probe-walk`, $r_k = \mu'([0,\sigma_{k+1}^2]) \ge \int p d\mu'$ for each such $p$. In "
    "full: docs/walks.md#probe-walk-and-probe-walk-lower.",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.walk_lower,
    requires=(unique_projector,),
    extremal=Extremal(coarse_captions, attained=True, k=2),
)

zero_shot_walk = Theorem(
    slug="zero-shot-walk",
    title="Zero-shot residual, the best bound from walks of up to M steps",
    kind=Kind.UPPER_BOUND,
    statement=r"z_k \le \overline z_k^{(M)} = \overline r_k^{(M)} + \max\|\Pi_k(Y-AW)\|_F^2\text{ likewise}",
    source="ours",
    proof=r"By `zero-shot-pythagoras` $z_k = r_k+\lVert\Pi_k(Y-AW)\rVert_F^2$, and `probe-walk` bounds $r_k$. What "
    r"the projector leaves of $Y-AW$, whose squared norm is $2\alpha-\alpha_V$, is at least what `probe-walk-lower` "
    "says with $Y-AW$ for $Y$. In full: docs/walks.md#the-zero-shot-residual.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: q.zero_shot_walk_upper,
    requires=(unique_projector,),
    extremal=Extremal(two_images, attained=True),
)

zero_shot_walk_lower = Theorem(
    slug="zero-shot-walk-lower",
    title="Zero-shot residual from below, the best bound from walks of up to M steps",
    kind=Kind.LOWER_BOUND,
    statement=r"z_k \ge \underline z_k^{(M)} = \underline r_k^{(M)} + \min\|\Pi_k(Y-AW)\|_F^2\text{ likewise}",
    source="ours",
    proof="As for `zero-shot-walk`, with the upper and lower bounds exchanged. In full: "
    "docs/walks.md#the-zero-shot-residual.",
    lhs=lambda q: q.zero_shot_residual,
    rhs=lambda q: q.zero_shot_walk_lower,
    requires=(unique_projector,),
    extremal=Extremal(two_images, attained=True),
)

probe_sscl_lower_classes = Theorem(
    slug="probe-sscl-lower-classes",
    title="Linear-probe residual of the optimal single-modal encoder from below, with the sizes of the classes",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k^A \ge \frac{\alpha_A - (1-\lambda_k)(1-\pi_A)}{\lambda_k-\lambda_{\min}}",
    source="ours",
    proof=r"As for `probe-lower-classes`: $\alpha_A \le (1-\lambda_k)(1-\pi_A-r_k^A)+(1-\lambda_{\min})r_k^A$. In "
    "full: docs/walks.md#augmentation-pairs.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: (
        (q.augmentation_error - (1 - q.lambda_k) * (1 - q.augmentation_collision)) / (q.lambda_k - q.lambda_min)
    ),
    requires=(spread_augmentation, unique_augmentation_projector, positive_augmentation),
    extremal=Extremal(two_levels, attained=True, k=2),
)

probe_sscl_two_step = Theorem(
    slug="probe-sscl-two-step",
    title="Linear-probe residual of the optimal single-modal encoder, from walks of two steps",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k^A \le \alpha_A + \frac{\alpha_A^{(2)}-\alpha_A}{1-\lambda_{k+1}}",
    source="ours",
    proof=r"As for `probe-two-step`, with augmentation pairs for text-induced ones and $\lambda_j$ for $\sigma_j^2$; "
    "no eigenvalue may be negative. In full: docs/walks.md#augmentation-pairs.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.augmentation_error + (q.sscl_walk_error_two - q.augmentation_error) / (1 - q.lambda_next),
    requires=(connected_augmentation, unique_augmentation_projector, semidefinite_augmentation),
    trivial=largest_augmentation_residual,
    extremal=Extremal(two_components, attained=True, k=2),
    implied_by=("probe-sscl-walk",),
    weaker_with=("lambda_next",),
)

probe_sscl_two_step_lower = Theorem(
    slug="probe-sscl-two-step-lower",
    title="Linear-probe residual of the optimal single-modal encoder from below, from walks of two steps",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k^A \ge \alpha_A - \frac{\alpha_A^{(2)}-\alpha_A}{\lambda_k}",
    source="ours",
    proof=r"As for `probe-two-step-lower`, with augmentation pairs for text-induced ones and $\lambda_j$ for "
    r"$\sigma_j^2$; no eigenvalue may be negative. In full: docs/walks.md#augmentation-pairs.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.augmentation_error - (q.sscl_walk_error_two - q.augmentation_error) / q.lambda_k,
    requires=(positive_augmentation, unique_augmentation_projector, semidefinite_augmentation),
    extremal=Extremal(coarse_captions, attained=True, k=2),
    implied_by=("probe-sscl-walk-lower",),
)

probe_sscl_steps = Theorem(
    slug="probe-sscl-steps",
    title="Linear-probe residual of the optimal single-modal encoder, from the last of several steps",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k^A \le \frac{\alpha_A^{(M)}-\lambda_{k+1}\alpha_A^{(M-1)}}{1-\lambda_{k+1}}",
    source="ours",
    proof=r"As for `probe-steps`, with augmentation pairs for text-induced ones and $\lambda_j$ for $\sigma_j^2$; no "
    "eigenvalue may be negative. In full: docs/walks.md#augmentation-pairs.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: (q.sscl_walk_error_last - q.lambda_next * q.sscl_walk_error_before) / (1 - q.lambda_next),
    requires=(connected_augmentation, unique_augmentation_projector, semidefinite_augmentation),
    trivial=largest_augmentation_residual,
    extremal=Extremal(two_components, attained=True, k=2),
    implied_by=("probe-sscl-walk",),
    weaker_with=("lambda_next",),
)

probe_sscl_walk = Theorem(
    slug="probe-sscl-walk",
    title="Linear-probe residual of the optimal single-modal encoder, the best bound from walks of up to M steps",
    kind=Kind.UPPER_BOUND,
    statement=r"r_k^A \le \overline r_k^{A(M)} = \min\int p\,d\mu_A'"
    r"\text{ over }\deg p \le M,\ p \ge 1\text{ on }[0,\lambda_{k+1}],\ p \ge 0\text{ on }[\lambda_k,1]",
    source="ours; the best polynomials are Chebyshev's, Markov's and Stieltjes's",
    proof=r"As for `probe-walk`, with augmentation pairs for text-induced ones and $\lambda_j$ for $\sigma_j^2$; no "
    "eigenvalue may be negative. In full: docs/walks.md#augmentation-pairs.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.sscl_walk_upper,
    requires=(unique_augmentation_projector, semidefinite_augmentation),
    trivial=largest_augmentation_residual,
    extremal=Extremal(coarse_captions, attained=True, k=2),
)

probe_sscl_walk_lower = Theorem(
    slug="probe-sscl-walk-lower",
    title="Linear-probe residual of the optimal single-modal encoder from below, the best bound from walks of up to M "
    "steps",
    kind=Kind.LOWER_BOUND,
    statement=r"r_k^A \ge \underline r_k^{A(M)} = \max\int p\,d\mu_A'"
    r"\text{ over }\deg p \le M,\ p \le 1\text{ on }[0,\lambda_{k+1}],\ p \le 0\text{ on }[\lambda_k,1]",
    source="ours; the best polynomials are Chebyshev's, Markov's and Stieltjes's",
    proof=r"As for `probe-walk-lower`, with augmentation pairs for text-induced ones and $\lambda_j$ for "
    r"$\sigma_j^2$; no eigenvalue may be negative. In full: docs/walks.md#augmentation-pairs.",
    lhs=lambda q: q.sscl_residual,
    rhs=lambda q: q.sscl_walk_lower,
    requires=(unique_augmentation_projector, semidefinite_augmentation),
    extremal=Extremal(coarse_captions, attained=True, k=2),
)

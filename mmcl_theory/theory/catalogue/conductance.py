"""Bound the conductance of the graph of text-induced pairs by its spectrum, and the spectrum by conductances."""

import math

from ...worlds.extremal import narrowing_tail, two_images
from ..functions import sqrt
from ..theorem import Extremal, Kind, Theorem

class_conductance = Theorem(
    slug="class-conductance",
    title="Classes that few pairs leave keep the spectrum high",
    kind=Kind.UPPER_BOUND,
    statement=r"1-\sigma_r^2 \le 2\max_i\varphi_i,\quad "
    r"\varphi_i = \Pr_{P_T}[y(x')\ne i \mid y(x)=i]",
    source="easy side of the higher-order Cheeger inequality",
    proof="Let $f$ have the value $c_i$ on class $i$ of mass $p_i$, and let $x$ and $x'$ be a text-induced pair. As "
    r"$(c_i-c_j)^2 \le 2c_i^2+2c_j^2$, "
    r"$\tfrac12\mathbb{E}(f(x)-f(x'))^2 \le \sum_i2\varphi_ip_ic_i^2 \le 2\max_i\varphi_i\cdot\mathbb{E}[f(x)^2]$. "
    r"Such $f$ form a space of $r$ dimensions, so $1-\sigma_r^2$ is at most the largest ratio on it (Courant–Fischer).",
    lhs=lambda q: 1 - q.sigma_classes**2,
    rhs=lambda q: 2 * q.class_conductance,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

class_conductance_total = Theorem(
    slug="class-conductance-total",
    title="Classes that few pairs leave keep the spectrum high, by their sum",
    kind=Kind.UPPER_BOUND,
    statement=r"1-\sigma_r^2 \le \sum_i\varphi_i",
    source="ours",
    proof=r"$I-AA^\top$ compressed to the span of the class indicators is positive semidefinite of trace "
    r"$\sum_i\varphi_i$. So its largest eigenvalue is at most that, and it is at least $1-\sigma_r^2$. Equality for "
    "two classes whose indicators are in the span of $u_1,u_2$. In full: docs/sharper.md#class-conductance-total.",
    lhs=lambda q: 1 - q.sigma_classes**2,
    rhs=lambda q: q.total_conductance,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
    implied_by=("class-conductance-sum",),
)

cheeger = Theorem(
    slug="cheeger",
    title="Conductance of the text-induced graph from above",
    kind=Kind.UPPER_BOUND,
    statement=r"\varphi(G) \le \sqrt{2(1-\sigma_2^2)}",
    source="Cheeger inequality on P_T",
    proof=r"`cheeger-text-induced`, which has $\tfrac43$ in place of 2. For graphs of any kind: some level set of the "
    "second eigenfunction has a conductance as small as that (Cheeger).",
    lhs=lambda q: q.conductance,
    rhs=lambda q: sqrt(2 * (1 - q.sigma_2**2)),
    per_k=False,
    extremal=Extremal(narrowing_tail, attained=False, share=math.sqrt(2 / 3)),
    implied_by=("cheeger-text-induced",),
)

cheeger_text_induced = Theorem(
    slug="cheeger-text-induced",
    title="Conductance of the text-induced graph from above, sharp",
    kind=Kind.UPPER_BOUND,
    statement=r"\varphi(G) \le \sqrt{\tfrac43(1-\sigma_2^2)}",
    source="ours; the Cheeger inequality has 2 in place of 4/3, for graphs of any kind",
    proof="Some level set of the second eigenfunction has a conductance as small as that. The proof is that of "
    "Cheeger's inequality, but the two images are independent given the text, and "
    r"$\mathbb{E}|f^2-f'^2| \le \frac{4}{\sqrt3}\mathrm{sd}(f)\lVert f\rVert$ for independent $f,f' \ge 0$ of one "
    r"law, with $\mathrm{sd}$ the standard deviation and $\lVert f\rVert^2 = \mathbb{E}[f^2]$. In full: "
    "docs/sharper.md#cheeger-text-induced.",
    lhs=lambda q: q.conductance,
    rhs=lambda q: sqrt(4 * (1 - q.sigma_2**2) / 3),
    per_k=False,
    extremal=Extremal(narrowing_tail, attained=False),
)

cheeger_lower = Theorem(
    slug="cheeger-lower",
    title="Conductance of the text-induced graph from below",
    kind=Kind.LOWER_BOUND,
    statement=r"\varphi(G) \ge (1-\sigma_2^2)/2",
    source="Cheeger inequality on P_T",
    proof=r"For a set $S$ of mass $p(S) \le \tfrac12$, the indicator less its mean has the Rayleigh quotient "
    r"$\frac{\varphi(S)}{1-p(S)} \le 2\varphi(S)$ of $I-AA^\top$, and no function of mean 0 has one below "
    r"$1-\sigma_2^2$.",
    lhs=lambda q: q.conductance,
    rhs=lambda q: (1 - q.sigma_2**2) / 2,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

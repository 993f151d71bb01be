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
    proof="The r class indicators span a space on which every Rayleigh quotient of I − AAᵀ is at most 2 max φ_i.",
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
    proof="I − AAᵀ compressed to the span of the class indicators is positive semidefinite of trace Σφ_i, so its "
    "largest eigenvalue, which is at least 1 − σ_r², is no more. Equality for two classes that texts tell apart. "
    "In full: docs/sharper.md.",
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
    proof="Sweep over the level sets of the second eigenvector of AAᵀ.",
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
    proof="Sweep over the level sets of the second eigenvector as for Cheeger's inequality. The two images are "
    "independent given the text, and E|f²−f'²| ≤ (4/√3) sd(f) ‖f‖ for independent f, f' of one law. "
    "In full: docs/sharper.md.",
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
    proof="The centred indicator of a set S has Rayleigh quotient φ(S)/(1−p(S)) ≤ 2φ(S) for p(S) ≤ 1/2.",
    lhs=lambda q: q.conductance,
    rhs=lambda q: (1 - q.sigma_2**2) / 2,
    per_k=False,
    extremal=Extremal(two_images, attained=True),
)

"""Neighbours of a theorem: false ones, which an adversary should refute, and those that are true after all."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ..falsification.candidates import reads
from ..theory.assumptions import connected_augmentation, connected_beyond_k
from ..theory.functions import sqrt
from ..theory.theorem import Formula, Kind, Theorem

FACTOR = 0.9


def mutants(theorem: Theorem) -> list[Theorem]:
    """Neighbours of a bound, each with one thing changed.

    - ``~constant``: the bound times 0.9 (divided by 0.9, for a lower bound).
    - ``~without-…``: one assumption less, by its place from 1.  A ``defining`` assumption is never dropped: without
      σ_{k+1} < 1 a bound divides by zero, without σ_k > σ_{k+1} there is no one r_k.
    - ``~connectivity``: strict connectivity is not required; that there is a bound then, it reads 0 for σ_{k+1} or
      λ_{k+1}, as if the graph were as connected as can be.
    - ``~sigma_next-as-sigma_k``, ``~sigma_next-as-sigma_after`` and the like: the bound reads the value of the spectrum
      before or after the one it should; of a lower bound that reads the least value, the (k+1)-th.
    - ``~alpha-for-2alpha``: the bound reads 1 − √(1−α) for α, which turns 2α − α² into α.

    A mutant's ``proof`` is empty where it is expected to be false; where it is true, the proof says why
    (docs/mutants.md).  No formula is typed again: the bound is evaluated on quantities some of which are replaced.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> for mutant in mt.mutants(mt.theorems["probe-mmcl"]):
    ...     print(mutant.slug, mutant.proof and "(true)")
    probe-mmcl~constant
    probe-mmcl~connectivity
    probe-mmcl~sigma_next-as-sigma_k (true)
    probe-mmcl~sigma_next-as-sigma_after
    probe-mmcl~alpha-for-2alpha
    """
    if theorem.kind not in (Kind.UPPER_BOUND, Kind.LOWER_BOUND):
        return []
    changed = [_mutant(theorem, "constant", rhs=scaled(theorem, FACTOR).rhs)]
    for place, assumption in enumerate(theorem.requires):
        if not assumption.defining:
            kept = tuple(other for other in theorem.requires if other is not assumption)
            changed.append(_mutant(theorem, f"without-{place + 1}", requires=kept))
    read_by_bound = reads(dataclasses.replace(theorem, lhs=lambda q: 0, requires=()))
    for connected, value in ((connected_beyond_k, "sigma_next"), (connected_augmentation, "lambda_next")):
        if connected in theorem.requires and value in read_by_bound:
            kept = tuple(other for other in theorem.requires if other is not connected)
            rhs = substituted(theorem.rhs, {value: lambda q: 0.0})
            changed.append(_mutant(theorem, "connectivity", rhs=rhs, requires=kept))
    for name, substitutes in SUBSTITUTES.items():
        if not read_by_bound.isdisjoint(substitutes):
            changed.append(_mutant(theorem, name, rhs=substituted(theorem.rhs, substitutes)))
    return changed


def _mutant(theorem: Theorem, what: str, **changes: Any) -> Theorem:
    slug = f"{theorem.slug}~{what}"
    true = PROVEN.get(slug, "")
    return dataclasses.replace(theorem, slug=slug, title=f"{theorem.title} ({what})", proof=true, **changes)


def scaled(theorem: Theorem, factor: float) -> Theorem:
    """The bound made sharper: times ``factor``, divided by it for a lower bound; 1 leaves it as it is.

    An instance that violates it uses up more than this share of the theorem's own bound.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> sharper = scaled(mt.theorems["cheeger"], 0.5)
    >>> round(float(mt.verify(mt.generators.isotropic_noise(4, 0.5), 1, sharper).ratio[0]), 6)
    0.612372
    """
    if theorem.kind is Kind.LOWER_BOUND:
        rhs: Formula = lambda q: theorem.rhs(q) / factor  # noqa: E731
    else:
        rhs = lambda q: factor * theorem.rhs(q)  # noqa: E731
    return dataclasses.replace(theorem, slug=f"{theorem.slug}~{factor:g}", rhs=rhs)


SUBSTITUTES: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "sigma_next-as-sigma_k": {"sigma_next": lambda q: q.sigma_k},
    "sigma_next-as-sigma_after": {"sigma_next": lambda q: q.sigma_after},
    "sigma_min-as-sigma_next": {"sigma_min": lambda q: q.sigma_next},
    "lambda_next-as-lambda_k": {"lambda_next": lambda q: q.lambda_k},
    "lambda_next-as-lambda_after": {"lambda_next": lambda q: q.lambda_after},
    "lambda_min-as-lambda_next": {"lambda_min": lambda q: q.lambda_next},
    "alpha-for-2alpha": {"labeling_error": lambda q: 1 - sqrt(1 - q.labeling_error)},
}

# Bounds that grow with σ_{k+1} or λ_{k+1} (fall, for a lower bound): with the larger σ_k or λ_k they say less.
_SIGMA = (
    *("probe-text-induced", "probe-mmcl", "probe-error-mmcl", "zero-shot", "caption-garbling", "suboptimal-encoder"),
    *("probe-mmcl-classes", "zero-shot-sharp", "zero-shot-lower"),
)
_LAMBDA = ("probe-sscl", "probe-sscl-haochen", "probe-sscl-auxiliary", "probe-sscl-error")

PROVEN: Mapping[str, str] = {
    "cheeger~constant": "`cheeger-text-induced`, and √(4/3) < 0.9·√2.",
    "infonce-bound~constant": "`infonce-bound-two`, and log 2 < 0.9.",
    "probe-sscl-haochen~constant": "`probe-sscl-error`: 2 < 0.9·4 and 5 < 0.9·8.",
    "zero-shot-lower~alpha-for-2alpha": "1 − √(1−α) ≤ α, and the bound grows with α.",
    **{f"{slug}~sigma_next-as-sigma_k": "It says less, as σ_k ≥ σ_{k+1}." for slug in _SIGMA},
    **{f"{slug}~lambda_next-as-lambda_k": "It says less, as λ_k ≥ λ_{k+1}." for slug in _LAMBDA},
}


def substituted(formula: Formula, substitutes: Mapping[str, Callable[[Any], Any]]) -> Formula:
    """The formula with some quantities replaced by functions of the quantities.

    Examples
    --------
    >>> import types
    >>> swapped = substituted(lambda q: q.a + q.b, {"a": lambda q: 10 * q.b})
    >>> swapped(types.SimpleNamespace(a=1, b=2))
    22
    """
    return lambda q: formula(_Substituted(q, substitutes))


class _Substituted:
    """Quantities as a mutant sees them."""

    def __init__(self, quantities: Any, substitutes: Mapping[str, Callable[[Any], Any]]):
        self._quantities = quantities
        self._substitutes = substitutes

    def __getattr__(self, name: str) -> Any:
        if name in self._substitutes:
            return self._substitutes[name](self._quantities)
        return getattr(self._quantities, name)

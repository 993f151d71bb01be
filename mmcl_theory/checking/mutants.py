"""False neighbours of a theorem: what an adversary should refute if the theorem says no more than it must."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ..theory.functions import sqrt
from ..theory.theorem import Formula, Kind, Theorem
from .adversary import reads

FACTOR = 0.9


def mutants(theorem: Theorem) -> list[Theorem]:
    """Neighbours of a bound, each with one thing changed: most are false, and some are true after all.

    - ``~constant``: the bound times 0.9 (divided by 0.9, for a lower bound).
    - ``~without-…``: one assumption less, by its place from 1.
    - ``~sigma_next-as-sigma_k`` and the like: the bound reads another value of the spectrum than it should.
    - ``~alpha-for-2alpha``: the bound reads 1 − √(1−α) for α, which turns 2α − α² into α.

    No formula is typed again: the bound is evaluated on quantities some of which are replaced.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> [mutant.slug for mutant in mutants(mt.theorems["label-transfer"])]
    ['label-transfer~constant', 'label-transfer~alpha-for-2alpha']
    """
    if theorem.kind not in (Kind.UPPER_BOUND, Kind.LOWER_BOUND):
        return []
    changed = [_mutant(theorem, "constant", rhs=_lowered(theorem))]
    for place, assumption in enumerate(theorem.requires):
        kept = tuple(other for other in theorem.requires if other is not assumption)
        changed.append(_mutant(theorem, f"without-{place + 1}", requires=kept))
    read_by_bound = reads(dataclasses.replace(theorem, lhs=lambda q: 0, requires=()))
    for name, substitutes in SUBSTITUTES.items():
        if not read_by_bound.isdisjoint(substitutes):
            changed.append(_mutant(theorem, name, rhs=substituted(theorem.rhs, substitutes)))
    return changed


def _mutant(theorem: Theorem, what: str, **changes: Any) -> Theorem:
    return dataclasses.replace(theorem, slug=f"{theorem.slug}~{what}", title=f"{theorem.title} ({what})", **changes)


def _lowered(theorem: Theorem) -> Formula:
    if theorem.kind is Kind.LOWER_BOUND:
        return lambda q: theorem.rhs(q) / FACTOR
    return lambda q: FACTOR * theorem.rhs(q)


SUBSTITUTES: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "sigma_next-as-sigma_k": {"sigma_next": lambda q: q.sigma_k},
    "sigma_k-as-sigma_next": {"sigma_k": lambda q: q.sigma_next},
    "lambda_next-as-lambda_k": {"lambda_next": lambda q: q.lambda_k},
    "lambda_k-as-lambda_next": {"lambda_k": lambda q: q.lambda_next},
    "alpha-for-2alpha": {"labeling_error": lambda q: 1 - sqrt(1 - q.labeling_error)},
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

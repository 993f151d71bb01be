"""Make neighbours of a theorem: false ones, which an adversary should refute, and those that are true after all."""

import dataclasses
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from ..theory.assumptions import connected_augmentation, connected_beyond_k
from ..theory.functions import minimum, rational, sqrt
from ..theory.theorem import BOUNDS, Extremal, Formula, Kind, Theorem, read_by

FACTOR = Fraction(9, 10)


def mutants(theorem: Theorem) -> list[Theorem]:
    """Make the neighbours of a bound, each with one thing changed.

    - ``~constant``: the bound times 0.9 (divided by 0.9, for a lower bound).
    - ``~without-…``: one assumption less, by its place from 1.  A ``defining`` assumption is never dropped: without
      σ_{k+1} < 1 a bound divides by zero, without σ_k > σ_{k+1} there is no one r_k.
    - ``~connectivity``: strict connectivity is not required; that there is a bound then, it reads 0 for σ_{k+1} or
      λ_{k+1}, as if the graph were as connected as can be.
    - ``~sigma_next-as-sigma_k``, ``~sigma_next-as-sigma_after`` and the like (``SUBSTITUTES``): the bound reads the
      value of the spectrum before or after the one it should; of a lower bound that reads the least value, the
      (k+1)-th.
    - ``~alpha-for-2alpha``: the bound reads 1 − √(1−α) for α, which turns 2α − α² into α.

    A mutant's ``proof`` is empty where it is expected to be false; where the theorem's ``extremal`` or ``weaker_with``
    make it true, the proof says why (docs/mutants.md).  No formula is typed again: the bound is evaluated on
    quantities some of which are replaced.

    Raises
    ------
    TypeError
        If it is no ``Theorem``.

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
    if not isinstance(theorem, Theorem):
        raise TypeError(f"theorem: a Theorem object is needed, got {theorem!r}")
    if theorem.kind not in BOUNDS:
        return []
    changed = [_mutant(theorem, "constant", _proof_of_less(theorem), rhs=scaled(theorem, FACTOR).rhs)]
    for place, assumption in enumerate(theorem.requires):
        if not assumption.defining:
            kept = tuple(other for other in theorem.requires if other is not assumption)
            changed.append(_mutant(theorem, f"without-{place + 1}", requires=kept))
    read = read_by(theorem.rhs)
    for connected, value in ((connected_beyond_k, "sigma_next"), (connected_augmentation, "lambda_next")):
        if connected in theorem.requires and value in read:
            kept = tuple(other for other in theorem.requires if other is not connected)
            rhs = substituted(theorem.rhs, {value: lambda q: 0.0})
            changed.append(_mutant(theorem, "connectivity", rhs=rhs, requires=kept))
    for name, change in SUBSTITUTES.items():
        if change.quantity in read:
            proof = change.why_weaker if change.weaker_with in theorem.weaker_with else ""
            rhs = substituted(theorem.rhs, {change.quantity: change.by})
            changed.append(_mutant(theorem, name, proof, rhs=rhs))
    return changed


def _mutant(theorem: Theorem, what: str, proof: str = "", **changes: Any) -> Theorem:
    """Replace a theorem's formula or assumptions; nothing else that is known of it is known of the mutant."""
    slug, title = f"{theorem.slug}~{what}", f"{theorem.title} ({what})"
    return dataclasses.replace(_bare(theorem), slug=slug, title=title, proof=proof, **changes)


def _bare(theorem: Theorem) -> Theorem:
    """Remove what is known of a bound and not of another one."""
    return dataclasses.replace(theorem, extremal="", implied_by=(), weaker_with=())


def _proof_of_less(theorem: Theorem) -> str:
    """Prove the bound times ``FACTOR`` where a sharper statement does; return nothing where none is known to."""
    known = theorem.extremal
    if not isinstance(known, Extremal) or known.share > FACTOR:
        return ""
    return f"{' and '.join(f'`{slug}`' for slug in theorem.implied_by)}: {known.share:.4g} of the bound is enough."


def scaled(theorem: Theorem, factor: float | Fraction) -> Theorem:
    """Make the bound sharper: times ``factor``, divided by it for a lower bound; 1 leaves it as it is.

    A float counts as the rational that it is, to the last bit.

    An instance that violates it uses up more than this share of the theorem's own bound.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> sharper = scaled(mt.theorems["cheeger"], 0.5)
    >>> round(float(mt.verify(mt.generators.isotropic_noise(4, 0.5), 1, sharper).ratio[0]), 6)
    0.612372
    """
    exactly = rational(Fraction(factor))
    if theorem.kind is Kind.LOWER_BOUND:
        rhs: Formula = lambda q: theorem.rhs(q) / exactly  # noqa: E731
    else:
        rhs = lambda q: exactly * theorem.rhs(q)  # noqa: E731
    return dataclasses.replace(_bare(theorem), slug=f"{theorem.slug}~{float(factor):g}", rhs=rhs)


class Substitute(NamedTuple):
    """Describe what a bound reads in place of a quantity.

    A bound that is ``weaker_with`` the quantity in the direction of the change (see ``Theorem``) stays true.
    """

    quantity: str
    by: Callable[[Any], Any]
    weaker_with: str | None = None
    why_weaker: str = ""


SUBSTITUTES: Mapping[str, Substitute] = {
    "sigma_next-as-sigma_k": Substitute(
        "sigma_next", lambda q: q.sigma_k, "sigma_next", r"It says less, as $\sigma_k \ge \sigma_{k+1}$."
    ),
    "sigma_next-as-sigma_after": Substitute(
        "sigma_next", lambda q: q.sigma_after, "-sigma_next", r"It says less, as $\sigma_{k+2} \le \sigma_{k+1}$."
    ),
    "sigma_min-as-sigma_next": Substitute("sigma_min", lambda q: q.sigma_next),
    "lambda_next-as-lambda_k": Substitute(
        "lambda_next", lambda q: q.lambda_k, "lambda_next", r"It says less, as $\lambda_k \ge \lambda_{k+1}$."
    ),
    "lambda_next-as-lambda_after": Substitute(
        "lambda_next",
        # Beyond the last value 0 is read, which is more than a negative λ_{k+1}.
        lambda q: minimum(q.lambda_next, q.lambda_after),
        "-lambda_next",
        r"It says less, as $\lambda_{k+2} \le \lambda_{k+1}$.",
    ),
    "lambda_min-as-lambda_next": Substitute("lambda_min", lambda q: q.lambda_next),
    "alpha-for-2alpha": Substitute(
        "labeling_error",
        lambda q: 1 - sqrt(1 - q.labeling_error),
        "-labeling_error",
        r"$1-\sqrt{1-\alpha} \le \alpha$, and the bound says less as $\alpha$ falls.",
    ),
}


def substituted(formula: Formula, substitutes: Mapping[str, Callable[[Any], Any]]) -> Formula:
    """Replace some quantities that a formula reads by functions of the quantities.

    Examples
    --------
    >>> import types
    >>> swapped = substituted(lambda q: q.a + q.b, {"a": lambda q: 10 * q.b})
    >>> swapped(types.SimpleNamespace(a=1, b=2))
    22
    """
    return lambda q: formula(_Substituted(q, substitutes))


class _Substituted:
    """Show a mutant its quantities: some are functions of the others."""

    def __init__(self, quantities: Any, substitutes: Mapping[str, Callable[[Any], Any]]):
        self._quantities = quantities
        self._substitutes = substitutes

    def __getattr__(self, name: str) -> Any:
        if name in self._substitutes:
            return self._substitutes[name](self._quantities)
        return getattr(self._quantities, name)

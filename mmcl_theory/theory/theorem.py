"""Define what a theorem is: data and two scalar formulas."""

import dataclasses
import enum
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..joints.instance import OPTIONAL_PARTS, Instance
from ..joints.shown import Fact, Shown
from ..quantities.quantities import Quantities
from .trial import check_formula, unknown_quantity

Formula = Callable[[Any], Any]


class Kind(enum.Enum):
    """Name what a theorem claims of its two sides."""

    IDENTITY = "identity"  # lhs = rhs
    DECISION = "decision"  # lhs > 0 where rhs > 0, and lhs < 0 where rhs < 0
    UPPER_BOUND = "upper bound"  # lhs ≤ rhs
    LOWER_BOUND = "lower bound"  # lhs ≥ rhs
    PROBABILISTIC = "probable bound"  # lhs ≤ rhs with probability at least 1 − δ over the sample
    ORDER = "order"  # lhs ≤ c·rhs for a universal constant c that the source does not give


# Names of files are made of slugs, so no slug may name another folder.
_SLUG = re.compile(r"\w[\w~.+-]{0,99}", re.ASCII)
BOUNDS = (Kind.UPPER_BOUND, Kind.LOWER_BOUND)  # the kinds that one instance can violate or meet


class Absent(Exception):
    """Report that a formula needs a quantity which the instance does not have; the message says what is lacking."""


@dataclasses.dataclass(frozen=True)
class Assumption:
    """Represent a condition of a theorem, as a margin that must be positive.

    Attributes
    ----------
    name
        The condition in words.
    margin
        A formula of ``Quantities`` of order one, such as 1 − σ²_{k+1}; the condition is "margin > 0".
    otherwise
        What is the case where it fails: the reason for "not applicable".
    defining
        Whether a side has no meaning where it fails: a division by zero, or a head that is not unique.  Then a
        statement without it is not another statement, and ``mutants`` never drops it.
    """

    name: str
    margin: Formula
    otherwise: str
    defining: bool = False

    def __post_init__(self) -> None:
        _check_texts(self, "name", "otherwise")
        _check_formula("margin", self.margin)

    def evaluate(self, quantities: Quantities) -> Any:
        """Evaluate the margin; raise ``Absent`` if the instance lacks what it reads."""
        return self.margin(_Present(quantities))


@dataclasses.dataclass(frozen=True)
class Extremal:
    """Describe how much of a bound is used up at most, and by which instances.

    Attributes
    ----------
    family
        A function that gives an instance for each parameter in (0, 1/4] (``worlds.extremal``).
    attained
        Whether each of them uses up ``share`` of the bound; otherwise they approach it as the parameter tends to 0.
        None where ``share`` is proven to be enough and not known to be needed.
    share
        The ratio lhs/rhs (rhs/lhs for a lower bound) never exceeds it; where it is below 1, that is what the statements
        in ``implied_by`` prove.
    k
        The encoder dimension.
    """

    family: Callable[[float], Instance]
    attained: bool | None
    share: float = 1.0
    k: int = 1

    @property
    def tightness(self) -> str:
        """Return the word for it: ``tight``, ``asymptotically tight``, or ``loose by`` which factor."""
        if self.share < 1:
            return f"loose by {'at least ' if self.attained is None else ''}{1 / self.share:.4g}"
        return "tight" if self.attained else "asymptotically tight"


@dataclasses.dataclass(frozen=True, repr=False)
class Theorem(Shown):
    r"""Represent a statement about an instance and an encoder dimension k.

    Attributes
    ----------
    slug, title
        Its name in tables and on the command line; its name in words.
    kind
        Whether it is an identity, an upper or a lower bound, a decision (that both sides have one sign), or of an order
        only.
    statement
        In LaTeX.
    source
        Citation keys of ``theory.references``, and what is ours.
    lhs, rhs
        Formulas of ``Quantities`` that use only + − * / ** and what ``mmcl_theory`` offers for them: ``sqrt``, ``log``,
        ``minimum``, ``maximum``, and ``rational`` for fractions.  A float that is rounded, such as 0.1, 1/3 or
        ``math.log(2)``, is refused: write ``rational(1, 10)``, ``rational(1, 3)``, ``log(2)``.
    proof
        A sketch, with formulas in LaTeX between dollar signs and code between backticks; where there is more to say it
        names the section in docs that has the whole proof.
    requires
        Assumptions; where one fails, the verdict is "not applicable" with the reason.
    trivial
        A bound that promises no more than this is vacuous: what ``lhs`` never exceeds (never falls below, for a lower
        bound) whatever the instance, as a number or a formula of ``Quantities``; by default 1 (0).
    per_k
        Whether the statement depends on k.
    extremal
        The instances that use up the most of the bound, or a sentence why there are none to name.  An identity has
        none, as its sides are always equal, and a decision none, as it bounds nothing.
    implied_by
        Slugs of the statements that together imply it.
    weaker_with
        Names of quantities with which the bound provably says less as they grow; after a minus sign, as they fall.  The
        bound stays true if such a quantity is replaced by one that is larger (smaller).

    Raises
    ------
    TypeError, ValueError
        If a field is not of its kind; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> doubtful = mt.Theorem(
    ...     slug="doubtful",
    ...     title="The transfer of labels without its square",
    ...     kind=mt.Kind.UPPER_BOUND,
    ...     statement=r"\alpha_T \le \alpha",
    ...     source="an exercise",
    ...     lhs=lambda q: q.text_induced_error,
    ...     rhs=lambda q: q.labeling_error,
    ...     per_k=False,
    ... )
    >>> mt.verify(mt.generators.isotropic_noise(3, 0.1), 1, [doubtful]).verdict[0]
    'violated'
    """

    slug: str
    title: str
    kind: Kind
    statement: str
    source: str
    lhs: Formula
    rhs: Formula
    proof: str = ""
    requires: tuple[Assumption, ...] = ()
    trivial: Formula | float | None = None
    per_k: bool = True
    extremal: Extremal | str = ""
    implied_by: tuple[str, ...] = ()
    weaker_with: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_texts(self, "slug", "title", "statement", "source", "proof")
        if not _SLUG.fullmatch(self.slug):
            raise ValueError(f"slug: at most 100 letters, digits and - _ ~ . + are needed, got {self.slug[:120]!r}")
        if not isinstance(self.kind, Kind):
            raise TypeError(f"kind: one of mt.Kind is needed, such as mt.Kind.UPPER_BOUND, got {self.kind!r}")
        _check_formula("lhs", self.lhs)
        _check_formula("rhs", self.rhs)
        if not isinstance(self.requires, tuple) or not all(isinstance(one, Assumption) for one in self.requires):
            raise TypeError(f"requires: a tuple of mt.Assumption is needed, got {self.requires!r}")
        number = isinstance(self.trivial, int | float) and not math.isnan(self.trivial)
        if not (self.trivial is None or number or callable(self.trivial)):
            raise TypeError(f"trivial: a number, a function of the quantities or None is needed, got {self.trivial!r}")

    @property
    def trivial_formula(self) -> Formula:
        """Return ``trivial`` as a formula, by default of 1 for an upper bound and of 0 for a lower one."""
        if callable(self.trivial):
            return self.trivial
        number = float(self.kind is not Kind.LOWER_BOUND) if self.trivial is None else float(self.trivial)
        return lambda q: number

    def __repr__(self) -> str:
        return f"Theorem({self.slug}, {self.kind.value}: {self.statement})"

    def _facts(self) -> list[Fact]:
        """List the statement, in its formula, its proof and its source."""
        assumed = ", ".join(assumption.name for assumption in self.requires) or "nothing"
        words = {"title": self.title, "assumes": assumed, "proof": self.proof, "source": self.source}
        return [Fact(self.statement, self.kind.value, ""), *(Fact("", *pair) for pair in words.items())]

    def _repr_latex_(self) -> str:
        """Return the statement."""
        return rf"$\displaystyle {self.statement}$"

    def sides(self, quantities: Quantities) -> tuple[Any, Any]:
        """Evaluate (lhs, rhs), on numbers of whatever kind the quantities are.

        Raises
        ------
        Absent
            If the instance lacks what a formula reads.
        """
        present = _Present(quantities)
        return self.lhs(present), self.rhs(present)

    def trivial_value(self, quantities: Quantities) -> Any:
        """Evaluate what the left-hand side never exceeds (never falls below); raises ``Absent`` like ``sides``."""
        return self.trivial_formula(_Present(quantities))

    def margins(self, quantities: Quantities) -> list[Any]:
        """Evaluate the margins of the assumptions, in their order; raises ``Absent`` like ``sides``."""
        return [assumption.evaluate(quantities) for assumption in self.requires]

    def slack(self, quantities: Quantities) -> Any:
        """Evaluate how much room is left; it is negative where the statement is violated.

        It is rhs − lhs, lhs − rhs for a lower bound, and lhs·rhs for a decision.
        """
        lhs, rhs = self.sides(quantities)
        if self.kind is Kind.DECISION:
            return lhs * rhs
        return lhs - rhs if self.kind is Kind.LOWER_BOUND else rhs - lhs

    def surplus(self, quantities: Any) -> Any:
        """Evaluate the bound less its trivial value; an upper bound says something where it is negative."""
        return self.rhs(quantities) - self.trivial_formula(quantities)

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """Return every formula of it: the two sides, the trivial value and the margins of the assumptions."""
        trivial = (self.trivial,) if callable(self.trivial) else ()
        return (self.lhs, self.rhs, *(assumption.margin for assumption in self.requires), *trivial)

    def check_formulas(self) -> None:
        """Raise ``TypeError`` if a formula uses what it may not; the message says what to write.

        Examples
        --------
        >>> import dataclasses, mmcl_theory as mt
        >>> dataclasses.replace(mt.theorems["label-transfer"], rhs=lambda q: abs(q.sigma_2)).check_formulas()
        Traceback (most recent call last):
        mmcl_theory.theory.trial.Mistake: rhs of 'label-transfer': abs takes no quantity: write mt.maximum(x, -x)
        """
        names = ("lhs", "rhs", *(f"the margin of {assumption.name!r}" for assumption in self.requires), "trivial")
        for name, formula in zip(names, self.formulas, strict=False):
            check_formula(f"{name} of {self.slug!r}", formula)

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the names of the quantities that the sides read; ``read_by(*theorem.formulas)`` has all."""
        return read_by(self.lhs, self.rhs)

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of the optional parts of an ``Instance`` that it speaks of, such as "encoders"."""
        fields = Quantities.__dataclass_fields__
        read = {part for name in read_by(*self.formulas) if name in fields for part in fields[name].metadata["parts"]}
        return tuple(part for part in OPTIONAL_PARTS if part in read)


def _check_texts(owner: Any, *names: str) -> None:
    """Raise ``TypeError`` where a field is not a string."""
    for name in names:
        if not isinstance(getattr(owner, name), str):
            raise TypeError(f"{name}: a string is needed, got {getattr(owner, name)!r}")


def _check_formula(name: str, formula: Any) -> None:
    """Raise ``TypeError`` where a formula is not a function."""
    if not callable(formula):
        raise TypeError(
            f"{name}: a function of the quantities is needed, such as lambda q: q.labeling_error, got {formula!r}"
        )


def read_by(*formulas: Formula) -> tuple[str, ...]:
    """Record the names of the quantities that formulas read, in order.

    Examples
    --------
    >>> read_by(lambda q: q.probe_residual / (1 - q.sigma_next**2))
    ('probe_residual', 'sigma_next')
    """
    names: dict[str, None] = {}

    class Recorder:
        def __getattr__(self, name: str) -> Any:
            names[name] = None
            return np.float64(0.5)  # NumPy's, which divides by zero in silence where a plain float would not

    with np.errstate(all="ignore"):
        for formula in formulas:
            formula(Recorder())
    return tuple(names)


class _Present:
    """Show a formula its quantities: reading an absent one raises ``Absent``."""

    def __init__(self, quantities: Quantities):
        self._quantities = quantities

    def __getattr__(self, name: str) -> Any:
        field = Quantities.__dataclass_fields__.get(name)
        if field is None:
            raise unknown_quantity(name)
        value = getattr(self._quantities, name)
        if value is None:
            raise Absent(f"needs {field.metadata['needs']}")
        return value

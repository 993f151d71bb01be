"""State bounds of one form: a quantity on the left, and a combination of given terms on the right."""

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ..theory.functions import rational
from ..theory.registry import theorems
from ..theory.theorem import BOUNDS, Assumption, Formula, Kind, Theorem, read_by
from ..theory.written import to_latex
from .expression import Term, term

_MOST = 16  # terms: more are hardly a theorem, and their coefficients are never settled


@dataclasses.dataclass(frozen=True)
class Combination:
    """Represent all bounds lhs ≤ Σ c_i·term_i, or ≥ for lower bounds, of one left-hand side and given terms."""

    lhs: Term
    terms: tuple[Term, ...]
    kind: Kind
    requires: tuple[Assumption, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the names of all quantities that are read."""
        return read_by(*self.formulas)

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """Return the left-hand side, the terms, and the margins of the assumptions."""
        return (self.lhs.formula, *(one.formula for one in self.terms), *(one.margin for one in self.requires))

    def at(self, coefficients: Any) -> Theorem:
        """State the bound of these coefficients, which may be traced: then nothing is written of them."""
        terms = self.terms

        def rhs(q: Any) -> Any:
            """Add the terms up, each with its coefficient."""
            return sum((coefficients[i] * one.formula(q) for i, one in enumerate(terms)), 0.0)

        return self._theorem(rhs, "", "")

    def stated(self, coefficients: Sequence[Fraction], proof: str = "") -> Theorem:
        """State the bound of rational coefficients as a theorem that can be certified, marked as conjectured."""
        numbers = tuple(Fraction(c) for c in coefficients)
        sign = r"\le" if self.kind is Kind.UPPER_BOUND else r"\ge"
        statement = f"{to_latex(self.lhs.formula)} {sign} {to_latex(lambda q: exact_sum(numbers, self.terms, q))}"
        return self._theorem(lambda q: exact_sum(numbers, self.terms, q), statement, proof)

    def told(self, coefficients: Sequence[Any]) -> str:
        """Write the bound of these coefficients as text."""
        sign = "≤" if self.kind is Kind.UPPER_BOUND else "≥"
        return f"{self.lhs.text} {sign} {told_sum(coefficients, self.terms)}"

    def _theorem(self, rhs: Formula, statement: str, proof: str) -> Theorem:
        return Theorem(
            slug="conjecture",
            title=f"A conjectured bound on {self.lhs.text}"[:200],
            kind=self.kind,
            statement=statement,
            source="conjectured: found by search, not proved",
            proof=proof,
            lhs=self.lhs.formula,
            rhs=rhs,
            requires=self.requires,
        )


def combination(lhs: Any, terms: Any, kind: Kind, requires: Any) -> Combination:
    """Check the parts of a form of bound.

    Raises
    ------
    ValueError, TypeError
        If a part is malformed; the message names it.
    """
    if kind not in BOUNDS:
        raise ValueError(f"kind: mt.Kind.UPPER_BOUND or mt.Kind.LOWER_BOUND is needed, got {kind!r}")
    if isinstance(terms, str):
        terms = _split(terms)
    terms = tuple(terms.items() if isinstance(terms, dict) else terms)
    if not 1 <= len(terms) <= _MOST:
        raise ValueError(f"terms: 1 to {_MOST} are needed, got {len(terms)}")
    read = tuple(term("terms", one) for one in terms)
    for one in read:
        if [other.text for other in read].count(one.text) > 1 and one.text != "lambda":
            raise ValueError(f"terms: {one.text!r} stands twice")
    requires = tuple(requires)
    if not all(isinstance(one, Assumption) for one in requires):
        raise TypeError(f"requires: assumptions are needed, such as mt.theorems['probe-mmcl'].requires, got {requires}")
    return Combination(term("lhs", lhs), read, kind, requires)


def named_assumptions(names: Sequence[str]) -> tuple[Assumption, ...]:
    """Find assumptions of the catalogue by their names.

    Raises
    ------
    ValueError
        If there is none of a name.
    """
    known = {one.name: one for theorem in theorems.values() for one in theorem.requires}
    for name in names:
        if name not in known:
            raise ValueError(f"requires: no statement of the catalogue assumes {name!r}")
    return tuple(known[name] for name in names)


def _split(text: str) -> list[str]:
    """Split at commas that stand in no parentheses.

    Examples
    --------
    >>> _split("labeling_error, minimum(1, sigma_2)")
    ['labeling_error', ' minimum(1, sigma_2)']
    """
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def told_sum(coefficients: Sequence[Any], terms: Sequence[Term]) -> str:
    """Write Σ c_i·term_i as text that can be read as a formula again; 0 where all coefficients are.

    Examples
    --------
    >>> told_sum([Fraction(2), Fraction(-1, 3)], [term("terms", x) for x in ("labeling_error", "sigma_2 - 1")])
    '2*labeling_error - 1/3*(sigma_2 - 1)'
    """
    told = ""
    for c, one in zip(coefficients, terms, strict=True):
        if c != 0:
            sign = ("-" if c < 0 else "") if not told else (" - " if c < 0 else " + ")
            alone = abs(c) == 1 and not told and c > 0
            text = f"({one.text})" if not alone and one.is_sum else one.text
            told += sign + ("" if abs(c) == 1 else f"{abs(c)}*") + text
    return told or "0"


def exact_sum(coefficients: Sequence[Fraction], terms: Sequence[Term], q: Any) -> Any:
    r"""Evaluate Σ c_i·term_i in the arithmetic of the quantities; terms of coefficient 0 are not read.

    Examples
    --------
    >>> terms = [term("terms", x) for x in ("labeling_error", "sigma_2")]
    >>> print(to_latex(lambda q: exact_sum([Fraction(-1, 2), Fraction(1)], terms, q)))
    -\frac{1}{2}\alpha+\sigma_2
    """
    total = None
    for c, one in zip(coefficients, terms, strict=True):
        if c != 0:
            value = one.formula(q) if abs(c) == 1 else rational(abs(c)) * one.formula(q)
            total = (value if c > 0 else -value) if total is None else (total + value if c > 0 else total - value)
    return rational(0) if total is None else total

"""State bounds of one form: a quantity on the left, and a combination of given terms on the right."""

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ..theory.functions import rational
from ..theory.registry import theorems
from ..theory.theorem import BOUNDS, Assumption, Formula, Kind, Theorem, read_by
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
        return self._theorem(tuple(coefficients[i] for i in range(len(self.terms))), "conjecture", "")

    def stated(self, coefficients: Sequence[Fraction], proof: str = "") -> Theorem:
        """State the bound of rational coefficients as a theorem that can be certified, marked as conjectured."""
        sign = r"\le" if self.kind is Kind.UPPER_BOUND else r"\ge"
        statement = f"{self.lhs.latex} {sign} {written_sum(coefficients, self.terms)}"
        return self._theorem(tuple(rational(c) for c in coefficients), statement, proof)

    def told(self, coefficients: Sequence[Any]) -> str:
        """Write the bound of these coefficients as text."""
        sign = "≤" if self.kind is Kind.UPPER_BOUND else "≥"
        return f"{self.lhs.text} {sign} {told_sum(coefficients, self.terms)}"

    def _theorem(self, numbers: tuple[Any, ...], statement: str, proof: str) -> Theorem:
        terms = self.terms

        def rhs(q: Any) -> Any:
            """Add the terms up, each with its coefficient."""
            total = numbers[0] * terms[0].formula(q)
            for number, one in zip(numbers[1:], terms[1:], strict=True):
                total = total + number * one.formula(q)
            return total

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
            told += sign + ("" if abs(c) == 1 else f"{abs(c)}*") + (f"({one.text})" if one.is_sum else one.text)
    return told or "0"


def written_sum(coefficients: Sequence[Fraction], terms: Sequence[Term]) -> str:
    """Write Σ c_i·term_i in LaTeX; 0 where all coefficients are.

    Examples
    --------
    >>> print(written_sum([Fraction(2), Fraction(-1, 3)], [term("terms", x) for x in ("labeling_error", "sigma_2**2")]))
    2 \\alpha - \\tfrac{1}{3} \\sigma_2^{2}
    """
    written = ""
    for c, one in zip(coefficients, terms, strict=True):
        if c == 0:
            continue
        size = abs(c)
        number = f"{size.numerator}" if size.denominator == 1 else rf"\tfrac{{{size.numerator}}}{{{size.denominator}}}"
        latex = rf"\left({one.latex}\right)" if one.is_sum else one.latex
        joined = rf"{number} \cdot {latex}" if latex[0].isdigit() else f"{number} {latex}"
        product = number if one.latex == "1" else latex if size == 1 else joined
        sign = ("-" if c < 0 else "") if not written else (" - " if c < 0 else " + ")
        written += sign + product
    return written or "0"

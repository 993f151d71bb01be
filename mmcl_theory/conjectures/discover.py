"""Look for bounds that nobody stated: forms from a small grammar, of which those are kept that say more somewhere."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import PRNGKeyArray

from .. import _checks
from ..theory.registry import theorems
from ..theory.theorem import Assumption, Kind, Theorem, read_by
from ..theory.written import to_latex
from .combination import Combination
from .conjecture import Conjecture, conjecture, setting_of
from .duel import begun
from .expression import Term, term
from .optimist import Program
from .rows import Rows, applicable, inequalities

_BETTER = 1e-3  # by so much of itself a bound must say more than all that is known, on so many of the draws
_OFTEN = 0.02
_LARGEST = 100.0  # of a coefficient that is worth an attack
_MOST = 4000  # forms: beyond that a grammar is too large to be gone through


def grammar(quantities: Sequence[str], length: int = 2) -> tuple[str, ...]:
    """List the terms of a small grammar: products of at most so many factors, and the smaller one of two factors.

    The factors are each quantity q, its square and its root, and of singular values σ also 1 − σ² and 1/(1 − σ²).

    Examples
    --------
    >>> grammar(["labeling_error"], 1)
    ('labeling_error', 'labeling_error**2', 'sqrt(labeling_error)')
    """
    factors: list[str] = []
    for name in quantities:
        if name.startswith(("sigma", "lambda")):
            square = name if name.startswith("lambda") else f"{name}**2"
            factors += [name, f"{name}**2", f"(1 - {square})", f"1 / (1 - {square})"]
        else:
            factors += [name, f"{name}**2", f"sqrt({name})"]
    terms = dict.fromkeys(factors)
    for count in range(2, length + 1):
        for chosen in itertools.combinations(factors, count):
            if len({_name(one) for one in chosen}) == count:
                terms[" * ".join(sorted(chosen, key=lambda one: one.startswith("1 /"))).replace(" * 1 /", " /")] = None
    if length > 1:
        terms |= dict.fromkeys(f"minimum({a}, {b})" for a, b in itertools.combinations(quantities, 2))
    return tuple(terms)


def _name(factor: str) -> str:
    """Return the name of the quantity of a factor."""
    (name,) = read_by(term("terms", factor).formula)
    return name


def discover(
    lhs: str,
    quantities: str | Sequence[str],
    *,
    kind: Kind = Kind.UPPER_BOUND,
    length: int = 2,
    together: int = 1,
    most: int = 3,
    known: Sequence[Theorem] | None = None,
    requires: Sequence[Assumption] = (),
    key: PRNGKeyArray,
    **options: Any,
) -> list[Conjecture]:
    r"""Find bounds on a quantity by others that say more somewhere than what is known, and attack them.

    Each term of the grammar, or each few of them ``together``, gets the best coefficients for random joints and the
    extremal families.  Of these forms the one is taken that says the most, and more than is known, on the most joints;
    ``conjecture`` attacks it, and if it is settled and still says more somewhere, it is known from then on.

    Parameters
    ----------
    lhs
        The quantity that is bounded.
    quantities
        The names of the quantities of the grammar.
    kind
        Of bounds, upper or lower.
    length, together, most
        The largest number of factors of a term, of terms of a bound, and of bounds that are returned.
    known
        Bounds that are known; by default those of the catalogue on the same quantity from the same side.
    requires, key, options
        The assumptions, the random key, and what else ``conjecture`` takes: size, n_classes, k, budget, and settings.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> found = mt.discover(
    ...     "text_induced_error", ["labeling_error"], length=1, known=[], most=1, size=(3, 3), budget=2,
    ...     key=jax.random.key(0),
    ... )
    >>> [one.theorem.statement for one in found]
    ['\\alpha_T \\le 2\\alpha']
    """
    names = [name.strip() for name in quantities.split(",")] if isinstance(quantities, str) else list(quantities)
    together, most = _checks.integer("together", together, 1, 3), _checks.integer("most", most, 1)
    requires = tuple(requires)
    known = _alike(term("lhs", lhs), kind, requires) if known is None else known
    told = tuple(Term(one.slug, part) for one in known for part in (one.rhs, one.trivial_formula))
    terms = tuple(term("quantities", one) for one in grammar(names, _checks.integer("length", length, 1, 3)))
    whole = Combination(term("lhs", lhs), terms + told, kind, requires)
    chosen = [pick for count in range(1, together + 1) for pick in itertools.combinations(terms, count)]
    if len(chosen) > _MOST:
        raise ValueError(f"quantities: at most {_MOST} forms are gone through, these make {len(chosen)}")
    blocks = begun(setting_of(whole, key=key, **options)).blocks
    forms = [dataclasses.replace(whole, terms=pick) for pick in chosen]
    fitted = [(form, _values(blocks, form, c)) for form in forms if (c := _fitted(blocks, form)) is not None]
    best = np.array(np.inf)
    for one in told:
        best = np.minimum(best, _values(blocks, dataclasses.replace(whole, terms=(one,)), [1.0]))
    found: list[Conjecture] = []
    while fitted and len(found) < most and (place := _strongest([values for _, values in fitted], best)) is not None:
        form, _ = fitted.pop(place)
        try:
            terms_of = [one.text for one in form.terms]
            attacked = conjecture(lhs, terms_of, kind=kind, requires=requires, key=key, **options)
        except ValueError:  # no finite coefficients after all
            continue
        values = _values(blocks, form, attacked.coefficients)
        if attacked.settled and np.mean(_better(values, best)) >= _OFTEN:
            found.append(attacked)
            best = np.minimum(best, values)
    return found


def _alike(lhs: Term, kind: Kind, requires: tuple[Assumption, ...]) -> tuple[Theorem, ...]:
    """List the bounds of the catalogue on the same quantity, from the same side, that assume no more."""
    written = to_latex(lhs.formula)
    same = [one for one in theorems.values() if one.kind is kind and to_latex(one.lhs) == written]
    return tuple(one for one in same if {*one.requires} <= {*requires} and not one.parts)


def _fitted(blocks: Sequence[Rows], form: Combination) -> np.ndarray | None:
    """Find the best coefficients of a form for joints; None where there are none that are worth an attack."""
    try:
        parts = [inequalities(block, form) for block in blocks]
        weights = np.concatenate([part.terms * part.scale[:, None] for part in parts]).mean(axis=0)
        program = Program(np.concatenate([p.lhs for p in parts]), np.concatenate([p.terms for p in parts]), weights)
        found = program.solved()
    except ValueError:  # a term is no number somewhere, or no finite coefficients are enough
        return None
    return found if 1 / _LARGEST < np.abs(found).max() < _LARGEST else None


def _values(blocks: Sequence[Rows], form: Combination, coefficients: Any) -> np.ndarray:
    """Evaluate a bound on the joints to which it applies; of a lower bound, negated."""
    theorem = form.at([float(c) for c in coefficients])
    sign = -1.0 if form.kind is Kind.LOWER_BOUND else 1.0
    with np.errstate(all="ignore"):
        values = [
            np.broadcast_to(theorem.rhs(block.quantities), block.size)[applicable(block, theorem)] for block in blocks
        ]
    return np.nan_to_num(sign * np.concatenate(values), nan=np.inf)


def _better(values: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Say on which joints a bound says more than all that is known."""
    return values < best - _BETTER * np.abs(values)


def _strongest(candidates: list[np.ndarray], best: np.ndarray) -> int | None:
    """Choose the bound that says the most, and more than is known, on the most joints; None if on too few."""
    values = np.stack(candidates)
    better = _better(values, best)
    often = better.mean(axis=1) >= _OFTEN
    least = np.where(better & often[:, None], values, np.inf).min(axis=0)
    wins = np.mean(better & (values <= least), axis=1)
    return int(np.argmax(np.where(often, wins, -1))) if often.any() else None

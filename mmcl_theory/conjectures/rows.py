"""Measure the joints that a duel has met: the rows of its linear program."""

from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from ..factorization.precision import resolution
from ..falsification.ascent import SCALED, ratio_terms
from ..falsification.candidates import Point, Search, instance
from ..quantities.decompositions import decomposed
from ..quantities.measurement import Measurement
from ..quantities.quantities import Quantities, errors_of, extras_of, quantities_of
from ..theory.propagation import propagated_error
from ..theory.theorem import Kind, Theorem, read_by
from .combination import Combination

# What rounding may leave of a row, relative to its largest entry, so that it still says something of a coefficient.
_BLURRED = 1e-2


class Rows(NamedTuple):
    """Hold joints of one size, as points of a search, and what was measured on each, as arrays."""

    search: Search
    points: Point
    quantities: Quantities
    errors: Quantities

    @property
    def size(self) -> int:
        """Return the number of joints."""
        return len(self.points.logits)


class Inequalities(NamedTuple):
    """Hold what a bound says of joints: lhs ≤ terms · c in each row, each divided by its largest entry, ``scale``.

    Of lower bounds both sides are negated.  What rounding may account for is taken off the left side.  ``kept`` are the
    places of the rows among all joints: of those to which the bound applies, and where rounding leaves something of it.
    """

    lhs: np.ndarray
    terms: np.ndarray
    scale: np.ndarray
    kept: np.ndarray

    def excess(self, coefficients: np.ndarray) -> float:
        """Return by how much the worst row fails with these coefficients; −∞ where there is no row."""
        return float(np.max(self.lhs - self.terms @ coefficients, initial=-np.inf))


def measured(points: Point, search: Search, form: Combination) -> Rows:
    """Measure the joints that points stand for."""
    names = tuple(sorted({*form.reads, *SCALED}))
    quantities, errors = jax.device_get(_measured(points, search, names))
    return Rows(search, jax.device_get(points), quantities, errors)


@partial(jax.jit, static_argnames=("search", "names"))
def _measured(points: Point, search: Search, names: tuple[str, ...]) -> tuple[Quantities, Quantities]:
    """Measure named quantities of several points, and their errors."""

    def one(point: Point) -> tuple[Quantities, Quantities]:
        """Measure one point."""
        made = instance(point, search)
        m = Measurement(made, decomposed(made, search.k, extras_of(names)), search.k)
        found = quantities_of(m, names)
        return found, errors_of(m, found)

    return jax.vmap(one)(points)


def applicable(rows: Rows, theorem: Theorem) -> np.ndarray:
    """Say of each joint whether the assumptions of a bound hold, by more than rounding."""
    holds = np.ones(rows.size, dtype=bool)
    with np.errstate(all="ignore"):
        for margin in theorem.margins(rows.quantities):
            holds &= np.asarray(margin) > resolution(np.float64)
    return holds


def inequalities(rows: Rows, form: Combination) -> Inequalities:
    """Write what the bounds of a form say of joints.

    Raises
    ------
    ValueError
        If a formula is not a finite number on a joint to which the bound applies; the message names it.
    """
    theorem = form.at(np.ones(len(form.terms)))
    holds = applicable(rows, theorem)
    sides, blurs = [], []
    with np.errstate(all="ignore"):
        for name, one in (("lhs", form.lhs), *(("terms", one) for one in form.terms)):
            value = np.broadcast_to(np.asarray(one.formula(rows.quantities), float), rows.size)
            blur = propagated_error(one.formula, rows.quantities, rows.errors, read_by(one.formula))
            if not np.isfinite(value[holds]).all():
                where = _told(rows, int(np.flatnonzero(holds & ~np.isfinite(value))[0]))
                raise ValueError(f"{name}: {one.text!r} is no finite number {where}; requires may exclude such joints")
            sides.append(value)
            blurs.append(np.broadcast_to(np.nan_to_num(np.asarray(blur, float), nan=np.inf), rows.size))
        lhs, terms = sides[0], np.stack(sides[1:], axis=1)
        scale = np.maximum(np.abs(lhs), np.abs(terms).max(axis=1))
        blur = np.sum(blurs, axis=0)
        kept = np.flatnonzero(holds & (scale > 0) & (blur <= _BLURRED * scale))
    sign = -1.0 if form.kind is Kind.LOWER_BOUND else 1.0
    scale = scale[kept]
    return Inequalities((sign * lhs[kept] - blur[kept]) / scale, sign * terms[kept] / scale[:, None], scale, kept)


def _told(rows: Rows, place: int) -> str:
    """Say in words on which joint."""
    read = {name: getattr(rows.quantities, name) for name in ("labeling_error", "sigma_next")}
    told = ", ".join(f"{name} {float(value[place]):.3g}" for name, value in read.items() if value is not None)
    return f"on a joint of {rows.search.n_images} × {rows.search.n_texts} with {told}"


def ratios(rows: Rows, theorem: Theorem) -> np.ndarray:
    """Compute the safe ratio of a bound on each joint, as a search does; −∞ where it does not apply."""
    with np.errstate(all="ignore"):
        lhs, rhs = (np.broadcast_to(np.asarray(side, float), rows.size) for side in theorem.sides(rows.quantities))
        tolerance = propagated_error(theorem.slack, rows.quantities, rows.errors, theorem.reads)
        above, below = ratio_terms(theorem, lhs, rhs)
        above = above - tolerance
        safe = np.where(below > 0, above / below, np.where(above > below, np.inf, -np.inf))
    return np.where(applicable(rows, theorem) & ~np.isnan(safe), safe, -np.inf)


def at(rows: Rows, place: Any) -> Point:
    """Return some of the points."""
    return jax.tree.map(lambda leaf: leaf[place], rows.points)

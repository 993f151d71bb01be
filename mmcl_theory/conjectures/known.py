"""Read what a form of bound says of the extremal families: joints that meet other bounds, exact ties among them."""

import dataclasses
import importlib.util
from typing import Any

import numpy as np

from ..falsification.candidates import Search
from ..joints.instance import Instance
from ..theory.registry import theorems
from ..theory.theorem import Absent, Extremal, Kind
from .combination import Combination
from .rows import Inequalities

_PARAMETERS = (1 / 4, 1 / 64, 1 / 4096)  # of the families: the smaller, the nearer to their limit
_BITS = 128
_LARGEST = 16  # images or texts
_BLURRED = 1e-12  # of its largest entry: what leaves a tie open says nothing


def extremal_instances(search: Search) -> list[Instance]:
    """Build the extremal families of the catalogue, as far as they have no more classes, and dimensions for k."""
    families = {one.extremal.family: None for one in theorems.values() if isinstance(one.extremal, Extremal)}
    built = [family(parameter) for family in families for parameter in _PARAMETERS]
    chosen = dataclasses.asdict(search.settings)
    return [
        dataclasses.replace(one, **chosen)
        for one in built
        if one.joint.n_classes <= search.n_classes
        and search.k <= min(one.joint.matrix.shape) <= max(one.joint.matrix.shape) <= _LARGEST
    ]


def exact_sides(form: Combination, made: Instance, k: int) -> tuple[np.ndarray, float] | None:
    """Evaluate the left-hand side and the terms of a form on an instance, and their radius; None where none applies.

    They are exact but for the last step, which makes floats of them: a tie of scores is decided here.
    """
    from flint import ctx  # optional, as is what stands on it

    from ..certification.arithmetic.ball import Ball
    from ..certification.arithmetic.exact import ExactInstance
    from ..certification.arithmetic.forms import Undecided
    from ..certification.enclosures.enclosures import Enclosures

    def ball(value: Any) -> Any:
        """Return a ball, of a plain number too."""
        return value if isinstance(value, Ball) else Ball(value)

    with ctx.workprec(_BITS):
        enclosures: Any = Enclosures(ExactInstance.of(made), k)
        theorem = form.at(np.ones(len(form.terms)))
        try:
            if not all(ball(margin).is_positive() for margin in theorem.margins(enclosures)):
                return None
            theorem.sides(enclosures)
            balls = [ball(one.formula(enclosures)).enclosure() for one in (form.lhs, *form.terms)]
        except (Absent, Undecided, ZeroDivisionError, TypeError):
            return None
        if not all(one.is_finite() for one in balls):
            return None
        return np.array([float(one.mid()) for one in balls]), float(max(one.rad() for one in balls))


def extremal_rows(form: Combination, search: Search) -> Inequalities:
    """Write what a form says of the extremal families with at most as many classes as a search has.

    Without python-flint there is no row.
    """
    families = [] if importlib.util.find_spec("flint") is None else extremal_instances(search)
    found = [exact_sides(form, made, search.k) for made in families]
    kept = [
        place
        for place, one in enumerate(found)
        if one is not None and one[1] <= _BLURRED * np.abs(one[0]).max() and np.abs(one[0]).max() > 0
    ]
    sides = np.array([found[place][0] for place in kept]).reshape(len(kept), 1 + len(form.terms))  # type: ignore[index]
    scale = np.abs(sides).max(axis=1)
    sides = (-1.0 if form.kind is Kind.LOWER_BOUND else 1.0) * sides / scale[:, None]
    return Inequalities(sides[:, 0], sides[:, 1:], scale, np.array(kept, dtype=int))

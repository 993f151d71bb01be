"""Prove how far each coefficient of a conjecture could be lowered at most, the others being fixed."""

import importlib.util
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np

from ..certification.certificate import Certificate
from ..certification.certify import certify
from ..certification.limits import LARGEST
from ..falsification.conclude import built
from ..joints.instance import Instance
from ..theory.theorem import Kind
from ..theory.verdicts import VIOLATED
from ..tightness.tightness import rounded_down
from .duel import State
from .known import extremal_instances
from .rows import Inequalities, Rows, at

_MARGINS = (1e-9, 1e-7, 1e-5, 1e-3, 1e-2)  # what may be taken off a coefficient to have it certified
_TRIED = 4  # joints, the most demanding first
_PRESENT = 1e-9  # of the largest entry of a row: a term below it demands nothing


class Limit(NamedTuple):
    """Hold a value below which a coefficient makes a false bound (above which, for a lower bound), and the proof."""

    value: Fraction
    certificate: Certificate


def limits(state: State, coefficients: tuple[Fraction, ...]) -> tuple[Limit | None, ...]:
    """Prove a limit of each coefficient, the others being fixed; None where nothing is proved.

    A limit may be the coefficient itself less a billionth; of terms that are negative no limit is sought.
    """
    if importlib.util.find_spec("flint") is None:
        return (None,) * len(coefficients)
    return tuple(_limit(state, coefficients, place) for place in range(len(coefficients)))


def _limit(state: State, coefficients: tuple[Fraction, ...], place: int) -> Limit | None:
    """Prove the limit of one coefficient on the joints that demand the most of it."""
    form, k = state.setting.form, state.setting.searches[0].k
    best: Limit | None = None
    upper = form.kind is Kind.UPPER_BOUND
    for demanded, made in _demanding(state, coefficients, place):
        for margin in _MARGINS:
            value = _short_of(demanded, margin, upper)
            if best is not None and (value <= best.value if upper else value >= best.value):
                break
            lowered = (*coefficients[:place], value, *coefficients[place + 1 :])
            certificate = certify(form.stated(lowered), made, k)
            if certificate.verdict == VIOLATED:
                best = Limit(value, certificate)
                break
    return best


def _short_of(demanded: float, margin: float, upper: bool) -> Fraction:
    """Return a decimal fraction a little below what is demanded, or above it for a lower bound."""
    sign = 1 if upper else -1
    target = sign * demanded - margin * max(abs(demanded), 1e-3)
    return sign * rounded_down(target)


def _demanding(state: State, coefficients: tuple[Fraction, ...], place: int) -> Iterator[tuple[float, Instance]]:
    """Find the joints on which a bound fails first as one coefficient falls, and which value they demand."""
    families = extremal_instances(state.setting.searches[0])
    sources: list[tuple[Inequalities, Callable[[int], Instance]]] = [(state.known, families.__getitem__)]
    for rows, block in zip(state.rows, state.blocks, strict=True):
        if max(block.search.n_images, block.search.n_texts) <= LARGEST:
            sources.append((rows, partial(_made, block)))
    sign = 1 if state.setting.form.kind is Kind.UPPER_BOUND else -1
    found = [(*pair, make) for rows, make in sources for pair in _demands(rows, coefficients, place, sign)]
    for demanded, joint, make in sorted(found, key=lambda one: -sign * one[0])[:_TRIED]:
        yield demanded, make(joint)


def _made(block: Rows, place: int) -> Instance:
    """Build the instance of one joint of a block."""
    return built(at(block, [place]), block.search)[0]


def _demands(rows: Inequalities, coefficients: tuple[Fraction, ...], place: int, sign: int) -> list[tuple[float, int]]:
    """List the most demanding joints of a block, with the value that each demands."""
    c, own = np.array([float(one) for one in coefficients]), rows.terms[:, place]
    present = np.flatnonzero(sign * own > _PRESENT)
    rest = rows.terms @ c - own * c[place]
    values = (rows.lhs - rest)[present] / own[present]
    order = np.argsort(-sign * values, kind="stable")[:_TRIED]
    return [(float(values[one]), int(rows.kept[present[one]])) for one in order]

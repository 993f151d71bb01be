"""Prove assertions about all points of a simplex by cutting it into pieces on which the coefficients prove them."""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from flint import fmpz_mpoly, fmpz_mpoly_ctx

from .assertions import Assertion, Images

Vertex = list[int]


_SOON = 100  # the part of the budget after which the whole simplex is tried
_NEAR = 10**9  # the weight of a vertex in a point beside it, of which each vertex has 1


class Linear(NamedTuple):
    """Represent a restriction to where a linear function is not negative (1), not positive (−1) or zero (0)."""

    polynomial: fmpz_mpoly
    sign: int


class Outcome(NamedTuple):
    """Hold how an attempt at a proof ended, after how many pieces and coefficients, and where it is false if it is."""

    proven: bool
    pieces: int
    work: int
    refuted_at: Vertex | None = None


def prove(
    assertion: Callable[[Images], Assertion],
    ring: fmpz_mpoly_ctx,
    restrictions: Sequence[Linear],
    squares: Sequence[fmpz_mpoly],
    budget: int,
) -> Outcome:
    """Try to prove an assertion about all points of the standard simplex that meet linear restrictions.

    The assertion is made for the coordinates in a piece.  The part where the restrictions are met is cut into
    simplices exactly.  Each is cut in two at the middle of an edge until the coefficients prove the assertion on each
    piece, it is false at a vertex, or more than ``budget`` coefficients were looked at.  Unless that comes soon, the
    whole simplex is tried at once, with the restrictions and some ``squares`` as polynomials that are not negative.
    """
    n = ring.nvars()
    pieces = [[[int(i == j) for j in range(n)] for i in range(n)]]
    for restriction in restrictions:
        pieces = [part for piece in pieces for part in _restricted(piece, restriction)]
    pending = [(piece, assertion(_images(piece, ring))) for piece in pieces]
    seen, work, whole = 0, 0, None
    while pending:
        vertices, part = pending.pop()
        seen, work = seen + 1, work + part.size
        false = next((vertex for place, vertex in enumerate(vertices) if part.fails_at(place)), None)
        if false is not None:
            # A vertex may be a limit of joints only; a point of the piece that is as near as that is a joint.
            near = [_NEAR * entry + sum(others) for entry, *others in zip(false, *vertices, strict=True)]
            return Outcome(False, seen, work, near)
        if part.is_proven:
            continue
        if whole is None and work > budget // _SOON:
            whole = assertion(ring.gens())
            work += whole.size
            if whole.is_proven_with([one.sign * one.polynomial for one in restrictions if one.sign], squares):
                return Outcome(True, 1, work)
        if work > budget:
            return Outcome(False, seen, work)
        first, second = _edge(vertices, part)
        middle = [a + b for a, b in zip(vertices[first], vertices[second], strict=True)]
        for replaced, kept in ((first, second), (second, first)):
            halves = [[2 * entry for entry in vertex] for vertex in vertices]
            halves[replaced] = middle
            images = [2 * x for x in ring.gens()]
            images[kept], images[replaced] = 2 * ring.gen(kept) + ring.gen(replaced), ring.gen(replaced)
            pending.append((halves, part.moved(images)))
    return Outcome(True, seen, work)


def _images(vertices: list[Vertex], ring: fmpz_mpoly_ctx) -> list[fmpz_mpoly]:
    """Return the cells as functions of the barycentric coordinates in a piece."""
    coordinates = ring.gens()[: len(vertices)]
    columns = zip(*vertices, strict=True)
    return [sum((v * x for v, x in zip(column, coordinates, strict=True)), ring.constant(0)) for column in columns]


def _restricted(vertices: list[Vertex], restriction: Linear) -> list[list[Vertex]]:
    """Cut the part of a piece where a restriction is met into pieces, whose vertices have one total each."""
    values = [int(restriction.polynomial(*vertex)) for vertex in vertices]
    if restriction.sign < 0:
        values = [-value for value in values]
    high, low = ([place for place, value in enumerate(values) if sign * value > 0] for sign in (1, -1))
    if not high or not low:
        if restriction.sign and not low:
            return [vertices]
        face = [vertex for vertex, value in zip(vertices, values, strict=True) if value == 0]
        return [face] if face and not restriction.sign else []
    one, other = high[0], low[0]
    between = [values[one] * b - values[other] * a for a, b in zip(vertices[one], vertices[other], strict=True)]
    scale = values[one] - values[other]
    found = []
    for replaced in (one, other):
        part = [[scale * entry for entry in vertex] for vertex in vertices]
        part[replaced] = between
        divisor = math.gcd(*itertools.chain(*part))
        found += _restricted([[entry // divisor for entry in vertex] for vertex in part], restriction)
    if restriction.sign == 0:  # a face of several pieces
        found = [list(map(list, face)) for face in dict.fromkeys(tuple(sorted(map(tuple, face))) for face in found)]
    return found


def _edge(vertices: list[Vertex], assertion: Assertion) -> tuple[int, int]:
    """Choose the edge to halve: a long one, whose ends the monomials that stand in the way have much of."""
    blame: dict[tuple[int, int], float] = defaultdict(float)
    for powers, weight in assertion.blamed():
        present = [(place, power) for place, power in enumerate(powers) if power]
        for (i, a), (j, b) in itertools.combinations(present, 2):
            blame[i, j] += weight * a * b
    scale = sum(vertices[0])

    def score(edge: tuple[int, int]) -> tuple[float, tuple[int, int]]:
        """Return the blame of an edge times the square of its length."""
        i, j = edge
        length = sum(((a - b) / scale) ** 2 for a, b in zip(vertices[i], vertices[j], strict=True))
        return blame[edge] * length, edge

    return max(itertools.combinations(range(len(vertices)), 2), key=score)

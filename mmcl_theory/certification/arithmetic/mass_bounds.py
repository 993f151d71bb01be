"""Bound the mass that a measure on [0, 1] has up to a point from its moments, by polynomials that prove it.

Let p be a polynomial with p ≥ 1 on [0, a] and p ≥ 0 on [a, 1].  Then μ([0, a]) ≤ ∫ p dμ, which the moments give.  The
polynomials here are made by interpolation, so that nobody needs to decide a sign:

*Lemma.*  Let nodes L in [0, a] and U in (a, 1] be given.  The node a is among L and simple; of the others 0 and 1 may
be simple, and the rest is double.  Let p be the polynomial of least degree with p = 1 on L, p = 0 on U, and p' = 0 at
the double nodes.  Then p ≥ 1 on [0, a] and p ≥ 0 on [a, 1].

*Proof.*  If U is empty, p = 1.  Else let there be l and u nodes in L and U, d of them double; p has degree at most
l + u + d − 1.  Its derivative, of degree at most l + u + d − 2, vanishes at the d double nodes and, by Rolle, between
any two neighbours in L and in U, at l − 1 + u − 1 further points.  So these are all its zeros, and they are simple.  It
has none from a to the first node of U: there p falls from 1 to 0, and it falls at a, so p > 1 just before a.  On
[0, a], p − 1 has no zeros but its nodes (another one would give p' another zero), and at a double node it has an
extremum, so it has one sign, which is positive.  The first node of U is double, and p has a minimum there, or it is 1;
so p ≥ 0 up to 1 likewise.  ∎

The lower bounds are the mirror images: p ≤ 1 on [0, b] and p ≤ 0 on [b, 1], where b is a simple node of U.

Which nodes are best does not matter to the proof.  By Chebyshev, Markov and Stieltjes they are those of the quadrature
that has a (b) among its nodes, and 0 or 1 or both where the number of moments asks for it.  They are found at a high
precision and made rational; a node that is off by ε costs ε².
"""

from collections.abc import Sequence
from typing import Any

from flint import acb_poly, arb, arb_mat, ctx, fmpq, fmpq_poly, fmpz

from .ball import Ball, rational
from .forms import simplest
from .walk_moments import Moment, as_ball, guarded

# Cuts and nodes are rounded to so many bits less than the working precision: they are then the same numbers on every
# machine, whichever last bits its eigenvalues have.
_GRID = 40
# A weight may be so far below 0, and a bound so far from what a quadrature attains, by rounding.
_NEGLIGIBLE = 2.0**-40


def mass_up_to(cut: Ball, moments: Sequence[Moment]) -> Ball:
    """Return ∫ p dμ ≥ μ([0, a]) for a cut a, p the best polynomial that is found; at most the whole mass."""
    return _best(_rounded(cut, up=True), moments, upper=True)


def mass_below(cut: Ball, moments: Sequence[Moment]) -> Ball:
    """Return ∫ p dμ ≤ μ([0, b)) for a cut b; at least 0."""
    return _best(_rounded(cut, up=False), moments, upper=False)


def _rounded(cut: Ball, up: bool) -> fmpq:
    """Return a rational that is certainly at or above (below) a number, itself if it is rational; within [0, 1]."""
    if not cut.is_exact:
        scale = fmpz(2) ** (int(ctx.prec) - _GRID)
        scaled = cut.enclosure() * scale
        edge = (scaled.upper().ceil() if up else scaled.lower().floor()).unique_fmpz()
        if edge is None:
            return fmpq(int(up))
        return min(max(fmpq(edge, scale), fmpq(0)), fmpq(1))
    return min(max(rational(cut.value), fmpq(0)), fmpq(1))


def _best(cut: fmpq, moments: Sequence[Moment], upper: bool) -> Ball:
    """Return the best of the bounds that polynomials of each degree give."""
    best = as_ball(moments[0]) if upper else Ball(0)
    if cut == (1 if upper else 0):
        return best
    bits = int(ctx.prec)
    with ctx.workprec(2 * guarded(len(moments) - 1)):
        balls = [arb(moment) for moment in moments]  # for what is no part of the proof, fractions are too long
    for degree in range(len(moments) - 1, 0, -1):
        found = [nodes for ends in _ends(degree, cut) if (nodes := _nodes(cut, ends, balls, degree, bits))]
        attained = False
        for nodes in found:
            value = _integral(interpolant(nodes, cut, upper), moments, degree)
            better = (best - value) if upper else (value - best)
            if better.enclosure().mid() > 0:
                best = value
            mass = _mass_of_quadrature(nodes, cut, upper, balls, degree)
            attained |= mass is not None and bool(abs((value - Ball(mass)).enclosure().mid()) < _NEGLIGIBLE)
        # Then there is a measure of these moments and this mass.  Of few atoms fewer moments have such nodes.
        if attained:
            break
    return best


def _mass_of_quadrature(nodes: dict[fmpq, int], cut: fmpq, upper: bool, moments: list[arb], degree: int) -> arb | None:
    """Compute the mass that the quadrature with these nodes has up to the cut; None if a weight is negative."""
    total = arb(0)
    with ctx.workprec(guarded(degree)):
        for node in nodes:
            lagrange = fmpq_poly([1])
            for other in nodes:
                if other != node:
                    lagrange *= fmpq_poly([-other, 1]) / (node - other)
            weight = _functional(lagrange, moments).mid()
            if not weight >= -_NEGLIGIBLE:
                return None
            total += weight if _is_low(node, cut, upper) else 0
    return total.mid()


def _is_low(node: fmpq, cut: fmpq, upper: bool) -> bool:
    """Say whether the polynomial is to be 1 at a node: up to the cut, or below it for a lower bound."""
    return node <= cut if upper else node < cut


def _ends(degree: int, cut: fmpq) -> list[tuple[int, ...]]:
    """List which ends of [0, 1] may be nodes beside the cut, given the parity of the degree."""
    choices: list[tuple[int, ...]] = [(), (0, 1)] if degree % 2 == 0 else [(0,), (1,)]
    return [ends for ends in choices if cut not in ends and len(ends) < degree + 1]


def _nodes(cut: fmpq, ends: tuple[int, ...], moments: list[arb], degree: int, bits: int) -> dict[fmpq, int] | None:
    """Find the nodes with their multiplicities; None where a free one is not in [0, 1] or is none of its own."""
    nodes = {cut: 1} | {fmpq(end): 1 for end in ends}
    n_free = (degree - len(ends)) // 2
    if n_free == 0:
        return nodes
    weight = fmpq_poly([-cut, 1])
    for end in ends:
        weight *= fmpq_poly([0, 1]) if end == 0 else fmpq_poly([1, -1])
    with ctx.workprec(2 * guarded(degree)):
        weighted = [_functional(weight, moments[j:]) for j in range(2 * n_free)]
    with ctx.workprec(guarded(degree)):
        free = _orthogonal_roots(weighted, arb(2) ** -bits)
        for root in free or ():
            radius = arb(2) ** (_GRID - bits)
            node = simplest((root - radius).lower(), (root + radius).upper())
            if not 0 <= node <= 1 or node in nodes:
                return None
            nodes[node] = 2
    return nodes if free else None


def _orthogonal_roots(moments: list[arb], tol: arb) -> list[arb] | None:
    """Find the roots of the polynomial orthogonal to all of lower degree, to a tolerance; None where there is none."""
    n = len(moments) // 2
    hankel = arb_mat([moments[i : i + n] for i in range(n)])
    try:
        solved = hankel.solve(arb_mat([[-moment] for moment in moments[n:]]))
        roots = acb_poly([*(entry.mid() for entry in solved.entries()), 1]).roots(tol)
    except (ZeroDivisionError, ValueError):
        return None
    return [root.real.mid() for root in roots] if all(root.imag.contains(0) for root in roots) else None


def interpolant(nodes: dict[fmpq, int], cut: fmpq, upper: bool) -> fmpq_poly:
    """Return the polynomial of the lemma: 1 at the nodes up to the cut (below it, for a lower bound), 0 beyond."""
    places = [node for node in sorted(nodes) for _ in range(nodes[node])]
    values = [fmpq(int(_is_low(node, cut, upper))) for node in places]
    divided = [values]
    for gap in range(1, len(places)):
        last = divided[-1]
        divided.append(
            [
                (last[i + 1] - last[i]) / (places[i + gap] - places[i]) if places[i + gap] != places[i] else fmpq(0)
                for i in range(len(places) - gap)
            ]
        )
    polynomial = fmpq_poly([])
    for place, row in zip(reversed(places), reversed(divided), strict=True):
        polynomial = polynomial * fmpq_poly([-place, 1]) + row[0]
    return polynomial


def _integral(polynomial: fmpq_poly, moments: Sequence[Moment], degree: int) -> Ball:
    """Compute ∫ p dμ."""
    with ctx.workprec(guarded(degree)):
        value = _functional(polynomial, moments)
    return as_ball(value)


def _functional(polynomial: fmpq_poly, moments: Sequence[Any]) -> Any:
    """Sum the coefficients of a polynomial times the moments, from the first."""
    return sum(coefficient * moment for coefficient, moment in zip(polynomial.coeffs(), moments, strict=False))

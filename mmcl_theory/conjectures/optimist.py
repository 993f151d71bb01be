"""Solve the linear program of a duel: the tightest bound of a form that is true of every joint met so far."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog

_LARGEST = 1e4  # of a coefficient: a bound that needs more is none
_FEASIBLE = 1e-9  # by so much a solver may exceed a row, whose largest entry is 1
_LOOSER = 0.01  # by so much of itself a bound may be looser on average for the sake of simpler coefficients


class Unbounded(ValueError):
    """Report that no finite coefficients make a bound of a form, or that they are not determined."""


class Program(NamedTuple):
    """Hold a linear program: minimize weights · c subject to lhs ≤ terms · c in each row, some c_i being fixed."""

    lhs: np.ndarray
    terms: np.ndarray
    weights: np.ndarray

    def solved(self, fixed: Mapping[int, Fraction] | None = None) -> np.ndarray:
        """Find the best coefficients.

        Raises
        ------
        Unbounded
            If there are none, or one is as large as is allowed.
        """
        found = self._minimize(self.weights, fixed or {})
        if found is None:
            raise Unbounded("no coefficients make it true of all joints that were met")
        beyond = np.flatnonzero(np.abs(found) > _LARGEST / 2)
        if beyond.size:
            raise Unbounded(f"the coefficient of term {beyond[0] + 1} grows beyond {_LARGEST / 2:g}")
        return found

    def simplified(self) -> tuple[Fraction, ...]:
        """Find simple fractions that make the bound true in every row, and it a hundredth looser at most.

        One coefficient after the other is the simplest fraction of those with which the rest still can.
        """
        best = self.solved()
        allowed = float(self.weights @ best) + _LOOSER * max(float(np.abs(self.weights * best).max()), 1e-12)
        fixed: dict[int, Fraction] = {}
        for place in range(len(best)):
            ends = [self._minimize(sign * np.eye(len(best))[place], fixed, allowed) for sign in (1, -1)]
            if ends[0] is None or ends[1] is None:  # within the solver's tolerance: nothing is left to choose
                fixed[place] = Fraction(float(best[place])).limit_denominator(10**6)
                continue
            # A hair wider than the solver's tolerance, so that a simple fraction at the very end counts.
            low, high = ends[0][place] - 1e-8, ends[1][place] + 1e-8
            fixed[place] = simplest(low, high)
        return tuple(fixed[place] for place in range(len(best)))

    def _minimize(
        self, weights: np.ndarray, fixed: Mapping[int, Fraction], allowed: float | None = None
    ) -> np.ndarray | None:
        """Minimize a combination of the coefficients; None where no coefficients are possible."""
        above, most = -self.terms, -self.lhs
        if allowed is not None:
            size = max(float(np.abs(self.weights).max()), 1e-300)
            above, most = np.vstack([above, self.weights / size]), np.append(most, allowed / size)
        ends = np.where(self.terms.any(axis=0), _LARGEST, 0)  # a term that is always 0 has the coefficient 0
        bounds = [(float(fixed[i]),) * 2 if i in fixed else (-end, end) for i, end in enumerate(ends)]
        options = {"primal_feasibility_tolerance": _FEASIBLE, "dual_feasibility_tolerance": _FEASIBLE}
        found = linprog(weights, above, most, bounds=bounds, method="highs-ds", options=options)
        return found.x if found.status == 0 else None


def simplest(low: float | Fraction, high: float | Fraction) -> Fraction:
    """Find the fraction of the smallest denominator, and of those the smallest numerator, between two numbers.

    Examples
    --------
    >>> simplest(0.6929, 0.6999), simplest(-1.0003, -0.99), simplest(-0.1, 0.2)
    (Fraction(16, 23), Fraction(-1, 1), Fraction(0, 1))
    """
    low, high = Fraction(low), Fraction(high)  # a float is one, exactly: rounding would let 13/10 lie above 1.3
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -simplest(-high, -low)
    # Descend the tree of Stern and Brocot: a continued fraction that ends as soon as a number lies between.
    whole = ceil(low)
    if whole <= high:
        return Fraction(whole)
    return whole - 1 + 1 / simplest(1 / (high - whole + 1), 1 / (low - whole + 1))

"""Find the best polynomial by a linear program, where the moments have no quadrature in double precision."""

import numpy as np
import scipy
from jaxtyping import Float

from . import chebyshev

# Valleys that a program leaves below the level become constraints of the next one; they converge in a few rounds.
_ROUNDS = 12
# Below this a valley is as deep as the solver tells.
_FEASIBLE = 1e-11
_GRID = 6  # points of each interval per degree, at first
_ROUNDING = 1e-12  # what a unit of a coefficient costs besides, so that rounding does not take what the others gain
_LARGEST = 1e7  # of a coefficient: with too few constraints the program has no solution otherwise
_TOLERANCE = 1e-10  # the least that HiGHS allows for the constraints of a linear program


def improved(
    moments: Float[np.ndarray, " n"], a: float, b: float, otherwise: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Find coefficients of the polynomial p with the least Σ p_m ν_m that is at least 1 on [0, a] and 0 on [b, 1].

    Constraints at points are added until the polynomial keeps to them in between.  ``otherwise`` is returned where the
    solver fails.
    """
    degree = len(moments) - 1
    sides = [(1.0, -1.0, 2 * a - 1), (0.0, 2 * max(a, b) - 1, 1.0)]
    angles = np.linspace(np.pi, 0, _GRID * degree + 1)
    points = []
    for _, low, high in sides:
        _, valleys = chebyshev.lowest(otherwise[None], np.array([low]), np.array([high]))
        points.append(np.concatenate([(low + high) / 2 + (high - low) / 2 * np.cos(angles), valleys[0]]))
    found = otherwise
    for _ in range(_ROUNDS):
        rows = np.concatenate([chebyshev.table(part, degree)[0] for part in points])
        levels = np.concatenate([np.full(len(part), level) for part, (level, *_) in zip(points, sides, strict=True)])
        solved = scipy.optimize.linprog(
            np.concatenate([moments + _ROUNDING, _ROUNDING - moments]),
            A_ub=np.concatenate([-rows, rows], axis=1),
            b_ub=-levels,
            bounds=(0, _LARGEST),
            method="highs",
            options={"primal_feasibility_tolerance": _TOLERANCE, "dual_feasibility_tolerance": _TOLERANCE},
        )
        if solved.x is None or not np.isfinite(solved.x).all():
            return found
        found, missing = solved.x[: degree + 1] - solved.x[degree + 1 :], 0.0
        for index, (level, low, high) in enumerate(sides):
            least, places = chebyshev.lowest(found[None], np.array([low]), np.array([high]))
            missing = max(missing, level - least[0])
            points[index] = np.concatenate([points[index], places[0]])
        if missing < _FEASIBLE:
            break
    return found

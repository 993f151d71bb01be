"""Measure what doubling and halving each constant of the spectral engine does.

    python -m benchmarks.settings [CONSTANT ...]

Three matrices, each of which exercises other phases of the search: *classes* (10,000 × 10,000, twenty classes and a gap
after them: Chebyshev filter in single precision), *noise* (4,000 × 4,000, k = 40 inside the noise, with a basis of at
most 160 vectors: thick restarts) and *components* (3,000 × 3,000, twenty equal singular values: double precision and
the multiplicity check).  A row of the table shows, for each matrix, the products of AᵀA with a block, the largest
relative residual norm of the first k triplets and CPU seconds (of the faster of two warm runs).  Constants that change
neither the products nor, by a factor of 2, the residual norm nor, by 1.5, the seconds are listed below the table.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import scipy.sparse

from mmcl_theory.factorization import settings
from mmcl_theory.factorization.krylov import search
from mmcl_theory.factorization.operators.sparse import Sparse

from .instances import normalized_pairs

MAX_PRODUCTS, RUNS, SLOWER, LESS_ACCURATE = 1_500, 2, 1.5, 2.0
# Residual norms below this share of σ_1 are rounding.
ROUNDING = 1e-13
# Constants that compiled programs contain: what was compiled with another value must be discarded.
COMPILED = ("BLOCK_COLUMNS", "CACHE_LINE_BYTES")
Result = tuple[int, float, float]


def components() -> Any:
    """Build a block-diagonal matrix of twenty independent joints, so that twenty singular values equal 1."""
    return scipy.sparse.block_diag([normalized_pairs(150, 3_000, 3, seed=seed) for seed in range(20)]).tocsr()


MATRICES: dict[str, tuple[Any, dict[str, Any]]] = {
    "classes": (normalized_pairs(10_000, 200_000, 20), {"k": 20}),
    "noise": (normalized_pairs(4_000, 80_000, 20), {"k": 40, "max_dimension": 160}),
    "components": (components(), {"k": 20}),
}


def names() -> list[str]:
    """List the constants of the engine."""
    return [name for name in vars(settings) if name.isupper()]


def scaled(value: Any, factor: float) -> Any:
    """Scale a constant; a whole number stays one, at least 1; of the schedule of corrections the degrees are scaled."""
    if isinstance(value, tuple):
        if isinstance(value[0], tuple):
            return tuple((share, scaled(degree, factor)) for share, degree in value)
        return tuple(scaled(part, factor) for part in value)
    return max(int(value * factor), 1) if isinstance(value, int) else value * factor


def solve(matrix: Any, options: dict[str, Any]) -> Result:
    """Factorize from SciPy's matrix on: return products, the largest relative residual norm and CPU seconds."""
    searches: list[Any] = []
    grow: Callable[[Any], None] = search._Search._grow

    def recorded(self: Any) -> None:
        searches.append(self)
        grow(self)

    search._Search._grow = recorded  # type: ignore[method-assign]
    start = time.process_time()
    try:
        found = search.krylov(Sparse.of(matrix), key=jax.random.key(0), max_products=MAX_PRODUCTS, **options)
        residual = float(found.residual_norms[: options["k"]].max() / found.values[0])
    except search.NotConverged:
        residual = np.inf
    finally:
        search._Search._grow = grow  # type: ignore[method-assign]
    return searches[-1].products, residual, time.process_time() - start


def measure(case: str) -> Result:
    """Measure one matrix with the settings as they are, after a run that compiles."""
    results = [solve(*MATRICES[case]) for _ in range(RUNS + 1)][1:]
    return min(results, key=lambda result: result[2])


def differs(result: Result, default: Result) -> bool:
    """Decide whether a result differs from that of the default settings by more than rounding and the clock's noise."""
    accuracy, time_taken = result[1] / default[1], result[2] / default[2]
    if result[0] != default[0] or max(time_taken, 1 / time_taken) > SLOWER:
        return True
    return max(result[1], default[1]) > ROUNDING and max(accuracy, 1 / accuracy) > LESS_ACCURATE


def cell(result: Result) -> str:
    """Format a result for the table."""
    products, residual, seconds = result
    return f"{products}, {residual:.0e}, {seconds:.2f} s" if np.isfinite(residual) else f"{products}, not reached"


def main(chosen: list[str]) -> None:
    """Print the table."""
    defaults = {case: measure(case) for case in MATRICES}
    print("| constant | value | " + " | ".join(MATRICES) + " |\n|---|---|" + "---|" * len(MATRICES))
    print("| (all as they are) | | " + " | ".join(cell(default) for default in defaults.values()) + " |", flush=True)
    unchanged = []
    for name in chosen or names():
        value = getattr(settings, name)
        for factor, word in ((2.0, "doubled"), (0.5, "halved")):
            setattr(settings, name, scaled(value, factor))
            if name in COMPILED:
                jax.clear_caches()
            try:
                results = {case: measure(case) for case in MATRICES}
            finally:
                setattr(settings, name, value)
            if name in COMPILED:
                jax.clear_caches()
            if any(differs(results[case], defaults[case]) for case in MATRICES):
                cells = [cell(results[case]) if differs(results[case], defaults[case]) else "same" for case in MATRICES]
                print(f"| `{name}` | {word} | " + " | ".join(cells) + " |", flush=True)
            else:
                unchanged.append(f"`{name}` ({word})")
    print(f"\nNo difference: {', '.join(unchanged)}.")


if __name__ == "__main__":
    main(sys.argv[1:])

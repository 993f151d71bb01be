"""Measure how the time of a factorization grows with the size of the joint, and with the encoder dimension k.

    python -m benchmarks.scaling

Joints have twenty classes and twenty pairs an image, as c1, over a decade and a half of sizes; the exponent is fitted
by least squares on logarithms.  The second table has the time for several k at n = 31,623.
"""

import statistics
import time

import jax
import numpy as np

from mmcl_theory.factorization.krylov.search import krylov
from mmcl_theory.factorization.operators.sparse import Sparse

from .instances import normalized_pairs

SIZES, KS, ROUNDS = (10_000, 31_623, 100_000, 316_228), (5, 19, 20, 40, 80), 3


def seconds(operator: Sparse, k: int) -> float:
    """Return the median time of a warm call."""
    taken = []
    for turn in range(ROUNDS + 1):
        start = time.perf_counter()
        jax.block_until_ready(krylov(operator, k, key=jax.random.key(turn)).left)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def main() -> None:
    """Print the tables."""
    print("| images, texts | pairs | k = 19 | k = 20 |\n|---|---|---|---|")
    times = []
    for n in SIZES:
        operator = Sparse.of(normalized_pairs(n, 20 * n, 20))
        times.append([seconds(operator, 19), seconds(operator, 20)])
        print(f"| {n:,} | {20 * n:,} | {times[-1][0]:.2f} s | {times[-1][1]:.2f} s |", flush=True)
    exponents = np.polyfit(np.log(SIZES), np.log(times), 1)[0]
    print(f"\nexponents: {exponents[0]:.2f} and {exponents[1]:.2f}\n\n| k | time |\n|---|---|")
    operator = Sparse.of(normalized_pairs(SIZES[1], 20 * SIZES[1], 20))
    for k in KS:
        print(f"| {k} | {seconds(operator, k):.2f} s |", flush=True)


if __name__ == "__main__":
    main()

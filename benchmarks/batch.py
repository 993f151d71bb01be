"""Time the verification of a batch of small joints, beside NumPy's singular value decompositions alone.

    python -m benchmarks.batch

The instance B has 10,000 joint distributions of 32 images and 32 texts, encoder dimensions k = 1 … 8, and every
statement of the theory's section on multi-modal contrastive learning but the two on cuts.  Captions of the first batch
are not garbled, so that one statement is not applicable; those of the second are, by a channel to 16 texts, which needs
one more decomposition.
"""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

import mmcl_theory as mt

THEOREMS = [
    *("label-transfer", "probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"),
    *("probe-mmcl-paper", "zero-shot", "zero-shot-error", "class-conductance", "caption-garbling"),
    "information-chi-square",
]


def laws(n_joints: int, size: int, key: jax.Array) -> np.ndarray:
    """Draw random joint distributions from a Dirichlet distribution over the cells."""
    return np.asarray(jax.random.dirichlet(key, jnp.full(size * size, 0.3), (n_joints,)).reshape(-1, size, size))


def seconds(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Measure the wall time of each, in turns, after each has run once."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if turn:
                taken[name].append(time.perf_counter() - start)
    return taken


def main(n_joints: int = 10_000, size: int = 32, rounds: int = 7) -> None:
    """Print the table."""
    labels, ks = np.arange(size) % 4, range(1, 9)
    matrices = laws(n_joints, size, jax.random.key(0))
    batch = jax.vmap(lambda law: mt.Joint(law, labels, n_classes=4))(jnp.asarray(matrices))
    channel = np.repeat(np.eye(size // 2), 2, axis=0)
    garbled = jax.vmap(lambda joint: mt.Instance(joint, channel=jnp.asarray(channel)))(batch)
    listed = [mt.Joint(law, labels, n_classes=4) for law in matrices]
    normalized = np.asarray(jax.vmap(lambda joint: joint.normalized)(batch))
    taken = seconds(
        {
            "numpy.linalg.svd": lambda: np.linalg.svd(normalized),
            "verify, a batch": lambda: mt.verify(batch, ks, THEOREMS),
            "verify, a batch with channels": lambda: mt.verify(garbled, ks, THEOREMS),
            "verify, a list of joints": lambda: mt.verify(listed, ks, THEOREMS),
        },
        rounds,
    )
    first = mt.verify(batch, ks, THEOREMS)
    assert first.equals(mt.verify(batch, ks, THEOREMS)), "not reproducible"
    print(f"{n_joints} joints of {size} × {size}, k = 1 … 8, {len(THEOREMS)} statements: {len(first)} rows a table")
    print(f"{os.cpu_count()} cores, {platform.machine()}, NumPy {np.__version__}, JAX {jax.__version__}\n")
    print("| | ratio to NumPy's SVD | median, s | least … most, s | µs a joint |")
    print("|---|---|---|---|---|")
    reference = statistics.median(taken["numpy.linalg.svd"])
    for name, times in taken.items():
        median = statistics.median(times)
        spread = f"{min(times):.3f} … {max(times):.3f}"
        print(f"| {name} | {median / reference:.2f} | {median:.3f} | {spread} | {median / n_joints * 1e6:.1f} |")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

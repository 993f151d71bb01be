"""The sweeps of the tests: small ones, with few cells a block."""

import contextlib

import numpy as np

import mmcl_theory as mt
from mmcl_theory.sweeps import blocks

CELLS = 4  # of a block, so that a small sweep has several
THEOREMS = ["probe-mmcl", "label-transfer", "finite-sample"]
GRID = {"label_noise": [0.1, 0.2, 0.3], "n_images": [6, 8], "n_texts": 6, "sample": 500}
SIZE = 12  # cells, with the seeds


def swept(store, grid=None, theorems=THEOREMS, world="block", **more):
    """Sweep over small block joints, with two seeds."""
    given = {"k": [2, 4], "seeds": 2} | more
    return mt.sweep(world, GRID if grid is None else grid, theorems, store, **given)


@contextlib.contextmanager
def small_blocks():
    """Let blocks have few cells."""
    before, blocks._CELLS = blocks._CELLS, CELLS
    try:
        yield
    finally:
        blocks._CELLS = before


def files_of(store):
    """Return the bytes of each file of a store."""
    return {path.name: path.read_bytes() for path in sorted(store.iterdir())}


def drawn(noise: float, n: int = 5, *, key) -> mt.Joint:
    """Draw a joint of n images and n texts: a world of the user's."""
    import jax

    law = (1 - noise) * np.eye(n) + noise * np.asarray(jax.random.uniform(key, (n, n)))
    return mt.Joint(law, np.arange(n) % 2)

"""What several test files share: the worlds that theorems are tried on."""

import os

import jax
import pandas as pd
import pytest

import mmcl_theory as mt

# One thread a process: the tests run in two processes, and small matrices gain nothing from threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

N_SEEDS = 12

# Small worlds of few distinct shapes: each shape is compiled once.  Those with a seed draw a joint for each key.
WORLDS = {
    "isotropic": lambda key: mt.generators.isotropic_noise(6, float(jax.random.uniform(key))),
    "hierarchical": lambda key: mt.generators.hierarchical_classes(
        (2, 2, 3), jax.random.dirichlet(key, jax.numpy.ones(4)), label_level=2
    ),
    "block": lambda key: mt.generators.block_joint(14, 10, (2, 1, 1), *jax.random.uniform(key, (2,)), 0.7, key=key),
    "dirichlet": lambda key: mt.generators.random_dirichlet(8, 8, 3, key=key),
    "sparse dirichlet": lambda key: mt.generators.random_dirichlet(8, 8, 3, concentration=0.02, key=key),
    "tall dirichlet, random labels": lambda key: mt.generators.random_dirichlet(12, 5, 4, bayes_labels=False, key=key),
    "wide dirichlet": lambda key: mt.generators.random_dirichlet(5, 12, 2, concentration=1.0, key=key),
    "caption": lambda key: mt.generators.caption_model(12, 8, 3, 3, 2, key=key),
}


# Every caption joint has a shape of its own, so a compilation of its own.
SEEDS = {"caption": 2}


def instances(world: str, n: int | None = None) -> list[mt.Instance]:
    """Instances of a world, each with random encoders and a random caption channel."""
    n = n or SEEDS.get(world, N_SEEDS)
    keys = jax.random.split(jax.random.key(0), 2 * n).reshape(n, 2)
    return [mt.Instance.with_random_parts(WORLDS[world](first), dimension=3, key=second) for first, second in keys]


@pytest.fixture(scope="session")
def world_tables() -> dict[str, pd.DataFrame]:
    """Every theorem on every world, verified once."""
    return {world: mt.verify(instances(world), k=[1, 2, 3, 4]) for world in WORLDS}


@pytest.fixture(scope="session")
def emoji() -> mt.Joint:
    """The bundled pairs, read once."""
    return mt.datasets.emoji()

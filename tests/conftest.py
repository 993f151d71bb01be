"""What several test files share and is computed once."""

import pandas as pd
import pytest
from small_worlds import WORLDS, instances

import mmcl_theory as mt


@pytest.fixture(scope="session")
def world_tables() -> dict[str, pd.DataFrame]:
    """Every theorem on every world, verified once."""
    return {world: mt.verify(instances(world), k=[1, 2, 3, 4]) for world in WORLDS}


@pytest.fixture(scope="session")
def emoji() -> mt.Joint:
    """The bundled pairs, read once."""
    return mt.datasets.emoji()

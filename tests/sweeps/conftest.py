"""What the tests of sweeps share: small blocks, and one sweep that nothing interrupted."""

import pytest
from small_sweeps import small_blocks, swept


@pytest.fixture(autouse=True)
def _blocks_are_small():
    with small_blocks():
        yield


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The store of a sweep that ran in one go, and its table."""
    store = tmp_path_factory.mktemp("sweeps") / "whole"
    with small_blocks():
        return store, swept(store)

"""For all tests, docstring examples and the README."""

import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def _compiled_programs_are_let_go():
    """Each compiled program takes memory maps, of which a process may have 65,530, and then ends without a word."""
    yield
    jax.clear_caches()

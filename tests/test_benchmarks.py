"""What benchmarks take from the package is there, since no test runs them whole."""

import importlib
import pathlib

import pytest

import benchmarks
from benchmarks import svd

NAMES = sorted(path.stem for path in pathlib.Path(benchmarks.__file__).parent.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_imported(name):
    importlib.import_module(f"benchmarks.{name}")


@pytest.mark.parametrize("step", svd.STEPS)
def test_each_step_that_is_timed_is_where_it_is_called(step):
    owner, name = svd.STEPS[step]
    assert callable(getattr(owner, name))

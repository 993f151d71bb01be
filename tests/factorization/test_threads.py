"""A search limits each BLAS to one thread, also one that is loaded within it."""

import subprocess
import sys

import pytest

WITHIN = """
from mmcl_theory.factorization.host import one_blas_thread
from threadpoolctl import threadpool_info
with one_blas_thread():
    import scipy.linalg
    print(*sorted({library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}))
"""


def test_every_blas_has_one_thread_in_a_search(monkeypatch):
    pytest.importorskip("threadpoolctl")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # which is what they have otherwise
    found = subprocess.run([sys.executable, "-c", WITHIN], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["1"]

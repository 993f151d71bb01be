"""A cluster makes the same rows, bit for bit."""

import pytest
from small_sweeps import files_of, swept


def test_a_cluster_of_two_processes_writes_the_same_bytes(whole, tmp_path):
    store, table = whole
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        assert swept(tmp_path / "store", scheduler=cluster.scheduler_address).equals(table)
    assert files_of(tmp_path / "store") == files_of(store)

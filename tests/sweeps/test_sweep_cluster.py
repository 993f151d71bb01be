"""A cluster makes the same rows, bit for bit."""

from multiprocessing import forkserver

import forks  # noqa: F401  what its process imports, workers do not import again
import pytest
from small_sweeps import files_of, swept


def test_a_cluster_of_two_processes_writes_the_same_bytes(whole, tmp_path):
    store, table = whole
    distributed, config = pytest.importorskip("distributed"), pytest.importorskip("dask.config")
    forkserver.ensure_running()
    with (
        config.set({"distributed.worker.multiprocessing-method": "forkserver"}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
    ):
        assert swept(tmp_path / "store", scheduler=cluster.scheduler_address).equals(table)
    assert files_of(tmp_path / "store") == files_of(store)

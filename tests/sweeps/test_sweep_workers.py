"""Processes of this machine make the same rows, bit for bit, and end with the one that started them."""

import fcntl
import os
import signal
import time

from forks import FORKS
from small_sweeps import files_of, small_blocks, swept


def test_two_workers_write_the_same_bytes(whole, tmp_path):
    store, table = whole
    assert swept(tmp_path / "store", workers=2).equals(table)
    assert files_of(tmp_path / "store") == files_of(store)


def sweep_of_two(store, errors):
    """Sweep with two workers, and with another standard error."""
    os.dup2(errors.fileno(), 2)
    with small_blocks():
        swept(store, seeds=100, workers=2)


def test_workers_end_with_a_killed_parent_and_leave_no_lock(tmp_path):
    """The parent is killed once a block is there; its workers are gone soon after, and the sweep is gone on with."""
    errors, of_parent = FORKS.Pipe(duplex=False)
    parent = FORKS.Process(target=sweep_of_two, args=(tmp_path / "store", of_parent))
    parent.start()
    of_parent.close()
    while not list(tmp_path.glob("store/block-*.parquet")):
        assert parent.is_alive()
        time.sleep(0.02)
    os.kill(parent.pid, signal.SIGKILL)
    said = b"begins"
    while said:  # standard error ends when the last process that could write there has ended
        assert errors.poll(60)
        said = os.read(errors.fileno(), 1000)
    with open(tmp_path / "store" / "_lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

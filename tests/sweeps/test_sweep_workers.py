"""Processes of this machine make the same rows, bit for bit, and end with the one that started them."""

import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import time

from small_sweeps import files_of, swept

HERE = pathlib.Path(__file__).parent


def test_two_workers_write_the_same_bytes(whole, tmp_path):
    store, table = whole
    assert swept(tmp_path / "store", workers=2).equals(table)
    assert files_of(tmp_path / "store") == files_of(store)


def test_workers_end_with_a_killed_parent_and_leave_no_lock(tmp_path):
    """The parent is killed once a block is there; its workers are gone soon after, and the sweep is gone on with."""
    script = f"""
        import sys
        sys.path.insert(0, {str(HERE)!r})
        from small_sweeps import small_blocks, swept

        if __name__ == "__main__":
            with small_blocks():
                swept({str(tmp_path / "store")!r}, seeds=100, workers=2)
        """
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(script))
    parent = subprocess.Popen([sys.executable, str(path)], stderr=subprocess.PIPE, start_new_session=True)
    while not list(tmp_path.glob("store/block-*.parquet")):
        assert parent.poll() is None
        time.sleep(0.02)
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate(timeout=60)  # stderr ends when the last process that could write there has ended
    with open(tmp_path / "store" / "_lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

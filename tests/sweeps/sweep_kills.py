"""Hurt sweeps, and check that their stores lose nothing and have nothing twice.

    python tests/sweeps/sweep_kills.py 100

kills sweeps a hundred times at a random moment and goes on with each, lets one run into a full disk, and starts two on
one store at once.  At the end of each sweep its store is compared, byte by byte, with that of a sweep that nothing
interrupted.  The sweeps run in forks of a process without threads of JAX, which takes a tenth of a start.
"""

import pathlib
import random
import shutil
import sys
import time

sys.path += [str(pathlib.Path(__file__).parents[i]) for i in (0, 1)]

import jax
from kills import as_asked, ended, forked, full_disk, killed
from small_sweeps import files_of, small_blocks, swept

N_BLOCKS = 9


def say(work):
    """Return what refuses the work, in a sentence; nothing where it succeeds."""
    try:
        work()
    except (ValueError, OSError) as error:
        return str(error)
    return ""


def reported(work, path):
    """Start a process that writes what refuses the work to a file."""
    return forked(lambda: path.write_text(say(work)))


def finished_blocks(store):
    """Return the blocks that are there, with the moments at which they were written."""
    return {path.name: path.stat().st_mtime_ns for path in store.glob("block-*.parquet")}


def run(store):
    """Sweep over nine blocks, each of which takes some hundredths of a second."""
    return swept(store, seeds=6)


def kill(store, seconds, draws):
    """Kill a sweep at a random moment, three times out of four after a block of its own; return whether it was one.

    What was finished stays as it was.
    """
    before = finished_blocks(store)

    def wait():
        if draws.random() < 0.75:
            patience = time.monotonic() + 60
            while len(finished_blocks(store)) == len(before) and time.monotonic() < patience:
                time.sleep(0.001)
        time.sleep(draws.uniform(0, seconds))

    was_killed = killed(lambda: run(store), wait)
    after = finished_blocks(store)
    assert before.items() <= after.items(), "a finished block was lost or made again"
    return was_killed and len(before) < len(after) < N_BLOCKS


def fill_disk(store, folder):
    """Let a sweep run into a limit on the size of files: it says so, and what is finished is kept."""
    (store / "block-000001.parquet").unlink()
    before = finished_blocks(store)

    def work():
        jax.config.update("jax_enable_compilation_cache", False)  # whose files would be cut off too
        with full_disk(1000):
            said = say(lambda: run(store))
        (folder / "disk").write_text(said)

    assert ended(forked(work)) == 0
    assert finished_blocks(store) == before
    assert not list(store.glob("*.partial"))
    return (folder / "disk").read_text()


def start_two(store, folder):
    """Start two sweeps on one store at once, and return what each said."""
    paths = [folder / name for name in ("one", "other")]
    children = [reported(lambda: run(store), path) for path in paths]
    assert [ended(child) for child in children] == [0, 0]
    return sorted(path.read_text() for path in paths)


def hurt(folder, n_kills):
    """Do all of it, and return the counts and what was said."""
    whole = folder / "whole"
    with small_blocks():
        assert ended(forked(lambda: run(whole))) == 0
        expected, moments = files_of(whole), finished_blocks(whole).values()
        assert len(moments) == N_BLOCKS
        seconds = (max(moments) - min(moments)) * 1e-9
        draws, amid, stores = random.Random(0), 0, 0
        store = folder / "killed"
        for _ in range(n_kills):
            amid += kill(store, seconds, draws)
            if len(finished_blocks(store)) == N_BLOCKS:
                stores += finished(store, expected)
        assert ended(forked(lambda: run(store))) == 0
        stores += finished(store, expected)
        said = start_two(folder / "two", folder)
        assert files_of(folder / "two") == expected
        disk = fill_disk(folder / "two", folder)
    return {"kills": n_kills, "amid": amid, "sweeps": stores, "two": said, "disk": disk}


def finished(store, expected):
    """Check a finished store against the one that nothing interrupted, and remove it."""
    for path in store.glob("*.partial"):  # what a killed writer leaves is removed after a day
        path.unlink()
    assert files_of(store) == expected, "the rows are not those of a sweep that nothing interrupted"
    shutil.rmtree(store)
    return 1


def tell(found, n_kills):
    """Say what was found."""
    print(f"{n_kills} kills, {found['amid']} of them amid blocks; {found['sweeps']} sweeps were finished:")
    print("each has the bytes of one that nothing interrupted, and no finished block was made again")
    print(f"two at once: {found['two']}")
    print(f"full disk: {found['disk']}")


if __name__ == "__main__":
    as_asked(hurt, tell)

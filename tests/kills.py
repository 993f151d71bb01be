"""Hurt every writer of the package, and check that each file is the old or the new one, whole.

    python tests/kills.py 100

kills each writer a hundred times at a random moment, lets it run into a full disk, and lets two of them write one
file at once.  The script forks a process that makes two versions of each kind of file, and a writer for each trial: it
has no threads of JAX itself, so that it can be forked, which takes a thousandth of a start.  What it forks, kills and
tells with, ``sweeps/sweep_kills.py`` shares.
"""

import contextlib
import os
import pathlib
import pickle
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd  # noqa: F401  what is imported here is not imported by each fork
import pytest
import scipy.linalg  # noqa: F401

import mmcl_theory as mt
from mmcl_theory import _archive

Writer = Callable[[pathlib.Path], Any]


def arrays_of(save: Callable[[str], Any]) -> tuple[_archive.FileKind, dict[str, Any]]:
    """Return what ``save`` hands to the writer of arrays: the kind of file, and the arrays as those of NumPy."""
    found = []

    def record(kind, path, arrays):
        found.append((kind, {name: np.asarray(array) for name, array in arrays.items() if array is not None}))

    write, _archive.FileKind.write_arrays = _archive.FileKind.write_arrays, record
    try:
        save("unused")
    finally:
        _archive.FileKind.write_arrays = write
    return found[-1]


def table_of(joint: mt.Joint) -> Any:
    """Verify some statements."""
    return mt.verify(joint, [1, 2], ["probe-text-induced", "probe-mmcl", "probe-error"])


def versions() -> dict[str, list[Any]]:
    """Return two contents of each kind of file, of different length."""
    import jax

    from mmcl_theory.training.checkpoint import CHECKPOINTS

    joint, other = (mt.generators.isotropic_noise(size, 0.25) for size in (4, 24))
    table, key = table_of(joint), jax.random.key(0)
    tables = [table, table.loc[table.index.repeat(20)].reset_index(drop=True)]
    return {
        "table.csv": tables,
        "table.parquet": tables,
        "joint.npz": [arrays_of(joint.save), arrays_of(other.save)],
        "falsification.npz": [
            arrays_of(mt.falsify("label-transfer", 2, 2, key=key, budget=rounds).save) for rounds in (1, 2)
        ],
        "checkpoint.npz": [(CHECKPOINTS, {"loss": np.arange(steps)}) for steps in (2, 50_000)],
        "certificate.json": [mt.certify("probe-mmcl", joint, k) for k in (1, 2)],
        "text.md": ["old\n" * 10, "new\n" * 100_000],
        "figure.pdf": [b"old" * 1000, b"new" * 30_000],
    }


def writer(name: str, content: Any) -> Writer:
    """Return the function that writes a content to a path, with the writer of the package."""
    if name.startswith("table"):
        return lambda path: mt.tables.write(content, path)
    if name.startswith("certificate"):
        return content.save
    if name.startswith("text"):
        return lambda path: _archive.write_text(path, content)
    if name.startswith("figure"):
        return figure_writer(content)
    kind, arrays = content
    return lambda path: kind.write_arrays(path, arrays)


def figure_writer(drawn: bytes) -> Writer:
    """Return the function that writes a figure, which is not drawn: to write the bytes takes a hundredth of that."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    ax.figure.savefig = lambda file, **_: file.write(drawn)
    return lambda path: mt.plotting.save(ax, path)


def forked(work: Callable[[], Any]) -> int:
    """Start a process that does the work and ends with 0, or ends with 1 where that fails."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:  # a child must not go on as its parent would
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            os._exit(code)
    return child


def ended(child: int) -> int:
    """Wait for a process, and return its exit code, negative where a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(work: Callable[[], Any], wait: Callable[[], Any]) -> bool:
    """Start a process that does the work, wait, and kill it; return whether it was still at work."""
    child = forked(work)
    wait()
    os.kill(child, signal.SIGKILL)
    return ended(child) == -signal.SIGKILL


def end_after_kills(work: Callable[[], Any], path: pathlib.Path, n_kills: int, pause: float) -> None:
    """Do work that goes on from a file, killed so often: each time once it has written, at a random moment after that.

    What is to be killed pauses before it puts a file in place; the last time it is let alone, and does not pause.
    """
    draws = random.Random(0)

    def wait() -> None:
        patience = time.monotonic() + 120
        while _stamp(path) == known and time.monotonic() < patience:
            time.sleep(0.002)
        time.sleep(draws.uniform(0, 4 * pause))

    for _ in range(n_kills):
        known = _stamp(path)
        assert killed(lambda: _with_pauses(work, pause), wait), "ended before it was killed"
        assert _stamp(path) != known, "nothing was written"
    assert ended(forked(work)) == 0


def _with_pauses(work: Callable[[], Any], pause: float) -> None:
    """Do work, in a process of its own, with a pause before each file is put in place."""
    replace = os.replace
    os.replace = lambda *paths: (time.sleep(pause), replace(*paths))
    work()


def _stamp(path: pathlib.Path) -> int:
    """Return when a file was written, 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Refuse that a file grows beyond a size, as a full disk does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def as_asked(hurt: Callable[[pathlib.Path, int], Any], tell: Callable[[Any, int], None]) -> None:
    """Hurt as often as the command line says, and tell."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as made:
        tell(hurt(pathlib.Path(made), count), count)


class Trial:
    """Hold a file, the two functions that write it, and the bytes of the two."""

    def __init__(self, folder: pathlib.Path, name: str, contents: list[Any]):
        self.folder = folder / name.replace(".", "_")
        self.path = self.folder / name
        self.writers = [writer(name, content) for content in contents]
        self.known, self.seconds = [], 0.0
        for write in self.writers:
            write(self.path)  # what is imported only as it writes is imported here
            start = time.perf_counter()
            write(self.path)
            self.seconds = time.perf_counter() - start
            self.known.append(self.read())

    def read(self) -> dict[str, bytes]:
        """Return the bytes of each file that a writer has finished: of a figure there are two."""
        paths = [path for path in self.folder.iterdir() if path.suffix != ".partial"]
        return {path.name: path.read_bytes() for path in paths}

    def assert_whole(self) -> None:
        """Assert that each file is one of the two versions."""
        for name, content in self.read().items():
            assert content in [version[name] for version in self.known], f"{name} is broken"

    def partials(self) -> list[pathlib.Path]:
        """List what killed writers left."""
        return [path for path in self.folder.iterdir() if path.suffix == ".partial"]

    def write_for_ever(self) -> None:
        """Write one version and the other in turn."""
        while True:
            for write in self.writers:
                write(self.path)

    def kill(self, draws: random.Random) -> bool:
        """Kill a writer at a random moment; return whether it was in the middle of a file."""
        for path in self.partials():
            path.unlink()
        assert killed(self.write_for_ever, lambda: time.sleep(draws.uniform(0, 4 * self.seconds)))
        self.assert_whole()
        return bool(self.partials())

    def fill_disk(self) -> None:
        """Let a writer run into a limit on the size of files; assert that it says so and that the old file is there."""
        for path in self.partials():
            path.unlink()
        self.writers[0](self.path)
        limit = min(len(content) for content in self.known[1].values()) // 2

        def work() -> None:
            said = rf"^\w+: '.*{self.path.stem}.* cannot be written \(File too large\)"
            with full_disk(limit), pytest.raises(OSError, match=said):
                self.writers[1](self.path)

        assert ended(forked(work)) == 0, f"{self.path.name} on a full disk"
        assert self.read() == self.known[0], f"{self.path.name} was lost on a full disk"
        assert not self.partials()

    def write_at_once(self) -> None:
        """Let two processes write the two versions to one file, and assert that neither fails."""

        def work(write: Writer) -> None:
            for _ in range(2):
                write(self.path)

        children = [forked(lambda write=write: work(write)) for write in self.writers]
        assert [ended(child) for child in children] == [0, 0], f"{self.path.name} by two writers"
        self.assert_whole()
        assert not self.partials()


def hurt(folder: pathlib.Path, n_kills: int) -> dict[str, int]:
    """Do all of it in this process, which has no threads; return how many kills of each writer were amid a file."""
    import matplotlib

    matplotlib.use("Agg")
    made = folder / "versions.pickle"
    assert ended(forked(lambda: made.write_bytes(pickle.dumps(versions())))) == 0
    amid = {}
    for name, contents in pickle.loads(made.read_bytes()).items():
        trial = Trial(folder, name, contents)
        trial.write_at_once()
        trial.fill_disk()
        draws = random.Random(name)
        amid[name] = sum(trial.kill(draws) for _ in range(n_kills))
        trial.writers[0](trial.path)
    return amid


def tell(amid: dict[str, int], n_kills: int) -> None:
    """Say what was found of each writer."""
    for file, number in amid.items():
        print(f"{file}: {n_kills} kills, {number} of them amid a file; each time the old file or the new one")


if __name__ == "__main__":
    as_asked(hurt, tell)

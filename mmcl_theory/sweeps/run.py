"""Run a sweep: block after block into its store, here, in processes of this machine, or on a cluster."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from .. import _checks
from .._progress import progress_bar
from ..joints.joint import Joint
from ..tables import partitioned
from ..theory.registry import theorems as registered
from ..theory.theorem import Theorem
from ..worlds.world import World
from .blocks import measured_block
from .cluster import measured_on_cluster
from .grid import Sweep, checked_sweep
from .store import begun, locked, missing_blocks, write_block

if TYPE_CHECKING:
    import pandas as pd

_MOST_WORKERS = 1024
# A worker has one thread of BLAS, which reads this when it is loaded; so blocks are not added up in another order.
_THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def sweep(
    world: str | Callable[..., Any] | Joint | World,
    grid: dict[str, Any],
    theorems: str | Theorem | Iterable[str | Theorem] | None = None,
    store: str | os.PathLike[str] = "sweep",
    *,
    k: int | Sequence[int] | None = None,
    seeds: int | Sequence[int] = 1,
    workers: int = 1,
    scheduler: str | None = None,
) -> "pd.DataFrame":
    """Verify theorems on every cell of a grid of knobs, for every seed, into a store that the same call goes on with.

    A block of cells is made, verified as batches, and written whole; an interrupt or a kill costs no more than the
    blocks that are being made.  A cell draws by a key made of its own knobs' values and its seed: it has the same
    draws in a larger grid, and, with the same versions on the same kind of machine, every row is the same bit for bit
    however often the sweep is interrupted and whoever makes which block.

    Parameters
    ----------
    world
        The name of a world (``mmcl-theory verify --help`` lists them), a function of knobs, and of a ``key`` if it
        draws, that returns a joint, a world or an instance, or a joint or world itself.
    grid
        The values of each knob: of the world's own; of ``pairs``, from how many drawn pairs the joint is estimated
        anew; of ``sample``, how many pairs the sample has that theorems are about; of steps, candidates, temperature,
        mismatch and failure_probability, as of an ``Instance``; and of ``k``.
    theorems
        Slugs or ``Theorem`` objects; by default all that there are.
    store
        The folder of the rows; it is made where it is missing.
    k
        Encoder dimension(s), where the grid has none.
    seeds
        How many times each combination of knobs is drawn, or a list of seeds.
    workers
        Number of processes on this machine.  A script that asks for more than 1 must do so under
        ``if __name__ == "__main__":``, as each process imports it.
    scheduler
        Address of the scheduler of a dask.distributed cluster, which takes the place of ``workers``.

    Returns
    -------
    pandas.DataFrame
        The table of ``verify`` on all cells, ``joint`` being the number of the cell, with a column for each knob and
        ``seed``.  A cell that cannot be made is *not applicable*, with the reason.  ``tables.read(store)`` gives it
        again.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or the store is of another sweep, being written by another run, or damaged.
    OSError
        If the store cannot be written; the blocks that are finished are kept.

    Examples
    --------
    >>> import pathlib, tempfile, mmcl_theory as mt
    >>> store = pathlib.Path(tempfile.mkdtemp()) / "noise"
    >>> table = mt.sweep("isotropic", {"noise": [0.1, 0.2]}, "label-transfer", store, k=2)
    >>> table[["noise", "seed", "theorem", "verdict"]]
       noise  seed         theorem verdict
    0    0.1     0  label-transfer   holds
    1    0.2     0  label-transfer   holds
    >>> mt.tables.read(store).equals(table)
    True
    """
    described = checked_sweep(world, grid, theorems, k, seeds)
    folder = os.path.abspath(_checks.file_name("store", store))
    workers = _checks.integer("workers", workers, 1, _MOST_WORKERS)
    _checks.installed("store", "pyarrow")
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise ValueError(f"store: the name of a folder is needed, got {_checks.quoted(folder)}")
    if workers > 1 or scheduler is not None:
        _check_sendable(described)
    if not _is_finished(folder, described):
        with locked(folder):
            _finish(folder, described, workers, scheduler)
    return partitioned.read_partitioned(folder, "store")


def _is_finished(folder: str, described: Sweep) -> bool:
    """Say whether nothing is left to do, so that the folder is not written to."""
    if not os.path.exists(partitioned.manifest_path(folder)):
        return False
    return not missing_blocks(folder, begun(folder, described))


def _finish(folder: str, described: Sweep, workers: int, scheduler: str | None) -> None:
    """Make the blocks that are missing."""
    manifest = begun(folder, described)
    missing = {block: partitioned.cells_of_block(manifest, block) for block in missing_blocks(folder, manifest)}
    with progress_bar("Sweeping", len(missing)) as advance:
        if scheduler is not None:
            made = measured_on_cluster(scheduler, described, missing)
        elif workers > 1 and len(missing) > 1:
            made = _measured_by(min(workers, len(missing)), described, missing)
        else:
            made = ((block, measured_block(described, cells)) for block, cells in missing.items())
        for block, table in made:
            write_block(folder, block, table)
            advance()


def _measured_by(workers: int, described: Sweep, missing: dict[int, range]) -> Iterator[tuple[int, "pd.DataFrame"]]:
    """Yield the blocks as processes of this machine finish them."""
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks of JAX's threads as they are
    with _environment(_THREADS), ProcessPoolExecutor(workers, context, _follow_parent) as pool:
        waiting = {pool.submit(measured_block, described, cells): block for block, cells in missing.items()}
        try:
            for done in as_completed(waiting):
                yield waiting.pop(done), done.result()
        except BrokenProcessPool as error:
            raise ValueError("workers: one was killed, perhaps for want of memory; the same call goes on") from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _follow_parent() -> None:
    """Prepare a worker: it ends with the process that started it, which alone answers an interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment while processes are started."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _check_sendable(described: Sweep) -> None:
    """Refuse what another process could not be told: theorems and functions are told by their names."""
    for theorem in described.theorems:
        if registered.get(theorem.slug) is not theorem:
            raise ValueError(f"theorems: {theorem.slug!r} is not one of the package, so only 1 worker can check it")
    function = described.world
    if not isinstance(function, str | Joint | World) and "<" in getattr(function, "__qualname__", "<"):
        raise ValueError("world: a function at the top of a module is needed, as other processes import it by its name")

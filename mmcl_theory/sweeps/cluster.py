"""Make the blocks of a sweep on a dask.distributed cluster."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .. import _archive, _checks
from .blocks import measured_block
from .grid import Sweep

if TYPE_CHECKING:
    import pandas as pd

_SECONDS = 20  # that the scheduler may take to answer, and its first worker to be there


def measured_on_cluster(
    scheduler: str, sweep: Sweep, missing: dict[int, range]
) -> Iterator[tuple[int, "pd.DataFrame"]]:
    """Yield the blocks as the workers of a cluster finish them.

    Raises
    ------
    ValueError
        If no scheduler or worker is there, or a worker has other versions of the packages that numbers depend on.
    """
    distributed = _checks.installed("scheduler", "distributed")
    try:
        client = distributed.Client(scheduler, timeout=_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=_SECONDS)
    except (OSError, ValueError, TypeError) as error:  # a timeout is an OSError
        message = f"scheduler: {_checks.quoted(scheduler)} has no cluster with a worker ({_checks.reason(error)})"
        raise ValueError(message) from error
    with client:
        for worker, versions in client.run(_archive.versions).items():
            if other := _archive.other_versions(versions):
                raise ValueError(f"scheduler: the worker {worker} would give other rows{other}")
        numbers = {}
        for block, cells in missing.items():
            numbers[client.submit(measured_block, sweep, cells, pure=False)] = block
        try:
            for done, table in distributed.as_completed(list(numbers), loop=client.loop, with_results=True):
                yield numbers.pop(done), table
        except distributed.KilledWorker as error:
            raise ValueError("scheduler: workers of the cluster were killed; the same call goes on") from error

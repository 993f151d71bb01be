"""Do work on the host on all its cores, of which NumPy and BLAS take one each."""

import contextvars
import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any

_CORES = os.cpu_count() or 1


def in_threads(work: Callable[[Any], None], parts: Sequence[Any]) -> None:
    """Do the work for each of the parts, which begin in their order, on all cores; NumPy's error state is the caller's.

    Examples
    --------
    >>> done = []
    >>> in_threads(done.append, [3, 1, 2])
    >>> sorted(done)
    [1, 2, 3]
    """
    remaining = iter(parts)

    def some() -> None:
        for part in remaining:
            work(part)

    helpers = range(min(_CORES, len(parts)) - 1)
    others = [_threads().submit(contextvars.copy_context().run, some) for _ in helpers]
    some()
    for other in others:
        other.result()


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(_CORES - 1, 1))


def one_blas_thread() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread: its spinning workers starve other threads (without threadpoolctl, do nothing)."""
    import scipy.linalg  # noqa: F401  # what is loaded later, as SciPy's BLAS would be, has no limit

    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1, user_api="blas")

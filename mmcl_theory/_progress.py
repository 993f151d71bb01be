"""Show progress bars: on a terminal only, on standard error, and removed at the end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_is_shown = False  # whether a bar is shown


@contextmanager
def progress_bar(description: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar of ``total`` steps while the ``with`` block runs; the value is a function that advances it by one.

    The bar tells the time that is left.  Within the block of another bar none is shown.
    """
    global _is_shown
    if _is_shown or not getattr(sys.stderr, "isatty", bool)():  # a stream of the user's own may have none
        yield lambda: None
        return
    from rich import progress as rich
    from rich.console import Console

    _is_shown = True
    columns = (rich.TextColumn("{task.description}"), rich.BarColumn(), rich.MofNCompleteColumn())
    times = (rich.TimeElapsedColumn(), rich.TextColumn("left"), rich.TimeRemainingColumn(compact=True))
    try:
        with rich.Progress(*columns, *times, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(description, total=total)
            yield lambda: bar.advance(task)
    finally:
        _is_shown = False

"""Write the files that a command is asked for: tried before the work, written before anything is printed."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from .mistakes import naming_options

if TYPE_CHECKING:
    import pandas as pd

TableFile = Annotated[str | None, typer.Option(help="Write the table to this .parquet, .csv, .tex, .md or .html file.")]
ReportFile = Annotated[
    str | None,
    typer.Option("--report", help="Write a page to send to a co-author, with all that was found, to this .html file."),
]


class Files:
    """Hold what a command writes, and what it reads, which it must not replace.

    A file that cannot be written when the work is done costs no other result: ``report`` raises the error at the end.
    """

    def __init__(self, *read: str | None):
        self._read = {os.path.realpath(path) for path in read if path is not None}
        self._old: set[str] = set()
        self._lines: list[str] = []
        self._failures: list[Exception] = []

    def try_table(self, path: str | None) -> None:
        """Refuse a file for --out that cannot become a table."""
        from .._checks import installed
        from ..tables.io import WRITTEN, check_path

        if path is not None:
            with naming_options(path="--out"):
                ending = check_path(path, WRITTEN)
            if ending == ".parquet":
                installed("--out", "pyarrow")
        self.try_file(path)

    def try_report(self, path: str | None, *others: str | None) -> None:
        """Refuse a file for --report that cannot be written, is no page, or is one of the ``others`` written."""
        from .._checks import installed

        if path is None:
            return
        if not path.lower().endswith(".html"):
            raise ValueError(f"--report: the name of an .html file is needed, got {path!r}")
        for module in ("plotly", "latex2mathml"):
            installed("--report", module)
        self.try_file(path, "--report")
        if os.path.realpath(path) in {os.path.realpath(other) for other in others if other is not None}:
            raise ValueError(f"--report: {path!r} is what --out writes")

    def try_file(self, path: str | None, option: str = "--out") -> None:
        """Refuse a file for an option that cannot be written, or that the command reads."""
        from .._archive import check_writable

        if path is None:
            return
        check_writable(option, path)
        if os.path.realpath(path) in self._read:
            raise ValueError(f"{option}: {path!r} is what this command reads")
        if os.path.exists(path):
            self._old.add(os.path.realpath(path))

    def try_figures(self, folder: str | None) -> None:
        """Refuse a folder for --figures in which no figure can be written."""
        from .._checks import installed

        if folder is not None:
            installed("--figures", "matplotlib")
        self.try_folder("--figures", folder)

    def try_folder(self, option: str, folder: str | None) -> None:
        """Refuse a folder in which no file can be written."""
        from .._archive import check_writable

        if folder is None:
            return
        if not folder or (os.path.exists(folder) and not os.path.isdir(folder)):
            raise ValueError(f"{option}: the name of a folder is needed, got {folder!r}")
        check_writable(option, os.path.join(folder, "file") if os.path.isdir(folder) else folder)
        if os.path.isdir(folder):
            self._old.update(os.path.realpath(entry) for entry in os.scandir(folder))

    @contextmanager
    def writing(self, option: str) -> Iterator[None]:
        """Keep the error of the body for the end, if it fails to write a file."""
        try:
            with naming_options(path=option):
                yield
        except Exception as error:  # also one of ours: what was computed is not lost either
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Keep the error of a file that could not be written, to be raised at the end."""
        self._failures.append(error)

    def write_table(self, table: "pd.DataFrame", path: str | None) -> None:
        """Write the table to the file that --out names, if it names one."""
        from ..tables import write

        if path is not None:
            with self.writing("--out"):
                write(table, path)
                self.tell("table", path)

    def write_report(self, path: str | None, write: Callable[[str], None]) -> None:
        """Write the report to the file that --report names, if it names one."""
        if path is not None:
            with self.writing("--report"):
                write(path)
                self.tell("report", path)

    def tell(self, kind: str, path: str | os.PathLike[str]) -> None:
        """Note that a file was written, to be said at the end."""
        replaced = " (replaced)" if os.path.realpath(path) in self._old else ""
        self._lines.append(f"{kind}: {os.fspath(path)}{replaced}")

    def report(self) -> None:
        """Say which files were written, and raise the first error of those that could not be."""
        for line in self._lines:
            print(line)
        if self._failures:
            raise self._failures[0]

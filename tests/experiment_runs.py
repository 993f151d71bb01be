"""Run an experiment as it stands."""

import pathlib
import runpy
from typing import Any
from unittest import mock

from matplotlib.figure import Figure

ROOT = pathlib.Path(__file__).parents[1]


def run_experiment(name: str, folder: pathlib.Path, **sizes: Any) -> None:
    """Run an experiment at these sizes; its figures are drawn as PNG, and their PDF files are empty.

    Embedding the fonts of a PDF takes longer than many of these experiments; tests/plotting writes such files.
    """
    written = Figure.savefig

    def without_fonts(figure: Figure, file: Any, *, format: str, **options: Any) -> None:
        if format != "pdf":
            written(figure, file, format=format, **options)

    main = runpy.run_path(str(ROOT / "experiments" / f"{name}.py"))["main"]
    with mock.patch.object(Figure, "savefig", without_fonts):
        main(folder, **sizes)

"""Run an experiment as it stands."""

import pathlib
import runpy
from typing import Any
from unittest import mock

from matplotlib.figure import Figure

ROOT = pathlib.Path(__file__).parents[1]


def run_experiment(name: str, folder: pathlib.Path, **sizes: Any) -> None:
    """Run an experiment at these sizes; its figures are arranged, for which they are drawn, but their files are empty.

    To draw them again and embed fonts takes longer than many of these experiments; tests/plotting writes such files.
    """

    def unwritten(figure: Figure, file: Any, **options: Any) -> None:
        pass  # and no docstring, of which pyplot would ask for the class

    main = runpy.run_path(str(ROOT / "experiments" / f"{name}.py"))["main"]
    with mock.patch.object(Figure, "savefig", unwritten):
        main(folder, **sizes)

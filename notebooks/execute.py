"""Run the notebooks whose outputs are stale, and keep each beside its script with its outputs.

    python notebooks/execute.py               # those whose script changed since they ran
    python notebooks/execute.py 03 07         # those that begin with a number, in any case

A notebook is two files: the script NN_name.py, which is edited, and NN_name.ipynb, which is made from it here and
carries the outputs, so that it reads on a code host.  Its metadata hold the hash of the sources that made the outputs.
"""

import argparse
import base64
import hashlib
import io
import json
import os
import pathlib

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
SCRIPTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))


def sources(notebook: nbformat.NotebookNode) -> list[tuple]:
    """List the cells of a notebook: the kind, the source, and what hides a solution."""
    return [
        (cell.cell_type, cell.source, cell.metadata.get("tags", []), cell.metadata.get("jupyter", {}))
        for cell in notebook.cells
    ]


def source_hash(notebook: nbformat.NotebookNode) -> str:
    """Return the hash of the cells of a notebook, whatever they printed."""
    return hashlib.sha256(json.dumps(sources(notebook)).encode()).hexdigest()[:16]


def is_stale(script: pathlib.Path) -> bool:
    """Return whether the outputs beside a script are missing, or were made by other sources."""
    made = script.with_suffix(".ipynb")
    return not made.exists() or nbformat.read(made, 4).metadata.get("source_hash") != source_hash(jupytext.read(script))


def smaller(picture: str) -> str:
    """Return a PNG picture, in base64, with a palette of 256 colours: a third of the bytes, no loss to the eye."""
    written = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").quantize(256).save(written, "PNG", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


def execute(script: pathlib.Path) -> None:
    """Run a script as a notebook, and write it with its outputs and without what differs from run to run."""
    notebook = jupytext.read(script)
    # One thread and no colours, as where the tests run.
    os.environ |= {"OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    NotebookClient(notebook, timeout=600, record_timing=False, resources={"metadata": {"path": FOLDER}}).execute()
    for position, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{position}"
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])
    notebook.metadata = {
        "jupytext": {"formats": "ipynb,py:percent"},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "source_hash": source_hash(notebook),
    }
    nbformat.write(notebook, script.with_suffix(".ipynb"))


def main() -> None:
    """Run those that are named, or else those that are stale."""
    parser = argparse.ArgumentParser(description="Run the notebooks whose outputs are stale.")
    parser.add_argument("numbers", nargs="*", help="run these instead, by the first digits of their names")
    numbers = tuple(parser.parse_args().numbers)
    for script in SCRIPTS:
        if script.name.startswith(numbers) if numbers else is_stale(script):
            print(script.stem, flush=True)
            execute(script)


if __name__ == "__main__":
    main()

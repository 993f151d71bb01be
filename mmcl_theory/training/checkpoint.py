"""Write the state of a training to a file, and read it back into the same training only."""

import dataclasses
import os
from typing import Any

import equinox as eqx
import jax
import numpy as np

from .. import _archive, _checks
from .fingerprint import Incomparable, fingerprint

CHECKPOINTS = _archive.FileKind("checkpoint", 2, "checkpoint", "is no checkpoint of this training", compressed=False)

_FACTS = 2**16  # bytes of what is told in words: ten times what it takes
_HISTORY = 2**26  # bytes of the history: a million rows


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """Hold the name of a file, and a digest of each thing that its training is given."""

    path: str
    given: dict[str, str]

    @staticmethod
    def of(path: Any, named: str | None, **given: Any) -> "Checkpoint":
        """Compute the digests of what a training is given.

        Raises
        ------
        TypeError, ValueError
            If no file can have this name, or something cannot be compared by its content and there is no name for it.
        """
        found = {}
        for name, value in given.items():
            try:
                found[name] = fingerprint(value, named)
            except Incomparable as error:
                raise ValueError(
                    f"checkpoint: {name}: {error}, so nobody can tell whose training it is; give it a name, "
                    "train(…, named=…), and another one whenever it changes"
                ) from error
        return Checkpoint(_checks.file_name("checkpoint", path), found)

    def exists(self) -> bool:
        """Say whether there is something to go on from."""
        return os.path.isfile(self.path)

    def write(self, state: Any, history: list[dict[str, float]]) -> None:
        """Write the arrays of ``state``, the history and the digests."""
        columns = list(history[0])
        rows = np.array([[row[name] for name in columns] for row in history])
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(_arrays(state))]
        facts = {"given": self.given, "columns": columns, "versions": _archive.versions()}
        facts["digest"] = fingerprint((rows, leaves))
        numbered = {f"leaf_{i}": leaf for i, leaf in enumerate(leaves)}
        CHECKPOINTS.write_arrays(self.path, {"facts": _archive.packed(facts), "history": rows} | numbered)

    def read(self, like: Any, columns: list[str], steps: int) -> tuple[Any, list[dict[str, float]]]:
        """Read the state, of the structure of ``like``, and the history, of these columns, that ``write`` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is no checkpoint, that of another training, or beyond ``steps``.
        """
        with CHECKPOINTS.reading_arrays(self.path) as stored:
            if "facts" not in stored:
                raise ValueError("it is of an earlier version, and does not say enough of what was trained")
            facts, rows = _archive.unpacked(stored.read("facts", _FACTS)), stored.read("history", _HISTORY)
            other = [name for name, digest in self.given.items() if facts["given"].get(name) != digest]
            if other:
                versions = _archive.other_versions(facts.get("versions"))
                raise ValueError(f"it is of a training with another {', another '.join(other)}{versions}")
            needed, structure = jax.tree.flatten(_arrays(like))
            leaves = [stored.read_as(f"leaf_{i}", leaf.dtype, leaf.shape) for i, leaf in enumerate(needed)]
            _check_history(rows, facts["columns"], columns, steps)
            if facts["digest"] != fingerprint((rows, leaves)):
                raise ValueError("its digest is not that of its content: it is damaged")
        state = eqx.combine(jax.tree.unflatten(structure, map(jax.numpy.asarray, leaves)), like)
        return state, [dict(zip(columns, map(float, row), strict=True)) for row in rows]


def _check_history(rows: np.ndarray, theirs: Any, columns: list[str], steps: int) -> None:
    """Raise ``ValueError`` unless there is a row of numbers for each of some steps, from 0 on, up to ``steps``."""
    if theirs != columns or rows.dtype != np.float64 or rows.shape != (len(rows), len(columns)):
        raise ValueError(f"its history has not the columns {', '.join(columns)}")
    logged = rows[:, columns.index("step")]
    if not len(rows) or logged[0] != 0 or (logged % 1 != 0).any() or not (np.diff(logged) > 0).all():
        raise ValueError("its history is not of one step after another, from 0 on")
    if logged[-1] > steps:
        raise ValueError(f"it is at step {logged[-1]:.0f}, beyond the {steps} that are asked for")


def _arrays(state: Any) -> Any:
    """Return a state with nothing but its arrays."""
    return eqx.filter(state, eqx.is_array)

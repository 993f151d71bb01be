"""Hold a search between two rounds, write it to a file, and read it back with everything checked that can be."""

import dataclasses
import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from .. import _archive, _checks
from ..joints.settings import Settings
from ..theory.registry import theorems
from ..theory.theorem import Theorem
from .ascent import STEPS, Population, populate, rescored
from .candidates import Point, Search, sized_search
from .conclude import Verified, best_candidate, verify_best

_SEARCHES = _archive.FileKind("falsification", 1, "path", "is no search for this theorem as it was written")
_COLUMNS = ("round", "steps", "ratio", "safe_ratio", "lhs", "rhs", "labeling_error", "spectral_gap")
_SIZES = ("n_images", "n_texts", "n_classes", "k")
_FACTS = 2**16  # bytes of what is told in words, and of the key: a hundred times what they take
_COLUMN = 2**21  # bytes of a column of the trajectory: a quarter of a million rounds
_AGREE = 1e-6  # of what is computed twice, relative to the larger or to 1: a gap of 1e-9 magnifies rounding to that


@dataclasses.dataclass(frozen=True, eq=False)
class State:
    """Hold all that a search needs to go on, and all that its result follows from.

    Attributes
    ----------
    theorem, search, key
        The statement, the sizes and the random key.
    population
        All candidates, as the last round left them.
    rows
        The numbers of the best candidate after each round: the rows of ``Falsification.trajectory``.
    versions
        The versions of what computed them, to be named where they cannot be reproduced.
    """

    theorem: Theorem
    search: Search
    key: PRNGKeyArray
    population: Population
    rows: list[dict[Any, Any]]
    versions: Any = dataclasses.field(default_factory=_archive.versions)

    @property
    def restarts(self) -> int:
        """Return the number of candidates."""
        return len(self.population.scores.safe)

    def after(self, population: Population) -> "State":
        """Return the state after one more round."""
        turn = len(self.rows) + 1
        row = {"round": turn, "steps": turn * STEPS} | best_candidate(self.theorem, population.scores)
        return dataclasses.replace(self, population=population, rows=[*self.rows, row])

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the state to an ``.npz`` file, without pickle."""
        facts = {
            "format": _SEARCHES.number,
            "theorem": self.theorem.slug,
            "statement": self.theorem.statement,
            "kind": self.theorem.kind.value,
            "search": dataclasses.asdict(self.search),
            "key": str(jax.random.key_impl(self.key)),
            "versions": _archive.versions(),
        }
        columns = {f"trajectory {name}": np.array([row[name] for row in self.rows]) for name in _COLUMNS}
        leaves = {f"population {i}": leaf for i, leaf in enumerate(jax.tree.leaves(self.population))}
        arrays = {"facts": _archive.packed(facts), "key": jax.random.key_data(self.key)}
        _SEARCHES.write_arrays(path, arrays | columns | leaves)

    def check_verified(self, best: Verified) -> None:
        """Raise ``ValueError`` unless the scores of the best candidates are those of the theorem.

        A tie that rounding decides may fall to another side than in the search, and a margin near zero to another sign:
        where any of them agrees, the formulas are those that were searched with.
        """
        stored = np.array([np.asarray(side)[best.places] for side in self.population.scores[1:3]])
        found = best.table[["lhs", "rhs"]].to_numpy().T
        applicable = np.isfinite(found).all(axis=0) & np.isfinite(stored).all(axis=0)
        # Small sides are told apart too: below the tolerance of their slack alone is a difference rounding.
        agree = _agree(stored, found, np.nan_to_num(best.table.tolerance.to_numpy()) / _AGREE)
        if applicable.any() and not agree[:, applicable].all(axis=0).any():
            self._refuse("best candidates have other sides")

    def check_scores(self) -> None:
        """Raise ``ValueError`` unless the score of every candidate is what the theorem says of it."""
        stored, found = self.population.scores, rescored(self.population, self.theorem, self.search)
        applies = np.isfinite(stored.safe) | np.isfinite(np.asarray(found.safe))
        for name in ("safe", "lhs", "rhs"):
            if not _agree(*(np.asarray(getattr(scores, name)) for scores in (stored, found)))[applies].all():
                self._refuse(f"candidates have another score ({name})")

    def _refuse(self, what: str) -> None:
        """Raise the error for numbers that the theorem does not give."""
        raise ValueError(f"its {what} by the formulas of the theorem{_archive.other_versions(self.versions)}")


def _agree(one: np.ndarray, other: np.ndarray, least: Any = 1.0) -> np.ndarray:
    """Decide of each number of two arrays whether it is the same, relative to the larger one or to ``least``."""
    with np.errstate(invalid="ignore"):
        size = np.maximum(least, np.maximum(np.abs(one), np.abs(other)))
        return (one == other) | (np.abs(one - other) <= _AGREE * size)


def read_verified(path: str | os.PathLike[str], theorem: Theorem | None, argument: str) -> tuple[State, Verified]:
    """Read what ``State.write`` wrote, and verify its best candidates.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it was not written by ``State.write``, or is about another theorem; the message begins with ``argument``.
    TypeError
        If ``theorem`` is none.
    """
    if theorem is not None and not isinstance(theorem, Theorem):
        raise TypeError(f"theorem: a Theorem object is needed, got {theorem!r}")
    kind = dataclasses.replace(_SEARCHES, argument=argument)
    with kind.reading_arrays(path) as arrays:
        facts = _archive.unpacked(arrays.read("facts", _FACTS))
        kind.check_format(facts["format"])
        slug = str(facts["theorem"])
        chosen = theorems.get(slug) if theorem is None else theorem
        state = None if chosen is None or chosen.slug != slug else _restored(chosen, facts, arrays)
    if state is None:
        got = "none" if chosen is None else chosen.slug
        raise ValueError(f"theorem: the file is about {_checks.quoted(slug)}, which must be given, got {got}")
    with kind.refusing(path):
        best = verify_best(state.theorem, state.search, state.population)
        state.check_verified(best)
    return state, best


def _restored(theorem: Theorem, facts: dict[str, Any], arrays: _archive.Members) -> State:
    """Build the state that the arrays of a file describe, all of them checked."""
    for name, actual in (("statement", theorem.statement), ("kind", theorem.kind.value)):
        if facts.get(name, actual) != actual:  # files of before do not say it
            raise ValueError(f"its theorem has another {name}: {_checks.quoted(facts[name])}, not {actual!r}")
    restarts = arrays.shape("population 0")[0]
    settings = Settings(**facts["search"].get("settings", {}))  # files of before have none
    search = sized_search(theorem, *(facts["search"][name] for name in _SIZES), restarts=restarts, settings=settings)
    key = jax.random.wrap_key_data(jnp.asarray(arrays.read("key", _FACTS)), impl=facts["key"])
    if key.shape:
        raise ValueError(f"key: one is needed, got {key.shape}")
    population, rows = _population(search, restarts, arrays), _rows(arrays)
    state = State(theorem, search, key, population, rows, facts.get("versions"))
    _check_history(state)
    return state


def _rows(arrays: _archive.Members) -> list[dict[Any, Any]]:
    """Rebuild the rows of the trajectory from its columns."""
    columns = {name: arrays.read(f"trajectory {name}", _COLUMN) for name in _COLUMNS}
    for name, column in columns.items():
        if column.ndim != 1 or column.dtype.kind not in ("i" if name in _COLUMNS[:2] else "f"):
            raise ValueError(f"its trajectory has a {name} of type {column.dtype} and shape {column.shape}")
    numbers = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in numbers]


def _population(search: Search, restarts: int, arrays: _archive.Members) -> Population:
    """Rebuild the candidates from their arrays, of the shapes and types that the search's own candidates have."""
    one = populate(np.random.default_rng(0), search, 1)
    points, scores = jax.tree.map(
        lambda leaf: np.broadcast_to(leaf, (restarts, *leaf.shape[1:])), (one.points, one.scores)
    )
    leaves, structure = jax.tree.flatten(Population(points, scores, one.trend))
    stored = [
        arrays.read_as(f"population {i}", jax.dtypes.canonicalize_dtype(leaf.dtype), leaf.shape)
        for i, leaf in enumerate(leaves)
    ]
    population = jax.tree.unflatten(structure, stored)
    _check_points(population.points, search)
    return population


def _check_points(points: Point, search: Search) -> None:
    """Raise ``ValueError`` if a number of a candidate is not finite, or a label is of no class."""
    for leaf in jax.tree.leaves(points):
        if leaf.dtype.kind == "f" and not np.isfinite(leaf).all():
            raise ValueError("a number of its candidates is not finite")
        if leaf.dtype.kind == "i" and (leaf.min() < 0 or leaf.max() >= search.n_classes):
            raise ValueError(f"labels of its candidates must be 0 … {search.n_classes - 1}")


def _check_history(state: State) -> None:
    """Raise ``ValueError`` unless the trajectory and the trend end at the best candidate, which no round ever loses."""
    best = np.asarray(state.population.scores.safe).max()
    if np.isnan(state.population.scores.safe).any() or np.isnan(state.population.trend).any():
        raise ValueError("a score of its candidates is not a number")
    last = dataclasses.replace(state, rows=state.rows[:-1]).after(state.population).rows[-1]
    if not state.rows or not all(np.array_equal(state.rows[-1][name], last[name], equal_nan=True) for name in last):
        raise ValueError("its trajectory does not end at its best candidate")
    rounds, steps, safe = (np.array([row[name] for row in state.rows]) for name in ("round", "steps", "safe_ratio"))
    counted = np.arange(1, len(rounds) + 1)
    if (rounds != counted).any() or (steps != STEPS * counted).any() or not (safe[1:] >= safe[:-1]).all():
        raise ValueError("its trajectory is not one of a search, round after round")
    if (np.asarray(state.population.trend).max(axis=1) != best).any():
        raise ValueError("its trend does not end at its best candidate")

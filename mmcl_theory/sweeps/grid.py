"""Describe a sweep: which world is made, at which values of its knobs, and what is checked on it."""

import hashlib
import inspect
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import _checks
from ..joints.joint import Joint
from ..joints.settings import SETTINGS, Settings
from ..theory.registry import select, theorems
from ..theory.theorem import Theorem
from ..theory.written import to_latex
from ..verification.verify import COLUMNS
from ..worlds.registry import WORLDS
from ..worlds.world import World

# Knobs that any world has: how many pairs the joint is drawn anew from, and how many the sample of theorems has.
PAIRS, SAMPLE = "pairs", "sample"
COMMON = (PAIRS, SAMPLE, *SETTINGS)
SAMPLED = 1_000_000  # pairs of the sample of theorems, as of the command ``verify``
_MOST_CELLS = 10_000_000
_MOST_SEEDS = 1_000_000
_PLAIN = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class Sweep:
    """Hold what a sweep is: its cells are all combinations of the knobs' values and the seeds, the last one fastest.

    Attributes
    ----------
    world
        The name of a world in the registry, a function that makes one, or one that is made already.
    knobs
        The values of each knob.
    seeds
        The seeds with which each combination is drawn.
    ks
        The encoder dimensions at which the theorems are checked.
    theorems
        The theorems that are checked.
    """

    world: str | Callable[..., Any] | Joint | World
    knobs: dict[str, tuple]
    seeds: tuple[int, ...]
    ks: tuple[int, ...]
    theorems: tuple[Theorem, ...]

    def __reduce__(self) -> tuple:
        """Return how another process builds the sweep: of the theorems' slugs, as formulas cannot be sent."""
        return _received, (self.world, self.knobs, self.seeds, self.ks, [theorem.slug for theorem in self.theorems])

    @property
    def shape(self) -> tuple[int, ...]:
        """Return how many values each knob has, and how many seeds there are."""
        return (*map(len, self.knobs.values()), len(self.seeds))

    @property
    def size(self) -> int:
        """Return the number of cells."""
        return math.prod(self.shape)

    @cached_property
    def rows_per_cell(self) -> int:
        """Return how many rows a cell has: one for each theorem and, where it is about one, each k."""
        return sum(len(self.ks) if theorem.per_k else 1 for theorem in self.theorems)

    @cached_property
    def function(self) -> Callable[..., Any] | None:
        """Return the function that makes a world; None where it is made already."""
        if isinstance(self.world, str):
            return WORLDS[self.world].function
        return None if isinstance(self.world, Joint | World) else self.world

    @cached_property
    def is_random(self) -> bool:
        """Say whether the function that makes a world draws it, by a ``key``."""
        return self.function is not None and "key" in inspect.signature(self.function).parameters

    @cached_property
    def common(self) -> frozenset[str]:
        """Return the names of the knobs that are none of the world's own."""
        own = {} if self.function is None else inspect.signature(self.function).parameters
        return frozenset(name for name in self.knobs if name not in own)

    def cells(self, numbers: Sequence[int]) -> list[tuple[dict[str, Any], int]]:
        """Return the values of the knobs of some cells, each with its seed."""
        places = np.transpose(np.unravel_index(np.asarray(numbers, dtype=int), self.shape)).tolist()
        axes = [*self.knobs.values(), self.seeds]
        values = [[some[at] for some, at in zip(axes, place, strict=True)] for place in places]
        return [(dict(zip(self.knobs, knobs, strict=True)), seed) for *knobs, seed in values]

    def columns(self, numbers: Sequence[int]) -> dict[str, np.ndarray]:
        """Return the values of each knob, and the seeds, of some cells; a list or None is written as JSON."""
        places = np.unravel_index(np.asarray(numbers, dtype=int), self.shape)
        columns = {**self.knobs, "seed": self.seeds}
        return {name: _array(some)[at] for (name, some), at in zip(columns.items(), places, strict=True)}

    def named(self, number: int) -> str:
        """Name a cell in an error message."""
        ((knobs, seed),) = self.cells([number])
        return "cell " + ", ".join(f"{name}={_checks.quoted(value)}" for name, value in {**knobs, "seed": seed}.items())

    @cached_property
    def about(self) -> dict[str, Any]:
        """Say in JSON values what the sweep is, by which a store is known again."""
        return {
            "world": _identity(self.world),
            "grid": {name: [_plain(value) for value in some] for name, some in self.knobs.items()},
            "seeds": list(self.seeds),
            "k": list(self.ks),
            "theorems": [_stated(theorem) for theorem in self.theorems],
        }

    @cached_property
    def hash(self) -> str:
        """Return a hash of what the sweep is."""
        return _hashed(self.about).hex()


def _received(world: Any, knobs: dict, seeds: tuple, ks: tuple, slugs: list[str]) -> Sweep:
    """Rebuild what ``Sweep.__reduce__`` sends."""
    return Sweep(world, knobs, seeds, ks, select(slugs))


def cell_keys(cells: Iterable[tuple[Mapping[str, Any], int]], purpose: str) -> jax.Array:
    """Make a JAX key for each cell: of a hash of its knobs' values and its seed alone, and of what is drawn by it.

    So a cell draws the same in any grid that has its knobs, wherever it stands there, and different cells draw
    independently.

    Examples
    --------
    >>> cells = [({"noise": 0.1, "n_classes": 3}, 0), ({"n_classes": 3, "noise": 0.1}, 0), ({"noise": 0.1}, 0)]
    >>> one, same, other = cell_keys(cells, "world")
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    words = [np.frombuffer(_hashed([dict(knobs), seed, purpose])[:8], np.uint32) for knobs, seed in cells]
    return jax.random.wrap_key_data(jnp.asarray(np.stack(words)), impl="threefry2x32")


def checked_sweep(world: Any, grid: Any, chosen: Any, k: Any, seeds: Any) -> Sweep:
    """Check the arguments of ``sweep`` and put them together.

    Raises
    ------
    ValueError, TypeError
        If a knob is unknown, has no value or one twice, or an argument is malformed; the message names it.
    """
    if not isinstance(grid, Mapping):
        raise TypeError(f"grid: a mapping of knobs to lists of values is needed, got {_checks.quoted(grid)}")
    if isinstance(world, str) and world not in WORLDS:
        raise ValueError(f"world: must be one of {', '.join(WORLDS)}, got {_checks.quoted(world)}")
    if not isinstance(world, str | Joint | World) and not callable(world):
        raise TypeError(f"world: a name, a function or a world is needed, got {_checks.quoted(world)}")
    given = {str(name): _values(str(name), some) for name, some in grid.items()}
    if ("k" in given) == (k is not None):
        raise ValueError("k: encoder dimensions are needed, either as k or in the grid")
    ks = tuple(sorted(set(_checks.dimensions("k", given.pop("k") if k is None else k, np.iinfo(np.int64).max))))
    sweep = Sweep(world, given, _seeds(seeds), ks, select(chosen))
    _check_knobs(sweep)
    if sweep.size > _MOST_CELLS:
        raise ValueError(f"grid: has {sweep.size} cells with the seeds, more than {_MOST_CELLS}")
    return sweep


def _check_knobs(sweep: Sweep) -> None:
    """Refuse knobs that the world does not have, and those that a column of the table is already called."""
    takes: Any = {} if sweep.function is None else inspect.signature(sweep.function).parameters
    own = tuple(name for name in takes if name != "key")
    for name in sweep.knobs:
        if name not in (*own, *COMMON):
            raise ValueError(f"grid: there is no knob {name!r}; there are {', '.join((*own, *COMMON))}")
        if name == "seed" or (name in COLUMNS and name not in SETTINGS):
            raise ValueError(f"grid: {name!r} is a column of every table and cannot be a knob")
    for name, parameter in takes.items():
        needed = parameter.default is inspect.Parameter.empty and parameter.kind is not inspect.Parameter.VAR_KEYWORD
        if needed and name not in ("key", *sweep.knobs):
            raise ValueError(f"grid: the world needs the knob {name!r}")
    # What would fail in each cell is refused here.
    for name in sweep.common:
        for value in sweep.knobs[name]:
            try:
                Settings(**{name: value}) if name in SETTINGS else _checks.integer(name, value, 1)
            except (ValueError, TypeError) as error:
                raise type(error)(f"grid: {error}") from error


def _values(name: str, some: Any) -> tuple:
    """Check the values of a knob, a list or a single one, and return them as plain values of Python."""
    if isinstance(some, _PLAIN) or np.ndim(some) == 0:
        some = [some]
    values = tuple(_of_python(name, value) for value in _checks.listed(f"grid: {name}", some))
    if not values:
        raise ValueError(f"grid: {name}: at least one value is needed, got none")
    again = _checks.repeated(json.dumps(_plain(value)) for value in values)
    if again is not None:
        raise ValueError(f"grid: {name}: has the value {again} twice")
    return values


def _of_python(name: str, value: Any) -> Any:
    """Turn a value of NumPy into one of Python, and refuse what JSON does not have."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_of_python(name, one) for one in value)
    if not isinstance(value, _PLAIN):
        raise TypeError(f"grid: {name}: numbers, words, or lists of them are needed, got {_checks.quoted(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"grid: {name}: must be finite, got {value}")
    return value


def _seeds(seeds: Any) -> tuple[int, ...]:
    """List the seeds: so many from 0, or those given."""
    if isinstance(seeds, int | np.integer):
        return tuple(range(_checks.integer("seeds", seeds, 1, _MOST_SEEDS)))
    found = tuple(_checks.integer("seeds", seed, 0) for seed in _checks.listed("seeds", seeds))
    if not found or len(set(found)) < len(found):
        raise ValueError(f"seeds: different ones are needed, at least one, got {_checks.quoted(seeds)}")
    return found


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _array(values: Iterable[Any]) -> np.ndarray:
    """Return values as a column: of truth values, of numbers, or of words, as which anything else is written."""
    values = list(values)
    for kinds, dtype in (((bool,), bool), ((int,), np.int64), ((int, float), np.float64)):
        if all(type(value) in kinds for value in values):
            return np.array(values, dtype)
    return np.array([value if isinstance(value, str) else json.dumps(value) for value in values], dtype=object)


def _identity(world: Any) -> Any:
    """Name a world: by its name, by its function and the text of it, or by a hash of its numbers."""
    if isinstance(world, str):
        return world
    if isinstance(world, Joint | World):
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(world)]
        told = [[str(leaf.dtype), list(leaf.shape), hashlib.sha256(leaf.tobytes()).hexdigest()] for leaf in leaves]
        return f"{type(world).__name__} {_hashed([told, str(jax.tree.structure(world))]).hex()}"
    try:
        text = inspect.getsource(world)
    except (OSError, TypeError):  # it was defined at a prompt, or is no plain function
        text = ""
    name = getattr(world, "__qualname__", type(world).__name__)
    return f"{name} {hashlib.sha256(text.encode()).hexdigest()}"


def _stated(theorem: Theorem) -> list[str]:
    """Name a theorem; what a user states also by its formulas, as they may be changed in a file."""
    if theorems.get(theorem.slug) is theorem:
        return [theorem.slug]
    return [theorem.slug, theorem.kind.value, *(to_latex(formula) for formula in (theorem.lhs, theorem.rhs))]


def _hashed(content: Any) -> bytes:
    """Return the SHA-256 of JSON values, whatever the order of their names."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()

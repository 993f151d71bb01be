"""Make the cells of a sweep, and verify the theorems on a block of them: cells of one shape as one batch."""

import functools
import inspect
import json
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .. import _checks
from ..factorization.host import one_blas_thread
from ..factorization.operators.choose import is_traceable
from ..joints.batch import samples_of
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..theory.verdicts import NOT_APPLICABLE
from ..verification.batches import shape_of
from ..verification.instances import drawn_parts, instance_with_parts
from ..verification.verify import COLUMNS, verify_each
from ..worlds.registry import WORLDS, WorldEntry
from ..worlds.world import World
from .grid import PAIRS, SAMPLE, SAMPLED, Sweep, cell_keys

if TYPE_CHECKING:
    import pandas as pd

# Entries of the matrices of a block, and cells of it: what a kill loses is measured again within seconds.
_ENTRIES = 2**21
_CELLS = 1024
# Cells that are made at once: as many as keep the arrays of small joints in the processor's cache.
_TOGETHER = 64


def block_size(sweep: Sweep) -> int:
    """Choose how many cells a block has, by the size of the first joint that can be made: a power of two."""
    for number in range(min(sweep.size, 8)):
        (made,) = made_cells(sweep, [number])
        if not isinstance(made, str):
            joint = made if isinstance(made, Joint) else made.joint
            return 1 << (max(1, min(_CELLS, _ENTRIES // joint.law.size)).bit_length() - 1)
    return _CELLS


def measured_block(sweep: Sweep, numbers: Sequence[int]) -> "pd.DataFrame":
    """Make the cells of these numbers and return their rows: those of ``verify`` with the knobs and the seed.

    A cell that cannot be made has its rows too: *not applicable*, with what is wrong as the reason.
    """
    import pandas as pd

    with one_blas_thread():  # as many threads as there are add up in another order
        made = made_cells(sweep, numbers)
        good = [place for place, one in enumerate(made) if not isinstance(one, str)]
        parts = [_verified([made[place] for place in good], sweep)] if good else []
        if parts:
            parts[0]["joint"] = np.array(good)[parts[0]["joint"].to_numpy()]
        parts += [_failed(place, one, sweep) for place, one in enumerate(made) if isinstance(one, str)]
    table = pd.concat(parts, ignore_index=True).sort_values("joint", kind="stable", ignore_index=True)
    places = table["joint"].to_numpy()
    table["joint"] = np.asarray(numbers)[places]
    for name, values in sweep.columns(numbers).items():
        table[name] = values[places]
    return table


def made_cells(sweep: Sweep, numbers: Sequence[int]) -> list[Joint | Instance | str]:
    """Make a joint or an instance for each cell; a sentence that says what is wrong where none can be made.

    Raises
    ------
    MemoryError, OSError
        If it fails for no fault of the cell; the message names it.
    """
    made: list[Any] = []
    for start in range(0, len(numbers), _TOGETHER):
        part = numbers[start : start + _TOGETHER]
        try:
            with warnings.catch_warnings(action="ignore", category=UserWarning):  # that what has no mass is dropped
                made += _made(sweep, sweep.cells(part))
        except (MemoryError, OSError) as error:
            raise type(error)(f"{sweep.named(part[0])}, or one after it: {_checks.reason(error)}") from error
    return made


def _made(sweep: Sweep, cells: list[tuple[dict[str, Any], int]]) -> list[Any]:
    """Make some cells, what can be made at once so."""
    own = [{name: value for name, value in knobs.items() if name not in sweep.common} for knobs, _ in cells]
    common = [{name: value for name, value in knobs.items() if name in sweep.common} for knobs, _ in cells]
    made = _worlds(sweep, own, cell_keys(cells, "world"))
    if PAIRS in sweep.common:
        made = _estimated(made, [knobs.pop(PAIRS) for knobs in common], cell_keys(cells, "pairs"))
    return [
        one if isinstance(one, str) else _tried(_instance, one, knobs, cell, sweep)
        for one, knobs, cell in zip(made, common, cells, strict=True)
    ]


def _tried(make: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function makes, or a sentence that says why it fails."""
    try:
        return make(*arguments)
    except (MemoryError, OSError):  # no fault of the cell: it may well be made another time
        raise
    except Exception as error:  # a function of the user may raise any
        return f"the cell cannot be made ({_checks.reason(error)})"


def _worlds(sweep: Sweep, knobs: list[dict[str, Any]], keys: jax.Array) -> list[Any]:
    """Make the world of each cell, at once where there is a function for it and none fails."""
    entry = WORLDS[sweep.world] if isinstance(sweep.world, str) else None
    if entry is not None and entry.together is not None and len(knobs) > 1:
        made = _tried(_worlds_together, entry, knobs, keys)
        if not isinstance(made, str):
            return made
    return [_tried(_world, sweep, one, keys, place) for place, one in enumerate(knobs)]


def _worlds_together(entry: WorldEntry, knobs: list[dict[str, Any]], keys: jax.Array) -> list[Any]:
    """Make worlds at once, those together that differ only in what they may differ in."""
    assert entry.function_together is not None
    alike = defaultdict(list)
    parameters = inspect.signature(entry.function).parameters
    defaults = {name: one.default for name, one in parameters.items() if name != "key"}
    whole = [{**defaults, **one} for one in knobs]
    for place, one in enumerate(whole):
        alike[json.dumps([value for name, value in one.items() if name not in entry.together_over])].append(place)
    made: dict[int, Any] = {}
    for places in alike.values():
        over = [{name: whole[place].pop(name) for name in entry.together_over} for place in places]
        worlds = entry.function_together(**whole[places[0]], knobs=over, keys=keys[np.array(places)])
        made |= dict(zip(places, worlds, strict=True))
    return [made[place] for place in range(len(knobs))]


def _world(sweep: Sweep, knobs: dict[str, Any], keys: jax.Array, place: int) -> Any:
    """Make the world of a cell; it is kept for the next cell where nothing of it is drawn."""
    if sweep.function is None:
        return sweep.world
    if sweep.is_random:
        return sweep.function(**knobs, key=keys[place])
    return _kept_world(sweep.function, json.dumps(knobs))


@functools.lru_cache(maxsize=1)
def _kept_world(function: Any, knobs: str) -> Any:
    return function(**json.loads(knobs))


def _estimated(made: list[Any], pairs: list[int], keys: jax.Array) -> list[Any]:
    """Replace each joint by that of so many pairs drawn from it, those of one shape at once."""
    alike, found = defaultdict(list), list(made)
    for place, one in enumerate(made):
        if isinstance(one, Joint):
            alike[pairs[place], one.law.shape].append(place)
        elif not isinstance(one, str):
            found[place] = "the cell cannot be made (pairs: only a world without other parts is estimated from pairs)"
    for (count, _), places in alike.items():
        drawn = samples_of([made[place] for place in places], count, keys[np.array(places)])
        for place, one in zip(places, drawn, strict=True):
            found[place] = one
    return found


def _instance(world: Any, settings: dict[str, Any], cell: tuple[dict, int], sweep: Sweep) -> Joint | Instance:
    """Draw the parts that theorems read, and refuse fewer images or texts than a dimension asked for."""
    if not isinstance(world, Joint | World | Instance):
        raise TypeError(f"world: a Joint, World or Instance is needed, got {_checks.quoted(world)}")
    if isinstance(world, Instance) and settings:
        raise ValueError(f"{next(iter(settings))}: the world is an Instance, which has its own")
    joint = world if isinstance(world, Joint) else world.joint
    _checks.dimensions("k", sweep.ks[-1], min(joint.law.shape))
    if isinstance(world, Instance) or not (isinstance(world, World) or settings or drawn_parts(world, sweep.theorems)):
        return world
    (key,) = cell_keys([cell], "parts")
    n_pairs = settings.pop(SAMPLE, SAMPLED)
    return instance_with_parts(world, sweep.theorems, n_pairs=n_pairs, key=key, **settings)


def _verified(made: list[Any], sweep: Sweep) -> "pd.DataFrame":
    """Verify the theorems on instances, those of one shape filled up to a power of two: few programs serve all."""
    alike = defaultdict(list)
    for one in made:
        if is_traceable((one if isinstance(one, Joint) else one.joint).law):
            alike[shape_of(one)].append(one)
    filling = [one for some in alike.values() for one in some[:1] * ((1 << (len(some) - 1).bit_length()) - len(some))]
    table = verify_each([*made, *filling], sweep.ks, sweep.theorems)
    return table[table["joint"] < len(made)].reset_index(drop=True)


def _failed(place: int, reason: str, sweep: Sweep) -> "pd.DataFrame":
    """Return the rows of a cell that could not be made, of the types that ``verify`` gives them."""
    import pandas as pd

    rows = [(one, k if one.per_k else None) for one in sweep.theorems for k in (sweep.ks if one.per_k else (None,))]
    table = pd.DataFrame({name: np.full(len(rows), np.nan) for name in COLUMNS})
    table["joint"] = place
    table["theorem"], table["kind"] = [one.slug for one, _ in rows], [one.kind.value for one, _ in rows]
    table["k"] = pd.array([k for _, k in rows], dtype="Int64")
    table["verdict"], table["reason"] = NOT_APPLICABLE, reason
    return table

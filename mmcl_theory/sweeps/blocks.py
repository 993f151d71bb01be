"""Make the cells of a sweep, and verify the theorems on a block of them: cells of one shape as one batch."""

import functools
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .. import _checks
from ..factorization.krylov.search import one_blas_thread
from ..factorization.operators.choose import is_traceable
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.settings import SETTINGS
from ..theory.theorem import Theorem
from ..theory.verdicts import NOT_APPLICABLE
from ..verification.batches import shape_of
from ..verification.instances import drawn_parts, instance_with_parts
from ..verification.verify import COLUMNS, verify_each
from ..worlds.world import World
from .grid import PAIRS, SAMPLE, SAMPLED, Sweep, cell_keys

if TYPE_CHECKING:
    import pandas as pd

# Entries of the matrices of a block, and cells of it: what a kill loses is measured again within seconds.
_ENTRIES = 2**21
_CELLS = 1024


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
    """Make a joint or an instance for each cell; a sentence that says what is wrong where none can be made."""
    cells = [sweep.cell(number) for number in numbers]
    keys = {purpose: cell_keys(cells, purpose) for purpose in ("world", "pairs", "parts")}
    made: list[Joint | Instance | str] = []
    for place, (knobs, _) in enumerate(cells):
        own = {purpose: some[place] for purpose, some in keys.items()}
        try:
            made.append(_checked(_cell(sweep, knobs, own), sweep))
        except (MemoryError, OSError) as error:  # no fault of the cell: it may well be made another time
            raise type(error)(f"{sweep.named(numbers[place])}: {_checks.reason(error)}") from error
        except Exception as error:  # a function of the user may raise any
            made.append(f"the cell cannot be made ({_checks.reason(error)})")
    return made


def _cell(sweep: Sweep, knobs: dict[str, Any], keys: dict[str, jax.Array]) -> Joint | Instance:
    """Make the joint or the instance of a cell."""
    own = {name: value for name, value in knobs.items() if name not in sweep.common}
    settings = {name: value for name, value in knobs.items() if name in sweep.common}
    return _instance(_world(sweep, own, keys["world"]), settings, keys, sweep.theorems)


def _world(sweep: Sweep, knobs: dict[str, Any], key: jax.Array) -> Any:
    """Make the world of a cell; it is kept for the next cell where nothing of it is drawn."""
    if sweep.function is None:
        return sweep.world
    if sweep.is_random:
        return sweep.function(**knobs, key=key)
    return _kept_world(sweep.function, json.dumps(knobs))


@functools.lru_cache(maxsize=1)
def _kept_world(function: Any, knobs: str) -> Any:
    return function(**json.loads(knobs))


def _instance(
    world: Any, common: dict[str, Any], keys: dict[str, jax.Array], theorems: tuple[Theorem, ...]
) -> Joint | Instance:
    """Draw the pairs of a joint, and the parts that theorems read."""
    if isinstance(world, Instance):
        if common:
            raise ValueError(f"{next(iter(common))}: the world is an Instance, which has its own")
        return world
    if not isinstance(world, Joint | World):
        raise TypeError(f"world: a Joint, World or Instance is needed, got {_checks.quoted(world)}")
    settings = {name: value for name, value in common.items() if name in SETTINGS}
    if PAIRS in common:
        if isinstance(world, World):
            raise ValueError("pairs: a world with augmentation pairs keeps its pairs, as its images must remain")
        world = world.sample(common[PAIRS], key=keys["pairs"])
    if isinstance(world, Joint) and not settings and not drawn_parts(world, theorems):
        return world
    n_pairs = common.get(SAMPLE, SAMPLED)
    return instance_with_parts(world, theorems, n_pairs=n_pairs, key=keys["parts"], **settings)


def _checked(made: Joint | Instance, sweep: Sweep) -> Joint | Instance:
    """Refuse a joint that has fewer images or texts than a dimension asked for."""
    joint = made if isinstance(made, Joint) else made.joint
    _checks.dimensions("k", max(sweep.ks), min(joint.law.shape))
    return made


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

"""Search all joints of a size for the worst case of a theorem."""

import dataclasses
import math
import os
import pathlib
import time
from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from .. import _archive, _checks
from .._progress import progress_bar
from ..joints.settings import Settings
from ..theory.registry import select
from ..theory.theorem import Theorem
from .ascent import climb, populate, renew
from .candidates import Search, sized_search
from .falsification import Falsification
from .state import State, read_verified

RESTARTS = 64
_MAPS, _MANY_MAPS = pathlib.Path("/proc/self/maps"), 40_000  # as Linux tells them; elsewhere they are not known
_PAUSE = 1.0  # seconds between two writes of a checkpoint, which takes some hundredths


def falsify(
    theorem: str | Theorem,
    n_images: int = 6,
    n_texts: int = 6,
    n_classes: int = 2,
    k: int = 1,
    *,
    key: PRNGKeyArray | None = None,
    budget: int = 40,
    restarts: int | None = None,
    resume: Falsification | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Falsification:
    """Search for the worst case of a theorem over all joints of a size, and the parts that the theorem reads.

    Matrix entries, caption channels, augmentation pairs, encoders (of dimension k) and samples (as frequencies) follow
    gradients through ``measure``; labels are drawn for each candidate and changed by mutation.  The objective is
    log lhs − log rhs, with softened errors for the gradient only: candidates are ranked by the true ratio, less what
    rounding may account for, and only where every assumption's margin exceeds the resolution of floating-point
    numbers.  In each round all candidates take 50 steps of Adam; then random starts replace the worst eighth of them
    by score, and mutants of the best eighth replace the two eighths before it.  A bound may be met only in a limit,
    such as α → 0: the table ``trend`` shows the approach.

    A violation is passed to ``certify`` before it is reported; the result carries the certificate.  Its ``smallest`` is
    the smallest counterexample, a table of whole numbers with exact sides, or says what was tried to find one.

    Parameters
    ----------
    theorem
        A slug or a ``Theorem``.
    n_images, n_texts, n_classes
        The sizes of the joints; not every class need be in use.
    k
        The encoder dimension, 1 … min(n_images, n_texts).
    key
        The random key; the same call gives the same result bit for bit.
    budget
        The number of rounds: with ``resume`` of further rounds, else in all.
    restarts
        The number of candidates, a multiple of 8 and at most 16384; by default 64, or those of the search that goes on.
    resume
        An earlier result for the same theorem and sizes, from which the search goes on as if it had not been
        interrupted.  Its key is used.
    checkpoint
        A file, which is written as the search goes and when it ends, and from which the search goes on if it exists; a
        finished search is only read.  ``Falsification.load`` reads it at any time.
    settings
        The steps, candidates, temperature and mismatch of the instances, as of an ``Instance``.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, no instance of this size has what the theorem reads, or ``resume`` or
        ``checkpoint`` is of another search, such as of other formulas of the same name; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> worst = mt.falsify("probe-text-induced", 2, 2, key=jax.random.key(0), budget=2)
    >>> worst.ratio > 0.999, worst.suspected
    (True, False)
    """
    (chosen,) = select(theorem) if isinstance(theorem, str | Theorem) else _refuse(theorem)
    budget = _checks.integer("budget", budget, 1)
    sized = partial(sized_search, chosen, n_images, n_texts, n_classes, k, settings=Settings(**settings))
    state, last = _begun(chosen, sized, key, budget, restarts, resume, checkpoint)
    saved = -math.inf
    with progress_bar(f"Falsifying {chosen.slug}", last - len(state.rows)) as advance:
        while (turn := len(state.rows)) < last:
            draw = generator(state.key, turn + 1)
            population = renew(state.population, draw, state.search) if turn > 0 else state.population
            state = state.after(climb(population, draw, chosen, state.search))
            if checkpoint is not None and (turn + 1 == last or time.monotonic() - saved > _PAUSE):
                state.write(checkpoint)
                saved = time.monotonic()
            advance()
    return Falsification.of(state)


def discard_programs() -> None:
    """Discard compiled programs if there are many: a process that has 65,530 memory maps of them ends without a word.

    Each search compiles its own, with a few hundred maps.  ``falsify`` itself keeps them, because a search that goes on
    (``resume``) runs the same program.
    """
    if not _MAPS.exists() or _MAPS.read_text().count("\n") > _MANY_MAPS:
        jax.clear_caches()


def _refuse(theorem: Any) -> Any:
    """Raise the error for what is neither a slug nor a theorem."""
    raise TypeError(f"theorem: a slug or a Theorem object is needed, got {theorem!r}")


def _begun(
    theorem: Theorem, sized: partial[Search], key: Any, budget: int, restarts: Any, resume: Any, checkpoint: Any
) -> tuple[State, int]:
    """Return the state from which a search begins or goes on, and the number of its last round."""
    earlier = _earlier(theorem, resume, checkpoint)
    if restarts is None:
        restarts = RESTARTS if earlier is None else earlier.restarts
    search = sized(restarts=restarts)
    key = checked_key(key, earlier)
    if earlier is None:
        return State(theorem, search, key, populate(generator(key, 0), search, restarts), []), budget
    last = budget if resume is None else len(earlier.rows) + budget
    if checkpoint is not None and len(earlier.rows) < last:
        _archive.check_writable("checkpoint", checkpoint)
    name = "resume" if checkpoint is None else f"checkpoint: {os.fspath(checkpoint)!r}"
    return _checked(earlier, name, theorem, search, restarts, last), last


def _earlier(theorem: Theorem, resume: Any, checkpoint: Any) -> State | None:
    """Return the state of the search that goes on, if there is one."""
    if resume is not None and not isinstance(resume, Falsification):
        raise TypeError(f"resume: a Falsification is needed, got {type(resume).__name__}")
    if checkpoint is None:
        return None if resume is None else resume.state
    if resume is not None:
        raise ValueError("resume: only allowed without a checkpoint, from which a search goes on by itself")
    path = _checks.file_name("checkpoint", checkpoint)
    if os.path.isfile(path):
        return read_verified(path, theorem, "checkpoint")[0]
    _archive.check_writable("checkpoint", path)
    return None


def _checked(state: State, name: str, theorem: Theorem, search: Search, restarts: int, last: int) -> State:
    """Return the state of a search that goes on to round ``last``, unless it is of another search."""
    for what, theirs, ours in (
        ("theorem is", state.theorem.slug, theorem.slug),
        ("statement is", state.theorem.statement, theorem.statement),
        ("kind is", state.theorem.kind.value, theorem.kind.value),
        ("sizes are", state.search, search),
        ("restarts are", state.restarts, restarts),
    ):
        if theirs != ours:
            raise ValueError(f"{name}: its {what} {theirs}, and {ours} is asked for")
    state = dataclasses.replace(state, theorem=theorem)
    if len(state.rows) > last:
        raise ValueError(f"{name}: it is at round {len(state.rows)}, beyond the budget of {last}")
    if len(state.rows) < last:
        try:
            state.check_scores()
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return state


def checked_key(key: Any, earlier: State | None) -> PRNGKeyArray:
    """Check the random key, or take that of the search that goes on."""
    if key is None and earlier is not None:
        return earlier.key
    key = _checks.random_key("key", key)
    if not jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key):
        key = jax.random.wrap_key_data(key)
    if earlier is not None and not np.array_equal(jax.random.key_data(key), jax.random.key_data(earlier.key)):
        raise ValueError("key: a search that goes on has its own key, got another")
    return key


def generator(key: PRNGKeyArray, turn: int) -> np.random.Generator:
    """Return the random numbers of one round: NumPy's, as JAX would compile each draw of each candidate."""
    return np.random.default_rng([*np.asarray(jax.random.key_data(key)).tolist(), turn])

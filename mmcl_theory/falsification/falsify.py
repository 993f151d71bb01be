"""Search all joints of a size for the worst case of a theorem."""

import dataclasses
from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from .. import _checks
from .._progress import progress_bar
from ..theory.registry import select
from ..theory.theorem import Theorem
from .ascent import climb, populate, renew
from .candidates import Search, needed_parts
from .conclude import best_candidate, conclude
from .falsification import Falsification

STEPS = 50  # steps of Adam in each round


def falsify(
    theorem: str | Theorem,
    n_images: int = 6,
    n_texts: int = 6,
    n_classes: int = 2,
    k: int = 1,
    *,
    key: PRNGKeyArray | None = None,
    budget: int = 40,
    restarts: int = 64,
    resume: Falsification | None = None,
) -> Falsification:
    """Search for the worst case of a theorem over all joints of a size, and the parts that the theorem reads.

    Matrix entries, caption channels, augmentation pairs, encoders (of dimension k) and samples (as frequencies) follow
    gradients through ``measure``; labels are drawn for each candidate and changed by mutation.  The objective is
    log lhs − log rhs, with softened errors for the gradient only: candidates are ranked by the true ratio, less what
    rounding may account for, and only where every assumption's margin exceeds the resolution of floating-point
    numbers.  In each round all candidates take 50 steps of Adam; then random starts replace the worst eighth of them
    by score, and mutants of the best eighth replace the two eighths before it.  A bound may be met only in a limit,
    such as α → 0: the table ``trend`` shows the approach.

    A violation is passed to ``certify`` before it is reported; the result carries the certificate.

    Parameters
    ----------
    theorem
        A slug or a ``Theorem``.
    n_images, n_texts, n_classes
        The sizes of the joints; not every class need be in use.
    k
        The encoder dimension, 1 … min(n_images, n_texts) − 1.
    key
        The random key; the same call gives the same result bit for bit.
    budget
        The number of rounds.
    restarts
        The number of candidates, a multiple of 8.
    resume
        An earlier result for the same theorem and sizes, from which the search goes on for ``budget`` further rounds as
        if it had not been interrupted.  Its key is used.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or no instance of this size has what the theorem reads; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> worst = mt.falsify("probe-text-induced", 2, 2, key=jax.random.key(0), budget=2)
    >>> worst.ratio > 0.999, worst.suspected
    (True, False)
    """
    (chosen,) = select(theorem) if isinstance(theorem, str | Theorem) else _refuse(theorem)
    search = _search(chosen, n_images, n_texts, n_classes, k)
    budget = _checks.integer("budget", budget, 1)
    restarts = _checks.integer("restarts", restarts, 8)
    if restarts % 8:
        raise ValueError(f"restarts: a multiple of 8 is needed, got {restarts}")
    key = _key(key, resume)
    rows: list[Any]
    if resume is None:
        rounds, rows, population = 0, [], populate(_generator(key, 0), search, restarts)
    else:
        _check_resumed(resume, chosen, search)
        rounds, rows, population = resume.rounds, resume.trajectory.to_dict("records"), resume.population

    with progress_bar(f"Falsifying {chosen.slug}", budget) as advance:
        for turn in range(rounds, rounds + budget):
            draw = _generator(key, turn + 1)
            if turn > 0:
                population = renew(population, draw, search)
            population = climb(population, draw, chosen, search, STEPS)
            row: dict[Any, Any] = {"round": turn + 1, "steps": (turn + 1) * STEPS}
            rows.append(row | best_candidate(chosen, population.scores))
            advance()
    return conclude(chosen, search, key, rounds + budget, population, rows)


def discard_programs() -> None:
    """Discard compiled programs: each search compiles its own, and dozens of them exhaust a process's memory maps.

    ``falsify`` itself keeps them, because a search that goes on (``resume``) runs the same program.
    """
    jax.clear_caches()


def _refuse(theorem: Any) -> Any:
    """Raise the error for what is neither a slug nor a theorem."""
    raise TypeError(f"theorem: a slug or a Theorem object is needed, got {theorem!r}")


def _search(theorem: Theorem, n_images: Any, n_texts: Any, n_classes: Any, k: Any) -> Search:
    """Check the sizes and find the parts of an instance that the theorem reads."""
    n_images = _checks.integer("n_images", n_images, 2)
    n_texts = _checks.integer("n_texts", n_texts, 2)
    _checks.dense_size("n_images", n_images, n_texts)
    n_classes = _checks.integer("n_classes", n_classes, 1, n_images + n_texts)
    k = _checks.integer("k", k, 1, min(n_images, n_texts) - 1)
    search = Search(n_images, n_texts, n_classes, k)
    return dataclasses.replace(search, parts=needed_parts(theorem, search))


def _key(key: Any, resume: Any) -> PRNGKeyArray:
    """Check the random key, or take that of the search that is resumed."""
    if resume is not None and not isinstance(resume, Falsification):
        raise TypeError(f"resume: a Falsification is needed, got {type(resume).__name__}")
    if key is None and resume is not None:
        return resume.key
    key = _checks.random_key("key", key)
    if not jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key):
        key = jax.random.wrap_key_data(key)
    if resume is not None and not np.array_equal(jax.random.key_data(key), jax.random.key_data(resume.key)):
        raise ValueError("key: a resumed search has its own key, got another")
    return key


def _generator(key: PRNGKeyArray, turn: int) -> np.random.Generator:
    """Return the random numbers of one round: NumPy's, as JAX would compile each draw of each candidate."""
    return np.random.default_rng([*np.asarray(jax.random.key_data(key)).tolist(), turn])


def _check_resumed(resume: Falsification, theorem: Theorem, search: Search) -> None:
    """Raise ``ValueError`` if an earlier result is of another theorem or size."""
    if resume.theorem != theorem:
        raise ValueError(f"resume: it is about {resume.theorem.slug}, and {theorem.slug} is asked for")
    if resume.search != search:
        raise ValueError(f"resume: its sizes are {resume.search}, and {search} is asked for")

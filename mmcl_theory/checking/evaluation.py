"""The sides of theorems on a batch of instances, over several k, as two programs that run on all cores."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from .._numerics import allowance, resolution, rounding
from ..instance import Instance
from ..quantities import Quantities, quantities_at
from ..spectra import Spectra, spectra, truncated_spectra
from ..theory.theorem import Absent, Formula, Theorem, read_by
from ..uncertainty import uncertainty
from .batches import Group

# The quantities that a table carries along, to plot against.
CONTEXT = ("labeling_error", "sigma_next", "n_items", "marginal_distance", "sample_size", "failure_probability")

# A decomposition of a larger matrix runs on all cores by itself.
_SMALL = 2**16


class Evaluation(NamedTuple):
    """The sides of theorems, how far they may be off, the margins of all their assumptions, and ``CONTEXT``."""

    lhs: Any  # Float[Array, "batch k theorems"], and so on; NumPy's once they are computed
    rhs: Any
    tolerance: Any
    margins: Any  # … assumptions
    context: Any


def evaluate(
    group: Group, ks: list[int], theorems: tuple[Theorem, ...], advance: Callable[[], None]
) -> tuple[Evaluation, dict[str, str]]:
    """Evaluate theorems on a group of instances; and which of them need a quantity that these lack, with the reason."""
    chunks = group.chunks(len(ks))
    reasons: dict[str, str] = {}
    decomposed = _decomposed(group.take(chunks[0]), ks)  # once for its shapes
    reasons = _absences(group.first, decomposed, theorems)
    present = tuple(theorem for theorem in theorems if theorem.slug not in reasons)
    parts = group.k_chunks(ks)

    def of_chunk(places: np.ndarray) -> Evaluation:
        batch = group.take(places)
        spectra = decomposed if places is chunks[0] else _decomposed(batch, ks)
        over_k = [jax.device_get(_evaluate(batch, spectra, jnp.asarray(part), present)) for part in parts]
        return Evaluation(*(np.concatenate(part, axis=1)[:, : len(ks)] for part in zip(*over_k, strict=True)))

    evaluated = []
    for evaluation in _on_all_cores(of_chunk, chunks, group.first):
        evaluated.append(evaluation)
        advance()
    together = (np.concatenate(part)[: len(group.positions)] for part in zip(*evaluated, strict=True))
    return Evaluation(*together), reasons


def _on_all_cores(work: Callable[[Any], Any], chunks: list[Any], instance: Instance) -> Iterator[Any]:
    """Each chunk's work, in order; small matrices' on a thread for each core, which decompose them one by one."""
    workers = min(len(chunks), os.cpu_count() or 1)
    if workers == 1 or not instance.joint.is_dense or instance.joint.matrix.size > _SMALL:
        yield from map(work, chunks)
        return
    yield work(chunks[0])  # compiles for all
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, chunks[1:])


def _decomposed(batch: Instance, ks: list[int]) -> Spectra:
    """Stage one of the batch, which is of a single instance where its joint is not dense."""
    if batch.joint.is_dense:
        return jax.block_until_ready(_spectra(batch))
    instance = jax.tree.map(lambda leaf: leaf[0], batch)
    return jax.tree.map(lambda leaf: leaf[None], truncated_spectra(instance, max(ks)))


@jax.jit
def _spectra(batch: Instance) -> Spectra:
    # One by one, as a batched decomposition waits for threads of a pool, which two at once may exhaust (``after``).
    return jax.lax.map(spectra, batch)


@partial(jax.jit, static_argnames="theorems")
def _evaluate(batch: Instance, decomposed: Spectra, ks: Int[Array, " k"], theorems: tuple[Theorem, ...]) -> Evaluation:
    def one(instance: Instance, spectra: Spectra, k: Array) -> Evaluation:
        quantities = quantities_at(instance, spectra, k)
        errors = uncertainty(instance, spectra, quantities, k)
        sides = [theorem.sides(quantities) for theorem in theorems]
        margins = [
            _margin(assumption.margin, quantities, errors, spectra)
            for theorem in theorems
            for assumption in theorem.requires
        ]
        return Evaluation(
            _numbers([lhs for lhs, _ in sides]),
            _numbers([rhs for _, rhs in sides]),
            _numbers([allowance(theorem.slack, quantities, errors, theorem.reads(quantities)) for theorem in theorems]),
            _numbers(margins),
            _numbers([jnp.nan if (value := getattr(quantities, name)) is None else value for name in CONTEXT]),
        )

    over_k = jax.vmap(one, in_axes=(None, None, 0))
    return jax.vmap(over_k, in_axes=(0, 0, None))(batch, decomposed, ks)


def _numbers(values: list[Any]) -> Float[Array, " n"]:
    return jnp.stack([jnp.asarray(value, dtype=float) for value in values]) if values else jnp.zeros(0)


def _margin(formula: Formula, quantities: Quantities, errors: Quantities, spectra: Spectra) -> Float[Array, ""]:
    """How far an assumption holds, less, as rounding is to ``resolution``, what is not converged."""
    if spectra.residual_norms is None:
        return formula(quantities)
    doubt = allowance(formula, quantities, errors, read_by(formula, quantities))
    return formula(quantities) - resolution() / rounding() * doubt


def _absences(instance: Instance, decomposed: Spectra, theorems: Iterable[Theorem]) -> dict[str, str]:
    """Which theorems need a quantity that these instances lack, found by trying their formulas on halves."""
    first = jax.tree.map(lambda leaf: leaf[0], decomposed)
    halves = jax.tree.map(lambda _: jnp.array(0.5), _quantities_at.eval_shape(instance, first, 1))
    reasons = {}
    for theorem in theorems:
        try:
            theorem.sides(halves)
            theorem.margins(halves)
        except Absent as absent:
            reasons[theorem.slug] = str(absent)
    return reasons


_quantities_at = jax.jit(quantities_at)

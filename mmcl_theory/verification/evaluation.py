"""The sides of theorems on a batch of instances, over several k, as two programs that run on all cores."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..factorization.precision import resolution, rounding
from ..joints.instance import Instance
from ..quantities.decompositions import Spectra, spectra, truncated_spectra
from ..quantities.quantities import Quantities, quantities_at
from ..quantities.uncertainty import allowance, uncertainty
from ..theory.theorem import Absent, Formula, Theorem, read_by
from .batches import Group

# The quantities that a table carries along, to plot against.
CONTEXT = ("labeling_error", "sigma_next", "n_items", "marginal_distance", "sample_size", "failure_probability")

# Cells of a matrix whose decomposition does not run on several cores by itself.
_SMALL = 2**16
# Cells of the matrices that are decomposed, on all cores, before they are evaluated: decompositions leave a core to
# each other, evaluations wait for all cores.
_WAVE = 2**23


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
    parts = [jnp.asarray(part) for part in group.k_chunks(ks)]
    evaluated: list[Evaluation] = []
    reasons: dict[str, str] = {}
    workers = _workers(group.first)
    wave = max(workers, _WAVE // (len(chunks[0]) * group.first.joint.matrix.size))
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(chunks), wave):
            batches = [group.take(places) for places in chunks[start : start + wave]]
            for batch, decomposed in zip(batches, list(pool.map(partial(_decomposed, ks=ks), batches)), strict=True):
                if not evaluated:
                    reasons = _absences(group.first, decomposed, theorems)
                    theorems = tuple(theorem for theorem in theorems if theorem.slug not in reasons)
                over_k = [jax.device_get(_evaluate(batch, decomposed, part, theorems)) for part in parts]
                evaluated.append(jax.tree.map(lambda *some: np.concatenate(some, axis=1)[:, : len(ks)], *over_k))
                advance()
    size = len(group.positions)
    return jax.tree.map(lambda *some: np.concatenate(some)[:size], *evaluated), reasons


def _workers(instance: Instance) -> int:
    """Decompositions at a time: of small matrices one for each core, as a larger one occupies all cores by itself."""
    small = instance.joint.is_dense and instance.joint.matrix.size <= _SMALL
    return (os.cpu_count() or 1) if small else 1


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
            _numbers([allowance(theorem.slack, quantities, errors, theorem.reads) for theorem in theorems]),
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
    doubt = allowance(formula, quantities, errors, read_by(formula))
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

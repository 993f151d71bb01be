"""Evaluate the sides of theorems on a batch of instances, over several k.

A few instances are measured by NumPy, one after the other.  For more, two programs are compiled, of the decompositions
and of the quantities that are read; each core runs both on a chunk of small instances, and all cores run them on a
large one.  The formulas of the theorems then run on NumPy arrays, so that another theorem compiles nothing.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Int

from ..factorization.devices import on_gpu
from ..factorization.host import one_blas_thread
from ..factorization.operators import choose
from ..factorization.precision import resolution, rounding
from ..joints.instance import Instance
from ..quantities.decompositions import Decompositions, decomposed
from ..quantities.measurement import Measurement
from ..quantities.quantities import (
    HOSTED,
    Quantities,
    errors_of,
    extras_of,
    host_arguments,
    is_at_hand,
    measured_at_hand,
    quantities_of,
    reading_hosted,
)
from ..theory.propagation import evaluation_error, propagated_error
from ..theory.theorem import Assumption, Formula, Theorem, read_by
from .batches import Group

# The quantities that a table carries along, to plot against.
CONTEXT = ("labeling_error", "sigma_next", "n_items", "marginal_distance", "sample_size", "failure_probability")

# Units in the last place that the sides may be off by their last operations, and by constants such as 1/3.
_UNITS = 8
# Cells of a matrix whose decomposition does not run on several cores by itself.
_SMALL = 2**16
# Two at once would each compile the program that both need.
_compiling = threading.Lock()


class Evaluation(NamedTuple):
    """Hold the sides of a theorem, how far they may be off, its trivial value, and the margins of its assumptions.

    ``doubt`` is how far the difference of the bound and its trivial value may be off.  The arrays have the shape
    (batch, k), and margins a last axis of assumptions.
    """

    lhs: np.ndarray
    rhs: np.ndarray
    tolerance: np.ndarray
    trivial: np.ndarray
    doubt: np.ndarray
    margins: np.ndarray


class Measured(NamedTuple):
    """Hold the quantities of a group of instances, and the errors of each, as arrays of shape (batch, k)."""

    quantities: Quantities
    errors: Quantities
    is_complete: bool

    @property
    def dtype(self) -> Any:
        """Return the type of the numbers."""
        return self.quantities.labeling_error.dtype

    def context(self, name: str) -> np.ndarray:
        """Return a quantity to plot against; not a number where the instances lack it."""
        value = getattr(self.quantities, name)
        return np.full_like(self.quantities.labeling_error, np.nan) if value is None else value

    def of_one_k(self) -> "Measured":
        """Return what was measured at the first k, for what does not depend on k."""
        quantities, errors = jax.tree.map(lambda values: values[:, :1], (self.quantities, self.errors))
        return Measured(quantities, errors, self.is_complete)

    def evaluate(self, theorem: Theorem) -> Evaluation:
        """Evaluate a theorem on all instances at once.

        Raises
        ------
        Absent
            If the instances lack a quantity that it reads.
        """
        quantities, shape = self.quantities, self.quantities.labeling_error.shape
        with np.errstate(all="ignore"):
            sides = theorem.sides(quantities)
            margins = [
                margin - self._doubt(assumption)
                for assumption, margin in zip(theorem.requires, theorem.margins(quantities), strict=True)
            ]
            tolerance = self._off_by(theorem.slack, theorem.reads)
            trivial = theorem.trivial_value(quantities)
            # Of an infinite trivial value there is no difference, and none is needed.
            doubt = np.nan_to_num(self._off_by(theorem.surplus, read_by(theorem.surplus)))
            of_sides = _UNITS * np.finfo(float).eps * sum(np.abs(np.asarray(side, float)) for side in sides)
            tolerance, doubt = tolerance + of_sides, doubt + np.nan_to_num(of_sides, posinf=0.0)
        lhs, rhs, tolerance, trivial, doubt, *margins = (
            np.broadcast_to(np.asarray(values, float), shape)
            for values in (*sides, tolerance, trivial, doubt, *margins)
        )
        stacked = np.stack(margins, axis=-1) if margins else np.zeros((*shape, 0))
        return Evaluation(lhs, rhs, tolerance, trivial, doubt, stacked)

    def _off_by(self, formula: Formula, names: tuple[str, ...]) -> Any:
        """Bound how far a formula is off by the errors of what it reads, and by its own rounding."""
        unmoved = formula(self.quantities)

        def known(quantities: Any) -> Any:
            return unmoved if quantities is self.quantities else formula(quantities)

        of_quantities = propagated_error(known, self.quantities, self.errors, names)
        return of_quantities + evaluation_error(known, self.quantities, names)

    def _doubt(self, assumption: Assumption) -> Any:
        """Bound what is not converged in an assumption's margin, scaled as ``resolution`` is to ``rounding``."""
        if self.is_complete:
            return 0.0
        error = propagated_error(assumption.margin, self.quantities, self.errors, read_by(assumption.margin))
        return resolution() / rounding() * error


def measure_group(group: Group, ks: list[int], theorems: tuple[Theorem, ...], advance: Callable[[], None]) -> Measured:
    """Measure what theorems read on a group of instances at several k."""
    names = names_read(theorems)
    if is_at_hand(group.first, *ks, n=len(group.positions)):
        return _measured_at_hand(group, ks, names, advance)
    chunks, parts = group.chunks(len(ks), names), group.k_chunks(ks)
    block, extras = group.block(len(ks), names), extras_of(names)

    def of_chunk(places: np.ndarray) -> tuple[tuple[Quantities, Quantities], bool]:
        """Measure a chunk at all k; say too whether its decompositions are complete."""
        batch = group.take(places)
        if choose.is_traceable(batch.joint.law):
            batch = jax.device_put(batch)  # once for all programs
        spectrum = _decomposed(batch, ks, extras)
        over_k = [_measured(batch, spectrum, part, names, block) for part in parts]
        return jax.tree.map(lambda *some: np.concatenate(some, axis=1)[:, : len(ks)], *over_k), spectrum.is_complete

    measured, workers = [], min(_workers(group.first), len(chunks))
    with one_blas_thread() if workers > 1 else nullcontext(), ThreadPoolExecutor(workers) as pool:
        for one in pool.map(of_chunk, chunks):  # it begins no more where one fails or the user interrupts
            measured.append(one)
            advance()
    size = len(group.positions)
    quantities, errors = jax.tree.map(lambda *some: np.concatenate(some)[:size], *(of for of, _ in measured))
    return Measured(quantities, errors, measured[0][1])


def _measured_at_hand(group: Group, ks: list[int], names: frozenset[str], advance: Callable[[], None]) -> Measured:
    """Measure a few small instances, one after the other."""
    shape, ordered = (len(group.positions), len(ks)), sorted(names)
    over_k = [measured_at_hand(group.item(place), ks, ordered, advance) for place in range(shape[0])]
    pairs = [pair for found, _ in over_k for pair in found]
    quantities, errors = jax.tree.map(lambda *some: np.array(some).reshape(shape), *pairs)
    return Measured(quantities, errors, all(complete for _, complete in over_k))


def n_steps(group: Group, ks: list[int], theorems: tuple[Theorem, ...]) -> int:
    """Count how often measuring a group advances."""
    if is_at_hand(group.first, *ks, n=len(group.positions)):
        return len(group.positions) * len(ks)
    return group.n_chunks(len(ks), names_read(theorems))


def names_read(theorems: tuple[Theorem, ...]) -> frozenset[str]:
    """Collect the names of the quantities that theorems read, and of ``CONTEXT``."""
    names = {name for theorem in theorems for name in read_by(*theorem.formulas)}
    return frozenset(names | set(CONTEXT))


def _workers(instance: Instance) -> int:
    """Choose how many chunks are worked on at a time: one a core of small matrices; a larger one takes all cores."""
    small = choose.is_traceable(instance.joint.law) and instance.joint.matrix.size <= _SMALL
    return (os.cpu_count() or 1) if small else 1


def _decomposed(batch: Instance, ks: list[int], extras: frozenset[str]) -> Decompositions:
    """Decompose a batch, which is of a single instance where its decomposition cannot be compiled."""
    if choose.is_traceable(batch.joint.law):
        return jax.block_until_ready(_batch_decomposed(batch, extras))
    instance = jax.tree.map(lambda leaf: leaf[0], batch)
    return jax.tree.map(lambda leaf: leaf[None], decomposed(instance, max(ks), extras))


@partial(jax.jit, static_argnames="extras")
def _batch_decomposed(batch: Instance, extras: frozenset[str]) -> Decompositions:
    def one(instance: Instance) -> Decompositions:
        return decomposed(instance, None, extras)

    # On a CPU one by one, as a batched decomposition waits for threads of a pool, which two at once may exhaust
    # (``after``); a GPU decomposes them all at once.
    return jax.vmap(one)(batch) if on_gpu() else jax.lax.map(one, batch)


# Which sets of names have been compiled for instances of a shape: a program that measures more serves as well.
_compiled: dict[Any, list[frozenset[str]]] = {}


def _measured(
    batch: Instance, spectrum: Decompositions, ks: Int[np.ndarray, " k"], names: frozenset[str], block: int
) -> tuple[Quantities, Quantities]:
    """Measure at least the named quantities, by a program that is compiled already if one measures them all."""
    leaves, structure = jax.tree.flatten((batch, spectrum, ks))
    shape = (structure, *((leaf.shape, leaf.dtype) for leaf in leaves))
    with _compiling:
        if _measure_batch._cache_size() == 0:  # type: ignore[attr-defined]  # as after jax.clear_caches()
            _compiled.clear()
        known = _compiled.setdefault(shape, [])
        serving = next((some for some in known if names <= some), None)
        if serving is None:
            measured = _of_program(batch, spectrum, ks, names, block)
            known.append(names)
            return measured
    return _of_program(batch, spectrum, ks, serving, block)


def _of_program(
    batch: Instance, spectrum: Decompositions, ks: Int[np.ndarray, " k"], names: frozenset[str], block: int
) -> tuple[Quantities, Quantities]:
    """Measure the named quantities, those that are hosted between two programs."""
    found = {}
    if hosted := reading_hosted(names):
        arguments = _host_arguments(batch, spectrum, ks, hosted)
        found = {name: HOSTED[name].on_host(*jax.device_get(some)) for name, some in arguments.items()}
    return jax.device_get(_measure_batch(batch, spectrum, ks, found, names, block))


@partial(jax.jit, static_argnames="names")
def _host_arguments(
    batch: Instance, spectrum: Decompositions, ks: Int[Array, " k"], names: frozenset[str]
) -> dict[str, tuple]:
    of_one = partial(host_arguments, ks=ks, names=sorted(names))
    return jax.vmap(of_one)(batch, spectrum)


@partial(jax.jit, static_argnames=("names", "block"))
def _measure_batch(
    batch: Instance,
    spectrum: Decompositions,
    ks: Int[Array, " k"],
    found: dict[str, Any],
    names: frozenset[str],
    block: int,
) -> tuple[Quantities, Quantities]:
    """Measure the named quantities by a program, a block of instances at a time."""
    axes = {name: 0 if HOSTED[name].per_k else None for name in found}

    def at(k: Array, instance: Instance, spectrum: Decompositions, found: Any) -> tuple[Quantities, Quantities]:
        m = Measurement(instance, spectrum, k, found)
        quantities = quantities_of(m, sorted(names))
        return quantities, errors_of(m, quantities)

    def one(of_one: tuple) -> tuple[Quantities, Quantities]:
        return jax.vmap(at, in_axes=(0, None, None, axes))(ks, *of_one)

    whole = (batch, spectrum, found)
    at_once = len(batch.joint.image_labels) <= block
    return jax.vmap(one)(whole) if at_once else jax.lax.map(one, whole, batch_size=block)

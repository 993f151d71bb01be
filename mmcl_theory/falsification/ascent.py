"""Improve many candidates at once by gradient ascent, with selection and mutation between the ascents."""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..factorization.precision import resolution
from ..quantities.decompositions import decomposed
from ..quantities.measurement import Measurement
from ..quantities.quantities import Quantities, errors_of, extras_of, quantities_of, softened
from ..theory.propagation import propagated_error
from ..theory.theorem import Kind, Theorem, read_by
from .candidates import Point, Search, instance, mutate, start

# A bound is often met only in a limit: the best ratio is recorded for each decade of each of these.
SCALES = ("labeling_error", "spectral_gap", "rhs")
DECADES = 13
STEPS = 50  # steps of Adam in each round
SCALED = ("labeling_error", "sigma_next")  # the quantities that these are computed from

_STEEP = 1e-6  # below this margin an assumption pushes back
_SMALLEST = 1e-30


class Score(NamedTuple):
    """Hold one candidate's two sides, and its ratio after rounding is allowed for: −∞ where not applicable."""

    safe: Float[Array, ""]
    lhs: Float[Array, ""]
    rhs: Float[Array, ""]
    scales: Float[Array, " scales"]


class Population(eqx.Module):
    """Hold the candidates, each at the best point of its way, and the best safe ratio in each decade of each scale."""

    points: Point
    scores: Score
    trend: Float[Array, "scales decades"]


def ratio_terms(theorem: Theorem, lhs: Any, rhs: Any) -> tuple[Any, Any]:
    """Return numerator and denominator of the ratio, which is above 1 where a bound is violated.

    For an identity the ratio is the difference of the sides relative to the larger, or to 1 where both are smaller.
    """
    if theorem.kind is Kind.IDENTITY:
        return jnp.abs(lhs - rhs), jnp.maximum(1, jnp.maximum(jnp.abs(lhs), jnp.abs(rhs)))
    return (rhs, lhs) if theorem.kind is Kind.LOWER_BOUND else (lhs, rhs)


def populate(draw: np.random.Generator, search: Search, size: int) -> Population:
    """Draw random candidates, not yet scored."""
    lowest: Any = np.full(size, -np.inf)
    scales: Any = np.zeros((size, len(SCALES)))
    scores = Score(lowest, lowest, lowest, scales)
    trend: Any = np.full((len(SCALES), DECADES), -np.inf)
    return Population(_stacked([start(draw, search) for _ in range(size)]), scores, trend)


def renew(population: Population, draw: np.random.Generator, search: Search) -> Population:
    """Replace the worst eighth by random starts, and the two eighths before it by mutants of the best eighth."""
    population = jax.device_get(population)
    size = len(population.scores.safe)
    eighth = size // 8
    order = np.argsort(-population.scores.safe, kind="stable")
    points, scores = jax.tree.map(lambda leaf: leaf[order], (population.points, population.scores))
    parents = draw.integers(eighth, size=2 * eighth)
    new = [mutate(draw, jax.tree.map(lambda leaf, i=i: leaf[i], points), search) for i in parents]
    new += [start(draw, search) for _ in range(eighth)]
    kept = size - len(new)
    points = jax.tree.map(lambda old, fresh: np.concatenate([old[:kept], fresh]), points, _stacked(new))
    safe = np.where(np.arange(size) < kept, scores.safe, -np.inf)
    return Population(points, scores._replace(safe=safe), population.trend)


def _stacked(points: list[Point]) -> Point:
    """Stack candidates along a new leading axis."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *points)


def climb(
    population: Population, draw: np.random.Generator, theorem: Any, search: Search, coefficients: Any = None
) -> Population:
    """Move every candidate by ``STEPS`` steps of gradient ascent; each keeps the best point on its way.

    Step length and softness are drawn log-uniformly, so that in any round some candidates explore and some polish.
    Instead of a theorem, a form of bounds (``conjectures.combination``) and its coefficients may be given: one compiled
    program then serves them all.
    """
    size = len(population.scores.safe)
    rates = np.exp(draw.uniform(np.log(1e-3), np.log(0.5), size))
    softness = np.exp(draw.uniform(np.log(1e-4), np.log(0.3), size))
    return jax.device_get(_climb_all(population, rates, softness, coefficients, theorem, search, STEPS))


def rescored(population: Population, theorem: Theorem, search: Search) -> Score:
    """Compute the scores of all candidates again, to the last bit: by the program of ``climb``, with steps of length 0.

    Of a candidate to which the theorem does not apply only ``safe``, −∞, is meaningful.
    """
    size = len(population.scores.safe)
    lowest: Any = np.full(size, -np.inf)
    unscored = Population(population.points, population.scores._replace(safe=lowest), population.trend)
    return _climb_all(unscored, np.zeros(size), np.ones(size), None, theorem, search, STEPS).scores


@partial(jax.jit, static_argnames=("theorem", "search", "steps"))
def _climb_all(
    population: Population, rates: Any, softness: Any, coefficients: Any, theorem: Any, search: Search, steps: int
) -> Population:
    """Run Adam from all candidates as one compiled program."""
    theorem = theorem if coefficients is None else theorem.at(coefficients)
    numbers, labels = eqx.partition(population.points, eqx.is_inexact_array)
    # All candidates move within a step, not each by steps of its own: a loop that is written for one of them JAX traces
    # three times to make it one for all.
    step = jax.vmap(partial(_step, theorem=theorem, search=search, steps=steps), in_axes=(0, 0, 0, 0, None))
    zeros = jax.tree.map(jnp.zeros_like, numbers)
    trends = jnp.full((len(rates), len(SCALES), DECADES), -jnp.inf)
    origin = _Way(numbers, zeros, zeros, numbers, population.scores, trends)
    indices = jnp.arange(steps)
    end, _ = jax.lax.scan(lambda way, index: (step(way, labels, rates, softness, index), None), origin, indices)
    trend = jnp.maximum(population.trend, jnp.max(end.trend, axis=0))
    return Population(eqx.combine(end.best, labels), end.score, trend)


class _Way(NamedTuple):
    """Hold where Adam is with a candidate, its two moments, and the best point so far with its score and the trend."""

    numbers: Point
    first: Point
    second: Point
    best: Point
    score: Score
    trend: Float[Array, "scales decades"]


def _step(
    way: _Way,
    labels: Point,
    rate: Array,
    softness: Array,
    index: Array,
    *,
    theorem: Theorem,
    search: Search,
    steps: int,
) -> _Way:
    """Score the point, keep it if it is the best, and move it."""

    def objective(numbers: Point) -> tuple[Array, Score]:
        return _objective(eqx.combine(numbers, labels), theorem, search, softness)

    jacobian, here = jax.jacrev(objective, has_aux=True)(way.numbers)
    better = here.safe > way.score.safe
    best, score = jax.tree.map(lambda new, old: jnp.where(better, new, old), (way.numbers, here), (way.best, way.score))
    decades = jnp.clip(-jnp.log10(jnp.maximum(here.scales, _SMALLEST)), 0, DECADES - 1).astype(int)
    trend = way.trend.at[jnp.arange(len(SCALES)), decades].max(here.safe)
    gradient = _summed(jacobian)
    first = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, way.first, gradient)
    second = jax.tree.map(lambda old, new: 0.99 * old + 0.01 * new**2, way.second, gradient)
    now = index + 1.0
    length = rate * jnp.cos(jnp.pi / 2 * index / steps)
    moved = jax.tree.map(
        lambda old, m, v: old + length * (m / (1 - 0.9**now)) / (jnp.sqrt(v / (1 - 0.99**now)) + 1e-12),
        *(way.numbers, first, second),
    )
    return _Way(moved, first, second, best, score, trend)


def _summed(jacobian: Any) -> Any:
    """Sum the objectives' gradients, entries that are not finite counting as 0, and scale the sum to norm at most 1."""
    gradient = jax.tree.map(lambda rows: jnp.sum(jnp.nan_to_num(rows, posinf=0, neginf=0), axis=0), jacobian)
    norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradient)))
    return jax.tree.map(lambda leaf: leaf / jnp.maximum(norm, 1), gradient)


def _objective(point: Point, theorem: Theorem, search: Search, softness: Array) -> tuple[Array, Score]:
    """Return what is maximized, the log ratio with soft errors and the assumptions' barrier, and the true score."""
    made = instance(point, search)
    names = sorted({*read_by(*theorem.formulas), *SCALED})
    spectrum = decomposed(made, search.k, extras_of(names))
    m = Measurement(made, spectrum, search.k)
    quantities = quantities_of(m, names)
    errors = errors_of(m, quantities)
    margins = jnp.array([*theorem.margins(quantities), 1.0])
    low = margins / _STEEP
    barrier = jnp.sum(jnp.where(low > 1e-3, jnp.log(jnp.clip(low, 1e-3, 1)), jnp.log(1e-3) + low))
    soft = softened(m, quantities, softness)
    above, below = ratio_terms(theorem, *_sides(theorem, soft))
    positive = (above > _SMALLEST) & (below > _SMALLEST)
    logs = jnp.log(jnp.where(positive, above, 1)) - jnp.log(jnp.where(positive, below, 1))
    return jnp.stack([jnp.where(positive, logs, above - below), barrier]), _score(theorem, quantities, errors, margins)


def _sides(theorem: Theorem, quantities: Quantities) -> tuple[Array, Array]:
    """Evaluate both sides as arrays, also a side that reads no quantity."""
    lhs, rhs = (jnp.asarray(side, quantities.labeling_error.dtype) for side in theorem.sides(quantities))
    return lhs, rhs


def _score(theorem: Theorem, quantities: Quantities, errors: Quantities, margins: Array) -> Score:
    """Score a candidate by its true ratio, without a gradient."""
    quantities, errors, margins = jax.lax.stop_gradient((quantities, errors, margins))
    lhs, rhs = _sides(theorem, quantities)
    tolerance = propagated_error(theorem.slack, quantities, errors, theorem.reads)
    above, below = ratio_terms(theorem, lhs, rhs)
    above = above - tolerance
    nowhere = jnp.where(above > below, jnp.inf, -jnp.inf)
    safe = jnp.where(below > 0, above / jnp.where(below > 0, below, 1), nowhere)
    applicable = jnp.all(margins > resolution(lhs.dtype)) & jnp.isfinite(lhs) & jnp.isfinite(rhs)
    scales = jnp.stack([quantities.labeling_error, 1 - quantities.sigma_next**2, jnp.abs(rhs)])
    return Score(jnp.where(applicable & ~jnp.isnan(safe), safe, -jnp.inf), lhs, rhs, scales)

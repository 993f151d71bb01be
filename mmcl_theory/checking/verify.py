"""Verify: evaluate the two sides of theorems on instances, and judge."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from .. import _checks
from .._numerics import allowance, resolution, rounding
from .._progress import progress_bar
from ..instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import CONDUCTANCE_LIMIT
from ..losses import TRIPLES_LIMIT
from ..quantities import Quantities, quantities_at
from ..spectra import Spectra, spectra, truncated_spectra
from ..theory.registry import select
from ..theory.theorem import Absent, Theorem
from ..uncertainty import uncertainty
from .frequencies import judge_frequencies
from .verdicts import judge

if TYPE_CHECKING:
    import pandas as pd

# Matrix entries worked on at once: 256 MiB for each of the few temporaries of this size.
_AT_ONCE = 2**25

# The quantities that a table carries along, to plot against.
CONTEXT = ("labeling_error", "sigma_next", "n_items", "marginal_distance", "sample_size", "failure_probability")


class Evaluation(NamedTuple):
    """The sides of one theorem on a batch of instances, by rows, and several k, by columns."""

    lhs: Float[Array, "batch k"]
    rhs: Float[Array, "batch k"]
    tolerance: Float[Array, "batch k"]
    margins: Float[Array, "batch k assumptions"]


def verify(
    joint: Joint | Instance | Sequence[Joint | Instance],
    k: int | Sequence[int],
    theorems: str | Theorem | Iterable[str | Theorem] | None = None,
) -> "pd.DataFrame":
    """Check theorems on a joint, or on a batch of them, at one or several encoder dimensions.

    Joints of one shape are evaluated as one batched program.

    Parameters
    ----------
    joint
        A joint or an instance, or a sequence of them.
    k
        Encoder dimension(s), each in 1 … min(n_V, n_L) − 1 of every joint.
    theorems
        Slugs or ``Theorem`` objects; by default all that there are.

    Returns
    -------
    pandas.DataFrame
        One row for each joint, theorem and k (k is missing where the theorem does not depend on it):

        ``joint``
            Position in the sequence.
        ``theorem``, ``kind``, ``k``
            Which statement.
        ``lhs``, ``rhs``
            Its two sides, missing where it is not applicable.
        ``slack``
            The room left, rhs − lhs (lhs − rhs for a lower bound); negative where violated.
        ``ratio``
            lhs/rhs (rhs/lhs for a lower bound): at most 1 where a bound holds, 1 where it is tight; for an order
            statement the least constant consistent with this instance; missing for 0/0.
        ``tolerance``
            How far rounding may have moved the slack (see ``_numerics.allowance``).
        ``verdict``, ``reason``
            ``holds``, ``violated``, ``vacuous``, ``not applicable`` or ``order``, and why.  A probable bound may be
            ``exceeded`` by a draw; it is violated where too many of the instances' samples do (``failure_rates``).
        ``labeling_error``, ``sigma_next``, ``n_items``, ``marginal_distance``, ``sample_size``, ``failure_probability``
            Quantities of the instance to plot against, missing where it has none.

    Raises
    ------
    ValueError, TypeError
        If k is out of range, a slug unknown, or an argument of the wrong type; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> table = mt.verify(mt.generators.isotropic_noise(4, 0.25), k=1, theorems=["probe-text-induced"])
    >>> table[["k", "lhs", "rhs", "verdict"]].round(12)
       k   lhs   rhs verdict
    0  1  0.75  0.75   holds
    """
    import pandas as pd

    instances = _as_instances(joint)
    chosen = select(theorems)
    ks: list[int] = []
    for instance in instances:
        ks = _checks.dimensions("k", k, min(instance.joint.matrix.shape))

    groups = defaultdict(list)
    for position, instance in enumerate(instances):
        groups[_shape(instance)].append(position)
    chunks = [chunk for positions in groups.values() for chunk in _chunks(positions, instances, len(ks))]
    per_chunk = [_k_chunks(ks, instances[chunk[0]]) for chunk in chunks]

    frames = []
    with progress_bar("Verifying", sum(1 + len(parts) for parts in per_chunk)) as advance:
        for chunk, parts in zip(chunks, per_chunk, strict=True):
            batch = _stack([instances[position] for position in chunk])
            decomposed = jax.block_until_ready(_decomposed(batch, ks))
            advance()
            reasons = _absences(batch, decomposed, chosen)
            present = tuple(theorem for theorem in chosen if theorem.slug not in reasons)
            evaluated = []
            for part in parts:
                evaluated.append(jax.device_get(_evaluate(batch, decomposed, jnp.array(part), present)))
                advance()
            evaluations, context = _join(evaluated, len(ks))
            by_slug = dict(zip((theorem.slug for theorem in present), evaluations, strict=True))
            frames += [
                _frame(
                    order,
                    theorem,
                    chunk,
                    ks,
                    by_slug.get(theorem.slug),
                    reasons.get(theorem.slug),
                    context,
                )
                for order, theorem in enumerate(chosen)
            ]
    table = pd.concat(frames).sort_values(["joint", "order", "k"], kind="stable", na_position="first")
    return judge_frequencies(table.drop(columns="order").reset_index(drop=True))


def _as_instances(value: Any) -> list[Instance]:
    if isinstance(value, Joint | Instance):
        return [Instance.of(value)]
    if not isinstance(value, Sequence) or not value:
        raise TypeError(f"joint: a joint, or a sequence of at least one, is needed, got {value!r}")
    return [Instance.of(item) for item in value]


def _shape(instance: Instance) -> tuple:
    """What must agree for two instances to be evaluated in one batch."""
    return (*(leaf.shape for leaf in jax.tree.leaves(instance)), jax.tree.structure(_anonymous(instance)))


def _anonymous(instance: Instance) -> Instance:
    """The instance without names and history, which must not keep equal shapes apart."""
    joint = instance.joint
    bare = Joint.__new__(Joint)
    fields = {field.name: getattr(joint, field.name) for field in dataclasses.fields(joint)}
    for name, value in (fields | {"names": None, "given_shape": joint.matrix.shape}).items():
        object.__setattr__(bare, name, value)
    return eqx.tree_at(lambda one: one.joint, instance, bare)


def _stack(instances: list[Instance]) -> Instance:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(_anonymous, instances))


def _chunks(positions: list[int], instances: list[Instance], n_ks: int) -> list[list[int]]:
    joint = instances[positions[0]].joint
    if not joint.is_dense:
        return [[position] for position in positions]
    cuts = joint.n_images * 2 ** (joint.n_images - 1) if joint.n_images <= CONDUCTANCE_LIMIT else 0
    triples = joint.n_images * joint.n_texts**2
    cells = max(joint.matrix.size * n_ks, cuts, triples if triples <= TRIPLES_LIMIT else 0)
    size = max(1, _AT_ONCE // cells)
    return [positions[start : start + size] for start in range(0, len(positions), size)]


def _k_chunks(ks: list[int], instance: Instance) -> list[list[int]]:
    """Equal parts of ks, the last one filled up by repeating, so that one compiled program serves all."""
    joint = instance.joint
    numbers = joint.matrix.size if joint.is_dense else (joint.n_images + joint.n_texts) * joint.n_classes
    size = min(len(ks), max(1, _AT_ONCE // numbers))
    parts = [ks[start : start + size] for start in range(0, len(ks), size)]
    parts[-1] = parts[-1] + parts[-1][-1:] * (size - len(parts[-1]))
    return parts


def _decomposed(batch: Instance, ks: list[int]) -> Spectra:
    """Stage one of the batch, which is of a single instance where its joint is not dense."""
    if batch.joint.is_dense:
        return _spectra(batch)
    instance = jax.tree.map(lambda leaf: leaf[0], batch)
    return jax.tree.map(lambda leaf: leaf[None], truncated_spectra(instance, max(ks)))


@jax.jit
def _spectra(batch: Instance) -> Spectra:
    return jax.vmap(spectra)(batch)


@partial(jax.jit, static_argnames="theorems")
def _evaluate(
    batch: Instance, decomposed: Spectra, ks: Int[Array, " k"], theorems: tuple[Theorem, ...]
) -> tuple[list[Evaluation], dict[str, Float[Array, "batch k"]]]:
    def one(instance: Instance, spectra: Spectra, k: Array) -> tuple[list[Evaluation], dict[str, Array]]:
        quantities = quantities_at(instance, spectra, k)
        if not theorems:
            return [], _context(quantities)
        errors = uncertainty(instance, spectra, quantities, k)
        tolerances = allowance(lambda q: jnp.stack([theorem.slack(q) for theorem in theorems]), quantities, errors)
        evaluations = [
            Evaluation(*theorem.sides(quantities), tolerance, _margins(theorem, quantities, errors, spectra))
            for theorem, tolerance in zip(theorems, tolerances, strict=True)
        ]
        return evaluations, _context(quantities)

    over_k = jax.vmap(one, in_axes=(None, None, 0))
    return jax.vmap(over_k, in_axes=(0, 0, None))(batch, decomposed, ks)


def _margins(
    theorem: Theorem, quantities: Quantities, errors: Quantities, spectra: Spectra
) -> Float[Array, " assumptions"]:
    """How far each assumption holds, less, as rounding is to ``resolution``, what is not converged."""

    def margins(quantities: Quantities) -> Float[Array, " assumptions"]:
        return jnp.array(theorem.margins(quantities), dtype=float)

    if spectra.residual_norms is None or not theorem.requires:
        return margins(quantities)
    return margins(quantities) - resolution() / rounding() * allowance(margins, quantities, errors)


def _context(quantities: Quantities) -> dict[str, Array]:
    values = {name: getattr(quantities, name) for name in CONTEXT}
    return {name: jnp.asarray(jnp.nan if value is None else value) for name, value in values.items()}


def _absences(batch: Instance, decomposed: Spectra, theorems: Iterable[Theorem]) -> dict[str, str]:
    """Which theorems need a quantity that these instances lack, found by trying their formulas on halves."""
    first = jax.tree.map(lambda leaf: leaf[0], (batch, decomposed))
    halves = jax.tree.map(lambda _: jnp.array(0.5), jax.eval_shape(quantities_at, *first, 1))
    reasons = {}
    for theorem in theorems:
        try:
            theorem.sides(halves)
            theorem.margins(halves)
        except Absent as absent:
            reasons[theorem.slug] = str(absent)
    return reasons


def _join(evaluated: list, n_ks: int) -> tuple[list[Evaluation], dict[str, np.ndarray]]:
    """Parts over k put side by side, without what was repeated to fill up the last."""
    return jax.tree.map(lambda *parts: np.concatenate(parts, axis=1)[:, :n_ks], *evaluated)


def _frame(
    order: int,
    theorem: Theorem,
    chunk: list[int],
    ks: list[int],
    evaluation: Evaluation | None,
    reason: str | None,
    context: dict[str, np.ndarray],
) -> "pd.DataFrame":
    import pandas as pd

    columns = len(ks) if theorem.per_k else 1
    size = len(chunk) * columns
    if evaluation is None:
        judged = {
            **{name: np.full(size, np.nan) for name in ("lhs", "rhs", "slack", "ratio", "tolerance")},
            "verdict": np.full(size, "not applicable", dtype=object),
            "reason": np.full(size, reason, dtype=object),
        }
    else:
        flat = [np.asarray(part)[:, :columns].reshape(size, *part.shape[2:]) for part in evaluation]
        judged = judge(theorem, *flat, least_margin=resolution(flat[0].dtype))
    k_column = np.tile(ks, len(chunk)) if theorem.per_k else np.full(size, None)
    return pd.DataFrame(
        {
            "joint": np.repeat(chunk, columns),
            "theorem": theorem.slug,
            "kind": theorem.kind.value,
            "k": pd.array(k_column, dtype="Int64"),
            **judged,
            **{name: context[name][:, :columns].ravel() for name in CONTEXT},
            **({} if theorem.per_k else {"sigma_next": np.nan}),
            "order": order,
        }
    )

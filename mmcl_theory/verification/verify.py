"""Verify theorems: evaluate their two sides on instances, and judge what they say."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from .._progress import progress_bar
from ..factorization.host import in_threads
from ..factorization.precision import resolution
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..theory.registry import select
from ..theory.theorem import Absent, Theorem
from ..theory.verdicts import NOT_APPLICABLE
from .batches import Group, check_dimensions, groups_of
from .evaluation import CONTEXT, Measured, measure_group, n_steps
from .frequencies import judge_frequencies
from .judge import judge

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = ("lhs", "rhs", "slack", "ratio", "tolerance", "trivial")
# The columns of a table, in order.
COLUMNS = ("joint", "theorem", "kind", "k", *_NUMBERS, "verdict", "reason", *CONTEXT)


def verify(
    joint: Joint | Instance | Sequence[Joint | Instance],
    k: int | Sequence[int],
    theorems: str | Theorem | Iterable[str | Theorem] | None = None,
) -> "pd.DataFrame":
    """Check theorems on a joint, or on a batch of them, at one or several encoder dimensions.

    A few joints are measured by NumPy, with nothing to compile; many of one shape by one batched program, small ones on
    all cores.

    Parameters
    ----------
    joint
        A joint or an instance, a sequence of them, or a batch of either, with a leading axis, such as
        ``jax.vmap(lambda P: mt.Joint(P, labels, n_classes=r))(laws)``.
    k
        Encoder dimension(s), each in 1 … min(n_V, n_L) of every joint; at the largest nothing is left out: σ_{k+1} = 0.
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
            The room left, rhs − lhs (lhs − rhs for a lower bound, lhs·rhs for a decision); negative where violated.
        ``ratio``
            lhs/rhs (rhs/lhs for a lower bound): at most 1 where a bound holds, 1 where it is tight; for an order
            statement the least constant consistent with this instance; missing for 0/0, and for a decision.
        ``tolerance``
            How far rounding may have moved the slack (see ``theory.propagation``).
        ``trivial``
            What lhs never exceeds (never falls below), whatever the instance with these labels; missing where the
            statement is no bound.
        ``verdict``, ``reason``
            ``holds``, ``agrees``, ``violated``, ``vacuous``, ``not applicable`` or ``order``, and why.  The sides of a
            bound that *agrees* are equal within the tolerance, so that either may be the larger, and a side of a
            decision is 0 within it; ``certify`` tells which.  A probable bound may be ``exceeded`` by a draw; it is
            violated where too many of the instances' samples do (``failure_rates``).
        ``labeling_error``, ``sigma_next``, ``n_items``, ``marginal_distance``, ``sample_size``, ``failure_probability``
            Quantities of the instance to plot against, missing where it has none.

    Raises
    ------
    ValueError, TypeError
        If k is out of range, a slug unknown, or an argument of the wrong type; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.Joint([[4, 1], [1, 4], [1, 4]], image_labels=[0, 1, 1], text_labels=[0, 1])
    >>> table = mt.verify(joint, k=2, theorems=["probe-text-induced", "label-transfer"])
    >>> table[["theorem", "lhs", "rhs", "trivial", "verdict"]].round(3)
                  theorem    lhs    rhs  trivial verdict
    0  probe-text-induced  0.000  0.296    0.444   holds
    1      label-transfer  0.296  0.360    0.444   holds
    """
    return judge_frequencies(verify_each(joint, k, theorems))


def verify_each(
    joint: Joint | Instance | Sequence[Joint | Instance],
    k: int | Sequence[int],
    theorems: str | Theorem | Iterable[str | Theorem] | None = None,
) -> "pd.DataFrame":
    """Check theorems as ``verify`` does, each joint by itself: how often draws exceed probable bounds is left open."""
    groups = groups_of(joint)
    chosen = select(theorems)
    ks = check_dimensions(k, groups)
    tables = []
    with progress_bar("Verifying", sum(n_steps(group, ks, chosen) for group in groups)) as advance:
        for group in groups:
            tables.append(_judged(group, ks, chosen, measure_group(group, ks, chosen, advance)))
    return _table(tables, chosen)


def _judged(
    group: Group, ks: list[int], theorems: tuple[Theorem, ...], measured: Measured
) -> tuple[dict[str, np.ndarray], list[tuple[str, str]]]:
    """Return a group's columns, by joint, theorem and k, with text as its place in the theorems or in the rulings."""
    widths = [len(ks) if theorem.per_k else 1 for theorem in theorems]
    ends = np.cumsum([0, *widths])
    size = len(group.positions)
    numbers = {name: np.empty((size, ends[-1])) for name in _NUMBERS}
    ruled = np.empty((size, ends[-1]), dtype=np.int64)
    found: list[list[tuple[str, str]]] = [[] for _ in theorems]
    of_one_k = measured.of_one_k()

    def judge_one(place: int) -> None:
        """Write what the theorem in this place says to columns of its own."""
        theorem, own = theorems[place], slice(ends[place], ends[place + 1])
        try:
            sides = (measured if theorem.per_k else of_one_k).evaluate(theorem)
        except Absent as absent:
            judged, ruled[:, own], found[place] = None, 0, [(NOT_APPLICABLE, str(absent))]
        else:
            judged, ruled[:, own], found[place] = judge(theorem, *sides, least_margin=resolution(measured.dtype))
        for name in _NUMBERS:
            numbers[name][:, own] = judged[name] if judged else np.nan

    in_threads(judge_one, range(len(theorems)))
    rulings: list[tuple[str, str]] = []
    for known, start, end in zip(found, ends[:-1], ends[1:], strict=True):
        ruled[:, start:end] += len(rulings)
        rulings += known
    per_k = np.repeat([theorem.per_k for theorem in theorems], widths)
    column = np.concatenate([np.arange(width) for width in widths])  # which k a row is of
    context: dict[str, np.ndarray] = {}

    def take_context(name: str) -> None:
        # Not by [:, column], which lays out what it takes by columns, and would be copied into rows.
        context[name] = np.take(measured.context(name), column, axis=1)

    in_threads(take_context, CONTEXT)
    context["sigma_next"][:, ~per_k] = np.nan
    return {
        "joint": np.broadcast_to(group.positions[:, None], ruled.shape).ravel(),
        "theorem": np.tile(np.repeat(np.arange(len(theorems)), widths), size),
        "k": np.tile(np.where(per_k, np.array(ks)[column], 0), size),  # 0 where a statement is of no k
        "ruled": ruled.ravel(),
        **{name: values.ravel() for name, values in (numbers | context).items()},
    }, rulings


def _table(tables: list[tuple[dict[str, np.ndarray], list[tuple[str, str]]]], theorems: tuple) -> "pd.DataFrame":
    """Build one table of all groups' columns."""
    import pandas as pd

    rulings: list[tuple[str, str]] = []
    for columns, known in tables:
        columns["ruled"] += len(rulings)
        rulings += known
    parts = [columns for columns, _ in tables]
    whole = {name: np.concatenate([columns[name] for columns in parts]) for name in parts[0]} if parts[1:] else parts[0]
    if parts[1:]:
        order = np.argsort(whole["joint"], kind="stable")
        whole = {name: values[order] for name, values in whole.items()}

    slugs, kinds = [theorem.slug for theorem in theorems], [theorem.kind.value for theorem in theorems]
    words = (slugs, kinds, [verdict for verdict, _ in rulings], [reason for _, reason in rulings])
    codes = (whole["theorem"], whole["theorem"], whole["ruled"], whole["ruled"])
    with ThreadPoolExecutor() as pool:
        text = list(pool.map(lambda words, codes: pd.Series(words).array.take(codes), words, codes))
    return pd.DataFrame(
        {
            "joint": whole["joint"],
            "theorem": text[0],
            "kind": text[1],
            "k": pd.arrays.IntegerArray(whole["k"], whole["k"] == 0),
            **{name: whole[name] for name in _NUMBERS},
            "verdict": text[2],
            "reason": text[3],
            **{name: whole[name] for name in CONTEXT},
        },
        copy=False,
    )

"""Conclude a search: verify its best candidates, certify a violation, and report the worst case."""

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from ..certification.certificate import Certificate
from ..certification.certify import certify
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from ..joints.settings import SETTINGS
from ..theory.theorem import Kind, Theorem
from ..theory.verdicts import CONSISTENT, HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED
from ..verification.verify import verify
from .ascent import DECADES, SCALES, Population, Score, ratio_terms
from .candidates import Point, Search, instance

if TYPE_CHECKING:
    import pandas as pd

_VERIFIED = 8  # candidates that are verified one by one at the end


class Verified(NamedTuple):
    """Hold the best candidates of a population, by their scores, as instances, and what ``verify`` says of them."""

    places: np.ndarray
    instances: list[Instance]
    table: "pd.DataFrame"


def verify_best(theorem: Theorem, search: Search, population: Population) -> Verified:
    """Verify the best few candidates like any other instances."""
    places = np.argsort(-np.asarray(population.scores.safe), kind="stable")[:_VERIFIED]
    instances = built(jax.tree.map(lambda leaf: leaf[places], population.points), search)
    return Verified(places, instances, verify(instances, search.k, theorem))


def built(points: Point, search: Search) -> list[Instance]:
    """Build the instances of several points, with all checks of the constructors."""
    made = jax.device_get(_instances(points, search))
    return [rebuild(jax.tree.map(lambda leaf, i=i: leaf[i], made)) for i in range(len(points.logits))]


@partial(jax.jit, static_argnames="search")
def _instances(points: Point, search: Search) -> Instance:
    """Build the instances of several points."""
    return jax.vmap(lambda point: instance(point, search))(points)


def conclude(theorem: Theorem, k: int, best: Verified, largest: int | None = None) -> dict[str, Any]:
    """Return the worst of the best candidates, certified if it violates, by the names that ``Falsification`` has.

    Where there are more images or texts than ``largest``, a violation is not certified, and the reason says so.
    """
    table = best.table
    above, below = (np.asarray(side) for side in ratio_terms(theorem, table.lhs.to_numpy(), table.rhs.to_numpy()))
    with np.errstate(all="ignore"):
        safe = (above - table.tolerance.to_numpy()) / below
    # As in the search: where the denominator is not positive, all or nothing.
    safe = np.where(below > 0, safe, np.where(table.verdict == VIOLATED, np.inf, -np.inf))
    safe = np.where(table.verdict == NOT_APPLICABLE, -np.inf, safe)
    index, (verdict, reason, certificate) = _report(theorem, best.instances, k, table, safe, largest)
    row = table.iloc[index]
    return {
        "instance": best.instances[index],
        "ratio": float(reported_ratio(theorem, row.lhs, row.rhs, safe[index])),
        "safe_ratio": float(safe[index]),
        "lhs": float(row.lhs),
        "rhs": float(row.rhs),
        "tolerance": float(row.tolerance),
        "verdict": verdict,
        "reason": reason,
        "certificate": certificate,
    }


Outcome = tuple[str, str, Certificate | None]  # verdict, reason and certificate


def _report(
    theorem: Theorem,
    candidates: list[Instance],
    k: int,
    table: "pd.DataFrame",
    safe: np.ndarray,
    largest: int | None,
) -> tuple[int, Outcome]:
    """Pick the worst case and its outcome: the worst violation that is certified, or else the largest safe ratio.

    Where ``certify`` finds that a candidate violates nothing, its safe ratio is corrected in place, so that it does
    not hide another one.
    """
    outcomes: list[Outcome] = [(str(row.verdict), str(row.reason), None) for row in table.itertuples()]
    for index in np.argsort(-safe, kind="stable"):
        if outcomes[index][0] != VIOLATED:
            continue
        outcomes[index] = _certified(theorem, candidates[index], k, *outcomes[index][:2], largest=largest)
        verdict, _, certificate = outcomes[index]
        if certificate is not None and certificate.verdict == VIOLATED:
            return int(index), outcomes[index]
        if verdict != VIOLATED:  # it exceeds 1 by rounding only, or is none of the theorem's
            safe[index] = -np.inf if verdict == NOT_APPLICABLE else min(safe[index], 1)
    index = int(np.argmax(safe))
    return index, outcomes[index]


def _certified(
    theorem: Theorem, made: Instance, k: int, verdict: str, reason: str, *, largest: int | None = None
) -> Outcome:
    """Certify a suspected violation before it is reported; return verdict, reason and certificate."""
    if largest is not None and max(made.joint.matrix.shape) > largest:
        return verdict, f"{reason}, not yet checked: certify the instance, which may take minutes at this size", None
    try:
        certificate = certify(theorem, made, k)
    except (ValueError, TypeError) as error:  # python-flint is missing, the instance too large, a formula not for balls
        return verdict, f"{reason}, not certified: {error}", None
    if certificate.verdict == UNDECIDED:
        return verdict, f"{reason}, not certified: {certificate.reason}", certificate
    # Of an identity no more can be proven than that its sides are as near as that.
    verdict = HOLDS if certificate.verdict == CONSISTENT else certificate.verdict
    return verdict, certificate.reason, certificate


def rebuild(traced: Instance) -> Instance:
    """Build an instance again by the constructors, with all their checks."""
    joint = traced.joint
    law = Joint(joint.matrix, joint.image_labels, joint.text_labels, n_classes=joint.n_classes)
    augmentation, resampled, negatives = (
        None if graph is None else PairGraph(graph.matrix, graph.labels, graph.n_classes)
        for graph in (traced.augmentation, traced.resampled, traced.negatives)
    )
    return Instance(
        law,
        encoders=traced.encoders,
        channel=traced.channel,
        augmentation=augmentation,
        resampled=resampled,
        negatives=negatives,
        auxiliary_labels=traced.auxiliary_labels,
        attribute=traced.attribute,
        label_law=traced.label_law,
        sample=None if traced.sample is None else np.round(traced.sample),
        labelled=traced.labelled,
        walks=traced.walks,
        **{name: getattr(traced, name) for name in SETTINGS},
    )


def best_candidate(theorem: Theorem, scores: Score) -> dict[str, Any]:
    """Return the numbers of the best candidate, by the names that the trajectory has for them."""
    index = int(np.argmax(scores.safe))
    safe, lhs, rhs, scales = (np.asarray(part)[index] for part in scores)
    ratio = reported_ratio(theorem, lhs, rhs, safe)
    names = ("ratio", "safe_ratio", "lhs", "rhs", *SCALES[:2])
    return {name: float(number) for name, number in zip(names, (ratio, safe, lhs, rhs, *scales[:2]), strict=True)}


def reported_ratio(theorem: Theorem, lhs: Any, rhs: Any, safe: Any) -> Any:
    """Return the ratio of the sides; a ratio that exceeds 1 by no more than rounding explains is returned as 1."""
    with np.errstate(all="ignore"):
        above, below = (np.asarray(side) for side in ratio_terms(theorem, lhs, rhs))
        ratio = above / below
    bounded = theorem.kind in (Kind.UPPER_BOUND, Kind.LOWER_BOUND)
    capped = np.where(bounded & (safe <= 1), np.minimum(ratio, 1), ratio)
    # −∞ is not applicable; ∞ a bound that is not positive, and violated.
    return np.where(np.isneginf(safe), np.nan, np.where(np.isposinf(safe), np.inf, capped))


def trend_table(population: Population) -> "pd.DataFrame":
    """Arrange the best safe ratio of each decade of each scale in a table."""
    import pandas as pd

    trend = np.asarray(population.trend)
    decades = 10.0 ** -np.arange(DECADES)
    table = pd.DataFrame(
        {"scale": np.repeat(SCALES, DECADES), "below": np.tile(decades, len(SCALES)), "ratio": trend.ravel()}
    )
    return table[np.isfinite(table.ratio)].reset_index(drop=True)

"""What a search for counterexamples found."""

import dataclasses
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from ..certification.certificate import Certificate
from ..certification.certify import certify
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from ..theory.theorem import Kind, Theorem
from ..theory.verdicts import CONSISTENT, HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED
from ..verification.verify import verify
from .ascent import DECADES, SCALES, Population, Score, compared
from .candidates import Search, instance

if TYPE_CHECKING:
    import pandas as pd

_VERIFIED = 8  # candidates that are verified one by one at the end


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Falsification:
    """The worst case that a search found.

    Attributes
    ----------
    theorem, k
        What was attacked.
    instance
        The worst case (of violations, the worst that certify proves): a joint, and the other parts that are read.
    lhs, rhs, tolerance, verdict, reason
        As ``verify`` says of it; what that calls *violated* is handed to ``certify``, whose verdict and reason these
        are if it decides.  If it does not, or cannot, the reason says why the violation is not certified.
    certificate
        Of the suspected violation; None where nothing was suspected, or nothing could be certified.
    ratio
        lhs/rhs (rhs/lhs for a lower bound): the share of the bound that is used up.  Above 1 only where the bound is
        violated by more than ``tolerance``, which rounding may account for; within it a ratio above 1 is given as 1.
        For an identity |lhs − rhs| relative to the larger side, or to 1; for an order statement the largest
        constant that it was seen to need.  Infinite where a bound is violated that is not positive; not a number where
        no applicable instance was found.
    safe_ratio
        The ratio with ``tolerance`` taken from its numerator: what the search maximizes, and never loses.
    trajectory
        One row for each round: ``round``, ``steps`` (of each candidate so far), ``ratio``, ``safe_ratio``, ``lhs`` and
        ``rhs`` of the best so far, its ``labeling_error`` α and its ``spectral_gap`` 1 − σ²_{k+1}.
    trend
        The approach to limits: ``ratio``, the best safe ratio with ``labeling_error``, ``spectral_gap`` or ``rhs``
        (named in ``scale``) within ``below`` … ``below``/10; the smallest decade holds all that is smaller.
    search, key, rounds
        Sizes, and what to pass again to get the same.
    population
        All candidates, from which ``falsify(…, resume=…)`` goes on.
    """

    theorem: Theorem
    instance: Instance
    ratio: float
    safe_ratio: float
    lhs: float
    rhs: float
    tolerance: float
    verdict: str
    reason: str
    certificate: Certificate | None
    trajectory: "pd.DataFrame"
    trend: "pd.DataFrame"
    search: Search
    key: PRNGKeyArray
    rounds: int
    population: Population

    @property
    def joint(self) -> Joint:
        """The worst joint."""
        return self.instance.joint

    @property
    def k(self) -> int:
        """The encoder dimension."""
        return self.search.k

    @property
    def suspected(self) -> bool:
        """Whether the theorem is violated by more than rounding is thought to explain; not a proof."""
        return self.verdict == VIOLATED

    @property
    def certified(self) -> bool:
        """Whether the violation is proven: rounding cannot overturn it, and anyone can check ``certificate``."""
        return self.certificate is not None and self.certificate.verdict == VIOLATED

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to an ``.npz`` file (no pickle); ``Falsification.load`` gives it back bit for bit."""
        from .archive import save

        save(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str], theorem: Theorem | None = None) -> "Falsification":
        """Read what ``save`` wrote; a theorem that is not built in is to be given again.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file was not written by ``save``, or is about another theorem.
        """
        from .archive import load

        return load(path, theorem)

    def __repr__(self) -> str:
        s = self.search
        size = f"{s.n_images} × {s.n_texts}, {s.n_classes} classes, k = {s.k}"
        verdict = self.verdict
        if self.suspected:
            verdict += ", certified" if self.certified else ", not certified"
        return f"Falsification({self.theorem.slug}: ratio {self.ratio:.7g}, {verdict}; {size}, {self.rounds} rounds)"


def summary(found: Iterable[Falsification]) -> "pd.DataFrame":
    """A row for each: what was searched, the worst case's numbers, its verdict, and the certificate's if it has one."""
    import pandas as pd

    names = ("ratio", "safe_ratio", "lhs", "rhs", "tolerance", "verdict", "reason", "rounds")
    sizes = ("n_images", "n_texts", "n_classes", "k")
    rows = [
        {"theorem": one.theorem.slug, "kind": one.theorem.kind.value}
        | {name: getattr(one.search, name) for name in sizes}
        | {name: getattr(one, name) for name in names}
        | {"certificate": "" if one.certificate is None else one.certificate.verdict}
        for one in found
    ]
    return pd.DataFrame(rows, columns=["theorem", "kind", *sizes, *names, "certificate"])


def concluded(
    theorem: Theorem, search: Search, key: PRNGKeyArray, rounds: int, population: Population, rows: list
) -> Falsification:
    """The best few candidates, verified as anyone else's instances are, and of these the best, certified."""
    import pandas as pd

    order = np.argsort(-np.asarray(population.scores.safe), kind="stable")[:_VERIFIED]
    points = jax.tree.map(lambda leaf: leaf[order], population.points)
    made = jax.jit(jax.vmap(lambda point: instance(point, search)))(points)
    candidates = [rebuilt(jax.tree.map(lambda leaf, i=i: leaf[i], made)) for i in range(len(order))]
    table = verify(candidates, search.k, theorem)
    above, below = (np.asarray(side) for side in compared(theorem, table.lhs.to_numpy(), table.rhs.to_numpy()))
    with np.errstate(all="ignore"):
        safe = (above - table.tolerance.to_numpy()) / below
    # As in the search: where the denominator is not positive, all or nothing.
    safe = np.where(below > 0, safe, np.where(table.verdict == VIOLATED, np.inf, -np.inf))
    safe = np.where(table.verdict == NOT_APPLICABLE, -np.inf, safe)
    index, (verdict, reason, certificate) = _told(theorem, candidates, search.k, table, safe)
    row = table.iloc[index]
    return Falsification(
        theorem=theorem,
        instance=candidates[index],
        ratio=float(reported(theorem, row.lhs, row.rhs, safe[index])),
        safe_ratio=float(safe[index]),
        lhs=float(row.lhs),
        rhs=float(row.rhs),
        tolerance=float(row.tolerance),
        verdict=verdict,
        reason=reason,
        certificate=certificate,
        trajectory=pd.DataFrame(rows),
        trend=_trend(population),
        search=search,
        key=key,
        rounds=rounds,
        population=population,
    )


Told = tuple[str, str, Certificate | None]  # verdict, reason and certificate


def _told(
    theorem: Theorem, candidates: list[Instance], k: int, table: "pd.DataFrame", safe: np.ndarray
) -> tuple[int, Told]:
    """Which candidate is the worst case, and what is told of it: the first violation that is certified, if one is.

    Where certify acquits a candidate, the safe ratio is corrected in place, so that it hides no other.
    """
    told: list[Told] = [(str(row.verdict), str(row.reason), None) for row in table.itertuples()]
    for index in np.argsort(-safe, kind="stable"):
        if told[index][0] != VIOLATED:
            continue
        told[index] = _handed_over(theorem, candidates[index], k, *told[index][:2])
        verdict, _, certificate = told[index]
        if certificate is not None and certificate.verdict == VIOLATED:
            return int(index), told[index]
        if verdict != VIOLATED:  # it exceeds 1 by rounding only, or is none of the theorem's
            safe[index] = -np.inf if verdict == NOT_APPLICABLE else min(safe[index], 1)
    index = int(np.argmax(safe))
    return index, told[index]


def _handed_over(theorem: Theorem, made: Instance, k: int, verdict: str, reason: str) -> Told:
    """A suspected violation to ``certify``, before anyone is told: verdict, reason and certificate."""
    try:
        certificate = certify(theorem, made, k)
    except (ValueError, TypeError) as error:  # python-flint is missing, the instance too large, a formula not for balls
        return verdict, f"{reason}, not certified: {error}", None
    if certificate.verdict == UNDECIDED:
        return verdict, f"{reason}, not certified: {certificate.reason}", certificate
    # Of an identity no more can be proven than that its sides are as near as that.
    told = HOLDS if certificate.verdict == CONSISTENT else certificate.verdict
    return told, certificate.reason, certificate


def rebuilt(traced: Instance) -> Instance:
    """The instance made again by its constructors, with all their checks."""
    joint = traced.joint
    law = Joint(joint.matrix, joint.image_labels, joint.text_labels, n_classes=joint.n_classes)
    graph = traced.augmentation
    return Instance(
        law,
        encoders=traced.encoders,
        channel=traced.channel,
        augmentation=None if graph is None else PairGraph(graph.matrix, graph.labels, graph.n_classes),
        auxiliary_labels=traced.auxiliary_labels,
        sample=None if traced.sample is None else np.round(traced.sample),
    )


def best(theorem: Theorem, scores: Score) -> dict[str, Any]:
    """The best candidate's numbers, as the trajectory has them."""
    index = int(np.argmax(scores.safe))
    safe, lhs, rhs, scales = (np.asarray(part)[index] for part in scores)
    ratio = reported(theorem, lhs, rhs, safe)
    names = ("ratio", "safe_ratio", "lhs", "rhs", *SCALES[:2])
    return {name: float(number) for name, number in zip(names, (ratio, safe, lhs, rhs, *scales[:2]), strict=True)}


def reported(theorem: Theorem, lhs: Any, rhs: Any, safe: Any) -> Any:
    """The ratio, where it exceeds 1 within rounding only as 1."""
    with np.errstate(all="ignore"):
        above, below = (np.asarray(side) for side in compared(theorem, lhs, rhs))
        ratio = above / below
    bounded = theorem.kind in (Kind.UPPER_BOUND, Kind.LOWER_BOUND)
    capped = np.where(bounded & (safe <= 1), np.minimum(ratio, 1), ratio)
    # −∞ is not applicable; ∞ a bound that is not positive, and violated.
    return np.where(np.isneginf(safe), np.nan, np.where(np.isposinf(safe), np.inf, capped))


def _trend(population: Population) -> "pd.DataFrame":
    import pandas as pd

    trend = np.asarray(population.trend)
    decades = 10.0 ** -np.arange(DECADES)
    table = pd.DataFrame(
        {"scale": np.repeat(SCALES, DECADES), "below": np.tile(decades, len(SCALES)), "ratio": trend.ravel()}
    )
    return table[np.isfinite(table.ratio)].reset_index(drop=True)

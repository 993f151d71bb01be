"""Bracket how much of a bound joints of a size use up: from below by an adversary, from above by exact proof."""

import dataclasses
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from jaxtyping import PRNGKeyArray

from ... import _checks
from ..._progress import progress_bar
from ...certification.arithmetic.exact import ExactInstance
from ...certification.certificate import Certificate, certify_exact
from ...falsification.falsify import falsify
from ...joints.shown import Fact, Shown, shown_number
from ...theory.registry import select
from ...theory.theorem import BOUNDS, Kind, Theorem
from ...theory.verdicts import VIOLATED
from ...tightness.mutants import scaled
from ...tightness.tightness import certified_share
from .shares import Point, Share, Situation, distinct, labelings, situations, tried_shares

if TYPE_CHECKING:
    import pandas as pd

SIZES = ((2, 2), (2, 3), (3, 2))  # the numbers of images and texts that are feasible
ROUNDS = 10  # of the adversary, which has few cells to search
BUDGET = 100_000  # coefficients, which are some seconds
_ATTEMPTS = 20  # as the progress bar expects them


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Bracket(Shown):
    """Hold how much of a bound the joints of a size use up at most, from both sides.

    Attributes
    ----------
    theorem, n_images, n_texts, n_classes
        The statement at k = 1, and the size of the joints.
    lower
        A share of the bound that some joint provably uses up; 0 where nothing is certified.
    upper
        A number that the share never exceeds, whatever the joint: ``constant``, rounded up to a float.  Infinite where
        nothing was proven.
    constant
        The number that was proven, exactly: a fraction, or the root of one.
    certificate
        The proof that a joint violates the bound times ``lower``, and the joint; None where nothing is certified.
    labelings, pieces
        How many labelings there are but for the order of items and the names of classes, and into how many pieces all
        their simplices were cut for the proof.
    """

    theorem: Theorem
    n_images: int
    n_texts: int
    n_classes: int
    lower: float
    upper: float
    constant: str
    certificate: Certificate | None
    labelings: int
    pieces: int

    @property
    def sentence(self) -> str:
        """Say what is proven."""
        size = f"{self.n_images} images, {self.n_texts} texts and at most {self.n_classes} classes"
        below = f"some joint uses up {self.lower:g} of it (certified)" if self.lower else "no share is certified"
        if math.isinf(self.upper):
            return f"Of {self.theorem.slug} with {size}: {below}, and no upper limit was proven."
        return f"Of {self.theorem.slug} with {size} no joint uses up more than {self.constant} (proven), and {below}."

    @property
    def is_violated(self) -> bool:
        """Say whether the bound is proven false, as more than all of it is used up; one of an order only cannot be."""
        return self.lower > 1 and self.theorem.kind in BOUNDS

    def __repr__(self) -> str:
        size = f"{self.n_images} × {self.n_texts}, {self.n_classes} classes"
        return f"Bracket({self.theorem.slug}: from {self.lower:g} to {self.constant}; {size}, {self.pieces} pieces)"

    def _facts(self) -> list[Fact]:
        """List the two ends and what is proven."""
        ends = {"certified": shown_number(self.lower), "proven": self.constant}
        return [*(Fact("", word, value) for word, value in ends.items()), Fact("", "pieces", str(self.pieces))]


def bracket(
    theorem: str | Theorem,
    n_images: int = 2,
    n_texts: int = 2,
    n_classes: int = 2,
    k: int = 1,
    *,
    key: PRNGKeyArray | None = None,
    rounds: int = ROUNDS,
    budget: int = BUDGET,
) -> Bracket:
    """Bracket the largest share of a bound that a joint of a size uses up: the supremum of lhs/rhs.

    It is rhs/lhs for a lower bound, and for a statement of an order the constant that it needs.  From below the share
    is that of the worst case that ``falsify`` finds, certified.  From above it is proven in exact arithmetic for all
    joints of the size with all labels, those with cells of no mass included: "lhs ≤ c rhs" is a sign of polynomials of
    the cells on a simplex.  First the simplest c is tried that the lower end suggests, so that a bound that is met is
    proven to be met by c = 1; then what is more than the lower end by a tenth, a hundredth and so on, until the budget
    does not suffice.

    Parameters
    ----------
    theorem
        A slug or a ``Theorem`` about a bare joint.
    n_images, n_texts
        The size: 2 × 2, 2 × 3 or 3 × 2.
    n_classes
        The number of classes; not every one need be in use.
    k
        The encoder dimension, which is 1.
    key, rounds
        The random key and the rounds of the adversary.
    budget
        How many coefficients of polynomials are looked at for one c before it is given up.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or the statement is out of reach: it reads what is no algebraic function of the
        cells, such as a logarithm or an optional part of an instance.  The message says what.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> found = mt.bracket("label-transfer", 2, 2, key=jax.random.key(0), rounds=2)
    >>> found.constant, found.lower > 0.999
    ('1', True)
    """
    stated = _checked(theorem, n_images, n_texts, k)
    # Of a statement of an order the constant is sought, as if it were a bound with the constant 1.
    chosen = dataclasses.replace(stated, kind=Kind.UPPER_BOUND) if stated.kind is Kind.ORDER else stated
    n_classes, budget = _checks.integer("n_classes", n_classes, 1), _checks.integer("budget", budget, 1)
    each = labelings(n_images, n_texts, n_classes)
    every = distinct([one for labels in each for one in situations(chosen, labels)])
    worst = falsify(chosen, n_images, n_texts, n_classes, 1, key=key, budget=rounds)
    share = certified_share(worst)
    lower = Fraction(0) if math.isnan(share) else Fraction(repr(share))
    certificate = _certified(chosen, lower, ExactInstance.of(worst.instance)) if lower else None
    upper, pieces, refuted = _proven(chosen, every, lower, budget)
    for beyond, point in sorted(refuted, reverse=True):
        better = _certified(chosen, beyond.below(), _instance(point, n_texts, n_classes))
        if beyond.below() > lower and better is not None:
            lower, certificate = beyond.below(), better
            break
    if upper is not None and upper.square < lower**2:
        raise RuntimeError(f"{chosen.slug}: {lower} of it is certified, and no more than {upper} proven")
    return Bracket(
        theorem=stated,
        n_images=n_images,
        n_texts=n_texts,
        n_classes=n_classes,
        lower=float(lower),
        upper=math.inf if upper is None else upper.above(),
        constant="∞" if upper is None else str(upper),
        certificate=certificate,
        labelings=len(each),
        pieces=pieces,
    )


def bracket_table(found: Iterable[Bracket]) -> "pd.DataFrame":
    """Return a row for each bracket: the theorem, the certified share, the constant that is proven, and the pieces."""
    import pandas as pd

    names = ("lower", "upper", "constant", "pieces")
    rows = [{"theorem": one.theorem.slug} | {name: getattr(one, name) for name in names} for one in found]
    return pd.DataFrame(rows, columns=["theorem", *names]).rename(columns={"lower": "certified", "upper": "proven"})


def _checked(theorem: str | Theorem, n_images: int, n_texts: int, k: int) -> Theorem:
    """Return the bound, or refuse it or its size."""
    if not isinstance(theorem, str | Theorem):
        raise TypeError(f"theorem: a slug or a Theorem object is needed, got {theorem!r}")
    _checks.installed("bracket", "flint")
    (chosen,) = select(theorem)
    if chosen.kind not in (*BOUNDS, Kind.ORDER):
        raise ValueError(
            f"theorem: an upper or a lower bound is needed, and {chosen.slug!r} is of kind {chosen.kind.value}"
        )
    if (n_images, n_texts) not in SIZES:
        raise ValueError(f"n_images, n_texts: 2 × 2, 2 × 3 or 3 × 2 is needed, got {n_images} × {n_texts}")
    if k != 1:
        raise ValueError(f"k: only k = 1 can be bracketed, got {k!r}")
    return chosen


def _proven(
    theorem: Theorem, every: list[Situation], lower: Fraction, budget: int
) -> tuple[Share | None, int, list[tuple[Share, Point]]]:
    """Return the least share that is proven with the pieces of its proof, and those that are refuted, each where."""
    least, pieces, refuted = None, 0, []
    with progress_bar(f"Proving {theorem.slug}", _ATTEMPTS) as advance:
        for share, tried in tried_shares(every, Share(lower**2), budget):
            if tried.proven:
                least, pieces = share, tried.pieces
            elif tried.refuted_at is not None:
                refuted.append((share, tried.refuted_at))
            advance()
    return least, pieces, refuted


def _instance(point: Point, n_texts: int, n_classes: int) -> ExactInstance | None:
    """Return the joint of a point; None where it is only a limit of joints, with an image or text of no mass."""
    cells = [Fraction(weight) for weight in point.weights]
    rows = tuple(tuple(cells[i : i + n_texts]) for i in range(0, len(cells), n_texts))
    if not all(any(line) for line in (*rows, *zip(*rows, strict=True))):
        return None
    return ExactInstance(rows, *point.labels, n_classes)


def _certified(theorem: Theorem, share: Fraction, instance: ExactInstance | None) -> Certificate | None:
    """Certify that a joint uses up more than a share of a bound; None where it does not."""
    if instance is None or not share:
        return None
    certificate = certify_exact(scaled(theorem, share), instance, 1)
    return certificate if certificate.verdict == VIOLATED else None

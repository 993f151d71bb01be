"""Order statements by strength: which of them together imply which (``Theorem.implied_by``)."""

import dataclasses
from collections.abc import Iterable, Mapping

from .registry import theorems
from .theorem import BOUNDS, Theorem, read_by


@dataclasses.dataclass(frozen=True)
class Branch:
    """Hold a statement, those that imply it together with the one above it, and what it implies in turn.

    Attributes
    ----------
    theorem
        The statement.
    beside
        Slugs of the others that are needed to imply it.
    weaker
        A branch for each statement that follows; each statement stands in one branch alone.
    """

    theorem: Theorem
    beside: tuple[str, ...]
    weaker: tuple["Branch", ...]


def is_alike(one: Theorem, other: Theorem) -> bool:
    """Say whether two statements bound the same number from the same side.

    Examples
    --------
    >>> is_alike(theorems["probe-mmcl"], theorems["probe-text-induced"])
    True
    >>> is_alike(theorems["probe-mmcl"], theorems["label-transfer"])
    False
    """
    return one.kind is other.kind and one.kind in BOUNDS and read_by(one.lhs) == read_by(other.lhs)


def stronger(slug: str, known: Mapping[str, Theorem] = theorems) -> tuple[str, ...]:
    """List the bounds on the same number that imply a bound, directly or by others; the nearest first.

    An identity or a statement of an order is never the weaker one.

    Examples
    --------
    >>> stronger("probe-mmcl"), stronger("label-transfer"), stronger("chi-square")
    (('probe-text-induced', 'probe-steps', 'probe-walk'), ('label-transfer-classes',), ())
    """
    found: dict[str, None] = {}
    waiting = [slug]
    for below in waiting:
        theorem = known.get(below)
        for above in theorem.implied_by if theorem is not None else ():
            if above in known and above not in found and is_alike(known[above], known[slug]):
                found[above] = None
                waiting.append(above)
    return tuple(found)


def branches(of: Iterable[Theorem]) -> tuple[Branch, ...]:
    """Arrange statements under what implies them: under the first that bounds the same number, or the first of all.

    Examples
    --------
    >>> (branch,) = branches([theorems[slug] for slug in ("label-transfer", "label-transfer-classes")])
    >>> branch.theorem.slug, [below.theorem.slug for below in branch.weaker]
    ('label-transfer-classes', ['label-transfer'])
    """
    known = {theorem.slug: theorem for theorem in of}
    above = {slug: _parent(theorem, known) for slug, theorem in known.items()}

    def grown(slug: str) -> Branch:
        """Return the branch of a statement."""
        beside = tuple(other for other in known[slug].implied_by if other != above[slug]) if above[slug] else ()
        return Branch(known[slug], beside, tuple(grown(below) for below, parent in above.items() if parent == slug))

    return tuple(grown(slug) for slug, parent in above.items() if parent is None)


def _parent(theorem: Theorem, known: Mapping[str, Theorem]) -> str | None:
    """Return the slug that a statement stands under; None where nothing that is known implies it."""
    implying = [slug for slug in theorem.implied_by if slug in known]
    return next((slug for slug in implying if is_alike(known[slug], theorem)), next(iter(implying), None))

"""All statements by slug, in the order of the theory."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from .catalogue import finite_sample, identities, mmcl, other_losses, sharper, sscl
from .theorem import Theorem

FAMILIES = (identities, mmcl, sscl, finite_sample, other_losses, sharper)

theorems: Mapping[str, Theorem] = MappingProxyType(
    {theorem.slug: theorem for family in FAMILIES for theorem in family.THEOREMS}
)


def select(chosen: str | Theorem | Iterable[str | Theorem] | None) -> tuple[Theorem, ...]:
    """Theorems from slugs and theorem objects alike; all of them for None.

    Raises
    ------
    ValueError
        If a slug is unknown, two different theorems share one, or there is none.
    TypeError
        If something is neither slug nor theorem.
    """
    if chosen is None:
        return tuple(theorems.values())
    if isinstance(chosen, str | Theorem):
        chosen = [chosen]
    if not isinstance(chosen, Iterable):
        raise TypeError(f"theorems: slugs or Theorem objects are needed, got {chosen!r}")
    theorems_chosen = tuple(dict.fromkeys(_one(item) for item in chosen))
    if not theorems_chosen:
        raise ValueError("theorems: at least one is needed, got none")
    slugs = [theorem.slug for theorem in theorems_chosen]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise ValueError(f"theorems: two different theorems have the slug {slug!r}")
    return theorems_chosen


def _one(item: str | Theorem) -> Theorem:
    if isinstance(item, Theorem):
        return item
    if not isinstance(item, str):
        raise TypeError(f"theorems: a slug or a Theorem object is needed, got {item!r}")
    if item not in theorems:
        raise ValueError(f"theorems: there is no {item!r}; there are {', '.join(theorems)}")
    return theorems[item]

"""All statements by slug, in the order of the theory."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from . import identities, mmcl
from .theorem import Theorem

theorems: Mapping[str, Theorem] = MappingProxyType(
    {theorem.slug: theorem for family in (identities, mmcl) for theorem in family.THEOREMS}
)


def select(chosen: str | Theorem | Iterable[str | Theorem] | None) -> tuple[Theorem, ...]:
    """Theorems from slugs and theorem objects alike; all of them for None.

    Raises
    ------
    ValueError
        If a slug is unknown.
    TypeError
        If something is neither slug nor theorem.
    """
    if chosen is None:
        return tuple(theorems.values())
    if isinstance(chosen, str | Theorem):
        chosen = [chosen]
    if not isinstance(chosen, Iterable):
        raise TypeError(f"theorems: slugs or Theorem objects are needed, got {chosen!r}")
    return tuple(_one(item) for item in chosen)


def _one(item: str | Theorem) -> Theorem:
    if isinstance(item, Theorem):
        return item
    if not isinstance(item, str):
        raise TypeError(f"theorems: a slug or a Theorem object is needed, got {item!r}")
    if item not in theorems:
        raise ValueError(f"theorems: there is no {item!r}; there are {', '.join(theorems)}")
    return theorems[item]

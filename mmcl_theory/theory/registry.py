"""Collect all statements by slug."""

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType

from .. import _checks
from .catalogue import (
    advantage,
    alignment,
    captions,
    chains,
    conductance,
    contrastive,
    diversity,
    drawn,
    encoders,
    identities,
    information,
    label_transfer,
    labelled,
    linear_encoders,
    minima,
    noisy_labels,
    probe,
    resampled,
    retrieval,
    sampled_walks,
    samples,
    shortcuts,
    sscl,
    walks,
    zero_shot,
    zero_shot_closed,
)
from .theorem import Theorem

SUBJECTS = (
    *(identities, label_transfer, probe, zero_shot, conductance, captions, information),
    *(walks, contrastive, retrieval, alignment),
    *(sscl, advantage, encoders, samples, linear_encoders),
    *(drawn, zero_shot_closed, diversity, minima, labelled, chains, sampled_walks, shortcuts, resampled, noisy_labels),
)

# The first tables listed these statements in this order, by where they come from; they keep it, so that tables compare
# line by line.  A statement that is not among them follows, with its subject; it need not be named here.
_FIRST_LISTED = (
    *("scl-amf", "amf-optimum", "text-induced-spectrum", "partial-minimum", "chi-square"),
    *("label-transfer", "probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"),
    *("probe-mmcl-paper", "zero-shot", "zero-shot-error", "class-conductance", "cheeger", "cheeger-lower"),
    *("caption-garbling", "information-chi-square"),
    *("probe-sscl", "probe-sscl-lower", "probe-sscl-haochen", "mmcl-advantage", "sscl-advantage"),
    *("suboptimal-encoder", "finite-sample", "cooccurrence-concentration", "finite-sample-apriori", "rademacher-paper"),
    *("linear-mmcl", "infonce-optimum", "infonce-bound"),
    *("label-transfer-classes", "label-transfer-lower", "probe-mmcl-classes"),
    *("zero-shot-sharp", "zero-shot-lower", "zero-shot-probe", "class-conductance-total"),
    *("probe-sscl-auxiliary", "probe-sscl-error", "cheeger-text-induced", "infonce-bound-many"),
)


def collect(modules: Iterable[ModuleType]) -> dict[str, Theorem]:
    """Collect the theorem objects that modules define, in the order of the modules and of their lines.

    Raises
    ------
    ValueError
        If two different theorems share a slug.
    """
    found: dict[str, Theorem] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Theorem) and found.setdefault(value.slug, value) is not value:
                raise ValueError(f"theorems: two different theorems have the slug {value.slug!r}")
    return found


def _listed(found: dict[str, Theorem]) -> dict[str, Theorem]:
    """Arrange theorems as tables show them."""
    return {slug: found[slug] for slug in dict.fromkeys((*_FIRST_LISTED, *found))}


theorems: Mapping[str, Theorem] = MappingProxyType(_listed(collect(SUBJECTS)))


def select(chosen: str | Theorem | Iterable[str | Theorem] | None) -> tuple[Theorem, ...]:
    """Select theorems by slugs and theorem objects alike; all of them for None.

    Raises
    ------
    ValueError
        If a slug is unknown, two different theorems share one, or there is none.
    TypeError
        If something is neither slug nor theorem, or a formula uses what it may not (``Theorem.check_formulas``).
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
    """Return the theorem itself, or the one of this slug."""
    if isinstance(item, Theorem):
        if theorems.get(item.slug) is not item:
            item.check_formulas()
        return item
    if not isinstance(item, str):
        raise TypeError(f"theorems: a slug or a Theorem object is needed, got {item!r}")
    if item not in theorems:
        near = difflib.get_close_matches(item[:100], theorems, 3)
        told = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(theorems)}"
        raise ValueError(f"theorems: there is no {_checks.quoted(item)}; {told}")
    return theorems[item]

"""Check statements of the catalogue where claims rest on them, and refute false variants of them as controls."""

import dataclasses
from collections.abc import Callable, Iterable

import jax

from ..joints.instance import Instance
from ..theory.functions import rational
from ..theory.registry import theorems
from ..theory.theorem import Extremal, Kind, Theorem
from ..theory.verdicts import NOT_APPLICABLE, VIOLATED
from ..verification.verify import verify
from ..worlds.extremal import two_images
from ..worlds.generators import random_dirichlet
from .claim import Outcome

DRAWN = 10  # random joints of 8 images and 8 texts


def on_worlds(*slugs: str) -> Callable[[], Outcome]:
    """Make a check that the statements hold on random joints with random parts, and on their extremal instances."""
    return lambda: _verified([theorems[slug] for slug in slugs])


def too_strong(*slugs: str) -> Callable[[], Outcome]:
    """Make a control: the same of bounds that promise a tenth more, and of identities whose right side is a tenth off.

    An instance that meets a bound with equality violates the stronger one.
    """
    return lambda: _verified([_stronger(theorems[slug]) for slug in slugs])


def _stronger(theorem: Theorem) -> Theorem:
    lower = theorem.kind is Kind.LOWER_BOUND
    factor = rational(10, 9) if lower else rational(9, 10)
    return dataclasses.replace(theorem, slug=f"{theorem.slug}~stronger", rhs=lambda q: theorem.rhs(q) * factor)


def _verified(statements: Iterable[Theorem]) -> Outcome:
    """Verify statements; what is found is that they apply somewhere and are violated nowhere."""
    applicable, violated = 0, 0
    for theorem in statements:
        known = theorem.extremal
        k, instances = (known.k, [known.family(0.01)]) if isinstance(known, Extremal) else (1, [two_images(0.01)])
        for some, dimension in ((instances, k), (_drawn(), 2)):
            verdicts = verify(some, dimension, theorem).verdict
            applicable += int((verdicts != NOT_APPLICABLE).sum())
            violated += int((verdicts == VIOLATED).sum())
    return Outcome(applicable > 0 and not violated, f"{applicable} instances, {violated} violations")


def _drawn() -> list[Instance]:
    keys = jax.random.split(jax.random.key(0), DRAWN)
    joints = [random_dirichlet(8, 8, 3, key=key) for key in keys]
    return [
        Instance.with_random_parts(
            joint, augmentation=joint.text_induced(), drawn=("encoders", "auxiliary_labels"), key=key
        )
        for joint, key in zip(joints, keys, strict=True)
    ]

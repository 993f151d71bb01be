"""Give a joint or a world the parts that theorems read."""

import functools
from collections.abc import Collection
from typing import Any

from jaxtyping import PRNGKeyArray

from ..joints.instance import RANDOM_PARTS, Instance
from ..joints.joint import Joint
from ..theory.theorem import Theorem
from ..worlds.world import World

_OF_WORLDS = ("augmentation", "resampled", "attribute", "label_law")


def drawn_parts(made: Joint | World, theorems: Collection[Theorem]) -> tuple[str, ...]:
    """List the parts that theorems read and that are drawn at random, as the joint or world has none of its own."""
    return _drawn(isinstance(made, World), tuple(theorems))


def instance_with_parts(
    made: Joint | World, theorems: Collection[Theorem], *, n_pairs: int, key: PRNGKeyArray, **settings: Any
) -> Instance:
    """Give a joint the parts that its world has, and random ones of the others that the theorems read.

    Parameters
    ----------
    made
        A joint, or a world with augmentation pairs and possibly more.
    theorems
        The theorems.
    n_pairs
        How many pairs the sample has, where one is drawn.
    key
        JAX key of what is drawn.
    settings
        Those of an ``Instance``: steps, candidates, temperature, mismatch and failure_probability.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.3)
    >>> theorems = [mt.theorems["finite-sample"], mt.theorems["probe-mmcl"]]
    >>> instance = instance_with_parts(joint, theorems, n_pairs=1000, key=jax.random.key(0))
    >>> int(instance.sample.sum()), instance.encoders is None
    (1000, True)
    """
    drawn = drawn_parts(made, theorems)
    own = {name: getattr(made, name) for name in _OF_WORLDS} if isinstance(made, World) else {}
    joint = made.joint if isinstance(made, World) else made
    return Instance.with_random_parts(joint, n_pairs=n_pairs, drawn=drawn, key=key, **own, **settings)


@functools.cache
def _drawn(of_world: bool, theorems: tuple[Theorem, ...]) -> tuple[str, ...]:
    # A theorem on pairs that there are not is not applicable, whatever else it reads.
    read = {part for one in theorems if of_world or "augmentation" not in one.parts for part in one.parts}
    return tuple(part for part in RANDOM_PARTS if part in read)

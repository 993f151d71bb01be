"""Build many dense joints of one shape at once: the same as one by one, in a hundredth of the time."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from .. import _checks
from .._arrays import Array
from .joint import PAIRS_LIMIT, Joint, build
from .laws.dense import DenseLaw
from .laws.law import LEAST_MASS
from .sampling import AT_ONCE, last_draws


def joints_of(
    weights: Float[np.ndarray, "batch n_V n_L"],
    image_labels: Int[np.ndarray, " n_V"],
    text_labels: Int[np.ndarray, " n_L"],
    n_classes: int,
) -> list[Joint]:
    """Build a joint of each of several weights of pairs, finite floats, as ``Joint`` does; their arrays are of NumPy.

    Examples
    --------
    >>> import numpy as np
    >>> weights = np.array([[[0.5, 0.1], [0.1, 0.3]], [[2.5, 0.5], [0.5, 1.5]]])
    >>> one, other = joints_of(weights, np.array([0, 1]), np.array([0, 1]), 2)
    >>> bool((one.matrix == other.matrix).all())
    True
    """
    totals = weights.reshape(len(weights), -1).sum(axis=1)
    far = np.abs(totals - 1) > _checks.UNIT_WITHIN
    laws = np.where(far[:, None, None], weights / totals[:, None, None], weights)
    fields = {
        "image_labels": image_labels.astype(np.int64),
        "text_labels": text_labels.astype(np.int64),
        **_whole_fields(weights.shape[1:]),
    }
    return [
        build(law=DenseLaw(law), n_classes=n_classes, names=None, denominator=None, **fields)
        if is_whole
        else Joint(law, image_labels, text_labels, n_classes=n_classes)  # which drops what has no mass
        for law, is_whole in zip(laws, _are_whole(laws), strict=True)
    ]


def samples_of(joints: Sequence[Joint], n_pairs: int, keys: Array) -> list[Joint]:
    """Draw pairs from each joint by a key of its own and return their empirical joints, as ``Joint.sample`` does.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> keys = jax.random.split(jax.random.key(0))
    >>> joints = [mt.generators.isotropic_noise(3, noise) for noise in (0.1, 0.3)]
    >>> one, other = samples_of(joints, 1000, keys)
    >>> bool((other.matrix == joints[1].sample(1000, key=keys[1]).matrix).all())
    True
    """
    n_pairs = _checks.integer("n_pairs", n_pairs, 1, PAIRS_LIMIT)
    is_small = n_pairs <= AT_ONCE and all(joint.law.has_cells for joint in joints)
    if not is_small or len({joint.law.shape for joint in joints}) > 1:
        return [joint.sample(n_pairs, key=key) for joint, key in zip(joints, keys, strict=True)]
    drawn: list[Joint] = []
    for start in range(0, len(joints), size := max(1, AT_ONCE // n_pairs)):
        drawn += _drawn(joints[start : start + size], n_pairs, keys[start : start + size])
    return drawn


def _drawn(joints: Sequence[Joint], n_pairs: int, keys: Array) -> list[Joint]:
    """Return the empirical joints of pairs of joints of one shape."""
    shape = joints[0].law.shape
    draws = np.sort(np.asarray(_uniform(keys, n_pairs)), axis=1)
    ends = np.stack([last_draws(np.asarray(joint.matrix), row) for joint, row in zip(joints, draws, strict=True)])
    counts = np.diff(ends, axis=1, prepend=0).reshape(-1, *shape)
    laws, whole, empirical = counts / n_pairs, _whole_fields(shape), []
    for joint, law, is_whole in zip(joints, laws, _are_whole(counts), strict=True):
        own = {name: getattr(joint, name) for name in ("image_labels", "text_labels", "n_classes", "names")}
        made = build if is_whole else Joint.of_law
        more = {"denominator": n_pairs} | (whole if is_whole else {})
        empirical.append(made(law=DenseLaw(law), **own, **more))
    return empirical


@partial(jax.jit, static_argnames="size")
def _uniform(keys: Array, size: int) -> Float[Array, "batch size"]:
    return jax.vmap(lambda key: jax.random.uniform(key, (size,)))(keys)


def _whole_fields(shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the fields of a joint of which nothing was dropped that say so."""
    return {"image_ids": np.arange(shape[0]), "text_ids": np.arange(shape[1]), "given_shape": shape}


def _are_whole(matrices: Float[np.ndarray, "batch n_V n_L"]) -> np.ndarray:
    """Say of which distributions, or counts, every image and every text has mass."""
    return (matrices.sum(axis=2) >= LEAST_MASS).all(axis=1) & (matrices.sum(axis=1) >= LEAST_MASS).all(axis=1)

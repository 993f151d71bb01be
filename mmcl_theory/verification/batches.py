"""Instances in batches: what is of one shape is evaluated as one program, some at a time."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import _checks
from ..joints.instance import OPTIONAL_PARTS, Instance
from ..joints.joint import Joint, build
from ..joints.pairs import CONDUCTANCE_LIMIT
from ..losses import TRIPLES_LIMIT

# Matrix entries worked on at once: 256 MiB for each of the few temporaries of this size.
AT_ONCE = 2**25
# Those of a chunk of instances: few enough to have chunks for all cores, whatever their number.
_CHUNK = 2**19


@dataclasses.dataclass(frozen=True)
class Group:
    """Instances of one shape.

    Attributes
    ----------
    positions
        Where each was given.
    first
        The first of them.
    take
        Those of a list of places in this group, stacked.
    """

    positions: np.ndarray
    first: Instance
    take: Callable[[np.ndarray], Instance]

    def chunks(self, n_ks: int) -> list[np.ndarray]:
        """Places in this group, in equal parts; the last is filled up by repeating, so that one program serves all."""
        places = np.arange(len(self.positions))
        joint = self.first.joint
        size = 1
        if joint.is_dense:
            cuts = joint.n_images * 2 ** (joint.n_images - 1) if joint.n_images <= CONDUCTANCE_LIMIT else 0
            triples = joint.n_images * joint.n_texts**2
            cells = max(joint.matrix.size * n_ks, cuts, triples if triples <= TRIPLES_LIMIT else 0)
            size = min(len(places), max(1, min(_CHUNK // joint.matrix.size, AT_ONCE // cells)))
        parts = [places[start : start + size] for start in range(0, len(places), size)]
        parts[-1] = np.pad(parts[-1], (0, size - len(parts[-1])), mode="edge")
        return parts

    def k_chunks(self, ks: Sequence[int]) -> list[np.ndarray]:
        """Equal parts of ks, the last one filled up likewise."""
        joint = self.first.joint
        numbers = joint.matrix.size if joint.is_dense else (joint.n_images + joint.n_texts) * joint.n_classes
        size = min(len(ks), max(1, AT_ONCE // numbers))
        parts = [np.array(ks[start : start + size]) for start in range(0, len(ks), size)]
        parts[-1] = np.pad(parts[-1], (0, size - len(parts[-1])), mode="edge")
        return parts


def groups_of(value: Any) -> list[Group]:
    """The groups of a joint or an instance, of a batch of either, or of a sequence of single ones."""
    if isinstance(value, Joint | Instance):
        if (value if isinstance(value, Joint) else value.joint).matrix.ndim == 2:
            return groups_of([value])
        return [_of_batch(value)]
    if not isinstance(value, Sequence) or not value:
        raise TypeError(f"joint: a joint, or a sequence of at least one, is needed, got {value!r}")
    alike = defaultdict(list)
    for position, item in enumerate(value):
        # A bare joint of a list becomes an instance only where its batch does: that costs as much as measuring it.
        single = isinstance(item, Joint) and item.matrix.ndim == 2
        alike[_shape(item if single else Instance.of(item))].append(position)
    return [_of_list([value[position] for position in positions], positions) for positions in alike.values()]


def _of_list(items: list[Joint | Instance], positions: list[int]) -> Group:
    first = items[0]

    def take(places: np.ndarray) -> Instance:
        leaves = [_leaves(items[place]) for place in places]
        stacked = [jnp.asarray(np.stack([np.asarray(leaf) for leaf in column])) for column in zip(*leaves, strict=True)]
        return _instances(jax.tree.unflatten(jax.tree.structure(_anonymous(first)), stacked))

    return Group(np.array(positions), Instance.of(first), take)


def _leaves(item: Joint | Instance) -> Sequence[Any]:
    """``jax.tree.leaves``, of which there are a joint's own where it is a bare one: ten times as fast."""
    if isinstance(item, Joint) and item.is_dense:
        return item.matrix, item.image_labels, item.text_labels, item.image_ids, item.text_ids
    return jax.tree.leaves(item)


def _of_batch(batch: Joint | Instance) -> Group:
    whole = _instances(_anonymous(batch))
    if whole.joint.image_labels.ndim != 2 or not whole.joint.is_dense:
        raise ValueError("joint: a batch is needed with a single leading axis, of joints held densely")
    matrix = np.asarray(whole.joint.matrix)
    if not (np.isfinite(matrix).all() and (matrix >= 0).all()):
        raise ValueError("joint: the entries of a batch must be finite and non-negative")
    for axis, what in ((2, "image"), (1, "text")):
        empty = np.argwhere(matrix.sum(axis=axis) < np.finfo(matrix.dtype).tiny)
        if len(empty):
            raise ValueError(f"joint: {what} {empty[0][1]} of joint {empty[0][0]} of the batch has no mass")
    leaves, structure = jax.tree.flatten(whole)
    arrays = [np.asarray(leaf) for leaf in leaves]

    def take(places: np.ndarray) -> Instance:
        return jax.tree.unflatten(structure, [array[places] for array in arrays])

    return Group(np.arange(len(matrix)), jax.tree.map(lambda leaf: leaf[0], whole), take)


def _instances(batch: Joint | Instance) -> Instance:
    return jax.vmap(Instance)(batch) if isinstance(batch, Joint) else batch


def _shape(item: Joint | Instance) -> tuple:
    """What must agree for two instances to be evaluated in one batch; of an item that is not dense, nothing does."""
    joint = item if isinstance(item, Joint) else item.joint
    if not joint.is_dense:
        return (id(item),)
    parts = None if isinstance(item, Joint) else tuple(getattr(item, part) is None for part in OPTIONAL_PARTS)
    return (parts, joint.n_classes, *(leaf.shape for leaf in _leaves(item)))


def _anonymous(item: Any) -> Any:
    """The joint or instance without names and history, which must not keep equal shapes apart."""
    if isinstance(item, Instance):
        fields = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
        bare = object.__new__(Instance)
        for name, value in (fields | {"joint": _anonymous(item.joint)}).items():
            object.__setattr__(bare, name, value)
        return bare
    fields = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    return build(**(fields | {"names": None, "given_shape": item.matrix.shape[-2:]}))


def check_dimensions(k: Any, groups: list[Group]) -> list[int]:
    """The encoder dimensions, in order, each within what every group has room for."""
    ks: list[int] = []
    for rank in sorted({min(group.first.joint.matrix.shape) for group in groups}, reverse=True):
        ks = _checks.dimensions("k", k, rank)
    return sorted(ks)

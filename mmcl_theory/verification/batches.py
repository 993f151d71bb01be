"""Gather instances into batches: those of one shape are evaluated by one program, some at a time."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np

from .. import _checks
from ..factorization.devices import on_gpu
from ..factorization.operators import choose
from ..joints.instance import OPTIONAL_PARTS, Instance
from ..joints.joint import Joint, build
from ..joints.pairs import PairGraph
from ..quantities.quantities import cells_of

# Matrix entries worked on at once: 256 MiB for each of the few temporaries of this size.
AT_ONCE = 2**25
# Those of a chunk of instances, on which a core works: few enough to have chunks for all cores, whatever their number.
_CHUNK = 2**19
# Those of the instances of a chunk whose quantities are computed at once: few enough to stay in a core's own cache.
_BLOCK = 2**14


@dataclasses.dataclass(frozen=True)
class Group:
    """Hold instances of one shape.

    Attributes
    ----------
    positions
        Where each was given.
    first
        The first of them.
    item
        The one at a place in this group.
    take
        Those of a list of places, stacked.
    """

    positions: np.ndarray
    first: Instance
    item: Callable[[int], Instance]
    take: Callable[[np.ndarray], Instance]

    def n_chunks(self, n_ks: int, names: Iterable[str]) -> int:
        """Count the chunks."""
        return len(self.chunks(n_ks, names))

    def _most(self, n_ks: int, names: Iterable[str]) -> int:
        """Count the instances of the largest chunk, which leaves room for the named quantities."""
        law = self.first.joint.law
        if not choose.is_traceable(law):
            return 1
        cells = max(law.size * n_ks, *(cells_of(name, self.first) for name in names))
        return max(1, min(_CHUNK // law.size, AT_ONCE // cells))

    def block(self, n_ks: int, names: Iterable[str]) -> int:
        """Count the instances of a chunk whose quantities are computed at once; on a GPU these are all."""
        most = self._most(n_ks, names)
        if most > 1 and not on_gpu():
            most = min(most, max(1, _BLOCK // self.first.joint.law.size))
        return min(len(self.positions), most)

    def chunks(self, n_ks: int, names: Iterable[str]) -> list[np.ndarray]:
        """Split the places in this group into equal parts, each of some blocks.

        The last part is filled up by repeating, so that one program serves all.
        """
        places, block = np.arange(len(self.positions)), self.block(n_ks, names)
        size = block * min(self._most(n_ks, names) // block, -(-len(places) // block))
        parts = [places[start : start + size] for start in range(0, len(places), size)]
        parts[-1] = np.pad(parts[-1], (0, size - len(parts[-1])), mode="edge")
        return parts

    def k_chunks(self, ks: Sequence[int]) -> list[np.ndarray]:
        """Split ks into equal parts, the last one filled up likewise."""
        joint = self.first.joint
        numbers = (
            joint.law.size if choose.is_traceable(joint.law) else (joint.n_images + joint.n_texts) * joint.n_classes
        )
        size = min(len(ks), max(1, AT_ONCE // numbers))
        parts = [np.array(ks[start : start + size]) for start in range(0, len(ks), size)]
        parts[-1] = np.pad(parts[-1], (0, size - len(parts[-1])), mode="edge")
        return parts


def groups_of(value: Any) -> list[Group]:
    """Group a joint or an instance, a batch of either, or a sequence of single ones, by shape."""
    if isinstance(value, Joint | Instance):
        if (value if isinstance(value, Joint) else value.joint).matrix.ndim == 2:
            return groups_of([value])
        return [_of_batch(value)]
    if not isinstance(value, Sequence) or not value:
        raise TypeError(f"joint: a joint, or a sequence of at least one, is needed, got {_checks.quoted(value)}")
    alike = defaultdict(list)
    for position, item in enumerate(value):
        # A bare joint of a list becomes an instance only where its batch does: that costs as much as measuring it.
        single = isinstance(item, Joint) and item.matrix.ndim == 2
        alike[shape_of(item if single else Instance.of(item))].append(position)
    return [_of_list([value[position] for position in positions], positions) for positions in alike.values()]


def _of_list(items: list[Joint | Instance], positions: list[int]) -> Group:
    first = items[0]

    def take(places: np.ndarray) -> Instance:
        leaves = [_leaves(items[place]) for place in places]
        stacked = [np.stack([np.asarray(leaf) for leaf in column]) for column in zip(*leaves, strict=True)]
        return _instances(jax.tree.unflatten(jax.tree.structure(_anonymous(first)), stacked))

    return Group(np.array(positions), Instance.of(first), lambda place: Instance.of(items[place]), take)


def _leaves(item: Joint | Instance) -> Sequence[Any]:
    """Return ``jax.tree.leaves``, a bare joint's read off its fields: ten times as fast."""
    if isinstance(item, Joint):
        return *jax.tree.leaves(item.law), item.image_labels, item.text_labels, item.image_ids, item.text_ids
    return jax.tree.leaves(item)


def _of_batch(batch: Joint | Instance) -> Group:
    whole = _instances(_anonymous(batch))
    if whole.joint.image_labels.ndim != 2 or not choose.is_traceable(whole.joint.law):
        raise ValueError("joint: a batch is needed with a single leading axis, of joints held densely")
    matrix = np.asarray(whole.joint.matrix)
    if not (matrix.min() >= 0 and matrix.max() < np.inf):
        raise ValueError("joint: the entries of a batch must be finite and non-negative")
    for axis, what in ((2, "image"), (1, "text")):
        empty = np.argwhere(matrix.sum(axis=axis) < np.finfo(matrix.dtype).tiny)
        if len(empty):
            raise ValueError(f"joint: {what} {empty[0][1]} of joint {empty[0][0]} of the batch has no mass")
    leaves, structure = jax.tree.flatten(whole)
    arrays = [np.asarray(leaf) for leaf in leaves]

    def item(place: Any) -> Instance:
        return jax.tree.unflatten(structure, [array[place] for array in arrays])

    def take(places: np.ndarray) -> Instance:
        start, end = places[0], places[-1] + 1
        return item(slice(start, end) if end - start == len(places) else places)  # a slice is not copied

    return Group(np.arange(len(matrix)), item(0), item, take)


def _instances(batch: Joint | Instance) -> Instance:
    return jax.vmap(Instance)(batch) if isinstance(batch, Joint) else batch


def shape_of(item: Joint | Instance) -> tuple:
    """Return what must agree for two instances to be evaluated in one batch; an item that is not dense has its own."""
    joint = item if isinstance(item, Joint) else item.joint
    if not choose.is_traceable(joint.law):
        return (id(item),)
    parts = None
    if isinstance(item, Instance):
        parts = (*(getattr(item, part) is None for part in OPTIONAL_PARTS), item.steps, item.candidates)
    return (parts, joint.n_classes, *(leaf.shape for leaf in _leaves(item)))


def _anonymous(item: Any) -> Any:
    """Remove names and history, which must not keep equal shapes apart."""
    fields = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    if isinstance(item, Instance):
        bare = object.__new__(Instance)
        for name, value in (fields | {"joint": _anonymous(item.joint)}).items():
            if isinstance(value, PairGraph):
                value = PairGraph.of_symmetric(value.matrix, value.labels, value.n_classes)
            object.__setattr__(bare, name, value)
        return bare
    return build(**(fields | {"names": None, "given_shape": item.matrix.shape[-2:], "denominator": None}))


def check_dimensions(k: Any, groups: list[Group]) -> list[int]:
    """Check the encoder dimensions and return them in order, each within what every group has room for."""
    ks: list[int] = []
    for rank in sorted({min(group.first.joint.matrix.shape) for group in groups}, reverse=True):
        ks = _checks.dimensions("k", k, rank)
    return sorted(ks)

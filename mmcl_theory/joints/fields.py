"""Check what a joint is made of, and drop what has no mass."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from .. import _checks
from .._arrays import Array, fixed
from .counts import counted
from .laws.dense import DenseLaw, as_law
from .laws.law import Law
from .laws.sparse import SparseLaw
from .names import Names, check_names

SPARSE_FROM = 2**25  # cells: a SciPy sparse matrix of more stays sparse, as its dense array would take 256 MiB


def normalized_law(name: str, weights: Any, *, sparse: bool = False) -> tuple[Law, int | None]:
    """Check the weights of pairs and normalize them; return also the total of counts, and of fractions, else None.

    A SciPy sparse matrix stays so where it is large, or asked to.
    """
    weights, denominator = counted(name, weights)
    if _checks.is_sparse(weights) and weights.ndim == 2 and (sparse or math.prod(weights.shape) > SPARSE_FROM):
        return SparseLaw.of(name, weights), denominator
    return DenseLaw.of(name, weights), denominator


def checked_fields(
    law: Law,
    image_labels: Any,
    text_labels: Any,
    n_classes: int | None,
    names: Names | None,
    denominator: int | None = None,
) -> dict[str, Any]:
    """Return the fields of a joint with this distribution, checked, without images and texts of no mass."""
    # More classes than images and texts together would be a mistake, and label matrices of that width fatal.
    if n_classes is not None:
        n_classes = _checks.class_count("n_classes", n_classes, max(law.shape))
    at_most = n_classes or sum(law.shape)
    image_labels = _checks.label_array("image_labels", image_labels, law.shape[0], at_most)
    if text_labels is not None:
        text_labels = _checks.label_array("text_labels", text_labels, law.shape[1], at_most)
    if n_classes is None:
        n_classes = 1 + int(max(labels.max() for labels in (image_labels, text_labels) if labels is not None))
    check_names(names, (*law.shape, n_classes))

    image_ids, text_ids = law.support()
    kept = law.restricted(image_ids, text_ids)
    image_labels = image_labels[image_ids]
    text_labels = bayes_text_labels(kept, image_labels, n_classes) if text_labels is None else text_labels[text_ids]
    return {
        "law": kept,
        "image_labels": fixed(image_labels),
        "text_labels": fixed(text_labels),
        "image_ids": fixed(image_ids),
        "text_ids": fixed(text_ids),
        "n_classes": n_classes,
        "given_shape": law.shape,
        "names": names and names.restricted(image_ids, text_ids),
        "denominator": denominator,
    }


def traced_fields(
    weights: Any, image_labels: Any, text_labels: Any, n_classes: int | None, names: Names | None
) -> dict[str, Any]:
    """Return the fields of a joint inside a JAX transformation, where the weights are only normalized."""
    weights = jnp.asarray(weights, dtype=float)
    if weights.ndim != 2:
        raise ValueError(f"matrix: 2 dimensions are needed, got shape {weights.shape}")
    if n_classes is None:
        if _checks.is_traced(image_labels, text_labels):
            raise ValueError("n_classes: must be given where the labels are traced")
        n_classes = 1 + max(int(np.max(labels)) for labels in (image_labels, text_labels) if labels is not None)
    law = DenseLaw(weights / weights.sum())
    if text_labels is None:
        text_labels = bayes_text_labels(law, image_labels, n_classes)
    return {
        "law": law,
        "image_labels": jnp.asarray(image_labels),
        "text_labels": jnp.asarray(text_labels),
        "image_ids": jnp.arange(law.shape[0]),
        "text_ids": jnp.arange(law.shape[1]),
        "n_classes": n_classes,
        "given_shape": law.shape,
        "names": names,
        "denominator": None,
    }


def bayes_text_labels(law: Any, image_labels: Any, n_classes: int) -> Int[Array, " n_L"]:
    """Return argmax_i P(y_V = i | l) for each text, the lowest of several: no other text labels give a smaller α.

    The distribution is a ``Law``, or an array.  Masses that differ by no more than rounding can change their sums are
    equal, so that labels do not hang on the order in which a machine adds, nor on how the distribution is held.  Whole
    numbers are told apart as far as that allows: of 5,000 images and texts, while a text has fewer than 4·10¹¹ pairs.
    """
    law = as_law(law)
    class_mass: Any = law.class_mass(image_labels, n_classes)
    numpy: Any = jnp
    if not _checks.is_traced(class_mass):
        numpy, class_mass = np, np.asarray(class_mass)
    least = (1 - law.summation(class_mass.dtype)) * numpy.max(class_mass, axis=1, keepdims=True)
    return numpy.argmax(class_mass >= least, axis=1)


def check_channel(channel: Any, law: Law) -> Any:
    """Check a row-stochastic matrix with a row for each text, and drop the new texts that none becomes.

    Return it as the distribution is held: an array if dense, else a SciPy sparse matrix.
    """
    if _checks.is_traced(*jax.tree.leaves(channel)):
        return channel
    checked = law.like("channel", channel, _checks.weights)
    _checks.sum_to_one("channel", checked)
    if checked.shape[0] != law.shape[1]:
        raise ValueError(f"channel: {law.shape[1]} rows are needed, one for each text, got {checked.shape[0]}")
    return checked[:, np.flatnonzero(checked.sum(axis=0))]


def warn_of_dropped(fields: dict[str, Any]) -> None:
    """Warn the user of images and texts that were dropped because they have no mass."""
    for axis, what in enumerate(("images", "texts")):
        ids, given = fields["image_ids" if axis == 0 else "text_ids"], fields["given_shape"][axis]
        if ids.size < given:
            gone = np.setdiff1d(np.arange(given), np.asarray(ids))
            shown = ", ".join(str(i) for i in gone[:5]) + (", …" if gone.size > 5 else "")
            _checks.warn_user(f"matrix: {gone.size} {what} of zero mass dropped ({shown})")

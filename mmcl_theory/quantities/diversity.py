"""Compare text-induced pairs with augmentation pairs: which are the more consistent, and which connect better."""

import equinox as eqx
from jaxtyping import Float

from .._arrays import Array, xp
from .augmentation import AUGMENTATION
from .field import Need, Scalar, quantity
from .measurement import Measurement
from .pencils import IMAGES_LIMIT
from .spectrum import CLASSES, classes_with_mass

_DENSE = f"a joint held densely, of at most {IMAGES_LIMIT} images"
WITHIN = Need(_DENSE, lambda m: m.spectrum.pencils is not None, decompositions=("pencils",))
COMPARED = Need(
    f"{_DENSE}, and {AUGMENTATION.sentence}",
    lambda m: m.spectrum.pencils is not None and AUGMENTATION.is_met(m),
    AUGMENTATION.parts,
    ("pencils",),
)


def _after(values: Float[Array, " n"], k: Scalar) -> Scalar:
    """Return the value after the k-th; 1 beyond the last, as encoders of that dimension leave nothing out."""
    return xp.where(k < values.size, values[xp.minimum(k, values.size - 1)], 1)


def gap_of_classes(m: Measurement) -> Scalar:
    """Compute Σ_{j≤r}(1 − σ_j²), r the number of classes that images have."""
    values = xp.minimum(m.spectrum.singular_values, 1)
    count = classes_with_mass(m)
    return count - xp.sum(xp.where(xp.arange(values.size) < count, values, 0) ** 2)


class Diversity(eqx.Module):
    """Hold the quantities of connectivity within classes, and of the order of the two kinds of pairs."""

    gap_of_classes: Scalar | None = quantity(
        r"\sum_{j\le r}(1-\sigma_j^2)",
        "the sum of what the first r squared singular values of A lack to 1, r the number of classes",
        gap_of_classes,
        needs=CLASSES,
        error=lambda m, _: 2 * xp.sum(m.spectrum.bounds),
    )
    within_class_gap: Scalar | None = quantity(
        r"\delta_{k+1}",
        "the (k+1)-th least eigenvalue of the Laplacian of text-induced pairs of one class, against p_V",
        lambda m: _after(m.spectrum.pencils.within, m.k),
        needs=WITHIN,
    )
    augmentation_within_class_gap: Scalar | None = quantity(
        r"\delta_{k+1}^A",
        "the (k+1)-th least eigenvalue of the Laplacian of augmentation pairs of one class, against their marginal",
        lambda m: _after(m.spectrum.pencils.within_augmentation, m.k),
        needs=COMPARED,
    )
    order_defect: Scalar | None = quantity(
        r"\mu",
        "by how much the Laplacian of text-induced pairs may fall short of that of augmentation pairs, against p_V: 0 "
        "where view and text are independent given the natural image",
        lambda m: xp.maximum(0, -m.spectrum.pencils.order[0]),
        needs=COMPARED,
    )
    least_marginal_ratio: Scalar | None = quantity(
        r"\rho",
        "the least ratio of an image's probability among augmentation pairs to that among image–text pairs, 1 where "
        "the two marginals are equal",
        lambda m: xp.min(m.instance.augmentation.marginal / m.joint.image_marginal),
        needs=AUGMENTATION,
    )

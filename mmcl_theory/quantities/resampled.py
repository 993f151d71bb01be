"""Measure what guided resampling makes of augmentation pairs: what it mixed in or dropped, and what is learned then."""

import equinox as eqx
from jaxtyping import Float

from .. import probes
from .._arrays import Array, xp
from ..factorization.precision import rounding
from ..joints.pairs import PairGraph
from .attribute import VIEW_ATTRIBUTE, differ
from .field import Need, Scalar, quantity
from .measurement import Measurement, at_most_one, off_by

RESAMPLED = Need(
    "augmentation pairs, and what resampling makes of them: Instance(joint, augmentation=P_A, resampled=P_R)",
    lambda m: m.instance.augmentation is not None and m.instance.resampled is not None,
    ("augmentation", "resampled"),
)
RESAMPLED_ATTRIBUTE = Need(
    "an attribute, a joint held densely, augmentation pairs, and what resampling makes of them: "
    "Instance(joint.to_dense(), attribute=(of images, None), augmentation=P_A, resampled=P_R)",
    lambda m: RESAMPLED.is_met(m) and VIEW_ATTRIBUTE.is_met(m),
    ("augmentation", "resampled", "attribute"),
)

NEGATIVES = Need(
    "negative pairs, a graph of images: Instance(joint, negatives=M)",
    lambda m: m.instance.negatives is not None,
    ("negatives",),
)


def mixed_share(old: PairGraph, new: PairGraph) -> Scalar:
    """Compute the least w for which the new pairs are (1−w) times the old ones and w of something else."""
    some = old.matrix > 0
    return 1 - xp.min(xp.where(some, new.matrix / xp.where(some, old.matrix, 1), xp.inf))


def mixed_error(old: PairGraph, new: PairGraph) -> Scalar:
    """Compute the labeling error of that something; that of the new pairs where it is nothing, or all of them."""
    share = mixed_share(old, new)
    some = share > 0
    kept = (1 - share) * old.labeling_error
    added = new.labeling_error - kept
    return xp.where(some, added / xp.where(some, share, 1), new.labeling_error)


def error_of_mixed(old: PairGraph, new: PairGraph) -> Scalar:
    """Bound what rounding leaves of such an error, which is a difference over w."""
    error = rounding(old.matrix.dtype)
    return error / xp.maximum(mixed_share(old, new), error)


def pairs(m: Measurement) -> tuple[PairGraph, PairGraph]:
    """Return the augmentation pairs, and the resampled ones."""
    return m.instance.augmentation, m.instance.resampled


def probe(m: Measurement) -> Float[Array, "n_V r"]:
    """Predict the labels by the linear probe of the optimal encoder of resampled pairs."""
    return m.projected(m.spectrum.resampled_vectors, m.instance.resampled.label_matrix)


def added_distance(m: Measurement) -> Scalar:
    """Compute the total variation of P_R from (1−w)P_A + wP_+, P_+ any two images of a class and two attributes."""
    (old, new), attribute = pairs(m), m.instance.attribute[0]
    others = ~differ(old.labels, old.labels) & differ(attribute, attribute)
    share = mixed_share(old, new)
    law = (1 - share) * old.matrix + share * others / xp.maximum(xp.sum(others), 1)
    return xp.sum(xp.abs(new.matrix - law)) / 2


def dropped_distance(m: Measurement) -> Scalar:
    """Compute the total variation of P_R from P_A without a share d of it, all of two classes, times 1 − d."""
    old, new = pairs(m)
    share, error = mixed_share(new, old), old.labeling_error
    of_false = xp.where(error > 0, share / xp.where(error > 0, error, 1), 0)
    # 1 − d times P_R, so that nothing is divided by 0 where all was dropped.
    law = old.matrix * (1 - of_false * differ(old.labels, old.labels))
    return xp.sum(xp.abs((1 - share) * new.matrix - law)) / 2


class Resampled(eqx.Module):
    """Hold the quantities of resampled pairs, positive and negative."""

    negative_collision: Scalar | None = quantity(
        r"\mu_M",
        "the probability that the two images of a negative pair have the same class",
        lambda m: 1 - m.instance.negatives.labeling_error,
        needs=NEGATIVES,
    )

    resampled_error: Scalar | None = quantity(
        r"\alpha_R",
        "the labeling error of resampled pairs",
        lambda m: m.instance.resampled.labeling_error,
        needs=RESAMPLED,
        relative=True,
    )
    added_share: Scalar | None = quantity(
        r"w_R",
        "the least share w of resampled pairs that is new, where the rest of them are augmentation pairs",
        lambda m: mixed_share(*pairs(m)),
        needs=RESAMPLED,
    )
    added_error: Scalar | None = quantity(
        r"\alpha_+",
        "the labeling error of the pairs that are new among resampled ones",
        lambda m: mixed_error(*pairs(m)),
        needs=RESAMPLED,
        error=lambda m, _: error_of_mixed(*pairs(m)),
    )
    dropped_share: Scalar | None = quantity(
        r"d_R",
        "the least share d of augmentation pairs that is dropped, where resampled pairs are the rest of them",
        lambda m: mixed_share(*reversed(pairs(m))),
        needs=RESAMPLED,
    )
    dropped_error: Scalar | None = quantity(
        r"\tau_R",
        "the labeling error of the augmentation pairs that are dropped, of which the share is the least",
        lambda m: mixed_error(*reversed(pairs(m))),
        needs=RESAMPLED,
        error=lambda m, _: error_of_mixed(*reversed(pairs(m))),
    )
    added_distance: Scalar | None = quantity(
        r"\|P_R-P_R^+\|_{\mathrm{TV}}",
        "the total variation between the distribution of resampled pairs and that of augmentation pairs mixed with the "
        "same share of new ones, pairs of two images of a class and of two attributes, all equally likely",
        added_distance,
        needs=RESAMPLED_ATTRIBUTE,
    )
    dropped_distance: Scalar | None = quantity(
        r"(1-d)\|P_R-P_R^-\|_{\mathrm{TV}}",
        "the total variation between the distribution of resampled pairs and that of augmentation pairs without the "
        "same share of them, all of two classes, times what is left",
        dropped_distance,
        needs=RESAMPLED,
    )
    resampled_lambda_k: Scalar | None = quantity(
        r"\lambda^R_k",
        "the k-th eigenvalue of the normalized matrix of resampled pairs",
        lambda m: at_most_one(m.spectrum.resampled_values, m.k),
        needs=RESAMPLED,
    )
    resampled_lambda_next: Scalar | None = quantity(
        r"\lambda^R_{k+1}",
        "the (k+1)-th eigenvalue of the normalized matrix of resampled pairs",
        lambda m: at_most_one(m.spectrum.resampled_values, m.k + 1),
        needs=RESAMPLED,
    )
    resampled_residual: Scalar | None = quantity(
        "r_k^R",
        "the residual of the linear probe on the optimal encoder of resampled pairs of dimension k",
        lambda m: probes.residual(m.instance.resampled.label_matrix, probe(m)),
        needs=RESAMPLED,
        relative=True,
        error=lambda m, value: off_by(value, m.resampled_projector_error),
    )

"""Measure text walks: how often labels differ after several steps, and what that makes of residuals (section 10)."""

import equinox as eqx

from .augmentation import AUGMENTATION
from .field import Scalar, quantity


class TextWalks(eqx.Module):
    """Hold the quantities of text walks, and of walks over augmentation pairs, up to the instance's ``steps``."""

    walk_error_two: Scalar = quantity(
        r"\alpha^{(2)}",
        "the probability that the label differs after two steps of a text walk, each from an image to one of its texts "
        "and to an image of that text",
        lambda m: m.walk_errors[2],
    )
    walk_error_last: Scalar = quantity(
        r"\alpha^{(M)}",
        "the probability that the label differs after the last step of a text walk",
        lambda m: m.walk_errors[m.instance.steps],
    )
    walk_error_before: Scalar = quantity(
        r"\alpha^{(M-1)}",
        "the probability that the label differs one step before the last of a text walk",
        lambda m: m.walk_errors[m.instance.steps - 1],
    )
    walk_upper: Scalar = quantity(
        r"\overline r_k^{(M)}",
        "the most that r_k can be, given the labeling errors of text walks of up to M steps, the (k+1)-th singular "
        "value of A and the masses of the classes",
        lambda m: m.walk[1],
        masses=("labels",),
    )
    walk_lower: Scalar = quantity(
        r"\underline r_k^{(M)}",
        "the least that r_k can be, given the labeling errors of text walks of up to M steps, the k-th singular value "
        "of A and the masses of the classes",
        lambda m: m.walk[0],
        masses=("labels",),
    )
    zero_shot_walk_upper: Scalar = quantity(
        r"\overline z_k^{(M)}",
        "the most that z_k can be, given what text walks of up to M steps tell of Y and of Y − AW",
        lambda m: m.zero_shot_walk[1],
        masses=("labels", "rest"),
    )
    zero_shot_walk_lower: Scalar = quantity(
        r"\underline z_k^{(M)}",
        "the least that z_k can be, given what text walks of up to M steps tell of Y and of Y − AW",
        lambda m: m.zero_shot_walk[0],
        masses=("labels", "rest"),
    )
    sscl_walk_error_two: Scalar | None = quantity(
        r"\alpha_A^{(2)}",
        "the probability that the label differs after two steps over augmentation pairs",
        lambda m: m.sscl_walk_errors[2],
        needs=AUGMENTATION,
    )
    sscl_walk_error_last: Scalar | None = quantity(
        r"\alpha_A^{(M)}",
        "the probability that the label differs after the last step over augmentation pairs",
        lambda m: m.sscl_walk_errors[m.instance.steps],
        needs=AUGMENTATION,
    )
    sscl_walk_error_before: Scalar | None = quantity(
        r"\alpha_A^{(M-1)}",
        "the probability that the label differs one step before the last over augmentation pairs",
        lambda m: m.sscl_walk_errors[m.instance.steps - 1],
        needs=AUGMENTATION,
    )
    sscl_walk_upper: Scalar | None = quantity(
        r"\overline r_k^{A(M)}",
        "the most that the single-modal residual can be, given the labeling errors of walks over augmentation pairs",
        lambda m: m.sscl_walk[1],
        masses=("pairs",),
        needs=AUGMENTATION,
    )
    sscl_walk_lower: Scalar | None = quantity(
        r"\underline r_k^{A(M)}",
        "the least that the single-modal residual can be, given the labeling errors of walks over augmentation pairs",
        lambda m: m.sscl_walk[0],
        masses=("pairs",),
        needs=AUGMENTATION,
    )

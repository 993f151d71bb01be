"""Resample positive and negative pairs with a guide, on pair graphs and in training (zhang2023; theory, section 7)."""

from .guided import (
    PUBLISHED,
    GraphViews,
    Guided,
    Lookup,
    population_error,
    probe_accuracy,
    summary,
    train_guide,
    train_guided,
)
from .masked import MaskedOptimum, masked_loss, masked_optimum
from .methods import add_new_positive, cosine, drop_easy_negative, drop_false_negative, drop_false_positive
from .pictures import Captioned, Pictures, Views, digit_pictures, emoji_pictures
from .table import compare
from .thresholds import content_learned, content_threshold, negatives_gain

__all__ = [
    "PUBLISHED",
    "Captioned",
    "GraphViews",
    "Guided",
    "Lookup",
    "MaskedOptimum",
    "Pictures",
    "Views",
    "add_new_positive",
    "compare",
    "content_learned",
    "content_threshold",
    "cosine",
    "digit_pictures",
    "drop_easy_negative",
    "drop_false_negative",
    "drop_false_positive",
    "emoji_pictures",
    "masked_loss",
    "masked_optimum",
    "negatives_gain",
    "population_error",
    "probe_accuracy",
    "summary",
    "train_guide",
    "train_guided",
]

"""Guided resampling of positive and negative pairs (zhang2023; theory, section 7), on pair graphs."""

from .masked import MaskedOptimum, masked_loss, masked_optimum
from .methods import (
    add_new_positive,
    cosine,
    drop_easy_negative,
    drop_false_negative,
    drop_false_positive,
)
from .table import compare

__all__ = [
    "MaskedOptimum",
    "add_new_positive",
    "compare",
    "cosine",
    "drop_easy_negative",
    "drop_false_negative",
    "drop_false_positive",
    "masked_loss",
    "masked_optimum",
]

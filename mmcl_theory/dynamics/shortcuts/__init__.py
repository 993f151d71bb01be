"""Train small contrastive networks on data with a shortcut: coloured digits, and a scarce modality."""

from .coloured_digits import colour_shortcut
from .scarce import scarce_transfer

__all__ = ["colour_shortcut", "scarce_transfer"]

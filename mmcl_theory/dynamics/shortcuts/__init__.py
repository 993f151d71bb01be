"""Train small contrastive networks on data with a shortcut: coloured digits, and a scarce modality."""

from .colour_training import ColourSetting, colour_shortcut
from .scarce import ScarceSetting, scarce_transfer

__all__ = ["ColourSetting", "ScarceSetting", "colour_shortcut", "scarce_transfer"]

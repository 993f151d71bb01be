"""Study shortcuts: coloured digits, and a scarce modality; by training small networks, and in the limit of data."""

from .colour_training import ColourSetting, colour_shortcut
from .digit_answers import digit_answers
from .scarce import ScarceSetting, scarce_transfer
from .two_stage import class_only, two_stage_answers

__all__ = [
    "ColourSetting",
    "ScarceSetting",
    "class_only",
    "colour_shortcut",
    "digit_answers",
    "scarce_transfer",
    "two_stage_answers",
]

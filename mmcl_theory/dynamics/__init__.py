"""Follow feature learning on signal–noise data, in single- and multi-modal training (theory, section 8)."""

from .claims import signal_noise_recursion, single_vs_multi
from .data import Config, Draw
from .phase import phase_diagram
from .shortcuts import (
    ColourSetting,
    ScarceSetting,
    class_only,
    colour_shortcut,
    digit_answers,
    scarce_transfer,
    two_stage_answers,
)
from .simulate import Trajectory, simulate

__all__ = [
    "ColourSetting",
    "Config",
    "Draw",
    "ScarceSetting",
    "Trajectory",
    "class_only",
    "colour_shortcut",
    "digit_answers",
    "phase_diagram",
    "scarce_transfer",
    "signal_noise_recursion",
    "simulate",
    "single_vs_multi",
    "two_stage_answers",
]

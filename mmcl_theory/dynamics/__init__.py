"""Feature-learning dynamics on signal–noise data: single- against multi-modal training (theory, section 8)."""

from .claims import signal_noise_recursion, single_vs_multi
from .data import Config, Draw
from .phase import phase_diagram
from .simulate import Trajectory, simulate

__all__ = ["Config", "Draw", "Trajectory", "phase_diagram", "signal_noise_recursion", "simulate", "single_vs_multi"]
